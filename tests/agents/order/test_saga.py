"""Random sequences of commands, answers of other domains, timers and time: an order ends once, whoever is silent, late, or says
things twice, and with it goes back all that was reserved and paid for what its customer did not get."""

from collections.abc import Callable
from dataclasses import replace as use
from datetime import timedelta
from typing import Any

from hypothesis import settings, stateful
from hypothesis import strategies as st
from msgspec.structs import replace

from agents.order.decider import DECIDER
from agents.order.facts import Facts
from agents.order.policy import react
from agents.order.progress import ENDS
from agents.order.projection import MOST_MOMENTS, ORDER, ORDER_TIMELINE, document
from agents.order.times import expiry
from infra.provider import cards as provider
from tests.agents.order.test_decider import PLACED, USER, place
from tests.agents.order.ways import AUTO, CLOSED, COMMANDS, COUPONS, COURIER, KNOWN, LATER_TODAY, OWNER, TODAY, Said
from tests.agents.scenario import ID, NOW, declared, stored
from topics.contracts import basket_commands, discount_commands, payment_commands, restaurant_commands
from topics.contracts.discount_commands import ReleaseUse, ReserveUse
from topics.contracts.order_commands import (
    AcceptOrder,
    ChallengePayment,
    CompleteDelivery,
    ConfirmCoupon,
    ConfirmPayment,
    ConfirmSlot,
    FailDelivery,
    PrepareOrder,
    ReadyOrder,
    RecordSettlement,
    RefuseCoupon,
    RefusePayment,
    RefuseSlot,
    StartDelivery,
)
from topics.contracts.order_events import (
    BasketReturned,
    OrderCancelled,
    OrderDelivered,
    OrderExpired,
    OrderPickedUp,
    OrderRefused,
    OrderRejected,
)
from topics.contracts.payment_commands import Authorize, Capture, Refund, SettleAtDoor, Void
from topics.contracts.restaurant_commands import ReleaseSlot, ReserveSlot
from topics.deciding.decision import Context, Fired, Send, Timer
from topics.messages.event import EventMeta
from topics.messages.message import Message

ENDINGS = (OrderDelivered, OrderPickedUp, OrderRejected, OrderExpired, OrderCancelled, OrderRefused)
CARDS = [name for name, card in provider.CARDS.items() if card.refuses != "refund"]
"""Of the sandbox provider. What it refuses to pay back, somebody has to look at."""

PEOPLE = tuple(
    said for said in COMMANDS if said.by in ("owner", "customer", "kitchen", "courier") or said.name == "EraseOrder"
)
STRANGERS = (
    Said("owner", PEOPLE[0].command, "another"),
    Said("kitchen", next(said.command for said in PEOPLE if said.name == "AcceptOrder"), None),
)


class Bank:
    """A payment as the order sees it: it answers once, and does what is right with what it holds."""

    def __init__(self) -> None:
        self.amount, self.method = 0, ""
        self.answered: str | None = None  # None: nobody has said yet
        self.captured = self.refunded = 0
        self.over = False

    @property
    def kept(self) -> int:
        return self.captured - self.refunded

    @property
    def holds(self) -> bool:
        """Something may still be taken."""
        return not self.over and self.answered != "refused"

    def does(self, command: Message) -> list[Message]:
        """What the order hears."""
        match command:
            case Authorize():
                assert not self.method, "asked once"
                self.amount, self.method = command.amount, command.method
                return []
            case Capture() | SettleAtDoor() if self.answered == "confirmed" and not self.over:
                assert not self.captured, "taken once"
                self.captured = self.amount
                return [RecordSettlement(kind="captured", amount=self.amount)]
            case Void() | Refund() if not self.over:
                self.over = True
                if self.kept:
                    self.refunded = self.captured
                    return [RecordSettlement(kind="refunded", amount=self.captured)]
                return [RecordSettlement(kind="voided", amount=self.amount)] if self.answered == "confirmed" else []
            case _:
                return []

    def answers(self, confirmed: bool) -> list[Message]:
        """What the provider says, if it was asked and has not said it yet."""
        if not self.method or self.answered is not None or self.over:
            return []
        self.answered = "confirmed" if confirmed else "refused"
        return [ConfirmPayment() if confirmed else RefusePayment(code="card_declined", detail="declined")]

    def asks_customer(self) -> list[Message]:
        asked = bool(self.method) and self.answered is None and not self.over
        return [ChallengePayment(url="https://bank.example/3ds")] if asked else []

    def rest(self) -> list[Message]:
        """What it says at last: nothing, where it has said nothing by then."""
        return []


