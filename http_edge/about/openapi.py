"""OpenAPI 3.1 out of the rows."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from types import UnionType
from typing import Any, cast, get_args

import msgspec

from http_edge.commands.operations import Operation
from http_edge.reads.live import LAST_EVENT_ID
from http_edge.routing.paging import query_of
from http_edge.routing.routes import (
    PARAMETER,
    PUBLIC,
    AnyRow,
    CommandRow,
    ComposedRow,
    LiveListRow,
    LiveRow,
    Nothing,
    OwnRow,
    ViewRow,
)
from http_edge.wire.answer import EVENT_STREAM, JSON, NO_CONTENT, PROBLEM_JSON
from http_edge.wire.multipart import NAME
from http_edge.wire.problems import ProblemBody
from topics.values.signatures import HEADER

_REF = "#/components/schemas/{name}"
_SECURITY = "access_token"
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "default")
_LINK = {
    "description": 'The next page, as `<path and query>; rel="next"`. Absent on the last one.', "schema": {"type": "string"},
}  # fmt: skip
_ETAG = {"description": "Of what the answer is made of, for `If-None-Match`.", "schema": {"type": "string"}}

_TITLES = {"": "gateway", "m": "phones", ".well-known": "keys"}
"""Of groups of routes that the first part of their path would not name."""

_BYTES = {"type": "string", "format": "binary"}
_PICTURE = {
    "image/*": {"schema": _BYTES},
    "multipart/form-data": {"schema": {"type": "object", "required": [NAME], "properties": {NAME: _BYTES}}},
}


def document(title: str, rows: Iterable[AnyRow]) -> bytes:
    """The description as JSON; itself (`/openapi.json`) is in it too."""
    listed = tuple(rows)
    kinds = [ProblemBody, Operation, *(row.gives for row in listed), *(row.takes for row in listed)]
    kinds += (kind for row in listed if isinstance(row, CommandRow) for kind in row.file.values())
    given, components = _schemas(kinds)
    paths: dict[str, dict[str, Any]] = {}
    for row in listed:
        paths.setdefault(row.path.rstrip("/") or "/", {})[row.method.lower()] = _operation(row, given)
    paths["/openapi.json"] = {"get": {"summary": "This description.", "responses": {"200": {"description": "OK"}}}}
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": title,
                "version": "1",
                "description": "Errors are application/problem+json. 401 means: log in again. A write that takes longer "
                "than two seconds is answered 202, its outcome is at /operations/{id}. Lists come page by page: `limit` items, "
                'and a `Link` header with rel="next" where more follow.',
            },
            "paths": paths,
            "components": {
                "schemas": components,
                "securitySchemes": {_SECURITY: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            },
        }
    )


def _schemas(kinds: Sequence[Any]) -> tuple[dict[int, Any], dict[str, Any]]:
    """By the id() of each kind, and the components. One of several answers (`Tokens | Done`) is no type of msgspec's."""
    parts = [get_args(kind) if isinstance(kind, UnionType) else (kind,) for kind in kinds]
    made_of = msgspec.json.schema_components([part for each in parts for part in each], ref_template=_REF)
    schemas, components = _as_clients_see(made_of)
    rest = iter(schemas)
    found = [[next(rest) for _ in each] for each in parts]
    made = [of[0] if len(of) == 1 else {"anyOf": of} for of in found]
    return dict(zip(map(id, kinds), made, strict=True)), components


def _as_clients_see(schema: Any) -> Any:
    """Amounts are numbers with two decimals, where messages have hundredths."""
    if isinstance(schema, list | tuple):
        return [_as_clients_see(each) for each in cast(list[Any], schema)]
    if not isinstance(schema, dict):
        return schema
    said = cast(dict[str, Any], schema)
    if (of := said.get("x-hundredths-of")) is None:
        return {name: _as_clients_see(each) for name, each in said.items()}
    bounds = {name: said[name] / 100 for name in _BOUNDS if said.get(name) is not None}
    return {"type": "number", **bounds, "description": f"{of}, two decimals at most"}


def _operation(row: AnyRow, schemas: Mapping[int, Any]) -> dict[str, Any]:
    parts = row.path.strip("/").split("/")
    described: dict[str, Any] = {
        "operationId": "_".join((row.method.lower(), *(PARAMETER.sub(r"by_\1", part) for part in parts))),
        "tags": [_TITLES.get(parts[0], parts[0])],
        "summary": row.says,
        "description": f"Who: {row.who.value}.",
        "parameters": _parameters(row),
        "responses": _responses(row, schemas),
    }
    if row.takes is not Nothing:
        body = {JSON: {"schema": schemas[id(row.takes)]}}
        described["requestBody"] = {"required": True, "content": body}
    if isinstance(row, CommandRow) and row.picture_of is not None:
        described["requestBody"] = {"required": True, "content": _PICTURE}
    if isinstance(row, CommandRow) and row.file:
        described["requestBody"] = {
            "required": True, "content": {name: {"schema": schemas[id(kind)]} for name, kind in row.file.items()},
        }  # fmt: skip
    if row.who is not PUBLIC:
        described["security"] = [{_SECURITY: []}]
    return described


