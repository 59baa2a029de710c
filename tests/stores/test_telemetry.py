"""What is a secret reaches no log line, each line names its domain, and lines that are shipped are those of stderr."""

import gc
import io
import json
import logging
from collections.abc import Generator
from typing import Any, NamedTuple

import pytest
import structlog
from aiokafka.errors import LeaderNotAvailableError

from stores import telemetry
from stores.logs.lines import Lines
from stores.telemetry import REDACTED, domain_of, redact

CART = "0b9f8a52-6a3e-4d1c-9a77-3f2e1d0c5b4a"


def test_the_id_of_an_anonymous_basket_is_cut_out_of_every_text() -> None:
    event = {"event": "message_parked", "key": f"anonymous:{CART}", "why": f"TooLarge: anonymous:{CART} is too large",
             "exception": f"Traceback\n  anonymous:{CART}\n", "more": [f"view:basket:anonymous:{CART}"]}  # fmt: skip
    said = redact(None, "error", event)
    assert CART not in repr(said)
    assert said["key"] == f"anonymous:{REDACTED}"


def test_ids_that_are_no_anonymous_baskets_stay_in_log_lines() -> None:
    assert redact(None, "info", {"key": CART}) == {"key": CART}


class Source(NamedTuple):
    group: str
    topic: str


@pytest.mark.parametrize(
    ("event", "domain"),
    [
        ({"domain": "order", "group": "basket.decide"}, "order"),
        ({"group": "basket.decide", "topic": "order_commands"}, "basket"),
        ({"source": Source("photo.effect", "photo_events")}, "photo"),
        ({"topic": "order_commands"}, "order"),
        ({"topic": "notification"}, "agents"),
        ({"logger": "agents.photo.workshop"}, "photo"),
        ({"logger": "agents.runtime.transport.leases"}, "agents"),
        ({"logger": "agents.waiting"}, "agents"),
        ({"logger": "stores.rabbit"}, "agents"),
        ({}, "agents"),
        ({"domain": "a.b"}, "agents"),
        ({"domain": 7, "group": None, "topic": None, "logger": None}, "agents"),
        ({"group": "#.*"}, "agents"),
    ],
)
def test_a_line_is_its_domains_else_its_process(event: dict[str, Any], domain: str) -> None:
    assert domain_of(event, "agents") == domain


@pytest.fixture
def kept() -> Generator[Lines]:
    """This process logs as an agents process does, and afterwards as before."""
    gc.collect()  # what other tests have left open says so now, and not among the lines of these
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers, root.level
    lines = Lines()
    telemetry.configure("agents", "info", lines)
    yield lines
    root.handlers, root.level = handlers, level
    structlog.configure(**before)


class Broken(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError("no space left")


def into(stream: io.StringIO) -> None:
    """pytest has handlers of its own beside ours."""
    (handler,) = (each for each in logging.getLogger().handlers if isinstance(each, telemetry._Handler))
    handler.setStream(stream)


def test_what_is_shipped_is_what_stands_on_stderr_of_structlog_and_of_libraries(kept: Lines) -> None:
    stderr = io.StringIO()
    into(stderr)
    structlog.get_logger("agents.runtime").warning("dead_letter", topic="order_commands", offset=7)
    logging.getLogger("library").error("it %s", "broke")
    shipped = kept.take(9)
    assert [line.body.decode() for line in shipped] == stderr.getvalue().splitlines()
    assert [(line.domain, line.level) for line in shipped] == [("order", "warning"), ("agents", "error")]
    assert json.loads(shipped[0].body)["domain"] == "order"


def test_no_secret_is_shipped(kept: Lines) -> None:
    into(io.StringIO())
    log = structlog.get_logger("tests")
    log.info(
        "asked", password="hunter2", url="amqp://lezzet:hunter2@host/", header="Bearer hunter2", at=f"anonymous:{CART}"
    )
    try:
        raise ValueError("amqp://lezzet:hunter2@host/ refused")
    except ValueError:
        log.exception("failed", sources=[{"api_key": "hunter2"}])
    shipped = b"\n".join(line.body for line in kept.take(9))
    assert b"hunter2" not in shipped and CART.encode() not in shipped
    assert b"ValueError" in shipped


def test_lines_below_the_level_are_not_shipped(kept: Lines) -> None:
    into(io.StringIO())
    structlog.get_logger("tests").debug("chatter")
    logging.getLogger("aio_pika").warning("reconnecting")
    assert len(kept) == 0


def test_what_a_broker_that_goes_away_leaves_in_aiokafka_is_no_line_and_what_we_forget_is_one(kept: Lines) -> None:
    into(io.StringIO())
    for error in (LeaderNotAvailableError(), ValueError("ours")):
        told = (type(error), error, None)
        logging.getLogger("asyncio").error("Future exception was never retrieved", exc_info=told)
    (line,) = kept.take(9)
    assert b"ours" in line.body


def test_nobody_who_logs_breaks_or_waits_where_nothing_takes_its_lines(
    kept: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    into(Broken())
    for n in range(30_000):
        structlog.get_logger("tests").info("many", n=n)
    assert (len(kept), kept.dropped) == (20_000, 10_000)


def test_what_cannot_be_written_as_json_is_logged_all_the_same(kept: Lines) -> None:
    into(io.StringIO())
    structlog.get_logger("tests").info("odd", what=object(), lone="\ud800", number=float("nan"), huge=10**30)
    (line,) = kept.take(9)
    assert json.loads(line.body)["event"] == "odd"
