"""Method and path → row. A path with one trailing slash more or less is the same route."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from http_edge.routing.routes import PARAMETER
from http_edge.wire.problems import FieldError, Problem, not_found
from http_edge.wire.query import decoded

H = TypeVar("H")

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
_LONGEST_TEXT = 256  # characters
NO_ROUTE = "There is no such route. All that there are: /docs"
NO_PARAMETERS: Mapping[str, str] = {}


class Found(NamedTuple, Generic[H]):
    handler: H
    parameters: Mapping[str, str]


@dataclass(slots=True)
class _Node(Generic[H]):
    children: dict[str, "_Node[H]"] = field(default_factory=dict[str, "_Node[H]"])
    parameter: "_Node[H] | None" = None
    methods: dict[str, tuple[H, tuple[str, ...], tuple[str, ...]]] = field(
        default_factory=dict[str, tuple[H, tuple[str, ...], tuple[str, ...]]]
    )


class Router(Generic[H]):
    """Literal segments win over parameters (`/meals/restaurant/{id}` beside `/meals/{id}`). Parameters are ids, but for those
    that a route names as texts."""

    def __init__(self, routes: Iterable[tuple[str, str, tuple[str, ...], H]]) -> None:
        self._root: _Node[H] = _Node()
        self._exact: dict[tuple[str, str], Found[H]] = {}
        for method, path, texts, handler in routes:
            self._add(method, path, texts, handler)

    def _add(self, method: str, path: str, texts: tuple[str, ...], handler: H) -> None:
        node = self._root
        for segment in _segments(path):
            if PARAMETER.fullmatch(segment):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.children.setdefault(segment, _Node())
        node.methods[method] = (handler, tuple(PARAMETER.findall(path)), texts)
        if "{" not in path:
            self._exact[method, path] = self._exact[method, path.rstrip("/")] = Found(handler, NO_PARAMETERS)

    def find(self, method: str, path: str) -> Found[H]:
        """path: raw, without query. Raises Problem 400 (not decodable), 404 (no route, no possible id) or 405."""
        exact = self._exact.get((method, path))
        if exact is not None:
            return exact
        node, values = self._walk(path)
        found = node.methods.get(method) or (node.methods.get("GET") if method == "HEAD" else None)
        if found is None:
            allowed = ", ".join(allow(node.methods))
            raise Problem(405, "method_not_allowed", f"{method} is not possible here.", headers={"Allow": allowed})
        handler, names, texts = found
        parameters = dict(zip(names, values, strict=True))
        for name, value in parameters.items():
            if not (_is_text(value) if name in texts else _ID.fullmatch(value)):
                raise not_found("No such id is possible.", errors=(FieldError(name, "is no id"),))
        return Found(handler, parameters)

    def methods(self, path: str) -> tuple[str, ...]:
        """What OPTIONS answers. Raises Problem like find()."""
        return allow(self._walk(path)[0].methods)

    def _walk(self, path: str) -> tuple[_Node[H], list[str]]:
        node, values = self._root, list[str]()
        for segment in _segments(path):
            plain = decoded(segment, "path")
            below = node.children.get(plain)
            if below is None and node.parameter is not None and plain:
                below = node.parameter
                values.append(plain)
            if below is None:
                raise not_found(NO_ROUTE)
            node = below
        if not node.methods:
            raise not_found(NO_ROUTE)
        return node, values


def _is_text(value: str) -> bool:
    return len(value) <= _LONGEST_TEXT and not value.isspace()


def allow(methods: Iterable[str]) -> tuple[str, ...]:
    named = set(methods)
    return tuple(sorted(named | {"OPTIONS"} | ({"HEAD"} if "GET" in named else set[str]())))


def _segments(path: str) -> list[str]:
    trimmed = path[1:-1] if path.endswith("/") and len(path) > 1 else path[1:]
    return trimmed.split("/") if trimmed else []
