"""Short form of `./lezzet fault guards`: two guards that would hide each other."""

import pytest

from infra.fault import guards


@pytest.mark.parametrize("guard", ["floor", "outbox"])
async def test_without_a_guard_a_test_of_the_runtime_is_red(guard: str):
    findings = await guards.run(["--guard", guard, "--first"])
    assert findings.clean, findings.wrong
