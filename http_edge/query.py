"""Query strings: names and values as text; what no row asks for is ignored."""

from collections.abc import Mapping

from http_edge.problems import invalid
from http_edge.router import decoded

NOTHING: Mapping[str, str] = {}
MAX_FIELDS = 100


def parse(text: str) -> Mapping[str, str]:
    """A name that comes twice with different values is refused: which one was meant would be a guess. Raises Problem."""
    if not text:
        return NOTHING
    pairs = text.split("&")
    if len(pairs) > MAX_FIELDS:
        raise invalid("query", f"has more than {MAX_FIELDS} fields", status=400)
    found: dict[str, str] = {}
    for pair in pairs:
        name, _, value = pair.replace("+", " ").partition("=")
        plain = decoded(name, "query")
        said = decoded(value, plain[:64] or "query")
        if found.setdefault(plain, said) != said:
            raise invalid(plain[:64], "is given twice, with different values", status=400)
    return found
