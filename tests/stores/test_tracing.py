"""Spans: their ids derive, they go to a collector, and nobody who tells of one waits or fails."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from http_edge.wire import trace
from stores import tracing, tracing_export
from stores.errors import Unavailable
from stores.tracing import Place, Span, Spans, of_message, of_traceparent, span_of, traceparent, work_of
from tests.deadline import until
from tests.stores.collector import collector
from topics.messages import headers

SAID = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE, CLIENT = 0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331


class Kept:
    """A processor that keeps what it gets."""

    def __init__(self) -> None:
        self.spans: list[Any] = []

    def on_end(self, span: Any) -> None:
        self.spans.append(span)


def test_a_message_is_a_child_of_what_led_to_it_and_the_first_one_of_the_request() -> None:
    command = {headers.TRACEPARENT: SAID, headers.ID: "c1"}
    event = {headers.TRACEPARENT: SAID, headers.ID: "e1", headers.CAUSATION: "c1"}
    assert of_message(command, "c1") == (Place(TRACE, span_of("c1")), CLIENT)
    assert of_message(event, "e1") == (Place(TRACE, span_of("e1")), span_of("c1"))


def test_a_flow_without_a_trace_context_has_one_trace_all_the_same() -> None:
    first = of_message({}, "m1")
    next_one = of_message({headers.CORRELATION: "m1", headers.CAUSATION: "m1"}, "m2")
    assert first is not None and next_one is not None
    assert first[0].trace == next_one[0].trace and next_one[1] == first[0].span and first[1] == 0


@pytest.mark.parametrize(
    "said", [None, "", "00", SAID[:-1], "00-" + "0" * 32 + "-b7ad6b7169203331-01", SAID.upper(), SAID + "-x"]
)
def test_what_is_no_trace_context_counts_as_none(said: str | None) -> None:
    assert of_traceparent(said) is None
    assert of_message({headers.TRACEPARENT: said} if said is not None else {}, "m") is not None


def test_a_flow_that_is_not_to_be_recorded_is_not() -> None:
    assert of_message({headers.TRACEPARENT: SAID[:-2] + "00"}, "m") is None
    kept = Kept()
    Spans(kept, "test").published("t", {headers.ID: "m", headers.TRACEPARENT: SAID[:-2] + "00"}, 1)
    assert kept.spans == []


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({headers.FORWARDED: "1"}, "sent on Register"), ({headers.PREPARED: "sealed"}, "sent on Register"),
        ({headers.FORWARDED: "1", headers.PREPARED: "sealed"}, "sent on Register"),
        ({headers.DLQ_REASON: "odd", headers.FORWARDED: "1"}, "dead letter Register"),
    ],
)  # fmt: skip
def test_a_message_that_is_published_again_under_its_id_has_a_span_more(more: dict[str, str], name: str) -> None:
    kept = Kept()
    spans = Spans(kept, "test")
    command = {headers.TRACEPARENT: SAID, headers.ID: "c1", headers.TYPE: "Register"}
    for named in (command, {**command, **more}):
        spans.published("auth_commands", named, 1)
        with spans.batch("auth.decide", "auth_commands", [(named, "c1")]):
            pass
    first, work, _, again, later, _ = kept.spans
    assert (first.name, again.name) == ("publish Register", name)
    assert len({each.context.span_id for each in (first, work, again, later)}) == 4
    assert first.parent.span_id == CLIENT and {each.parent.span_id for each in (work, again, later)} == {span_of("c1")}


def test_what_is_sent_on_twice_has_a_span_each_time() -> None:
    kept = Kept()
    ways = ({headers.PREPARED: "sealed"}, {headers.PREPARED: "sealed", headers.FORWARDED: "1"})
    for more in ways:
        Spans(kept, "test").published("auth_commands", {headers.ID: "c1", **more}, 1)
    assert len({each.context.span_id for each in kept.spans}) == len(ways)


def test_a_request_is_a_span_of_its_own_inside_the_clients() -> None:
    named, around = trace.within(trace.Trace("r", SAID), SAID)
    inner = of_traceparent(named.traceparent)
    assert around == CLIENT and inner is not None and inner[0].trace == TRACE and inner[0].span != CLIENT
    own, outside = trace.within(trace.Trace("r", SAID), None)
    assert (own.traceparent, outside) == (SAID, 0)


def test_a_batch_links_to_its_messages_and_holds_what_the_store_did() -> None:
    kept = Kept()
    spans = Spans(kept, "test")
    messages = [({headers.TRACEPARENT: SAID, headers.TYPE: "AddItem"}, f"m{n}") for n in range(3)]
    with spans.batch("basket.decide", "basket_commands", messages), spans.call("write", {"db.system.name": "redis"}):
        pass
    write, *works, batch = kept.spans
    assert write.parent.span_id == batch.context.span_id and batch.parent is None
    assert [each.context.span_id for each in works] == [work_of(f"m{n}", "basket.decide") for n in range(3)]
    assert [each.parent.span_id for each in works] == [span_of(f"m{n}") for n in range(3)]
    assert [link.context.span_id for link in batch.links] == [each.context.span_id for each in works]
    assert {each.context.trace_id for each in works} == {TRACE} != {batch.context.trace_id}


def test_a_batch_that_fails_says_so_and_a_large_one_has_so_many_links() -> None:
    kept = Kept()
    spans = Spans(kept, "test")
    with pytest.raises(ValueError, match="odd"), spans.batch("g", "t", [({}, str(n)) for n in range(200)]):
        raise ValueError("odd")
    assert not kept.spans[-1].status.is_ok and len(kept.spans[-1].links) == tracing.MOST_LINKS


def test_outside_of_a_batch_no_call_is_told() -> None:
    kept = Kept()
    with Spans(kept, "test").call("look", {}):
        pass
    assert kept.spans == []


async def test_spans_reach_a_collector() -> None:
    async with collector() as there:
        processor = tracing_export.sending_to(there.endpoint)
        spans = Spans(processor, "edge")
        spans.answered("POST", "/carts/add", 200, traceparent(Place(TRACE, 7)), CLIENT, 0.25)
        await asyncio.to_thread(spans.close)

        async def came() -> bool:
            return bool(there.spans)

        await until("the collector has the span", came)
        await asyncio.to_thread(processor.shutdown)
    ((service, span),) = there.spans
    assert (service, span.name, span.kind) == ("lezzet-edge", "POST /carts/add", span.SPAN_KIND_SERVER)
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (f"{TRACE:032x}", f"{CLIENT:016x}")
    assert span.end_time_unix_nano - span.start_time_unix_nano == 250_000_000


def _spans(count: int) -> Sequence[Span]:
    return [Span(f"s{n}", "producer", Place(TRACE, n + 1), n, 1, 2, {"n": n}) for n in range(count)]


def test_a_collector_that_is_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing_export, "SECONDS", 0.5)
    with pytest.raises(Unavailable, match="collector"):
        tracing_export.send("http://127.0.0.1:1", _spans(1), "topics")


def test_the_json_of_a_file_has_ids_in_hex() -> None:
    told = tracing_export.as_json(_spans(2), "topics")
    first, second = told["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert first["traceId"] == f"{TRACE:032x}" and first["spanId"] == f"{1:016x}" and "parentSpanId" not in first
    assert second["parentSpanId"] == f"{1:016x}"