class Saga(stateful.RuleBasedStateMachine):
    bank_of: Callable[[], Bank] = Bank

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.state: Any = DECIDER.state()
        self.known: Facts = KNOWN
        self.events: list[Any] = []
        self.timers: dict[str, Timer] = {}
        self.to_come: list[Message] = []  # from other domains
        self.said: list[Said] = []
        self.slots = self.uses = self.baskets = 0
        self.bank = self.bank_of()
        self.shown: Any = None
        self.timeline: Any = None
        self.commands = 0

    # -- the runtime

    def decide(self, command: Message, caller: str | None = None, fired: Fired | None = None) -> None:
        self.commands += 1
        facts = declared(DECIDER, command, self.state, self.known)
        context = Context(f"c{self.commands}", ID, self.now, caller=caller, fired=fired)
        decision = DECIDER.decide(command, self.state, facts, context)
        for name in (*decision.cancels, *((fired.name,) if fired else ())):
            self.timers.pop(name, None)
        self.timers |= {timer.name: timer for timer in decision.timers}
        for event in decision.events:
            self.state = DECIDER.evolve(self.state, event)
            assert stored(self.state) == self.state
            self.events.append(event)
            self._show(event)
            for send in react(event, EventMeta(f"e{len(self.events)}", ID, len(self.events), self.now), self.state):
                self._send(send)
        if decision.rejection is None and decision.answer is not None and not self.state.erased:
            assert decision.answer == self.shown, "the answer is what the view shows"

    def _show(self, event: Any) -> None:
        meta = EventMeta("e", ID, len(self.events), self.now)
        self.shown = ORDER.show(self.shown, event, meta).document
        self.timeline = ORDER_TIMELINE.show(self.timeline, event, meta).document

    def _send(self, send: Send) -> None:
        match send.topic, send.message:
            case restaurant_commands.TOPIC, ReserveSlot():
                self.asked_slot = True
            case restaurant_commands.TOPIC, ReleaseSlot():
                self.slots -= 1
            case discount_commands.TOPIC, ReserveUse():
                self.asked_use = True
            case discount_commands.TOPIC, ReleaseUse() if send.suffix == "":
                self.uses -= 1
            case basket_commands.TOPIC, _:
                self.baskets += 1
            case payment_commands.TOPIC, command:
                self.to_come += self.bank.does(command)
            case _:
                pass

    asked_slot = asked_use = False

    # -- what may happen

    @stateful.initialize(
        slot=st.booleans(), coupon=st.booleans(), later=st.sampled_from([None, LATER_TODAY, TODAY]), pickup=st.booleans(),
        method=st.sampled_from(["credit_card", "cash", "pos"]), old=st.integers(0, 9), auto=st.integers(0, 3),
        far=st.integers(0, 8), card=st.sampled_from(CARDS),
    )  # fmt: skip
    def placed(
        self, slot: bool, coupon: bool, later: Any, pickup: bool, method: Any, old: int, auto: int, far: int, card: str
    ) -> None:
        """far: steps that go as they should, before anything may happen."""
        known = AUTO if auto == 0 else KNOWN
        house = replace(known.restaurants["mahmut"], orders_per_slot=3 if slot else None)
        self.known = use(known, restaurants={"mahmut": house}, coupons=COUPONS)
        if old == 0:  # of the release before
            self.state, self.events = DECIDER.evolve(self.state, PLACED), [PLACED]
            self._show(PLACED)
            self.timers = {"expiry": expiry(NOW + timedelta(days=1))}
            return
        wish = place(
            ("kebap", 2), coupon_code="YAZ10" if coupon else None, pickup=pickup, payment_method=method, card=card,
            schedule_date=later and later.schedule_date,
        )  # fmt: skip
        self.decide(wish, USER)
        for step in self._as_it_should()[:far]:
            step()
            while self.to_come:
                self.decide(self.to_come.pop(0))

    def _as_it_should(self) -> tuple[Callable[[], None], ...]:
        return (
            lambda: self.the_slot_is_told(granted=True),
            lambda: self.the_coupon_is_told(granted=True),
            lambda: self.the_bank_answers(confirmed=True),
            lambda: self._fires(self.timers["kitchen"]) if "kitchen" in self.timers else None,
            lambda: self.decide(AcceptOrder(), OWNER),
            lambda: self.decide(PrepareOrder(), OWNER),
            lambda: self.decide(ReadyOrder(), OWNER),
            lambda: self.decide(StartDelivery(courier_id=COURIER, at=self.now)),
        )

    @stateful.rule(granted=st.booleans())
    def the_slot_is_told(self, granted: bool) -> None:
        if self.asked_slot:
            self.asked_slot, self.slots = False, self.slots + granted
            self.to_come.append(ConfirmSlot() if granted else RefuseSlot())

    @stateful.rule(granted=st.booleans())
    def the_coupon_is_told(self, granted: bool) -> None:
        if self.asked_use:
            self.asked_use, self.uses = False, self.uses + granted
            refused = RefuseCoupon(code="coupon_used_up", detail="used up")
            self.to_come.append(ConfirmCoupon() if granted else refused)

    @stateful.rule(confirmed=st.sampled_from([True, True, False]))
    def the_bank_answers(self, confirmed: bool) -> None:
        self.to_come += self.bank.answers(confirmed)

    @stateful.rule()
    def the_bank_asks_the_customer(self) -> None:
        self.to_come += self.bank.asks_customer()

    @stateful.rule(data=st.data(), twice=st.booleans())
    def a_message_comes(self, data: st.DataObject, twice: bool) -> None:
        if self.to_come:
            message = self.to_come.pop(data.draw(st.integers(0, len(self.to_come) - 1)))
            self.decide(message)
            if twice and not isinstance(message, RecordSettlement):
                before = len(self.events)
                self.decide(message)
                assert len(self.events) == before, "what comes twice changes nothing"

    @stateful.rule(said=st.sampled_from(PEOPLE))
    def somebody_acts(self, said: Said) -> None:
        self.decide(said.command, said.caller)

    @stateful.rule(said=st.sampled_from(STRANGERS))
    def a_stranger_acts(self, said: Said) -> None:
        before = len(self.events)
        command = said.command if said.caller else replace(said.command, restaurant_id="tokyo")
        self.decide(command, said.caller)
        assert len(self.events) == before

    @stateful.rule(failed=st.booleans())
    def a_courier_rides(self, failed: bool) -> None:
        self.decide(StartDelivery(courier_id=COURIER, at=self.now))
        end = FailDelivery(courier_id=COURIER, reason="no one opened", at=self.now)
        self.decide(end if failed else CompleteDelivery(courier_id=COURIER, at=self.now))

    @stateful.rule(minutes=st.sampled_from([1, 3, 5, 60, 240]))
    def time_passes(self, minutes: int) -> None:
        until = self.now + timedelta(minutes=minutes)
        while self.timers and (due := min(self.timers.values(), key=lambda timer: timer.at)).at <= until:
            self._fires(due)
        self.now = until

    @stateful.rule()
    def the_restaurant_closes(self) -> None:
        self.known = use(self.known, restaurants=CLOSED.restaurants)

    @stateful.rule(minutes=st.sampled_from([5, 30, 240]))
    def the_restaurant_pauses(self, minutes: int) -> None:
        house = replace(self.known.restaurants["mahmut"], paused_until=self.now + timedelta(minutes=minutes))
        self.known = use(self.known, restaurants={"mahmut": house})

    def _fires(self, timer: Timer) -> None:
        self.now = max(self.now, timer.at)
        self.decide(timer.command, fired=Fired(timer.name, timer.at))

    # -- what holds

    @stateful.invariant()
    def a_timer_stands_until_it_ends(self) -> None:
        if self.events:
            assert bool(self.timers) == (self.state.stage not in ENDS), self.state.stage

    @stateful.invariant()
    def answers_views_and_states_say_the_same(self) -> None:
        if self.state.placed is not None and not self.state.erased:
            assert self.shown == document(ID, self.state.placed, self.state.shown)
            assert self.timeline.moments[-1].status == self.shown.status
            assert len(self.timeline.moments) <= MOST_MOMENTS

    def teardown(self) -> None:
        self.to_come += self.bank.rest()
        while self.to_come or self.timers:
            if self.to_come:
                self.decide(self.to_come.pop(0))
            else:
                self._fires(min(self.timers.values(), key=lambda timer: timer.at))
            self.to_come += self.bank.rest()
            if not self.to_come:  # those who were asked and have not answered do so at last
                self.the_slot_is_told(granted=True)
                self.the_coupon_is_told(granted=True)
        if self.events:
            self._is_over()

    def _is_over(self) -> None:
        assert self.state.stage in ENDS
        ends = [event for event in self.events if isinstance(event, ENDINGS)]
        assert len(ends) == 1, "an order ends once"
        had = isinstance(ends[0], OrderDelivered | OrderPickedUp)
        placed = self.state.placed
        assert self.slots == (1 if had and placed.slot else 0)
        assert self.uses == (1 if had and placed.coupon_code else 0)
        asked = placed is not None and placed.pay_by is not None
        unpaid = placed is not None and self.state.shown.payment_status == "failed"
        assert self.bank.kept == (placed.total if had and asked and not unpaid else 0), "for what was had, to the kuruş"
        if asked and not had:
            assert not self.bank.holds, "nothing is held any more"
        assert self.baskets <= 1
        given_back = isinstance(ends[0], OrderRefused) or any(isinstance(e, BasketReturned) for e in self.events)
        assert self.baskets == given_back


Saga.TestCase.settings = settings(max_examples=400, stateful_step_count=25, deadline=None)
TestSaga = Saga.TestCase
