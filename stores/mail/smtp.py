"""Sends mail through one SMTP connection, which is kept open between mails and made anew where it broke."""

import asyncio
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib

from stores.errors import Unavailable
from stores.mail import Mail, Refused

SENDER = Address("Lezzet", "no-reply", "lezzet.example")
TIMEOUT = 10.0  # seconds, for each step of the conversation


class Mailer:
    """url: smtp://[user:password@]host[:port], or smtps:// for TLS from the first byte."""

    def __init__(self, url: str, sender: Address = SENDER) -> None:
        said = urlsplit(url)
        self._smtp = aiosmtplib.SMTP(
            hostname=said.hostname,
            port=said.port,
            username=unquote(said.username) if said.username else None,
            password=unquote(said.password) if said.password else None,
            use_tls=said.scheme == "smtps",
            timeout=TIMEOUT,
        )
        self._sender = sender
        self._one_at_a_time = asyncio.Lock()

    async def send(self, mail: Mail) -> None:
        """Raises Unavailable where the server is down or asks to come back later, Refused where it never takes it."""
        message = _message(mail, self._sender)
        async with self._one_at_a_time:
            try:
                if not self._smtp.is_connected:
                    await self._smtp.connect()
                await self._smtp.send_message(message, sender=self._sender.addr_spec, recipients=[mail.to])
            except (aiosmtplib.SMTPException, OSError) as error:
                if _for_good(error):
                    raise Refused(str(error)[:500]) from error
                self._smtp.close()
                raise Unavailable("smtp", f"{type(error).__name__}: {error}"[:500]) from error
            except UnicodeError as error:
                raise Refused("the address cannot be written in a mail") from error

    async def close(self) -> None:
        async with self._one_at_a_time:
            self._smtp.close()


def _message(mail: Mail, sender: Address) -> EmailMessage:
    message = EmailMessage()
    try:
        message["To"] = Address(addr_spec=mail.to)
        message["From"] = sender
        message["Subject"] = mail.subject
    except (ValueError, IndexError, MessageError) as error:  # the standard library raises any for an odd address
        raise Refused(f"not to be written as a mail: {error}"[:500]) from error
    message["Message-ID"] = f"<{mail.id}@lezzet>"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


def _for_good(error: Exception) -> bool:
    """5xx about this sender, recipient or content. 5xx of a log-in or greeting concerns the deployment: worth a retry."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=refused):
            return all(one.code >= 500 for one in refused)
        case aiosmtplib.SMTPSenderRefused() | aiosmtplib.SMTPRecipientRefused() | aiosmtplib.SMTPDataError():
            return error.code >= 500
        case aiosmtplib.SMTPNotSupported():
            return True  # an address beyond ASCII, and a server without SMTPUTF8
        case _:
            return False
