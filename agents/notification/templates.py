"""Mails from their templates. Pure: everything that comes from outside is escaped where it enters HTML and URLs."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from string import Formatter
from types import MappingProxyType
from urllib.parse import quote

from agents.notification.english import ENGLISH
from agents.notification.turkish import TURKISH
from agents.notification.wording import Mail, Wording
from topics.contracts.notification_events import Letter
from topics.values.languages import Language

LANGUAGES: Mapping[Language, Wording] = MappingProxyType({"en": ENGLISH, "tr": TURKISH})
AMOUNTS = frozenset({"total", "amount"})
"""Variables that are amounts, as topics.values.kurus.lira() writes them."""


class UnknownTemplate(ValueError):
    """There is no such template, or a variable that it needs is missing."""


@dataclass(frozen=True, slots=True)
class Words:
    """subject: one line. paragraphs: plain text. link: label and absolute URL."""

    subject: str
    paragraphs: tuple[str, ...]
    link: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str


def render(letter: Letter, origin: str) -> Rendered:
    """origin: where mail links lead, e.g. https://lezzet.example. Raises UnknownTemplate."""
    words = worded(letter, origin)
    return Rendered(words.subject, _text(words), _html(words, letter.language))


def worded(letter: Letter, origin: str) -> Words:
    """Raises UnknownTemplate."""
    wording = LANGUAGES[letter.language]
    mail, said = wording.mails.get(letter.template), _said(letter.variables, wording)
    if mail is None:
        raise UnknownTemplate(f"there is no template {letter.template!r}")
    try:
        return _worded(mail, said, origin, letter.subject)
    except KeyError as missing:
        raise UnknownTemplate(f"{letter.template!r} cannot be rendered, {missing} is missing") from None


def _said(variables: Mapping[str, str], wording: Wording) -> Mapping[str, str]:
    """The variables as this language says them."""
    said = {name: _amount(text, wording) if name in AMOUNTS else text for name, text in variables.items()}
    if "reason" in said:
        said["reason"] = wording.reason(said["reason"])
    if said.get("restaurant_name") == "":
        said["restaurant_name"] = wording.restaurant
    return said


def _amount(text: str, wording: Wording) -> str:
    """`2134.90` in groups of three, as phones have it: 2.134,90 or 2,134.90."""
    whole, _, part = text.partition(".")
    if not (whole.isdecimal() and part):
        return text.replace(".", wording.comma)
    group = "." if wording.comma == "," else ","
    return f"{int(whole):,}".replace(",", group) + wording.comma + part


def _worded(mail: Mail, said: Mapping[str, str], origin: str, subject: str) -> Words:
    link = None
    if mail.link is not None:
        quoted = {name: quote(value, safe="") for name, value in said.items()}
        link = mail.link.label, origin + mail.link.path.format_map(quoted)
    return Words(
        subject=" ".join((subject or mail.subject.format_map(said)).split()),  # a line break would end the header
        paragraphs=tuple(each.format_map(said) for each in mail.paragraphs if all(said[name] for name in names(each))),
        link=link,
    )


def names(text: str) -> set[str]:
    """The variables in a text of a template."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _text(words: Words) -> str:
    link = (f"{words.link[0]}: {words.link[1]}",) if words.link else ()
    return "\n\n".join((*words.paragraphs, *link)) + "\n"


def _html(words: Words, language: Language) -> str:
    paragraphs = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in words.paragraphs)
    link = f'<p><a href="{escape(words.link[1])}">{escape(words.link[0])}</a></p>' if words.link else ""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(words.subject)}</title></head>'
        f'<body style="font-family:sans-serif;max-width:36em;margin:auto">{paragraphs}{link}</body></html>'
    )
