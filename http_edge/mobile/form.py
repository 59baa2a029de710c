"""Which form the answers for phones have: another one whenever a release makes something else of the same documents, so that no
phone goes on showing what an older release has made."""

import hashlib
from pathlib import Path

_EDGE = Path(__file__).parents[1]
_MAKERS = (Path(__file__).parent, _EDGE / "wire", _EDGE.parent / "topics")
"""Packages whose code takes part in such an answer."""

FORM = hashlib.sha256(
    b"\0".join(each.read_bytes() for package in _MAKERS for each in sorted(package.rglob("*.py")))
).hexdigest()
