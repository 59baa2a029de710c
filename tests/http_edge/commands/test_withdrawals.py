"""Withdrawals that are owed while Redis is away."""

from collections.abc import Sequence

import pytest

from http_edge.commands import withdrawals
from http_edge.commands.withdrawals import Withdrawals
from stores.errors import Unavailable
from tests.deadline import until
from topics import keys


class Fates:
    """Redis, as far as withdrawals need it. away: it does not answer."""

    def __init__(self) -> None:
        self.away = True
        self.stand: dict[str, bytes] = {}

    async def firsts(self, wanted: Sequence[tuple[str, bytes]], seconds: int) -> list[bytes | None]:
        if self.away:
            raise Unavailable("redis", "is away")
        before = [self.stand.get(name) for name, _ in wanted]
        self.stand = {**dict(wanted), **self.stand}
        return before


async def test_they_are_made_when_it_is_back_as_many_as_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(withdrawals, "MOST", 3)
    fates = Fates()
    owing = Withdrawals(fates)  # type: ignore[arg-type]
    for number in range(5):
        assert await owing.withdraw(str(number)), "nobody can take the command either"
    fates.away = False

    async def paid() -> bool:
        return not owing._owed

    await until("all that is owed to be made", paid)
    assert fates.stand == {keys.fate(str(number)): keys.WITHDRAWN for number in range(3)}
    await owing.stop()
