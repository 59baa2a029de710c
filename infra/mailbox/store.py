"""Mails as files: one .eml each, named by the time of its arrival, so that sorting by name is newest last."""

import os
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import msgspec

from stores.mail import ABOUT


class Mail(msgspec.Struct, frozen=True):
    """One mail as the page shows it. `to` is the recipient of the envelope, several joined by ", ". `about` is the kind of
    mail, named the same in every language; empty where its sender does not say it."""

    id: str
    to: str
    sender: str
    subject: str
    text: str
    html: str
    message_id: str
    at: datetime
    about: str = ""


class MailStore:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._recipients: dict[str, tuple[str, ...]] = {}  # by file: a mail never changes

    def add(self, sender: str, recipients: Sequence[str], content: bytes) -> None:
        """On the disk when it returns, under its final name: a mail that was answered with 250 survives a kill."""
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        envelope = f"Return-Path: <{sender}>\r\n" + "".join(f"Delivered-To: {to}\r\n" for to in recipients)
        beside = self._folder / f"{name}.new"
        try:
            with beside.open("wb") as out:
                out.write(envelope.encode() + content)
                out.flush()
                os.fsync(out.fileno())
            beside.rename(self._folder / f"{name}.eml")
        except OSError:
            beside.unlink(missing_ok=True)  # half a mail would take the room that there is
            raise
        directory = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def all(self, to: str = "") -> list[Mail]:
        """Newest last; only those to one address, in any case, where `to` is given. The others are not read then."""
        paths = sorted(self._folder.glob("*.eml"))
        if not to:
            return [_read(path) for path in paths]
        before = self._recipients
        known = self._recipients = {path.name: before.get(path.name) or _recipients(path) for path in paths}
        return [_read(path) for path in paths if to.lower() in known[path.name]]


def _recipients(path: Path) -> tuple[str, ...]:
    """Of the envelope, which `add` has written before the mail itself; in lower case."""
    found = list[str]()
    with path.open("rb") as said:
        for line in said:
            name, _, value = line.decode(errors="replace").partition(":")
            if name not in ("Return-Path", "Delivered-To"):
                break
            if name == "Delivered-To":
                found.append(value.strip().lower())
    return tuple(found)


def _read(path: Path) -> Mail:
    """A mail that cannot be taken apart is shown as it came: it hides no other one."""
    try:
        return _taken_apart(path)
    except Exception as error:  # whatever Python's parser raises of it: LookupError, IndexError, ValueError
        return Mail(
            id=path.stem, to=", ".join(_recipients(path)), sender="", subject=f"(not readable: {type(error).__name__})",
            text=path.read_bytes().decode(errors="replace"), html="", message_id="", at=_arrived(path), about="",
        )  # fmt: skip


def _arrived(path: Path) -> datetime:
    return datetime.fromtimestamp(int(path.stem.partition("-")[0]) / 1e9, UTC)


def _taken_apart(path: Path) -> Mail:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    return Mail(
        id=path.stem,
        to=", ".join(str(value) for value in message.get_all("Delivered-To", [])),
        sender=str(message["Return-Path"]).strip("<>"),
        subject=str(message["Subject"] or ""),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        message_id=str(message["Message-ID"] or "").strip(),
        at=_arrived(path),
        about=str(message[ABOUT] or ""),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part else ""
