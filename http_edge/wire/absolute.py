"""Documents name photos by their path, since they outlive the address of the edge. What leaves for a client has it before."""

from http_edge.wire.answer import JSON, Answer
from topics.documents.photo import PHOTOS

_PATH = f'":"{PHOTOS}'.encode()
"""As JSON writes a field whose text begins so. Within a text the quotes would have backslashes before them."""


def absolute(body: bytes, origin: str) -> bytes:
    """body: JSON without spaces between a name and its value. origin: see edge.Edge."""
    return body.replace(_PATH, f'":"{origin}{PHOTOS}'.encode()) if _PATH in body else body


def with_origin(answer: Answer, origin: str) -> Answer:
    """Lists are not always JSON, and may be written in parts: their documents have it already (reads/lists.py)."""
    if answer.content_type != JSON or _PATH not in answer.body:
        return answer
    return answer._replace(body=absolute(answer.body, origin))
