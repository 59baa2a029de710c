"""Who may enter: a link with a code that is good once, then a cookie. Both are signed with the deployment's console key.

Nothing of it is kept on a disk, so a console that is started again knows the cookies that it gave out before.
"""

import base64
import hashlib
import hmac
import secrets
import time
from pathlib import Path

from stores.settings import BadSetting, key_bytes

KEY = "console.key"
LINK_SECONDS = 3600
COOKIE_SECONDS = 12 * 3600


def console_key(folder: Path) -> bytes:
    """Of KEYS_DIR; without one a fresh key, which is good as long as the process lives."""
    try:
        return key_bytes(folder / KEY, 32)
    except BadSetting:
        return secrets.token_bytes(32)


def link(key: bytes, port: int) -> str:
    """A whole URL that lets one browser in, within LINK_SECONDS."""
    return f"http://127.0.0.1:{port}/enter?code={Signer(key, 'link', port).sign(LINK_SECONDS)}"


class Signer:
    """Makes and knows codes of one kind, for one port: a cookie of another console on this machine is none of ours."""

    def __init__(self, key: bytes, kind: str, port: int) -> None:
        self._key = key
        self._kind = f"{kind} {port} "

    def sign(self, seconds: int) -> str:
        """EXPIRES.NONCE.SIGNATURE"""
        said = f"{int(time.time()) + seconds}.{secrets.token_urlsafe(9)}"
        return f"{said}.{self.of(said)}"

    def knows(self, code: str) -> bool:
        said, _, signature = code.rpartition(".")
        expires = said.partition(".")[0]
        good = hmac.compare_digest(self.of(said).encode(), signature.encode(errors="replace"))
        return good and expires.isdecimal() and int(expires) > time.time()

    def of(self, said: str) -> str:
        digest = hmac.digest(self._key, (self._kind + said).encode(errors="replace"), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


class Entrance:
    """used: codes that have let somebody in, with the time after which they are good no more."""

    def __init__(self, key: bytes, port: int) -> None:
        self._links = Signer(key, "link", port)
        self._cookies = Signer(key, "cookie", port)
        self._forms = Signer(key, "form", port)
        self._used: dict[str, float] = {}
        self.cookie_name = f"lezzet_console_{port}"

    def let_in(self, code: str) -> str | None:
        """The cookie for whoever has this code. None: it is not good, or has been used."""
        if not self._links.knows(code) or code in self._used:
            return None
        now = time.time()
        self._used = {each: until for each, until in self._used.items() if until > now}
        self._used[code] = now + LINK_SECONDS
        return self._cookies.sign(COOKIE_SECONDS)

    def knows(self, cookie: str | None) -> bool:
        return cookie is not None and self._cookies.knows(cookie)

    def form_token(self, cookie: str) -> str:
        """Stands in each form of whoever has this cookie: a page of another site does not know it."""
        return self._forms.of(cookie)

    def is_of(self, cookie: str, form_token: str) -> bool:
        return hmac.compare_digest(self._forms.of(cookie).encode(), form_token.encode(errors="replace"))
