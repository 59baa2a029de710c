"""One request as a trace: spans of edge and agents at a collector, and the same ones of the topics afterwards."""

import json
import uuid
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from infra.bench.servers import free_port
from infra.stack.stack import Stack
from tests.deadline import until
from tests.replay.scene import Desk, record, running
from tests.stores.collector import collector
from topics.messages import ids

CLIENT = "b7ad6b7169203331"
AWAITED = {
    "POST /auth/register", "publish Register", "auth.decide Register", "publish AccountRegistered",
    "user.decide UserCreated", "publish PendingCreated", "sent on Register",
}  # fmt: skip


async def test_a_request_is_one_trace_through_edge_kafka_and_stores(servers: Stack, desk: Desk, tmp_path: Path) -> None:
    async with AsyncExitStack() as opened:
        there = await opened.enter_async_context(collector())
        port, mobile = free_port(), free_port()
        more = {"OTEL_EXPORTER_OTLP_ENDPOINT": there.endpoint, "EDGE_PORT": str(port), "EDGE_MOBILE_PORT": str(mobile)}
        await opened.enter_async_context(running(servers, "agents", "auth", "user", more=more))
        await opened.enter_async_context(running(servers, "http_edge", more=more))
        mail = f"{ids.fresh()}@example.com"
        trace = await until("the edge takes it", lambda: _registered(port, mail))

        async def came() -> bool:
            return there.of(trace).keys() >= AWAITED

        await until("all spans are at the collector", came)
        spans = there.of(trace)
        request, command = spans["POST /auth/register"], spans["publish Register"]
        assert request.parent_span_id.hex() == CLIENT and command.parent_span_id == request.span_id
        assert spans["publish AccountRegistered"].parent_span_id == command.span_id
        assert spans["auth.decide Register"].parent_span_id == spans["publish Register"].span_id
        sent_on = spans["sent on Register"]
        assert sent_on.parent_span_id == command.span_id != sent_on.span_id, "after its password was hashed"
        assert {service for service, span in there.spans} == {"lezzet-edge", "lezzet-agents"}

        batch = next(
            span for _, span in there.spans if spans["auth.decide Register"].span_id in [e.span_id for e in span.links]
        )
        inside = {span.name for _, span in there.spans if span.parent_span_id == batch.span_id}
        assert batch.name == "auth.decide batch" and {"look", "write"} <= inside
        assert mail not in str(there.spans)

        code, out = await desk.run("trace", trace, "--otlp", there.endpoint)
        assert code == 0 and "spans are at" in out
        afterwards = {span.name: span for service, span in there.spans if service == "lezzet-topics"}
        assert afterwards["sent on Register"].span_id == sent_on.span_id
        for name in ("Register", "AccountRegistered"):
            assert afterwards[name].span_id == spans[f"publish {name}"].span_id
            assert afterwards[name].parent_span_id == spans[f"publish {name}"].parent_span_id

        file = tmp_path / "spans.json"
        assert (await desk.run("trace", trace, "--otlp", str(file)))[0] == 0
        found = json.loads(file.read_text())["resourceSpans"][0]["scopeSpans"][0]["spans"]
        assert {each["traceId"] for each in found} == {trace}


async def _registered(port: int, mail: str) -> str | None:
    """The trace of the request; None where the edge could not answer it yet. Each try has its own."""
    trace = uuid.uuid4().hex
    body = {"email": mail, "password": "correct horse 1"}
    sent = {"traceparent": f"00-{trace}-{CLIENT}-01", "X-Correlation-Id": trace}
    try:
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"http://127.0.0.1:{port}/auth/register", json=body, headers=sent) as answer,
        ):
            return trace if answer.status < 300 else None
    except aiohttp.ClientConnectionError:
        return None


async def test_a_place_that_takes_no_spans_is_one_line(desk: Desk) -> None:
    key = ids.fresh()
    await desk.publish(record("user_created", key, b'{"id":"u"}'))
    code, line = await desk.run("trace", key, "--otlp", "/nowhere/spans.json")
    assert code == 1 and line.startswith("--otlp: /nowhere/spans.json") and "\n" not in line
