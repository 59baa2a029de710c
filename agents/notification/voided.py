"""A mail that was requested before its user was erased is not sent after it: the mail server may have been away meanwhile.

What is on its way to the mail server at that moment is sent.
"""

from collections.abc import Awaitable, Callable, Iterable

from agents.notification.decider import DECIDER
from agents.notification.recipient import Recipient
from agents.runtime.reading.states import States
from stores.protocol import DomainStore
from topics.contracts import notification_commands
from topics.contracts.notification_commands import RecordFailed
from topics.contracts.notification_events import MailRequested
from topics.deciding.decision import Send
from topics.messages.event import EventMeta

Perform = Callable[[MailRequested, EventMeta], Awaitable[Iterable[Send]]]


def unless_voided(perform: Perform, store: DomainStore) -> Perform:
    """Asks the recipient's state before each mail. Raises Doubt where the store is away."""
    recipients = States(DECIDER, store)

    async def checked(event: MailRequested, meta: EventMeta) -> Iterable[Send]:
        if _is_voided(meta, await recipients.of(meta.aggregate_id)):
            failed = RecordFailed(mail_id=meta.id, reason="its recipient is erased")
            return (Send(notification_commands.TOPIC, meta.aggregate_id, failed),)
        return await perform(event, meta)

    return checked


def _is_voided(meta: EventMeta, recipient: Recipient) -> bool:
    return recipient.voided is not None and meta.at <= recipient.voided
