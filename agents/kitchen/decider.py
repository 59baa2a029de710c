"""What becomes of a ticket. An order has one, however often it is asked for."""

from typing import assert_never

from msgspec.structs import asdict, replace

from agents.kitchen.ticket import TicketState
from topics.contracts.kitchen_commands import Command, OpenTicket, RecordMessage, WithdrawTicket
from topics.contracts.kitchen_events import Event, MessageRecorded, TicketOpened, TicketWithdrawn
from topics.deciding.decision import Context, Decider, Decision, accept


def decide(command: Command, ticket: TicketState, facts: None, context: Context) -> Decision[Event]:
    match command:
        case OpenTicket():
            if ticket.restaurant_id is not None:
                return accept()
            return accept(TicketOpened(**asdict(command), opened_at=context.now))
        case WithdrawTicket(status=status, reason=reason):
            if ticket.restaurant_id is None or ticket.withdrawn is not None:
                return accept()
            withdrawn = TicketWithdrawn(
                restaurant_id=ticket.restaurant_id, status=status, reason=reason, withdrawn_at=context.now
            )
            return accept(withdrawn)
        case RecordMessage(message_id=message_id, outcome=outcome):
            return accept(MessageRecorded(message_id=message_id, outcome=outcome))
        case _:
            assert_never(command)


def evolve(ticket: TicketState, event: Event) -> TicketState:
    match event:
        case TicketOpened(restaurant_id=restaurant_id):
            return replace(ticket, restaurant_id=restaurant_id)
        case TicketWithdrawn(status=status):
            return replace(ticket, withdrawn=status)
        case MessageRecorded(message_id=message_id, outcome=outcome):
            return replace(ticket, sent=message_id) if outcome == "sent" and ticket.sent is None else ticket
        case _:
            assert_never(event)


DECIDER = Decider[Command, Event, TicketState, None](state=TicketState, decide=decide, evolve=evolve)
