"""A user's basket after the account was erased: it takes nothing in any more, whatever was under way."""

from agents.basket import merging
from topics.contracts.basket_commands import Command, EraseBasket, RestoreItems, TakeOver
from topics.contracts.basket_events import Event
from topics.deciding.decision import Decision, accept, reject
from topics.deciding.refusals import ERASED


def late(command: Command) -> Decision[Event]:
    """Lines of an anonymous basket go back to it. Those of an order that was refused are gone; whoever waits for the order is
    told why it was refused."""
    match command:
        case EraseBasket():
            return accept()
        case TakeOver():
            return merging.refuse(command, ERASED.code, ERASED.detail)
        case RestoreItems(refusal=refusal) if refusal is not None:
            return reject(refusal.code, refusal.detail, field=refusal.field, more=refusal.more)
        case _:
            return Decision(rejection=ERASED)
