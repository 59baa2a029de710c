"""Which form the answers for phones have: another one whenever this package is changed, so that no phone goes on showing what
an older release has made of the same documents."""

import hashlib
from pathlib import Path

FORM = hashlib.sha256(b"\0".join(each.read_bytes() for each in sorted(Path(__file__).parent.glob("*.py")))).hexdigest()
