"""What an audit or a fault run found: figures, and what was wrong, with examples."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

EXAMPLES = 5


class Findings:
    """figures: whatever was measured, JSON values. cases: name of a promise → each case in which it was broken."""

    def __init__(self) -> None:
        self.figures: dict[str, Any] = {}
        self.cases: dict[str, list[str]] = {}

    @property
    def clean(self) -> bool:
        return not self.cases

    @property
    def wrong(self) -> Mapping[str, Mapping[str, Any]]:
        """Name of a promise → how often it was broken, and examples."""
        return {name: {"count": len(of), "examples": of[:EXAMPLES]} for name, of in self.cases.items()}

    def measured(self, **figures: Any) -> None:
        self.figures.update(figures)

    def breaks(self, promise: str, cases: Iterable[object]) -> None:
        """Nothing where there are no cases."""
        found = [str(case) for case in cases]
        if found:
            self.cases.setdefault(promise, []).extend(found)

    def take(self, other: "Findings") -> None:
        """All that the other one has, too."""
        self.measured(**other.figures)
        for promise, cases in other.cases.items():
            self.breaks(promise, cases)

    def only(self, earlier: "Findings") -> "Findings":
        """These, without the cases that an earlier look at the same things did not find."""
        found = Findings()
        found.measured(**self.figures)
        for promise, cases in self.cases.items():
            before = set(earlier.cases.get(promise, ()))
            found.breaks(promise, (case for case in cases if case in before))
        return found

    def line(self, fault: str) -> str:
        """One JSON object on one line; what was wrong comes first."""
        said: Mapping[str, Any] = {"fault": fault, "ok": self.clean, "wrong": self.wrong, **self.figures}
        return json.dumps(said, default=str)
