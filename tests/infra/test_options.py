"""The options of the faults and benches: each command says what it takes, and what it does without them."""

import importlib

import pytest

from infra.bench.__main__ import BENCHES
from infra.fault.__main__ import FAULTS


@pytest.mark.parametrize("module", [each.module for each in (*FAULTS, *BENCHES)])
async def test_each_says_what_it_takes(module: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        await importlib.import_module(module).run(["--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0 and said.startswith("usage: ./lezzet ")
    assert "<" not in said, "a default that is no value"