def _parameters(row: AnyRow) -> list[dict[str, Any]]:
    text = {"type": "string"}
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": text} for name in row.parameters
    ]
    found += [_asked_for(each) for each in msgspec.structs.fields(query_of(row))]
    if row.who is not PUBLIC and not isinstance(row, OwnRow):
        why = "The caller's own id, as some clients send it; any other is 404."
        found.append({"name": "user_id", "in": "query", "required": False, "schema": text, "description": why})
    if isinstance(row, CommandRow):
        why = "A retry with the same key and request gets the first answer again."
        found.append({"name": "Idempotency-Key", "in": "header", "schema": text, "description": why})
    if isinstance(row, CommandRow) and row.signed:
        why = "Who has sent the body, and when: t=<seconds since the epoch>,v1=<hex>."
        found.append({"name": HEADER, "in": "header", "required": True, "schema": text, "description": why})
    if row.speaks:
        why = "The language of texts: tr or en, else tr."
        found.append({"name": "Accept-Language", "in": "header", "schema": text, "description": why})
    if isinstance(row, CommandRow) and row.mails:
        why = "The language of the mail: tr or en, where the user has chosen none; else that of the registration, else tr."
        found.append({"name": "Accept-Language", "in": "header", "schema": text, "description": why})
    if isinstance(row, ComposedRow):
        why = "The ETag of the answer that the client has: 304 where it would be the same."
        found.append({"name": "If-None-Match", "in": "header", "schema": text, "description": why})
    if isinstance(row, LiveRow | LiveListRow):
        why = "The id of the last event that the client has: only later ones are sent."
        found.append({"name": LAST_EVENT_ID, "in": "header", "schema": text, "description": why})
    return found


def _asked_for(field: msgspec.structs.FieldInfo) -> dict[str, Any]:
    """A field of the query. Lists are texts with commas."""
    schema = _as_clients_see(msgspec.json.schema(field.type))
    if field.default not in (msgspec.NODEFAULT, None):
        schema["default"] = field.default
    style = {"style": "form", "explode": False} if schema.get("type") == "array" else {}
    return {"name": field.encode_name, "in": "query", "required": field.required, "schema": schema, **style}


def _responses(row: AnyRow, schemas: Mapping[int, Any]) -> dict[str, Any]:
    kind = EVENT_STREAM if isinstance(row, LiveRow | LiveListRow) else JSON
    done: dict[str, Any] = (
        {"description": "Done"} if row.success == NO_CONTENT else _content(schemas[id(row.gives)], kind)
    )
    if isinstance(row, OwnRow) and row.media:
        done["content"] = {media: {"schema": _BYTES} for media in row.media}
    headers = ({"Link": _LINK} if row.pages else {}) | ({"ETag": _ETAG} if isinstance(row, ComposedRow) else {})
    if headers:
        done["headers"] = headers
    found: dict[str, Any] = {str(row.success): done}
    if isinstance(row, CommandRow) and not row.tokens:
        found["202"] = _content({"$ref": _REF.format(name="Operation")}, JSON, "Taken, not done yet")
    if isinstance(row, ComposedRow):
        found["304"] = {"description": "The client has this answer already"}
    if isinstance(row, LiveRow):
        found["204"] = {"description": "The client has all, and nothing will follow"}
    problem = {"$ref": _REF.format(name="ProblemBody")}
    for status, codes in sorted(problems_of(row).items()):
        description = HTTPStatus(status).phrase + (f": {', '.join(codes)}" if codes else "")
        found[str(status)] = _content(problem, PROBLEM_JSON, description)
    return found


def _content(schema: Any, kind: str, description: str = "OK") -> dict[str, Any]:
    return {"description": description, "content": {kind: {"schema": schema}}}


def problems_of(row: AnyRow) -> dict[int, list[str]]:
    """Status → the codes that the row names for it."""
    found: dict[int, list[str]] = {}
    if row.parameters or isinstance(row, ViewRow | LiveRow):
        found[404] = ["not_found"]
    if row.who is not PUBLIC:
        found[401] = ["token_missing", "token_expired", "token_invalid", "token_revoked"]
    if not isinstance(row, OwnRow) or row.who is not PUBLIC or row.reads:
        found[503] = []
    if query_of(row) is not Nothing:
        found[422] = ["invalid_input"]
    if isinstance(row, LiveRow | LiveListRow):
        found |= {422: ["invalid_input"], 429: ["too_many_streams"], 503: ["streams_full"]}
    if isinstance(row, OwnRow | ComposedRow):
        found |= {status: list(codes) for status, codes in row.problems.items()}
    if isinstance(row, CommandRow):
        found |= {400: [], 422: ["invalid_input"], 413: ["body_too_large"], 415: ["unsupported_media_type"]}
        if row.signed:
            found[403] = ["bad_signature"]
        found[429] = ["too_many_refused"]
        found[429].append("too_many_at_once" if row.hashed_on is None else "too_many_logins")
        found[429] += ["too_many_requests"] * row.few_a_minute
        if row.picture_of is not None or row.file:
            found[408] = ["body_too_slow"]
            found[429].append("too_many_uploads")
        for code, status in row.refusals.items():
            found.setdefault(status, []).append(code)
    return found
