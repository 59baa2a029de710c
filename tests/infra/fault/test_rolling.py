"""Two releases side by side: `./lezzet fault rolling --short`, in the suite."""

from pathlib import Path

import pytest

from infra.audit.findings import Findings
from infra.fault import next_release
from infra.fault.rolling import SHORT, rolling
from infra.stack.stage import NOBODY_ANSWERS, stage


async def test_a_rolling_restart_forwards_and_back_loses_nothing_and_writes_over_nothing():
    async with stage(settings=NOBODY_ANSWERS) as on:
        findings: Findings = await rolling(on, SHORT)
    assert findings.clean, findings.line("rolling")
    assert findings.figures["decided_by_next"] and findings.figures["decided_by_old"]


def test_a_change_that_does_not_fit_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(next_release, "CHANGES", {"topics/copies.py": (("nowhere in it", ""),)})
    with pytest.raises(ValueError, match="stands 0 times"):
        next_release.make(tmp_path)
