"""A fingerprint of the code that makes the answers for phones. It is part of their ETag: after a release that makes another
body of the same documents, a phone with the older body does not get 304."""

import hashlib
from pathlib import Path

_EDGE = Path(__file__).parents[1]
_MAKERS = (Path(__file__).parent, _EDGE / "wire", _EDGE.parent / "topics")
"""Packages whose code takes part in making them."""

CODE_VERSION = hashlib.sha256(
    b"\0".join(each.read_bytes() for package in _MAKERS for each in sorted(package.rglob("*.py")))
).hexdigest()
