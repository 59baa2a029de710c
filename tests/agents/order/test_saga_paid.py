"""The same random sequences with the payment domain itself and the sandbox provider's bank: whatever a card does, money is kept
for what a customer has, and for nothing else."""

from hypothesis import settings

from tests.agents.order.test_saga import Bank, Saga
from tests.agents.payment.flow import Flow, entries
from topics.contracts.payment_commands import Authorize
from topics.contracts.payment_events import SettledAtDoor
from topics.messages.message import Message


class Provider(Bank):
    """A Flow, in the place of a Bank."""

    def __init__(self) -> None:
        super().__init__()
        self.flow = Flow()
        self.heard = 0

    @property
    def kept(self) -> int:
        at_door = sum(event.amount for event in self.flow.events if isinstance(event, SettledAtDoor))
        return sum(self.flow.movements("capture")) - sum(self.flow.movements("refund")) + at_door

    @property
    def holds(self) -> bool:
        """A hold that was neither taken nor given free."""
        held, ended = (len(self.flow.movements(kind)) for kind in ("authorize", "capture"))
        return held > ended + len(self.flow.movements("void"))

    def does(self, command: Message) -> list[Message]:
        if isinstance(command, Authorize):
            self.method = command.method
        self.flow.do(command)
        return self._new()

    def answers(self, confirmed: bool) -> list[Message]:
        self.flow.challenged(passed=confirmed)
        self.flow.ask(lost=not confirmed)
        self.flow.later()
        self.flow.hear(0, again=not confirmed)
        return self._new()

    def asks_customer(self) -> list[Message]:
        return []  # the card says whether it does

    def rest(self) -> list[Message]:
        self.flow.end()
        assert sum(entry.amount for entry in entries(self.flow.events)) == 0, "the ledger"
        return self._new()

    def _new(self) -> list[Message]:
        new, self.heard = self.flow.told[self.heard :], len(self.flow.told)
        return new


class PaidSaga(Saga):
    bank_of = Provider


PaidSaga.TestCase.settings = settings(max_examples=100, stateful_step_count=20, deadline=None)
TestPaidSaga = PaidSaga.TestCase
