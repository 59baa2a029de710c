"""What becomes of a payment, whoever asks and whatever the provider tells."""

from typing import Any

import pytest

from agents.payment import policy
from agents.payment.decider import DECIDER, PATIENCE, REFUNDS
from agents.payment.facts import Facts
from agents.payment.payment import Payment
from agents.payment.projection import PAYMENT
from agents.payment.reports import GIVE_UP
from tests.agents import scenario
from tests.agents.scenario import ID, LATER, NOW, evolved, shown, stored
from topics.contracts.order_commands import RecordSettlement
from topics.contracts.payment_commands import (
    Authorize,
    Capture,
    ErasePayment,
    GiveUpAuthorization,
    RecordRefusal,
    RecordReport,
    Refund,
    RefundCustomer,
    Report,
    SettleAtDoor,
    Void,
)
from topics.contracts.payment_events import (
    AmountCaptured,
    AmountRefunded,
    AuthorizationChallenged,
    AuthorizationDeclined,
    AuthorizationGivenUp,
    AuthorizationGranted,
    AuthorizationPending,
    AuthorizationRequested,
    CaptureRefused,
    CaptureRequested,
    DueAtDoor,
    HoldReleased,
    NothingDue,
    PaymentErased,
    RefundRefused,
    RefundRequested,
    ReversalWanted,
    SettledAtDoor,
    VoidRequested,
)
from topics.copies import RestaurantCopy
from topics.deciding.decision import Timer
from topics.messages.event import EventMeta
from topics.values.ledger import refund, sale

USER, HOUSE, OWNER, SUM = "user-1", "kebap", "owner-1", 36_000
WHO: dict[str, Any] = {"user_id": USER, "restaurant_id": HOUSE}
FACTS = Facts(
    restaurants={HOUSE: RestaurantCopy(name="K", is_open=True, delivery_fee=0, min_order_price=0, owner_id=OWNER)}
)

REQUESTED = AuthorizationRequested(**WHO, amount=SUM, method="credit_card", at=NOW, card="tok_success")
CHALLENGED = AuthorizationChallenged(url="https://bank.example/1", at=NOW, sequence=1)
GRANTED = AuthorizationGranted(amount=SUM, at=NOW, sequence=1)
DECLINED = AuthorizationDeclined(code="insufficient_funds", at=NOW, sequence=1)
CAPTURING = CaptureRequested(amount=SUM)
CAPTURED = AmountCaptured(amount=SUM, entries=sale(SUM, "credit_card"), at=NOW, sequence=2)
AT_DOOR = DueAtDoor(**WHO, amount=SUM, method="cash", at=NOW)
VOIDING = VoidRequested(reason="cancelled")
HELD = (REQUESTED, GRANTED)
PAID = (*HELD, CAPTURING, CAPTURED)


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def authorize(method: Any = "credit_card", amount: int = SUM, card: str | None = "tok_success") -> Authorize:
    return Authorize(**WHO, amount=amount, method=method, card=card)


def told(status: Any, sequence: int = 1, **more: Any) -> RecordReport:
    fields: dict[str, Any] = {"reference": ID, "amount": SUM, "captured": SUM if status == "captured" else 0, **more}
    return RecordReport(report=Report(status=status, sequence=sequence, **fields))


def refunded(amount: int, sequence: int = 3) -> AmountRefunded:
    return AmountRefunded(amount=amount, entries=refund(amount, "credit_card"), at=NOW, sequence=sequence)


