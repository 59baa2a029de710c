"""Spans as OpenTelemetry's library has them: on their way to a collector, or as JSON for a file."""

import base64
from collections.abc import Sequence
from functools import cache
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from stores.errors import Unavailable
from stores.tracing import Place, Span

WAITING = 4_096  # spans; more are dropped
AT_ONCE = 512
EVERY_MS = 1_000
SECONDS = 5.0  # for one request to the collector

_SCOPE = InstrumentationScope("lezzet")
_IDS = ("traceId", "spanId", "parentSpanId")


@cache
def _resource(service: str) -> Resource:
    return Resource({"service.name": f"lezzet-{service}"})


def _context(place: Place) -> SpanContext:
    return SpanContext(place.trace, place.span, is_remote=True, trace_flags=TraceFlags(1))


def readable(span: Span, service: str) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=_context(span.place),
        parent=_context(Place(span.place.trace, span.parent)) if span.parent else None,
        resource=_resource(service),
        attributes=span.attributes,
        links=[Link(_context(place)) for place in span.links],
        kind=SpanKind[span.kind.upper()],
        status=Status(StatusCode.ERROR) if span.failed else Status(),
        start_time=span.began,
        end_time=span.ended,
        instrumentation_scope=_SCOPE,
    )


def _exporter(endpoint: str) -> OTLPSpanExporter:
    return OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=SECONDS)


def sending_to(endpoint: str) -> BatchSpanProcessor:
    """endpoint: of a collector that takes OTLP over HTTP, without `/v1/traces`."""
    return BatchSpanProcessor(
        _exporter(endpoint), max_queue_size=WAITING, max_export_batch_size=AT_ONCE, schedule_delay_millis=EVERY_MS
    )


def send(endpoint: str, spans: Sequence[Span], service: str) -> None:
    """Blocks. Raises Unavailable."""
    exporter = _exporter(endpoint)
    try:
        for first in range(0, len(spans), AT_ONCE):
            part = [readable(span, service) for span in spans[first : first + AT_ONCE]]
            if exporter.export(part) is not SpanExportResult.SUCCESS:
                raise Unavailable("collector", f"takes no spans at {endpoint}")
    finally:
        exporter.shutdown()


def as_json(spans: Sequence[Span], service: str) -> dict[str, Any]:
    """OTLP's JSON form, as collectors read it from files: ids are hexadecimal there."""
    message = MessageToDict(encode_spans([readable(span, service) for span in spans]), use_integers_for_enums=True)
    _with_hex_ids(message)
    return message


def _with_hex_ids(part: Any) -> None:
    if isinstance(part, dict):
        for name, value in part.items():  # pyright: ignore[reportUnknownVariableType]
            if name in _IDS:
                part[name] = base64.b64decode(value).hex()  # pyright: ignore[reportUnknownArgumentType]
            else:
                _with_hex_ids(value)
    elif isinstance(part, list):
        for value in part:  # pyright: ignore[reportUnknownVariableType]
            _with_hex_ids(value)
