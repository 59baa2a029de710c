"""The checks of money and mails see what they are there to see."""

from typing import Any

import pytest

from infra.audit.mails import MailsCheck
from infra.audit.money import MoneyCheck
from tests.infra.audit.events import Log, found
from topics.values import ledger

TOTAL = 25_000


class Till:
    """An order that was placed and authorized."""

    def __init__(self) -> None:
        self.log = Log()
        placed: dict[str, Any] = {
            "user_id": "g", "restaurant_id": "r", "restaurant_name": "R", "items": [], "subtotal": TOTAL, "discount": 0,
            "delivery_fee": 0, "total": TOTAL, "payment_method": "credit_card", "placed_at": "2026-03-01T18:30:00Z",
        }  # fmt: skip
        self.log.happens("order", "OrderPlaced", **placed)
        self.log.happens("payment", "AuthorizationGranted", amount=TOTAL)

    def takes(self, amount: int = TOTAL) -> None:
        self.log.happens("payment", "AmountCaptured", amount=amount, entries=ledger.sale(amount, "credit_card"))

    def pays_back(self, amount: int = TOTAL) -> None:
        self.log.happens("payment", "AmountRefunded", amount=amount, entries=ledger.refund(amount, "credit_card"))

    def ends(self, type: str) -> None:
        self.log.happens("order", type)

    def cases(self) -> dict[str, list[str]]:
        return found(MoneyCheck(), self.log).cases


@pytest.fixture
def till() -> Till:
    return Till()


def test_what_is_handed_over_and_paid_is_clean(till: Till):
    till.takes()
    till.ends("OrderDelivered")
    findings = found(MoneyCheck(), till.log)
    assert findings.clean, findings.wrong
    assert findings.figures == {"taken": TOTAL, "paid_back": 0, "ledger": 0, "broken_word": 0, "handed_over": TOTAL}


def test_what_came_to_nothing_and_was_given_free_or_paid_back_is_clean(till: Till):
    till.log.happens("payment", "HoldReleased", amount=TOTAL)
    till.ends("OrderExpired")
    assert till.cases() == {}
    other = Till()
    other.takes()
    other.ends("OrderCancelled")
    other.pays_back(TOTAL - 1)
    other.pays_back(1)
    assert other.cases() == {}


@pytest.mark.parametrize("amount", [TOTAL - 1, TOTAL + 1])
def test_a_kurus_too_few_or_too_many_is_seen(till: Till, amount: int):
    till.takes(amount)
    till.ends("OrderPickedUp")
    assert till.cases() == {"handed over and not paid": [f"o: {amount} of {TOTAL}"]}


def test_a_charge_for_nothing_is_seen(till: Till):
    till.takes()
    till.ends("OrderRejected")
    till.pays_back(TOTAL - 1)
    assert till.cases() == {"came to nothing and is charged": ["o: 1"]}


def test_money_that_stays_held_is_seen(till: Till):
    till.ends("OrderExpired")
    assert till.cases() == {"has ended, and money is still held for it": ["o"]}


def test_who_pays_twice_is_seen(till: Till):
    till.takes()
    till.takes()
    till.ends("OrderDelivered")
    assert till.cases()["taken twice"] == ["o: 2 times"]


def test_more_back_than_was_taken_is_seen(till: Till):
    till.takes()
    till.pays_back(TOTAL + 1)
    till.ends("OrderCancelled")
    assert till.cases()["paid back more than was taken"] == [f"o: {TOTAL + 1} of {TOTAL}"]


def test_entries_that_do_not_sum_to_zero_are_seen(till: Till):
    till.log.happens("payment", "AmountCaptured", amount=TOTAL, entries=ledger.sale(TOTAL, "credit_card")[1:])
    till.ends("OrderDelivered")
    assert [*till.cases()] == ["entries that do not sum to zero"]


def test_an_order_of_before_there_were_payments_is_not_judged():
    till = Till()
    del till.log.entries[1]
    till.ends("OrderDelivered")
    assert till.cases() == {}


def test_a_mail_that_is_asked_for_twice_by_one_command_is_seen():
    log = Log()
    for cause, template in (("c1", "placed"), ("c2", "placed"), ("c2", "ready")):
        log.happens("notification", "MailRequested", "g", cause, to="g@example.com", letter={"template": template})
    assert found(MailsCheck(), log).clean
    log.happens("notification", "MailRequested", "g", "c2", to="g@example.com", letter={"template": "ready"})
    assert found(MailsCheck(), log).cases == {"asked for twice": ["g: 2 times, by c2"]}
