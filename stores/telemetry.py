"""The one place that logs: JSON lines on stderr, the same shape from structlog and from libraries' `logging`.

No secret reaches a line: values under telling keys are replaced, and tokens, URL credentials and the ids of anonymous
baskets (which are the permission to use them) inside texts are cut.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
import structlog
from structlog.typing import Processor

from stores.log_repeats import Repeats

REDACTED = "[redacted]"
_TELLING = re.compile(r"passw|token|secret|authorization|cookie|api_?key|credential|_box$|^box$|seal|fingerprint", re.I)
_INSIDE = re.compile(
    r"(?i:bearer)\s+\S+|eyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=://)[^/\s:@]*:[^/\s@]*(?=@)|(?<=anonymous:)[0-9a-f-]{36}"
)
_NOISY = {
    "aiokafka": logging.ERROR,
    "aio_pika": logging.ERROR,
    "aiormq": logging.CRITICAL,  # it tells of each try to connect; stores/rabbit says what matters
    "aiohttp": logging.WARNING,
    "elastic_transport": logging.ERROR,
    "faust": logging.WARNING,
    "mode": logging.WARNING,
    "yoyo": logging.WARNING,
}


def configure(process: str, level: str = "info") -> None:
    """Sets up logging of this process. process: stands on each line. level: debug, info, warning or error."""
    number = logging.getLevelNamesMapping()[level.upper()]

    def name_process(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["process"] = process
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
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Repeats())
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render],
    )
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(number)
    for name, least in _NOISY.items():
        logging.getLogger(name).setLevel(max(least, number))


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
    return msgspec.json.encode(event, enc_hook=repr).decode()
