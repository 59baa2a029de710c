"""The state of a ticket."""

import msgspec

from topics.contracts.kitchen_events import WithdrawnFor


class TicketState(msgspec.Struct, frozen=True, kw_only=True):
    """restaurant_id: whose kitchen has it; None: there is none. withdrawn: why its order is not cooked any more. sent: id of
    the message in RabbitMQ."""

    restaurant_id: str | None = None
    withdrawn: WithdrawnFor | None = None
    sent: str | None = None
