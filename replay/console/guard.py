"""What every request to the console passes: the name that it was asked under, who asks, where a form comes from; and the
headers that every answer has."""

from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from replay.console.entering import COOKIE_SECONDS, Entrance
from replay.console.frame import FORM_TOKEN, Frame, Shown

_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))
_OPEN = ("/static/", "/enter", "/health/live")
_OWN = frozenset(("same-origin", "none"))

# No script, style or picture but our own files, nothing that is written into a page, no page around ours. Scripts cannot make
# markup of a text either: see static/console.js.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Server": "lezzet",
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    def __init__(self, entrance: Entrance, frame: Frame) -> None:
        self._entrance = entrance
        self._frame = frame

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        refused = self._refused(request)
        if refused is not None:
            return refused
        if request.path.startswith(_OPEN):
            return await handler(request)
        cookie = request.cookies.get(self._entrance.cookie_name)
        if cookie is None or not self._entrance.knows(cookie):
            return self._unknown(request)
        request[FORM_TOKEN] = self._entrance.form_token(cookie)
        if request.method == "POST" and not self._entrance.is_of(cookie, await _said_token(request)):
            return _plain(403, "the form is not of a page of this console, or of an old one: load the page again")
        return await handler(request)

    async def enter(self, request: web.Request) -> web.StreamResponse:
        """`/enter?code=…&to=…`: sets the cookie. Without a code: for whom a link of elsewhere has led here. The browser did not
        send the cookie then (SameSite=Strict), but does after this page has sent it on."""
        to = _own_path(request.query.get("to", "/"))
        code = request.query.get("code")
        if code is None:
            if self._entrance.knows(request.cookies.get(self._entrance.cookie_name)):
                return web.Response(status=303, headers={"Location": to})
            return self._frame.page(request, Shown("enter.html", "Who are you?", {"wrong": False}, status=401))
        cookie = self._entrance.let_in(code)
        if cookie is None:
            return self._frame.page(request, Shown("enter.html", "Who are you?", {"wrong": True}, status=403))
        answer = web.Response(status=303, headers={"Location": to})
        answer.set_cookie(
            self._entrance.cookie_name, cookie, max_age=COOKIE_SECONDS, httponly=True, samesite="Strict", path="/"
        )
        return answer

    def _refused(self, request: web.Request) -> web.Response | None:
        """What no page of ours would ask for."""
        if not _loopback(request.headers.get("Host", "")):
            return _plain(421, "the console answers under 127.0.0.1 and localhost only")
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("Host"):
            return _plain(403, "a page of another origin asks")
        foreign = request.headers.get("Sec-Fetch-Site", "none") not in _OWN
        if foreign and request.headers.get("Sec-Fetch-Mode") != "navigate":
            return _plain(403, "a page of another origin asks")
        return None

    def _unknown(self, request: web.Request) -> web.Response:
        if request.method != "GET":
            return _plain(401, "not entered: see ./lezzet status")
        shown = Shown("again.html", "One moment", {"to": request.path_qs}, status=401)
        return self._frame.page(request, shown)


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """on_response_prepare."""
    response.headers.update(HEADERS)


async def _said_token(request: web.Request) -> str:
    said = (await request.post()).get("form_token")
    return said if isinstance(said, str) else ""


def _loopback(host: str) -> bool:
    """Whatever the port: it may have come through a tunnel. A name that somebody's DNS lets lead here is none of these."""
    try:
        return urlsplit(f"//{host}").hostname in _LOOPBACK
    except ValueError:
        return False


def _own_path(to: str) -> str:
    """A path of this server: never `//elsewhere`, nor what a browser reads as that."""
    plain = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable()
    return to if plain else "/"


def _plain(status: int, why: str) -> web.Response:
    return web.Response(status=status, text=f"{why}\n")
