"""Links to the pages of the console (replay/console): what a command prints beside what it says."""

from urllib.parse import quote, urlencode

from stores.settings import Settings


def flow(settings: Settings, id: str) -> str:
    """Everything that belongs to an id of any kind."""
    return _link(settings, "flow", id)


def state(settings: Settings, id: str, at: str | int | None = None) -> str:
    """An aggregate. at: a version or a time."""
    return _link(settings, "state", id, at=at)


def topic(settings: Settings, name: str) -> str:
    return _link(settings, "topics", name)


def message(settings: Settings, topic: str, partition: int, offset: int) -> str:
    return _link(settings, "messages", topic, partition, offset)


def dead_letters(settings: Settings, topic: str) -> str:
    """topic: whose dead letters."""
    return _link(settings, "dlq", topic)


def find(settings: Settings, **asked: str | None) -> str:
    """asked: where, since, until, topic."""
    return _link(settings, "find", **asked)


def path(*parts: object, **asked: object) -> str:
    """Of a page, from its root. asked: what is None is left out."""
    said = {name: value for name, value in asked.items() if value is not None}
    return "/" + "/".join(quote(str(part), safe="") for part in parts) + (f"?{urlencode(said)}" if said else "")


def _link(settings: Settings, *parts: object, **asked: object) -> str:
    return f"http://127.0.0.1:{settings.console_port}{path(*parts, **asked)}"
