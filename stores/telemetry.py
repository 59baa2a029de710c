"""The one place that logs: JSON lines on stderr, the same shape from structlog and from libraries' `logging`. Processes that
ship their lines hand the same ones on (stores/logs, docs/logs.md).

No secret reaches a line: values under telling keys are replaced, and tokens, URL credentials and the ids of anonymous
baskets (which are the permission to use them) inside texts are cut.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, TextIO, cast

import msgspec
import structlog
from structlog.typing import Processor

from stores.log_repeats import Repeats
from stores.logs.lines import Line, Lines

REDACTED = "[redacted]"
_IS_DOMAIN = re.compile(r"[a-z][a-z0-9_-]{0,30}").fullmatch
_TELLING = re.compile(r"passw|token|secret|authorization|cookie|api_?key|credential|_box$|^box$|seal|fingerprint", re.I)
_INSIDE = re.compile(
    r"(?i:bearer)\s+\S+|eyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=://)[^/\s:@]*:[^/\s@]*(?=@)|(?<=anonymous:)[0-9a-f-]{36}"
)
_NOISY = {
    "aiokafka": logging.ERROR,
    # it tells of each member that was away for too long and joins again; partitions that stand still have lines of their own
    "aiokafka.consumer.group_coordinator": logging.CRITICAL,
    "aio_pika": logging.ERROR,
    "aiormq": logging.CRITICAL,  # it tells of each try to connect; stores/rabbit says what matters
    "aiohttp": logging.WARNING,
    "elastic_transport": logging.ERROR,
    "faust": logging.WARNING,
    "opentelemetry": logging.CRITICAL,  # a collector that is away: spans are dropped, and nothing else
    "mode": logging.ERROR,  # its warnings are of timers that came late
    "yoyo": logging.WARNING,
}


def configure(process: str, level: str = "info", ships: Lines | None = None) -> None:
    """Sets up logging of this process. process: stands on each line. level: debug, info, warning or error. ships: where lines
    wait that go on to RabbitMQ."""
    number = logging.getLevelNamesMapping()[level.upper()]

    def name_process(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["process"] = process
        event["domain"] = domain_of(event, process)
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        name_process,
        _stamp,
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = _Handler(ships)
    handler.addFilter(_is_news)
    handler.addFilter(Repeats())
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
        processors=[handler.note_domain, structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render],
    )
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(number)
    for name, least in _NOISY.items():
        logging.getLogger(name).setLevel(max(least, number))


def _is_news(record: logging.LogRecord) -> bool:
    """False for what asyncio says of a future of aiokafka that has failed and that nobody waits for. A broker that goes away
    leaves dozens; whoever needed a result has a line with a name."""
    error = record.exc_info[1] if record.exc_info else None
    forgotten = record.name == "asyncio" and "was never retrieved" in record.getMessage()
    return not (forgotten and type(error).__module__.startswith("aiokafka."))


class _Handler(logging.StreamHandler[TextIO]):
    """Formats a line once, for stderr and for the way on. Neither may ever stop or break whoever logs."""

    def __init__(self, ships: Lines | None) -> None:
        super().__init__(sys.stderr)
        self._ships = ships
        self._domain = ""  # of the line that is being formatted; whoever calls emit has the handler's lock

    def note_domain(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """structlog processor of its formatter."""
        self._domain = event["domain"]
        return event

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)
            if self._ships is not None:
                self._ships.offer(Line(record.levelname.lower(), self._domain, text.encode()))
            self.stream.write(text + self.terminator)
            self.flush()
        except Exception:
            self.handleError(record)


def domain_of(event: Mapping[str, Any], process: str) -> str:
    """Whose line it is: as it says itself, by its consumer group, its topic, or where in the code it comes from; else the
    process'."""
    group = event.get("group") or getattr(event.get("source"), "group", "")
    topic = str(event.get("topic", ""))
    code = str(event.get("logger", "")).split(".")
    named = (
        event.get("domain"),
        str(group).partition(".")[0],
        topic.rsplit("_", 1)[0] if topic.endswith(("_commands", "_events")) else "",
        code[1] if code[0] == "agents" and len(code) > 2 and code[1] != "runtime" else "",
    )
    return next((each for each in named if isinstance(each, str) and _IS_DOMAIN(each)), process)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    return structlog.stdlib.get_logger(name)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: the event without secrets."""
    return {name: _clean(name, value) for name, value in event.items()}


def _clean(name: str, value: Any) -> Any:
    if _TELLING.search(name):
        return REDACTED
    if isinstance(value, str):
        return _INSIDE.sub(REDACTED, value)
    if isinstance(value, Mapping):
        return {str(k): _clean(str(k), v) for k, v in cast(Mapping[Any, Any], value).items()}
    if isinstance(value, list | tuple):
        return [_clean("", item) for item in cast(list[Any], value)]
    return value


def _stamp(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["timestamp"] = datetime.now(UTC).isoformat(timespec="milliseconds")
    return event


def _render(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    try:
        return msgspec.json.encode(event, enc_hook=repr).decode()
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        # e.g. half of a surrogate pair, or 10 ** 30
        return msgspec.json.encode({name: _text(value) for name, value in event.items()}).decode()


def _text(value: Any) -> str:
    return str(value).encode("utf-8", "replace").decode()
