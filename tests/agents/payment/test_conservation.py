"""Whatever is asked, lost, told twice or late: nobody is charged twice, and our books agree with the bank's."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.provider.cards import CARDS
from tests.agents.payment.flow import Flow, entries
from topics.contracts.order_commands import ChallengePayment, ConfirmPayment, RecordSettlement, RefusePayment
from topics.contracts.payment_commands import Authorize, Capture, Refund, SettleAtDoor, Void

SUM = 36_000
STEPS = st.one_of(
    st.tuples(st.just("ask"), st.booleans()),
    st.tuples(st.just("hear"), st.integers(0, 5), st.booleans()),
    st.tuples(st.just("later")),
    st.tuples(st.just("challenged"), st.booleans()),
    st.tuples(st.just("alarm")),
    st.tuples(st.just("capture")),
    st.tuples(st.just("void")),
    st.tuples(st.just("refund"), st.integers(1, SUM + 1)),
    st.tuples(st.just("settle")),
)


def take(flow: Flow, step: tuple[Any, ...]) -> None:
    match step:
        case ("ask", lost):
            flow.ask(lost=lost)
        case ("hear", place, again):
            flow.hear(place, again=again)
        case ("later",):
            flow.later()
        case ("challenged", passed):
            flow.challenged(passed=passed)
        case ("alarm",):
            flow.alarm()
        case ("capture",):
            flow.do(Capture())
        case ("void",):
            flow.do(Void(reason="cancelled"))
        case ("refund", amount):
            flow.do(Refund(amount=amount, reason="part"))
        case _:
            flow.do(SettleAtDoor())


def begun(card: str | None, method: Any = "credit_card", amount: int = SUM) -> Flow:
    flow = Flow()
    flow.do(Authorize(user_id="u", restaurant_id="r", amount=amount, method=method, card=card))
    return flow


def check(flow: Flow) -> None:
    state, booked = flow.state, entries(flow.events)
    assert sum(entry.amount for entry in booked) == sum(state.balances.values()) == 0
    assert state.balances.get("customer", 0) == 0
    assert state.balances.get("restaurant_payable", 0) + state.balances.get("refunds", 0) == -(
        state.captured - state.refunded
    )
    for event in flow.events:
        assert sum(entry.amount for entry in getattr(event, "entries", ())) == 0, event
    assert len(flow.movements("authorize")) <= 1 and len(flow.movements("capture")) <= 1, "charged twice"
    assert sum(flow.movements("refund")) <= sum(flow.movements("capture"))


@settings(deadline=None)
@given(st.sampled_from([None, *CARDS]), st.lists(STEPS, max_size=25), st.booleans())
def test_a_card_is_charged_what_is_due_in_any_order_of_events(
    card: str | None, steps: list[tuple[Any, ...]], cancelled: bool
) -> None:
    flow = begun(card)
    for step in steps:
        take(flow, step)
        check(flow)
    if cancelled:
        flow.do(Void(reason="cancelled"))
    flow.end()
    check(flow)
    state = flow.state
    assert not flow.asked or card == "tok_bank_away"
    assert not (state.is_open or state.capturing or state.voiding or state.reversal or state.refunding), state
    assert state.captured == sum(flow.movements("capture")) and state.refunded == sum(flow.movements("refund"))
    held = sum(flow.movements("authorize")) - sum(flow.movements("void")) - sum(flow.movements("capture"))
    assert held == (SUM if state.status == "authorized" else 0), "what nobody wants is not held"
    if cancelled and card != "tok_refund_refused":
        assert state.captured == state.refunded, "who cancels has all back"
    _told_once(flow)


def _told_once(flow: Flow) -> None:
    yes, no = flow.heard(ConfirmPayment), flow.heard(RefusePayment)
    assert len(yes) <= 1 and len(no) <= 1 and len(flow.heard(ChallengePayment)) <= 1
    assert not (yes and no) or no[0].code == "capture_refused"
    settled = flow.heard(RecordSettlement)
    taken = [each.amount for each in settled if each.kind == "captured"]
    assert taken == flow.movements("capture")
    assert sum(each.amount for each in settled if each.kind == "refunded") == flow.state.refunded
    voided = [each for each in settled if each.kind == "voided"]
    assert len(voided) == (flow.state.status == "voided"), "and never of what was refused"


@settings(deadline=None)
@given(st.sampled_from(["cash", "pos"]), st.lists(st.sampled_from(["capture", "void", "settle", "alarm"]), max_size=6))
def test_at_the_door(method: str, steps: list[str]) -> None:
    flow = begun(None, method)
    for step in steps:
        take(flow, (step,))
        check(flow)
    assert flow.asked == [] and len(flow.heard(ConfirmPayment)) == 1
    first = next((each for each in steps if each in ("void", "settle")), None)
    kinds = [each.kind for each in flow.heard(RecordSettlement)]
    assert kinds == {"void": ["voided"], "settle": ["captured"]}.get(first or "", [])


@pytest.mark.parametrize("ended", [Capture(), Void(), SettleAtDoor()])
def test_an_order_that_costs_nothing_asks_no_provider(ended: Any) -> None:
    flow = begun("tok_success", amount=0)
    flow.do(ended)
    flow.do(ended)
    flow.end()
    check(flow)
    assert flow.asked == [] and flow.books.payment("x") is None
    assert len(flow.heard(ConfirmPayment)) == len(flow.heard(RecordSettlement)) == 1


@pytest.mark.parametrize(
    ("card", "refused"),
    [
        ("tok_success", None), ("tok_timeout", None), ("tok_late", None), ("tok_twice", None), ("tok_out_of_order", None),
        ("tok_bank_busy", None), (None, None), ("tok_decline", "card_declined"),
        ("tok_insufficient_funds", "insufficient_funds"), ("tok_late_decline", "card_declined"),
        ("tok_3ds", "payment_timed_out"), ("tok_bank_away", "payment_timed_out"), ("tok_nobodys", "card_unknown"),
    ],
)  # fmt: skip
def test_each_card_does_what_it_says(card: str | None, refused: str | None) -> None:
    flow = begun(card)
    flow.end()
    check(flow)
    assert [each.code for each in flow.heard(RefusePayment)] == ([] if refused is None else [refused])
    assert len(flow.heard(ConfirmPayment)) == (refused is None)