class TestTheBeginning:
    def test_a_card_is_asked_and_given_up_if_nobody_answers(self) -> None:
        timer = Timer(GIVE_UP, NOW + PATIENCE, GiveUpAuthorization())
        given().when(authorize()).then(REQUESTED).setting(timer)

    @pytest.mark.parametrize("method", ["cash", "pos"])
    def test_at_the_door_nobody_is_asked(self, method: Any) -> None:
        given().when(authorize(method)).then(DueAtDoor(**WHO, amount=SUM, method=method, at=NOW)).setting()

    @pytest.mark.parametrize("method", ["credit_card", "cash"])
    def test_for_nothing_nobody_is_asked(self, method: Any) -> None:
        given().when(authorize(method, 0)).then(NothingDue(**WHO, method=method, at=NOW)).setting()

    @pytest.mark.parametrize("events", [(REQUESTED,), HELD, PAID, (AT_DOOR,), (REQUESTED, DECLINED)])
    def test_an_order_has_one_payment(self, events: Any) -> None:
        given(*events).when(authorize(amount=99)).then_nothing().setting()

    @pytest.mark.parametrize("command", [Capture(), Void(), Refund(), SettleAtDoor(), told("authorized")])
    def test_nothing_becomes_of_a_payment_that_is_not_there(self, command: Any) -> None:
        given().when(command).then_rejected("not_found")

    def test_the_card_is_forgotten_once_it_is_known_what_the_bank_says(self) -> None:
        for event in (CHALLENGED, GRANTED, DECLINED, AuthorizationPending(sequence=1), VOIDING):
            state = evolved(DECIDER, DECIDER.state(), (REQUESTED, event))
            assert state.card is None, event
            assert stored(state) == state


class TestWhatTheProviderTells:
    @pytest.mark.parametrize(
        ("report", "event"),
        [
            (told("pending"), AuthorizationPending(sequence=1)),
            (told("challenged", url="https://bank.example/1"), CHALLENGED),
            (told("authorized"), GRANTED),
            (told("declined", code="insufficient_funds"), DECLINED),
        ],
    )
    def test_a_report_of_a_card_is_an_event(self, report: RecordReport, event: Any) -> None:
        given(REQUESTED).when(report).then(event)

    def test_a_code_that_we_do_not_know_is_a_decline(self) -> None:
        given(REQUESTED).when(told("declined", code="do_not_honour_7")).then(
            AuthorizationDeclined(code="card_declined", at=NOW, sequence=1)
        )

    def test_what_is_known_sets_no_alarm_any_more(self) -> None:
        for report in (told("authorized", 2), told("declined", 2)):
            assert given(REQUESTED, CHALLENGED).when(report).decision.cancels == (GIVE_UP,)

    def test_twice_or_late_changes_nothing(self) -> None:
        given(*HELD).when(told("authorized")).then_nothing().answering(message="It is noted.")
        given(REQUESTED, AuthorizationGranted(amount=SUM, at=NOW, sequence=3)).when(
            told("challenged", 2, url="https://bank.example/1")
        ).then_nothing()
        given(*PAID).when(told("authorized", 1)).then_nothing()
        given(REQUESTED, AuthorizationPending(sequence=1)).when(told("pending")).then_nothing()

    def test_a_challenge_that_is_over_at_the_provider_asks_nobody(self) -> None:
        late = told("challenged", 2, url="https://bank.example/1")
        given(REQUESTED, AuthorizationPending(sequence=3)).when(late).then_nothing()

    def test_a_later_challenge_brings_nobody_back(self) -> None:
        given(*HELD).when(told("challenged", 2, url="https://bank.example/1")).then_nothing()
        given(REQUESTED, DECLINED).when(told("authorized", 2)).then_nothing()

    @pytest.mark.parametrize(
        "report",
        [
            told("authorized", amount=1),
            told("authorized", reference="another"),
            told("captured", captured=SUM + 1),
            told("captured", captured=1),
            told("captured", refunded=SUM + 1),
            told("authorized", captured=SUM),
            told("voided", amount=1),
        ],
    )
    def test_of_another_payment_is_refused(self, report: RecordReport) -> None:
        given(*HELD).when(report).then_rejected("report_differs")

    def test_of_what_is_paid_at_the_door_is_refused(self) -> None:
        given(AT_DOOR).when(told("authorized")).then_rejected("report_differs")

    def test_never_of_a_card_is_a_decline(self) -> None:
        given(REQUESTED).when(RecordRefusal(operation="authorize", code="card_unknown")).then(
            AuthorizationDeclined(code="card_unknown", at=NOW, sequence=0)
        )


