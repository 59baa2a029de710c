"""Answers as HTTP: the headers that every answer has are made once a content type and copied."""

from aiohttp.hdrs import CONTENT_TYPE, SERVER, VARY
from aiohttp.web import Response
from multidict import CIMultiDict, istr

from http_edge import cors
from http_edge.answer import Answer
from http_edge.trace import CORRELATION_ID

_ALWAYS = {
    # one name on every answer, instead of library versions
    SERVER: "lezzet",
    VARY: "Origin",
    # answers belong to their caller, and views change with every event
    istr("Cache-Control"): "no-store",
    istr("X-Content-Type-Options"): "nosniff",
    istr("X-Frame-Options"): "DENY",
    istr("Referrer-Policy"): "no-referrer",
    istr("Content-Security-Policy"): "default-src 'none'; frame-ancestors 'none'",
}
_templates: dict[str, CIMultiDict[str]] = {}


def respond(answer: Answer, origin: str | None, origins: frozenset[str], request_id: str) -> Response:
    headers = _template(answer.content_type).copy()
    headers[CORRELATION_ID] = request_id
    if origin is not None:
        cors.allow(headers, origin, origins)
    if answer.headers is not None:
        headers.update(answer.headers)
    response = Response(body=answer.body, status=answer.status, headers=headers)
    if headers.get("Connection") == "close":
        response.force_close()
    return response


def _template(content_type: str) -> CIMultiDict[str]:
    found = _templates.get(content_type)
    if found is None:
        found = _templates[content_type] = CIMultiDict(_ALWAYS)
        if content_type:
            found[CONTENT_TYPE] = content_type
    return found
