"""Sends what was requested. At least once: a mail that was in flight at a kill goes out again under the same Message-ID.

A mail that the server does not take now is tried again for a day. One whose link has expired is not sent any more.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

from msgspec.structs import replace

from agents.notification.templates import UnknownTemplate, render
from agents.runtime.reading.aside import GiveUp, NotNow
from stores.mail import Deferred, Mail, Refused
from topics.contracts import notification_commands
from topics.contracts.email_event import ALREADY_REGISTERED
from topics.contracts.notification_commands import RecordFailed, RecordSent
from topics.contracts.notification_events import Letter, MailRequested
from topics.deciding.decision import Send
from topics.messages.event import EventMeta
from topics.values import tokens

_PURPOSES = {"verification": tokens.VERIFY, "password_reset": tokens.RESET, ALREADY_REGISTERED: tokens.RESET}

_ABOUT = {"verification": "verify_email", "password_reset": "reset_password"}
"""Templates whose mails are called as the route that takes the token. All others are called as the template."""

PATIENCE = timedelta(days=1)  # after the request


class Mailer(Protocol):
    async def send(self, mail: Mail) -> None:
        """Raises Refused where the mail is never taken, Deferred where it may be later, stores.errors.Unavailable where the
        server is away."""
        ...


class Courier:
    """token_key: derives mail tokens from their references. origin: where mail links lead."""

    def __init__(self, mailer: Mailer, token_key: bytes, origin: str) -> None:
        self._mailer = mailer
        self._token_key = token_key
        self._origin = origin

    async def perform(self, event: MailRequested, meta: EventMeta) -> Iterable[Send]:
        """The outcome, as a command to the same recipient. Raises as agents.runtime.reading.performing.Perform has it."""
        expires = _expires(event.letter, meta)
        if expires is not None and datetime.now(UTC) >= expires:
            raise GiveUp("the link in the mail has expired")
        try:
            await self._mailer.send(self._mail(event, meta.id))
        except Deferred as error:
            raise NotNow(str(error), until=expires or meta.at + PATIENCE) from None
        except (Refused, UnknownTemplate, tokens.BadToken) as error:
            failed = RecordFailed(mail_id=meta.id, reason=str(error)[:500])
            return (Send(notification_commands.TOPIC, meta.aggregate_id, failed),)
        return (Send(notification_commands.TOPIC, meta.aggregate_id, RecordSent(mail_id=meta.id)),)

    def _mail(self, event: MailRequested, event_id: str) -> Mail:
        letter = event.letter
        variables = self._with_token(letter.template, letter.variables)
        rendered = render(replace(letter, variables=dict(variables)), self._origin)
        return Mail(
            id=event_id, to=event.to, subject=rendered.subject, text=rendered.text, html=rendered.html,
            about=_ABOUT.get(letter.template, letter.template), secret=variables.get("token", ""),
        )  # fmt: skip

    def _with_token(self, template: str, variables: Mapping[str, str]) -> Mapping[str, str]:
        """A token that travels as a reference is derived here, so that it is on no topic."""
        purpose = _PURPOSES.get(template)
        if purpose is None or "token" not in variables:
            return variables
        return {**variables, "token": tokens.from_reference(self._token_key, purpose, variables["token"])}


def _expires(letter: Letter, meta: EventMeta) -> datetime | None:
    """When the link in the mail does. None without one; of other systems' tokens nobody here knows it."""
    token = letter.variables.get("token", "")
    return meta.at + tokens.MAIL_TOKEN_LIFE if letter.template in _PURPOSES and tokens.is_reference(token) else None