class TestTaking:
    def test_what_is_held_is_taken_once(self) -> None:
        given(*HELD).when(Capture()).then(CAPTURING)
        given(*HELD, CAPTURING).when(Capture()).then_nothing()
        given(*HELD, CAPTURING).when(told("captured", 2)).then(CAPTURED)
        given(*PAID).when(told("captured", 2)).then_nothing()
        given(*PAID).when(Capture()).then_nothing()

    def test_a_capture_of_nothing_takes_nothing(self) -> None:
        free = NothingDue(**WHO, method="credit_card", at=NOW)
        given(free).when(Capture()).then(AmountCaptured(amount=0, entries=(), at=NOW, sequence=0))

    @pytest.mark.parametrize("events", [(REQUESTED,), (REQUESTED, DECLINED), (*HELD, VOIDING)])
    def test_what_is_not_held_cannot_be_taken(self, events: Any) -> None:
        given(*events).when(Capture()).then_rejected("not_authorized")

    def test_a_bank_that_breaks_its_word_is_noted_and_the_rest_given_free(self) -> None:
        lost = CaptureRefused(code="capture_refused", at=NOW)
        refusal = RecordRefusal(operation="capture", code="authorization_expired")
        free = VoidRequested(reason="capture_refused")
        given(*HELD, CAPTURING).when(refusal).then(lost, free)
        given(*HELD, CAPTURING, lost, free).when(refusal).then_nothing()
        over = given(*HELD, CAPTURING, lost, free).when(told("voided", 2))
        over.then(HoldReleased(amount=SUM, at=NOW, sequence=2))
        assert over.state.status == "failed"

    def test_at_the_door(self) -> None:
        settled = SettledAtDoor(amount=SUM, entries=sale(SUM, "cash"), at=NOW)
        given(AT_DOOR).when(Capture()).then_nothing()
        given(AT_DOOR).when(SettleAtDoor()).then(settled)
        given(AT_DOOR, settled).when(SettleAtDoor()).then_nothing()
        given(AT_DOOR, settled).when(Void(reason="late")).then_nothing()


