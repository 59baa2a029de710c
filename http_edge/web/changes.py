"""Bodies that change only what they name, and in which null takes a value away."""

from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import asdict


def named_and_cleared(body: msgspec.Struct) -> dict[str, Any]:
    """The fields of the command: what the body names, and in `clears` the names of what it sets to null. Absent fields of
    the body are UNSET and left out."""
    said = {name: value for name, value in asdict(body).items() if value is not UNSET}
    return {**said, "clears": tuple(name for name, value in said.items() if value is None)}
