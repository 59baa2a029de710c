"""Routes about the gateway itself: health, metrics, and its description. Made of the other rows."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from http_edge.about import health
from http_edge.about.metrics import Metrics
from http_edge.about.openapi import document
from http_edge.routing.asked import Asked
from http_edge.routing.routes import PUBLIC, AnyRow, OwnRow
from http_edge.wire.answer import JSON, Answer

_PAGES = Path(__file__).parent / "pages"
_PAGE_POLICY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-cache",
}


def rows(title: str, others: tuple[AnyRow, ...], metrics: Metrics) -> tuple[AnyRow, ...]:
    """All rows of a gateway: the others and these. title: of its description."""

    async def measured(asked: Asked) -> Answer:
        metrics.kafka.set(asked.edge.commands.connected)
        metrics.replies.set(asked.edge.answers.connected)
        metrics.streams.set(asked.edge.streams.count)
        metrics.skew.set(asked.edge.broker_clock.skew or 0.0)
        metrics.memory.set(asked.edge.memory.share)
        metrics.silent.set(len(asked.edge.unanswered.silent()))
        metrics.uncompressed.set(asked.edge.compression.skipped)
        metrics.paced.set(asked.edge.pace.refused)
        metrics.often_refused.set(asked.edge.refusals.refused + asked.edge.wrong_codes.refused)
        metrics.abreast_refused.set(asked.edge.abreast.refused)
        metrics.turns_waiting.set(asked.edge.turns.waiting)
        metrics.turns_refused.set(asked.edge.turns.refused)
        metrics.uploads.set(asked.edge.uploads.count)
        metrics.uploads_refused.set(asked.edge.uploads.refused)
        return metrics.answer()

    ready = health.ready_handler(health.ready_keys(others))
    docs = _page("docs.html", "text/html; charset=utf-8")
    own = (
        _row("/health/live", health.live, "The process answers.", dict[str, bool]),
        _row("/health/ready", ready, "Redis, Kafka and all views are there.", health.Readiness),
        _row("/metrics", measured, "Prometheus metrics of this process."),
        _row("/", docs, "The page of /docs: whoever opens the bare address in a browser gets on from there."),
        _row("/docs", docs, "This description, to browse."),
        _row("/docs/docs.js", _page("docs.js", "text/javascript; charset=utf-8"), "Its script."),
        _row("/docs/docs.css", _page("docs.css", "text/css; charset=utf-8"), "Its style."),
    )
    described = (*others, *own)
    openapi = _bytes(document(title, described), JSON)
    return (*described, _row("/openapi.json", openapi, "This description, as OpenAPI 3.1."))


def _row(path: str, handle: Callable[[Asked], Awaitable[Answer]], says: str, gives: Any = str) -> OwnRow:
    return OwnRow(method="GET", path=path, who=PUBLIC, gives=gives, handle=handle, says=says)


def _bytes(body: bytes, content_type: str) -> Callable[[Asked], Awaitable[Answer]]:
    answer = Answer(body, 200, content_type, _PAGE_POLICY)

    async def given(asked: Asked) -> Answer:
        return answer

    return given


def _page(name: str, content_type: str) -> Callable[[Asked], Awaitable[Answer]]:
    return _bytes((_PAGES / name).read_bytes(), content_type)
