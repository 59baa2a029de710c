"""A small OpenTelemetry collector of the tests' own: what came to it over OTLP/HTTP."""

import gzip
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass
class Collector:
    """endpoint: as OTEL_EXPORTER_OTLP_ENDPOINT says it. spans: (service, span)."""

    endpoint: str = ""
    spans: list[tuple[str, Span]] = field(default_factory=list[tuple[str, Span]])

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        sent = ExportTraceServiceRequest.FromString(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
        for of in sent.resource_spans:
            service = next(each.value.string_value for each in of.resource.attributes if each.key == "service.name")
            self.spans.extend((service, span) for scope in of.scope_spans for span in scope.spans)
        return web.Response(content_type="application/x-protobuf")

    def of(self, trace: str) -> dict[str, Span]:
        """Name → span, of one trace; the later one where a name comes twice."""
        return {span.name: span for _, span in self.spans if span.trace_id.hex() == trace}


@asynccontextmanager
async def collector() -> AsyncGenerator[Collector]:
    made, app = Collector(), web.Application()
    app.router.add_post("/v1/traces", made.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.endpoint = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()