class TestTakingBack:
    BACK = (Void(reason="cancelled"), Refund(reason="cancelled"))

    @pytest.mark.parametrize("command", BACK)
    @pytest.mark.parametrize("events", [(REQUESTED,), (REQUESTED, CHALLENGED), HELD])
    def test_what_is_not_taken_is_given_free(self, command: Any, events: Any) -> None:
        given(*events).when(command).then(VOIDING)
        given(*events, VOIDING).when(command).then_nothing()
        given(*events, VOIDING).when(told("voided", 2)).then(HoldReleased(amount=SUM, at=NOW, sequence=2))

    @pytest.mark.parametrize("command", BACK)
    def test_what_is_taken_is_paid_back(self, command: Any) -> None:
        given(*PAID).when(command).then(RefundRequested(amount=SUM, reason="cancelled"))

    @pytest.mark.parametrize("command", BACK)
    def test_a_capture_under_way_ends_and_is_paid_back(self, command: Any) -> None:
        wanted = ReversalWanted(reason="cancelled")
        given(*HELD, CAPTURING).when(command).then(wanted)
        given(*HELD, CAPTURING, wanted).when(command).then_nothing()
        back = RefundRequested(amount=SUM, reason="cancelled")
        given(*HELD, CAPTURING, wanted).when(told("captured", 2)).then(CAPTURED, back)
        given(*HELD, CAPTURING, wanted, CAPTURED, back).when(command).then_nothing()
        given(*HELD, CAPTURING, wanted).when(RecordRefusal(operation="capture", code="x")).then(VOIDING)

    @pytest.mark.parametrize("command", BACK)
    def test_at_the_door_nobody_pays_then(self, command: Any) -> None:
        given(AT_DOOR).when(command).then(HoldReleased(amount=SUM, at=NOW, sequence=0))

    @pytest.mark.parametrize("events", [(REQUESTED, DECLINED), (AT_DOOR, HoldReleased(amount=SUM, at=NOW, sequence=0))])
    @pytest.mark.parametrize("command", BACK)
    def test_where_nothing_is_held_nothing_is_given_back(self, command: Any, events: Any) -> None:
        given(*events).when(command).then_nothing()

    def test_an_answer_that_comes_after_it_confirms_nothing(self) -> None:
        for report in (told("authorized"), told("challenged", url="https://bank.example/1"), told("pending")):
            given(REQUESTED, VOIDING).when(report).then_nothing()
        given(REQUESTED, VOIDING).when(told("declined")).then(HoldReleased(amount=SUM, at=NOW, sequence=1))

    def test_what_the_provider_never_heard_of_is_closed_there(self) -> None:
        given(REQUESTED, VOIDING).when(told("voided", 1, amount=0)).then(HoldReleased(amount=SUM, at=NOW, sequence=1))

    def test_parts_until_all_is_back(self) -> None:
        first = RefundRequested(amount=9_000, reason="Ayran")
        given(*PAID).when(Refund(amount=9_000, reason="Ayran")).then(first)
        part = given(*PAID, first).when(told("captured", 3, refunded=9_000)).then(refunded(9_000))
        assert part.state.status == "partly_refunded"
        given(*PAID, first, refunded(9_000)).when(Void(reason="rest")).then(
            RefundRequested(amount=SUM - 9_000, reason="rest")
        )
        rest = RefundRequested(amount=SUM - 9_000, reason="rest")
        whole = given(*PAID, first, refunded(9_000), rest).when(told("captured", 4, refunded=SUM))
        whole.then(refunded(SUM - 9_000, 4))
        assert whole.state.status == "refunded"

    @pytest.mark.parametrize("amount", [SUM + 1, 0])
    def test_no_more_than_was_taken(self, amount: int) -> None:
        given(*PAID).when(Refund(amount=amount, reason="x")).then_rejected("amount_above_capture", field="amount")

    def test_what_is_on_its_way_counts(self) -> None:
        asked = RefundRequested(amount=30_000, reason="x")
        given(*PAID, asked).when(Refund(amount=6_001, reason="x")).then_rejected("amount_above_capture")
        given(*PAID, asked).when(Refund(amount=6_000, reason="x")).then(RefundRequested(amount=6_000, reason="x"))

    def test_so_many_parts_and_no_more(self) -> None:
        parts = [RefundRequested(amount=1, reason="x")] * REFUNDS
        given(*PAID, *parts).when(Refund(amount=1, reason="x")).then_rejected("too_many_refunds")
        given(*PAID, *parts).when(Void(reason="all")).then(RefundRequested(amount=SUM - REFUNDS, reason="all"))

    def test_before_anything_was_taken_there_is_no_part_of_it(self) -> None:
        given(*HELD).when(Refund(amount=1, reason="x")).then_rejected("nothing_to_refund")
        given(AT_DOOR).when(Refund(amount=1, reason="x")).then_rejected("nothing_to_refund")

    def test_a_bank_that_does_not_take_it_back_is_noted(self) -> None:
        asked = RefundRequested(amount=9_000, reason="x")
        refusal = RecordRefusal(operation="refund", code="refund_refused", amount=9_000)
        refused = RefundRefused(amount=9_000, code="refund_refused", at=NOW)
        over = given(*PAID, asked).when(refusal).then(refused)
        assert (over.state.left, over.state.refunding) == (SUM, 0)
        given(*PAID, asked, refused).when(refusal).then_nothing()


