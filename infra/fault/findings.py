"""What a fault run found: figures, and what was wrong, with examples."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

EXAMPLES = 5


class Findings:
    """figures: whatever the run measured, JSON values. wrong: name of a promise → how often it was broken, and examples."""

    def __init__(self) -> None:
        self.figures: dict[str, Any] = {}
        self.wrong: dict[str, dict[str, Any]] = {}

    @property
    def clean(self) -> bool:
        return not self.wrong

    def measured(self, **figures: Any) -> None:
        self.figures.update(figures)

    def breaks(self, promise: str, cases: Iterable[object]) -> None:
        """Nothing where there are no cases."""
        found = [str(case) for case in cases]
        if found:
            before = self.wrong.get(promise, {"count": 0, "examples": []})
            examples = [*before["examples"], *found][:EXAMPLES]
            self.wrong[promise] = {"count": before["count"] + len(found), "examples": examples}

    def line(self, fault: str) -> str:
        """One JSON object on one line."""
        said: Mapping[str, Any] = {"fault": fault, "ok": self.clean, **self.figures, "wrong": self.wrong}
        return json.dumps(said, default=str)
