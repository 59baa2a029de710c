"""The mails' words. Pure: everything that comes from outside is escaped where it enters HTML and URLs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from urllib.parse import quote

from topics.contracts.email_event import ALREADY_REGISTERED


class UnknownTemplate(ValueError):
    """There is no such template, or a variable that it needs is missing."""


@dataclass(frozen=True, slots=True)
class Words:
    """paragraphs: plain text. link: label and absolute URL."""

    subject: str
    paragraphs: tuple[str, ...]
    link: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str


def render(template: str, variables: Mapping[str, str], origin: str, subject: str = "") -> Rendered:
    """origin: where mail links lead, e.g. https://lezzet.example. subject: instead of the template's own.

    Raises UnknownTemplate.
    """
    try:
        words = _TEMPLATES[template](variables, origin)
    except KeyError as missing:
        raise UnknownTemplate(f"{template!r} cannot be rendered, {missing} is missing") from None
    heading = " ".join((subject or words.subject).split())  # a line break would end the header
    return Rendered(heading, _text(words), _html(heading, words))


def _verification(variables: Mapping[str, str], origin: str) -> Words:
    link = f"{origin}/auth/verify-email?token={quote(variables['token'], safe='')}"
    return Words(
        subject="Verify your e-mail address",
        paragraphs=(
            "Welcome to Lezzet. Please verify your e-mail address with the link below.",
            "It is valid for 15 minutes. If you did not register, ignore this mail.",
        ),
        link=("Verify my address", link),
    )


def _reset_link(variables: Mapping[str, str], origin: str) -> tuple[str, str]:
    return "Choose a new password", f"{origin}/reset-password?token={quote(variables['token'], safe='')}"


def _password_reset(variables: Mapping[str, str], origin: str) -> Words:
    return Words(
        subject="Reset your password",
        paragraphs=(
            "Somebody, hopefully you, asked to reset the password of your Lezzet account.",
            "The link below is valid for 15 minutes. If it was not you, ignore this mail.",
        ),
        link=_reset_link(variables, origin),
    )


def _already_registered(variables: Mapping[str, str], origin: str) -> Words:
    return Words(
        subject="You have an account already",
        paragraphs=(
            "Somebody, hopefully you, registered this address at Lezzet, which has an account already.",
            "You can log in with it, or choose a new password with the link below. It is valid for 15 minutes.",
            "If it was not you, ignore this mail: nothing has changed.",
        ),
        link=_reset_link(variables, origin),
    )


def _discount(variables: Mapping[str, str], origin: str) -> Words:
    return Words(variables["title"], (variables["title"], variables["description"]), ("To Lezzet", origin))


def _order_confirmation(variables: Mapping[str, str], origin: str) -> Words:
    return Words(
        subject=f"Your order at {variables['restaurant_name']}",
        paragraphs=(
            f"{variables['restaurant_name']} has your order {variables['order_id']}.",
            f"Total: {variables['total']} TL. Afiyet olsun!",
        ),
    )


_TEMPLATES: Mapping[str, Callable[[Mapping[str, str], str], Words]] = MappingProxyType(
    {
        "verification": _verification,
        "password_reset": _password_reset,
        ALREADY_REGISTERED: _already_registered,
        "discount": _discount,
        "order_confirmation": _order_confirmation,
    }
)


def _text(words: Words) -> str:
    link = (f"{words.link[0]}: {words.link[1]}",) if words.link else ()
    return "\n\n".join((*words.paragraphs, *link)) + "\n"


def _html(heading: str, words: Words) -> str:
    paragraphs = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in words.paragraphs)
    link = f'<p><a href="{escape(words.link[1])}">{escape(words.link[0])}</a></p>' if words.link else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(heading)}</title></head>'
        f'<body style="font-family:sans-serif;max-width:36em;margin:auto">{paragraphs}{link}</body></html>'
    )