class TestGivenBackAtTheDoor:
    """By the owner, who says what was given back there: no provider is asked."""

    @pytest.mark.parametrize("method", ["cash", "pos"])
    def test_it_is_booked_at_once(self, method: Any) -> None:
        paid = door(method)
        first = given_back(9_000, method)
        over = given(*paid).when(wish(9_000), facts=FACTS, caller=OWNER).then(first)
        over.answering(amount=9_000, captured=SUM, refunded=9_000, refunding=0)
        assert over.state.status == "partly_refunded"
        rest = given(*paid, first).when(wish(None), facts=FACTS, caller=OWNER).then(given_back(SUM - 9_000, method))
        rest.answering(amount=SUM - 9_000, captured=SUM, refunded=SUM, refunding=0)
        assert rest.state.status == "refunded" and set(rest.state.balances.values()) == {0, SUM, -SUM}
        given(*paid, first, given_back(SUM - 9_000, method)).when(wish(1), facts=FACTS, caller=OWNER).then_rejected(
            "nothing_to_refund"
        )

    def test_the_order_is_told(self) -> None:
        told = [send.message for send in policy.react(given_back(9_000), EventMeta("e", ID, 3, NOW), Payment())]
        assert told == [RecordSettlement(kind="refunded", amount=9_000)]

    def test_no_more_than_was_paid(self) -> None:
        given(*door()).when(wish(SUM + 1), facts=FACTS, caller=OWNER).then_rejected("amount_above_capture")
        given(*door(), given_back(SUM - 5)).when(wish(6), facts=FACTS, caller=OWNER).then_rejected(
            "amount_above_capture"
        )

    def test_in_so_many_parts_and_no_more(self) -> None:
        parts = [given_back(1)] * REFUNDS
        given(*door(), *parts).when(wish(1), facts=FACTS, caller=OWNER).then_rejected("too_many_refunds")

    def test_nobody_but_the_restaurants_owner_gives_back_at_the_door(self) -> None:
        given(*door()).when(wish(1), facts=FACTS, caller=USER).then_rejected("not_found")

    def test_before_anything_is_paid_there_is_nothing_to_give_back(self) -> None:
        given(AT_DOOR).when(wish(1), facts=FACTS, caller=OWNER).then_rejected("nothing_to_refund")


def door(method: Any = "cash") -> tuple[Any, ...]:
    due = DueAtDoor(**WHO, amount=SUM, method=method, at=NOW)
    return due, SettledAtDoor(amount=SUM, entries=sale(SUM, method), at=NOW)


def given_back(amount: int, method: Any = "cash") -> AmountRefunded:
    return AmountRefunded(amount=amount, entries=refund(amount, method), at=NOW, sequence=0)


def wish(amount: int | None) -> RefundCustomer:
    return RefundCustomer(amount=amount, reason="Ayran gelmedi")


class TestPatience:
    @pytest.mark.parametrize("events", [(REQUESTED,), (REQUESTED, CHALLENGED)])
    def test_what_nobody_confirms_is_given_up_and_given_free(self, events: Any) -> None:
        over = given(*events).when(GiveUpAuthorization(), now=LATER)
        over.then(AuthorizationGivenUp(at=LATER), VoidRequested(reason="payment_timed_out"))
        assert over.state.status == "failed"

    @pytest.mark.parametrize("events", [HELD, PAID, (REQUESTED, DECLINED), (REQUESTED, VOIDING), (AT_DOOR,)])
    def test_what_is_known_is_not_given_up(self, events: Any) -> None:
        given(*events).when(GiveUpAuthorization()).then_nothing()

    def test_a_yes_after_that_is_no_yes(self) -> None:
        over = (REQUESTED, AuthorizationGivenUp(at=NOW), VoidRequested(reason="payment_timed_out"))
        given(*over).when(told("authorized")).then_nothing()
        given(*over).when(Capture()).then_rejected("not_authorized")
        freed = given(*over).when(told("voided", 2)).then(HoldReleased(amount=SUM, at=NOW, sequence=2))
        assert freed.state.status == "failed"


