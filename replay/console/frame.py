"""What all pages have around them, and how values get into a page.

Every value is escaped and shown without mail addresses. What is not printable in it (control characters, those that turn the
direction of a text) is shown as `\\x1b` or `\\u202e`: see replay.log.message.printed. Templates need not think of it. What the
reader of the page has asked for is shown as they said it, by the filter `asked`.
"""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from replay import links
from replay.log.message import printed, stamp
from topics.personal import masked_text

_HERE = Path(__file__).parent
FORM_TOKEN = web.RequestKey("form_token", str)
"""Of whoever has entered."""
NAVIGATION = (
    ("/", "h", "Home"),
    ("/find", "f", "Find"),
    ("/topics", "t", "Topics"),
    ("/dlq", "d", "Dead letters"),
    ("/views", "v", "Views"),
    ("/map", "m", "Map"),
    ("/logs", "l", "Logs"),
    ("/processes", "p", "Processes"),
)
"""Path, key (after a `g`), name."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page. values: of the template. command: the arguments of ./lezzet that tell the same."""

    template: str
    title: str
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    command: Sequence[str] = ()
    status: int = 200


class Frame:
    def __init__(self, *, write: bool) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            finalize=_printable,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._always: Mapping[str, Any] = {"navigation": NAVIGATION, "write": write}
        # Global, since macros do not see what a page is given.
        cast(dict[str, Any], self._templates.globals).update(path=links.path, of_key=of_key)
        self._templates.filters.update(
            count=count,
            size=size,
            span=span,
            stamp=stamp,
            hue=hue,
            asked=asked,
            typed=typed,
            command=command_line,
            sentence=sentence,
        )

    def page(self, request: web.Request, shown: Shown) -> web.Response:
        values = {
            "title": shown.title,
            "command": command_line(shown.command),
            "here": "/" + request.path.split("/")[1],
            "asked_id": request.query.get("id", ""),
            "form_token": request.get(FORM_TOKEN),
        }
        text = self._templates.get_template(shown.template).render({**self._always, **values, **shown.values})
        return web.Response(status=shown.status, text=text, content_type="text/html")


def command_line(arguments: Sequence[str]) -> str:
    """As a shell takes it."""
    return shlex.join(("./lezzet", *arguments)) if arguments else ""


def _printable(value: object) -> object:
    if isinstance(value, str) and not isinstance(value, Markup):
        return plain(value)
    return "" if value is None else value


def plain(text: str) -> str:
    """Printable, without mail addresses."""
    return printed(masked_text(text))


def asked(text: str | None) -> Markup:
    """As the reader of the page said it, escaped and printable."""
    return escape(printed(text or ""))


def sentence(text: str) -> Markup:
    """Of a command's answer: what stands between backticks is a command to copy."""
    parts = [escape(part) for part in plain(text).split("`")]
    return Markup("").join(Markup("<code>{}</code>").format(p) if n % 2 else p for n, p in enumerate(parts))


def typed(text: str) -> Markup:
    """Into a text field, from which it comes back."""
    return escape(in_ascii(text))


def in_ascii(text: str) -> str:
    """Its line breaks stay, what else is not printable is escaped as in JSON."""
    return "".join(c if c.isprintable() or c in "\n\t" else json.dumps(c)[1:-1] for c in text)


def of_key(key: str | None) -> str | None:
    """The page of everything that a key takes part in. None for a mail address: it would stand in the link."""
    return None if not key or masked_text(key) != key else links.path("flow", key)


def count(number: float) -> str:
    return f"{number:,.0f}"


def size(number: int) -> str:
    """Bytes."""
    if number < 1024:
        return f"{number} B"
    return f"{number / 1024:,.1f} KB" if number < 1024 * 1024 else f"{number / 1024 / 1024:,.1f} MB"


def span(milliseconds: float) -> str:
    """A length of time in two units at most: 7 ms, 1.4 s, 3 min 5 s, 2 h 10 min, 3 d 4 h."""
    seconds = milliseconds / 1000
    if seconds < 1:
        return f"{milliseconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    first = next(at for at, (number, _) in enumerate(parts) if number)
    return " ".join(f"{number} {unit}" for number, unit in parts[first : first + 2] if number)


def hue(topic: str) -> str:
    """The class of a colour: topics of one domain have the same one."""
    domain = topic.removesuffix("_dlq").rsplit("_", 1)[0]
    return f"hue{sum(map(ord, domain)) % 12}"
