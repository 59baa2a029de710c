"""The check of orders sees what it is there to see: one that finds nothing in bad evidence proves nothing."""

from datetime import UTC, datetime

import pytest

from infra.audit.books import TimerLeft
from infra.audit.ends import CAME_TO_NOTHING, HANDED_OVER
from infra.audit.orders import OrdersCheck
from infra.audit.tickets import TicketsCheck
from tests.infra.audit.events import Held, Log, found

WAITS = Held(left=[TimerLeft("o", "expiry", datetime(2026, 3, 1, tzinfo=UTC))])


@pytest.fixture
def log() -> Log:
    """An order was placed."""
    made = Log()
    made.happens("basket", "CheckedOut", "guest", order_id="o")
    made.happens("order", "OrderPlaced", pay_by="2026-03-01T18:45:00Z")
    return made


@pytest.mark.parametrize("end", sorted(CAME_TO_NOTHING | HANDED_OVER))
def test_an_order_that_ended_once_is_clean(log: Log, end: str):
    log.happens("order", end)
    findings = found(OrdersCheck(), log)
    assert findings.clean, findings.wrong
    assert findings.figures == {"placed": 1, "under_way": 0, "ended": {end: 1}}


def test_one_that_is_under_way_is_clean_while_a_timer_waits_and_not_at_rest(log: Log):
    assert found(OrdersCheck(), log, order=WAITS, at_rest=False).clean
    assert set(found(OrdersCheck(), log, order=WAITS).wrong) == {"under way"}
    assert set(found(OrdersCheck(), log, at_rest=False).wrong) == {"under way, and no timer will end it"}


def test_a_checkout_without_an_order_is_seen(log: Log):
    log.happens("order", "OrderCancelled")
    log.happens("basket", "CheckedOut", "guest", order_id="lost")
    assert found(OrdersCheck(), log).cases == {"checkouts without exactly one order": ["lost: 0"]}


def test_one_that_is_placed_twice_or_refused_besides_is_seen(log: Log):
    log.happens("order", "OrderRefused")
    log.happens("order", "OrderCancelled")
    assert found(OrdersCheck(), log).cases == {"checkouts without exactly one order": ["o: 2"]}


def test_two_ends_are_seen(log: Log):
    log.happens("order", "OrderExpired")
    log.happens("order", "OrderDelivered")
    assert found(OrdersCheck(), log).cases == {"ended more than once": ["o: OrderExpired, OrderDelivered"]}


def test_one_that_goes_on_after_its_end_is_seen(log: Log):
    log.happens("order", "OrderRejected")
    log.happens("order", "OrderReady")
    assert found(OrdersCheck(), log).cases == {"went on after its end": ["o: OrderReady after OrderRejected"]}


def test_an_end_of_nothing_is_seen():
    log = Log()
    log.happens("order", "OrderExpired")
    assert found(OrdersCheck(), log).cases == {"ended and not placed": ["o"]}


def test_one_ticket_of_an_order_is_clean(log: Log):
    log.happens("order", "OrderSentToKitchen")
    log.happens("kitchen", "TicketOpened")
    log.happens("kitchen", "MessageRecorded", message_id="m", outcome="sent")
    findings = found(TicketsCheck(), log)
    assert findings.clean, findings.wrong
    assert findings.figures == {"tickets": 1, "messages": {"sent": 1}}


def test_an_order_that_ended_needs_no_ticket(log: Log):
    log.happens("order", "OrderSentToKitchen")
    assert found(TicketsCheck(), log).cases == {"no ticket": ["o"]}
    log.happens("order", "OrderCancelled")
    assert found(TicketsCheck(), log).clean


def test_a_second_ticket_one_of_no_order_and_a_message_that_is_recorded_twice_are_seen(log: Log):
    log.happens("order", "OrderSentToKitchen")
    for order in ("o", "o", "nobody's"):
        log.happens("kitchen", "TicketOpened", order)
    for _ in range(2):
        log.happens("kitchen", "MessageRecorded", message_id="m", outcome="sent")
    assert found(TicketsCheck(), log).cases == {
        "several tickets of an order": ["o: 2"],
        "tickets of no order": ["nobody's"],
        "a message recorded twice": ["m: sent, sent"],
    }
