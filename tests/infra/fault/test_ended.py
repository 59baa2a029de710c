"""A fault run that is told to end."""

import asyncio
import os
import signal

import pytest

from infra.fault import __main__ as command
from infra.fault import killer

ENDED = list[str]()


async def _stops_itself(arguments: list[str]) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    try:
        await asyncio.sleep(60)
    finally:
        ENDED.extend(arguments)


def test_what_it_has_begun_is_ended_after_sigterm(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(killer, "run", _stops_itself, raising=False)
    monkeypatch.setattr(command, "FAULTS", (command.Fault("itself", killer.__name__, "stops itself"),))
    assert command.main(["itself", "--short"]) == 128 + signal.SIGTERM
    assert ENDED == ["--short"]
