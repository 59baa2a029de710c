"""Sends what was requested. At least once: a mail that was in flight at a kill goes out again under the same Message-ID."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from agents.notification.templates import UnknownTemplate, render
from stores.mail import Mail, Refused
from topics.contracts import notification_commands
from topics.contracts.email_event import ALREADY_REGISTERED
from topics.contracts.notification_commands import RecordFailed, RecordSent
from topics.contracts.notification_events import Event, MailRequested
from topics.deciding.decision import Send
from topics.messages.event import EventMeta
from topics.values import tokens

_PURPOSES = {"verification": tokens.VERIFY, "password_reset": tokens.RESET, ALREADY_REGISTERED: tokens.RESET}


class Mailer(Protocol):
    async def send(self, mail: Mail) -> None:
        """Raises Refused where the mail is never taken, stores.errors.Unavailable where it may be later."""
        ...


class Courier:
    """token_key: derives mail tokens from their references. origin: where mail links lead."""

    def __init__(self, mailer: Mailer, token_key: bytes, origin: str) -> None:
        self._mailer = mailer
        self._token_key = token_key
        self._origin = origin

    async def perform(self, event: Event, meta: EventMeta) -> Iterable[Send]:
        """The outcome, as a command to the same recipient. Raises Unavailable where it has to be tried again."""
        if not isinstance(event, MailRequested):
            return ()
        try:
            await self._mailer.send(self._mail(event, meta.id))
        except (Refused, UnknownTemplate, tokens.BadToken) as error:
            failed = RecordFailed(mail_id=meta.id, reason=str(error)[:500])
            return (Send(notification_commands.TOPIC, meta.aggregate_id, failed),)
        return (Send(notification_commands.TOPIC, meta.aggregate_id, RecordSent(mail_id=meta.id)),)

    def _mail(self, event: MailRequested, event_id: str) -> Mail:
        letter = event.letter
        variables = self._with_token(letter.template, letter.variables)
        rendered = render(letter.template, variables, self._origin, letter.subject)
        return Mail(id=event_id, to=event.to, subject=rendered.subject, text=rendered.text, html=rendered.html)

    def _with_token(self, template: str, variables: Mapping[str, str]) -> Mapping[str, str]:
        """A token that travels as a reference is derived here, so that it is on no topic."""
        purpose = _PURPOSES.get(template)
        if purpose is None or "token" not in variables:
            return variables
        return {**variables, "token": tokens.from_reference(self._token_key, purpose, variables["token"])}
