"""Whatever somebody publishes, a page shows it as text."""

import re
from urllib.parse import quote

import pytest

from tests.replay.console.conftest import Console
from tests.replay.console.test_pages import texts
from tests.replay.scene import Desk, dead, record
from topics.messages import ids

TOPIC = "address_events"
MARKUP = "</td></pre></textarea><script>alert(1)</script><img src=x onerror=alert(1)>\"'{{7*7}}&lt;"
BIDI = "a\u202eb\u2066c\u200fd\u200be\u00ade\ufefff"
ANSI = "\x1b[2J\x1b]0;owned\x07\x00\x9b1m"
HOSTILE = {"markup": MARKUP, "bidi": BIDI, "ansi": ANSI}
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def harmless(page: str) -> None:
    assert "<script>alert" not in page and "<img src=x" not in page
    assert RAW.search(page) is None, "control characters and those that turn a text are shown, not sent"


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_messages_are_shown_harmlessly_everywhere(console: Console, desk: Desk, kind: str) -> None:
    text, id = HOSTILE[kind], ids.fresh()
    body = f'{{"said": "{text}", "broken": '.encode()
    whole = record(TOPIC, f"{text}{id}", body, id=id, type=text, correlationid=f"{text}{id}", subject=text)
    letter = dead(TOPIC, id, body, ("ce_type", text.encode()), id=f"{text}-{id}", reason=text, group=text)
    ((partition, offset),) = await desk.publish(whole)
    ((dead_partition, dead_offset),) = await desk.publish(letter)
    for path in (
        f"/topics/{TOPIC}", f"/topics/{TOPIC}_dlq", f"/messages/{TOPIC}/{partition}/{offset}", f"/flow/{id}", "/dlq",
        f"/dlq/{TOPIC}", f"/dlq/{TOPIC}/{dead_partition}:{dead_offset}",
    ):  # fmt: skip
        page = await console.page(path)
        harmless(page)
        assert ("alert(1)" if kind == "markup" else r"\u202e" if kind == "bidi" else r"\x1b[2J") in texts(page), path


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_questions_are_shown_harmlessly(console: Console, kind: str) -> None:
    said = quote(HOSTILE[kind] + ids.fresh(), safe="")
    for path, status in (
        (f"/flow/{said}?since=1h", 404), (f"/topics/{said}", 404), (f"/topics/{TOPIC}?from={said}", 400),
        (f"/topics/{TOPIC}?since={said}", 400), (f"/dlq/{said}", 404), (f"/map?domain={said}", 200),
        (f"/logs?level={said}", 400),
    ):  # fmt: skip
        harmless(await console.page(path, status))


async def test_a_message_of_a_megabyte_is_cut_and_is_to_be_had_as_a_file(console: Console, desk: Desk) -> None:
    id = ids.fresh()
    body = b'{"name": "' + b"x" * 1_000_000 + b'<script>"}'
    ((partition, offset),) = await desk.publish(record(TOPIC, id, body, id=id, type="Large"))
    place = f"/messages/{TOPIC}/{partition}/{offset}"
    page = await console.page(place)
    assert len(page) < 100_000 and "Cut here: the body has 976.6 KB" in page
    for path in (f"/topics/{TOPIC}?from={partition}:{offset}", f"/flow/{id}"):
        assert len(await console.page(path)) < 200_000, path
    async with console.http.get(console.url(f"{place}/raw")) as answer:
        assert answer.content_type == "text/plain"
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
        assert await answer.read() == body, "byte for byte, where nothing in it is secret"


async def test_nobody_is_named(console: Console, desk: Desk) -> None:
    mail, id = f"{ids.fresh()}@example.com", ids.fresh()
    body = b'{"email":"%s","full_name":"Nobody Known","phone":"+905551112233"}' % mail.encode()
    ((partition, offset),) = await desk.publish(record("email_event", mail, body, id=id, type="x"))
    letter = dead("email_event", mail, body, id=f"d{id}", reason=f"no mailbox {mail}")
    ((dead_partition, dead_offset),) = await desk.publish(letter)
    place = f"/messages/email_event/{partition}/{offset}"
    for path in (
        place, f"{place}/raw", "/topics/email_event", f"/flow/{id}", "/dlq",
        f"/dlq/email_event/{dead_partition}:{dead_offset}",
    ):  # fmt: skip
        said = await console.page(path)
        assert "[personal]" in said, path
        for word in (mail, quote(mail, safe=""), "Nobody Known", "905551112233"):
            assert word not in said, path


async def test_no_secret_leaves_the_console(console: Console, desk: Desk) -> None:
    id = ids.fresh()
    body = b'{"password_box":"BOXED","token":"TOKENED"}'
    ((partition, offset),) = await desk.publish(record("auth_commands", id, body, id=id, type="Register"))
    ((dead_partition, dead_offset),) = await desk.publish(dead("auth_commands", id, body, id=f"d{id}"))
    place = f"/messages/auth_commands/{partition}/{offset}"
    for path in (
        place, f"{place}/raw", "/topics/auth_commands", f"/flow/{id}",
        f"/dlq/auth_commands/{dead_partition}:{dead_offset}",
    ):  # fmt: skip
        said = await console.page(path)
        assert "BOXED" not in said and "TOKENED" not in said and "[sealed]" in said, path
