"""Sends mail through a few SMTP connections, which are kept open between mails and made anew where they broke."""

import asyncio
from collections.abc import Iterable
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import aiosmtplib

from stores.errors import Unavailable
from stores.mail import ABOUT, Deferred, Mail, Refused

SENDER = Address("Lezzet", "no-reply", "lezzet.example")
TIMEOUT = 10.0  # seconds, for each step of the conversation

_GOING_AWAY = 421  # said at any place: the server closes the connection (RFC 5321, 3.8)
_LONGEST = 500  # characters of an error


class _Conversation(aiosmtplib.SMTP):
    """named: whether the mail under way has come to its recipient."""

    named = False

    async def rcpt(self, *arguments: Any, **more: Any) -> aiosmtplib.SMTPResponse:
        self.named = True
        return await super().rcpt(*arguments, **more)


class Mailer:
    """url: smtp://[user:password@]host[:port], or smtps:// for TLS from the first byte. connections: at most, side by side: a
    mailbox at which the server is slow holds up one of them."""

    def __init__(self, url: str, connections: int, sender: Address = SENDER) -> None:
        self._url = urlsplit(url)
        self._sender = sender
        self._at_once = asyncio.Semaphore(connections)
        self._unused: list[_Conversation] = []

    async def send(self, mail: Mail) -> None:
        """Raises Unavailable where the server is away, Deferred where it does not take this mail now, Refused where it never
        takes it.

        Before the recipient is named, what fails concerns the server, and so does 421. All else concerns the mail, also if the
        connection breaks or nothing is answered, unless the server cannot be connected to either.
        """
        message = _message(mail, self._sender)
        async with self._at_once:
            smtp = self._unused.pop() if self._unused else self._new()
            smtp.named = False
            try:
                if not smtp.is_connected:
                    await smtp.connect()
                await smtp.send_message(message, sender=self._sender.addr_spec, recipients=[mail.to])
            except (aiosmtplib.SMTPException, OSError) as error:
                raise await _meaning(error, smtp, mail) from None  # its own words may hold the mail's
            except UnicodeError as error:
                raise Refused("the address cannot be written in a mail") from error
            except BaseException:  # cancelled: nobody knows where the conversation stands
                smtp.close()
                raise
            finally:
                self._unused.append(smtp)

    def _new(self) -> _Conversation:
        return _Conversation(
            hostname=self._url.hostname,
            port=self._url.port,
            username=unquote(self._url.username) if self._url.username else None,
            password=unquote(self._url.password) if self._url.password else None,
            use_tls=self._url.scheme == "smtps",
            timeout=TIMEOUT,
        )

    def close(self) -> None:
        """Those that are not in use."""
        for smtp in self._unused:
            smtp.close()


async def _meaning(error: Exception, smtp: _Conversation, mail: Mail) -> Exception:
    """The connection is closed where nobody knows what state it is in."""
    code, words = _said(error)
    why = _without((mail.secret, quote(mail.secret, safe=""), mail.to), words)[:_LONGEST]
    if _for_good(error):
        return Refused(why)
    if smtp.named and code and code != _GOING_AWAY:
        return Deferred(why)
    smtp.close()
    if smtp.named and not code and await _answers(smtp):
        return Deferred(why)
    return Unavailable("smtp", why)


async def _answers(smtp: _Conversation) -> bool:
    """Whether the server takes a new connection, which is kept."""
    try:
        await smtp.connect()
    except (aiosmtplib.SMTPException, OSError):
        smtp.close()
        return False
    return True


def _message(mail: Mail, sender: Address) -> EmailMessage:
    message = EmailMessage()
    try:
        message["To"] = Address(addr_spec=mail.to)
        message["From"] = sender
        message["Subject"] = mail.subject
    except (ValueError, IndexError, MessageError) as error:  # the standard library raises any for an odd address
        raise Refused(f"not to be written as a mail: {error}"[:500]) from error
    message["Message-ID"] = f"<{mail.id}@lezzet>"
    if mail.about:
        message[ABOUT] = mail.about
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


def _said(error: Exception) -> tuple[int, str]:
    """The server's code, 0 where it did not answer; and what to say about it."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return error.code, f"{error.code} {error.message}"
    return 0, f"{type(error).__name__}: {error}"


def _without(secrets: Iterable[str], words: str) -> str:
    for secret in secrets:
        words = words.replace(secret, "…") if secret else words
    return words


def _for_good(error: Exception) -> bool:
    """5xx about this sender, recipient or content. 5xx of a log-in or greeting concerns the deployment: worth a retry."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=refused):
            return all(one.code >= 500 for one in refused)
        case aiosmtplib.SMTPSenderRefused() | aiosmtplib.SMTPDataError():
            return error.code >= 500
        case aiosmtplib.SMTPNotSupported():
            return True  # an address beyond ASCII, and a server without SMTPUTF8
        case _:
            return False