class TestByTheRestaurant:
    WISH = RefundCustomer(amount=9_000, reason="Ayran gelmedi")

    def test_its_owner_pays_a_part_back(self) -> None:
        given(*PAID).when(self.WISH, facts=FACTS, caller=OWNER).then(
            RefundRequested(amount=9_000, reason="Ayran gelmedi")
        ).answering(amount=9_000, captured=SUM, refunded=0, refunding=9_000)
        given(*PAID).when(RefundCustomer(reason="x"), facts=FACTS, caller=OWNER).then(
            RefundRequested(amount=SUM, reason="x")
        )

    @pytest.mark.parametrize("caller", [USER, "somebody", None])
    def test_nobody_but_the_restaurants_owner_pays_back(self, caller: str | None) -> None:
        given(*PAID).when(self.WISH, facts=FACTS, caller=caller).then_rejected("not_found")

    def test_what_is_said_does_not_tell_which_orders_there_are(self) -> None:
        anothers = given(*PAID).when(self.WISH, facts=FACTS, caller="somebody").decision
        assert given().when(self.WISH, facts=FACTS, caller="somebody").decision == anothers

    def test_more_than_was_taken_tells_how_much_can_be(self) -> None:
        refused = given(*PAID).when(RefundCustomer(amount=SUM + 1, reason="x"), facts=FACTS, caller=OWNER)
        refused.then_rejected("amount_above_capture", field="amount")
        assert refused.decision.rejection is not None
        assert refused.decision.rejection.detail == "at most 360.00 TL can be paid back"
        assert refused.decision.rejection.more == {"payment_status": "captured"}


class TestWhatTheCustomerSees:
    def test_the_challenge_while_it_waits(self) -> None:
        assert shown(PAYMENT, REQUESTED, CHALLENGED).payment_url == CHALLENGED.url
        for event in (AuthorizationGranted(amount=SUM, at=NOW, sequence=2), DECLINED, AuthorizationGivenUp(at=NOW)):
            assert shown(PAYMENT, REQUESTED, CHALLENGED, event).payment_url is None

    def test_why_it_failed(self) -> None:
        document = shown(PAYMENT, REQUESTED, DECLINED)
        assert (document.status, document.failure.code) == ("declined", "insufficient_funds")
        assert document.failure.detail

    @pytest.mark.parametrize(
        "events",
        [
            (REQUESTED,), (REQUESTED, CHALLENGED), HELD, PAID, (*PAID, refunded(1)), (*PAID, refunded(SUM)), (AT_DOOR,),
            (*HELD, VOIDING, HoldReleased(amount=SUM, at=NOW, sequence=2)), (REQUESTED, DECLINED),
            (REQUESTED, AuthorizationGivenUp(at=NOW), VOIDING, HoldReleased(amount=SUM, at=NOW, sequence=2)),
            (NothingDue(**WHO, method="cash", at=NOW),),
        ],
    )  # fmt: skip
    def test_the_document_says_what_the_state_says(self, events: Any) -> None:
        state, document = evolved(DECIDER, DECIDER.state(), events), shown(PAYMENT, *events)
        for name in ("status", "user_id", "restaurant_id", "method", "amount", "captured", "refunded"):
            assert getattr(document, name) == getattr(state, name), name

    def test_nothing_once_the_account_is_gone(self) -> None:
        given(*PAID).when(ErasePayment()).then(PaymentErased(user_id=USER))
        given(*PAID, PaymentErased(user_id=USER)).when(ErasePayment()).then_nothing()
        given().when(ErasePayment()).then_nothing()
        state = evolved(DECIDER, DECIDER.state(), (*PAID, PaymentErased(user_id=USER)))
        assert state.captured == SUM and state.balances["provider_clearing"] == SUM
