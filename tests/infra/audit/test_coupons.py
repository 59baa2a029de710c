"""The check of coupons sees what it is there to see."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from agents.discount.decider import Uses
from infra.audit.coupons import CouponsCheck
from stores.protocol import Stored
from tests.infra.audit.events import Held, Log, found
from topics.deciding.discounting import Terms

CODE, SHARE = "TEN", "TEN:g"


@pytest.fixture
def log() -> Log:
    """Two orders of one guest with the coupon."""
    made = Log()
    for order in ("o1", "o2"):
        placed: dict[str, Any] = {
            "user_id": "g", "restaurant_id": "r", "restaurant_name": "R", "items": [], "subtotal": 100, "discount": 10,
            "delivery_fee": 0, "total": 90, "payment_method": "cash", "placed_at": "2026-03-01T18:30:00Z",
            "coupon_code": CODE,
        }  # fmt: skip
        made.happens("order", "OrderPlaced", order, **placed)
    return made


def counted(used: int, share: int, *, limit: int | None = None, each: int | None = None) -> Held:
    made = datetime(2026, 3, 1, tzinfo=UTC)
    terms = Terms(
        code=CODE, kind="percent", value=1_000, title="", created_at=made, total_limit=limit, per_user_limit=each
    )
    uses = {CODE: Uses(terms=terms, used=used), SHARE: Uses(used=share)}
    return Held(stored={key: Stored(1, msgspec.json.encode(of).decode()) for key, of in uses.items()})


def cases(log: Log, discount: Held) -> dict[str, list[str]]:
    return found(CouponsCheck(), log, discount=discount).cases


def test_each_use_counted_for_an_order_is_clean(log: Log):
    assert cases(log, counted(2, 2, limit=2, each=2)) == {}


def test_an_order_that_came_to_nothing_uses_none(log: Log):
    log.happens("order", "OrderCancelled", "o2")
    assert cases(log, counted(1, 1, limit=1, each=1)) == {}
    assert cases(log, counted(2, 1)) == {"uses counted are not the orders'": [f"{CODE}: 2 counted, 1 orders"]}


def test_a_use_that_is_not_counted_is_seen(log: Log):
    assert cases(log, counted(2, 1)) == {"uses counted are not the orders'": [f"{SHARE}: 1 counted, 2 orders"]}


def test_one_more_than_the_limits_is_seen(log: Log):
    assert cases(log, counted(2, 2, limit=1, each=1)) == {
        "used more often than it may": [f"{CODE}: 2 orders, 1 are allowed", f"{SHARE}: 2 orders, 1 are allowed"]
    }
