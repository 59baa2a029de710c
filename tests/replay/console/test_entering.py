"""Who may see the console's pages."""

import time

import pytest

from replay.console import entering
from replay.console.entering import Entrance, Signer
from tests.replay.console.conftest import Console, fresh_session


async def test_nothing_is_shown_to_whoever_has_not_entered(console: Console) -> None:
    async with fresh_session() as http:
        for path in ("/", "/topics", "/flow/x", "/messages/order_events/0/0/raw", "/live/numbers", "/nowhere"):
            async with http.get(console.url(path)) as answer:
                text = await answer.text()
                assert answer.status == 401, path
                assert "One moment" in text and "<table" not in text, path
        async with http.get(console.url("/static/console.css")) as answer:
            assert answer.status == 200


async def test_a_link_lets_one_browser_in_and_no_second_one(console: Console) -> None:
    link = console.link()
    async with fresh_session() as http, http.get(link, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        said = answer.headers["Set-Cookie"]
        assert "HttpOnly" in said and "SameSite=Strict" in said and "Max-Age" in said
    async with fresh_session() as http, http.get(link, allow_redirects=False) as answer:
        assert answer.status == 403 and "Set-Cookie" not in answer.headers
        assert "has been used" in await answer.text()


async def test_a_link_of_elsewhere_leads_to_its_page_after_a_moment(console: Console) -> None:
    """Its first request comes without the cookie, which is SameSite=Strict; the page sends the browser on."""
    async with fresh_session() as http, http.get(console.url("/flow/a%2Fb?since=1h")) as answer:
        assert 'content="0;url=/enter?to=%2Fflow%2Fa%252Fb%3Fsince%3D1h"' in await answer.text()
    async with console.http.get(
        console.url("/enter?to=%2Fflow%2Fa%252Fb%3Fsince%3D1h"), allow_redirects=False
    ) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/flow/a%2Fb?since=1h")


@pytest.mark.parametrize("to", ["https://evil.example", "//evil.example", "/\\evil.example", "/x%0d%0aSet-Cookie:a"])
async def test_nobody_is_led_elsewhere(console: Console, to: str) -> None:
    async with console.http.get(console.url(f"/enter?to={to}"), allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/")


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (421, {"Host": "rebound.example"}),
        (421, {"Host": "127.0.0.1.evil.example:80"}),
        (421, {"Host": "[::1"}),
        (403, {"Origin": "http://evil.example"}),
        (403, {"Origin": "null"}),
        (403, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}),
        (403, {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}),
        (200, {"Host": "localhost:9999"}),
        (200, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}),
    ],
)
async def test_pages_of_others_ask_in_vain(console: Console, status: int, headers: dict[str, str]) -> None:
    cookies = {each.key: each.value for each in console.http.cookie_jar}
    async with fresh_session() as http, http.get(console.url("/map"), headers=headers, cookies=cookies) as answer:
        assert answer.status == status


async def test_every_answer_forbids_all_but_our_own_files(console: Console) -> None:
    for path in ("/", "/topics/none", "/static/console.js", "/nowhere", "/enter", "/live/nowhere"):
        async with console.http.get(console.url(path), allow_redirects=False) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy and "script-src 'self';" in policy, path
            assert "require-trusted-types-for 'script'" in policy and "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Server"] == "lezzet"


async def test_a_console_without_write_takes_no_forms(console: Console) -> None:
    async with console.http.post(console.url("/dlq/order_events")) as answer:
        assert answer.status == 403


def test_codes_are_of_one_kind_one_port_one_key_and_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    code = Signer(b"k" * 32, "link", 1).sign(60)
    assert Signer(b"k" * 32, "link", 1).knows(code)
    for other in (Signer(b"k" * 32, "cookie", 1), Signer(b"k" * 32, "link", 2), Signer(b"j" * 32, "link", 1)):
        assert not other.knows(code)
    for wrong in ("", ".", "a.b.c", f"9{code}", f"{code}x", code[:-1], "ç.ş.ğ"):
        assert not Signer(b"k" * 32, "link", 1).knows(wrong)
    now = time.time()
    monkeypatch.setattr(entering.time, "time", lambda: now + 61)
    assert not Signer(b"k" * 32, "link", 1).knows(code)


def test_a_form_belongs_to_one_cookie() -> None:
    entrance = Entrance(b"k" * 32, 1)
    mine = entrance.let_in(Signer(b"k" * 32, "link", 1).sign(60))
    other = entrance.let_in(Signer(b"k" * 32, "link", 1).sign(60))
    assert mine is not None and other is not None and mine != other
    assert entrance.is_of(mine, entrance.form_token(mine))
    assert not entrance.is_of(mine, entrance.form_token(other)) and not entrance.is_of(mine, "")
