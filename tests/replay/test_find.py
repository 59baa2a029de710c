"""`./lezzet find`: what matches, whether all was read, and questions that make no sense."""

import json

import pytest

from replay.log import scan
from stores.errors import Unavailable
from tests.replay.scene import Desk, record
from topics.messages import ids

HOSTILE = [
    b"<script>alert(1)</script>", "‮evil‬".encode(), b"x" * 1_000_000, b"a\0b", b"\x1b]0;owned\x07\x1b[2J", b"[1, 2", b"\xff\xfe",
]  # fmt: skip


async def test_finds_by_body_header_key_type_and_time_in_all_topics(desk: Desk) -> None:
    user = ids.fresh()
    await desk.publish(
        record("user_created", user, b'{"n":1}', id=f"{user}-1", type="UserCreated"),
        record("email_event", user, b'{"n":2,"to":"a"}', id=f"{user}-2", source="there"),
        record("email_event", user, b'{"n":3}', id=f"{user}-3"),
    )
    for text, wanted in (
        (f'key == "{user}"', ["1", "2", "3"]),
        (f'key == "{user}" && body.n > 1', ["2", "3"]),
        (f'key == "{user}" && headers.ce_source == "there"', ["2"]),
        (f'key == "{user}" && topic == "user_created" && type == "UserCreated"', ["1"]),
        (f'key == "{user}" && time < timestamp("2020-01-01T00:00:00Z")', []),
        (f'id == "{user}-2" || (body.n == 3 && key == "{user}")', ["2", "3"]),
    ):
        code, out = await desk.run("find", "--where", text, "--json", "--since", "10m")
        found = json.loads(out)
        assert (code, found["complete"]) == (0, True)
        assert sorted(each["id"].removeprefix(f"{user}-") for each in found["messages"]) == wanted, text
    code, out = await desk.run("find", "--where", f'key == "{user}"', "--count", "1", "--topic", "email_event")
    assert code == 0 and "complete: 2 of" in out and "of 1 topic, the first 1 of them shown" in out


async def test_hostile_messages_are_harmless_in_the_terminal(desk: Desk) -> None:
    key = ids.fresh()
    await desk.publish(
        *(record("notification", key, body, type="\x1b[1m", id=f"{key}{n}") for n, body in enumerate(HOSTILE))
    )
    for command in (["find", "--where", f'key == "{key}"'], ["trace", key], ["tail", "notification"]):
        code, out = await desk.run(*command)
        assert code == 0 and len(out) < 20_000
        assert all(c.isprintable() or c == "\n" for c in out), command
    _, out = await desk.run("find", "--where", f'key == "{key}"', "--json")
    assert "\x1b" not in out and len(json.loads(out)["messages"]) == len(HOSTILE)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--where", "body.total >"], "at character"),
        (["--where", "true", "--topic", "order_event"], "did you mean order_events"),
        (["--where", "true", "--since", "2030-01-01"], "no message of any topic is from that time"),
        (["--where", "true", "--until", "2001-01-01", "--topic", "user_created"], "no message of user_created"),
        (["--where", "true", "--since", "tomorrow"], "--since"),
        (["--where", "true", "--count", "0"], "--count"),
    ],
)
async def test_what_cannot_be_meant_is_one_line_and_exit_code_2(desk: Desk, arguments: list[str], told: str) -> None:
    code, line = await desk.run("find", *arguments)
    assert code == 2 and told in line and "\n" not in line


@pytest.mark.parametrize("since", ["1960-01-01", "99999d"])
async def test_a_time_before_all_computers_is_the_beginning(desk: Desk, since: str) -> None:
    key = ids.fresh()
    await desk.publish(record("user_created", key, b"{}"))
    code, out = await desk.run("find", "--where", f'key == "{key}"', "--topic", "user_created", "--since", since)
    assert code == 0 and "complete: 1 of" in out


async def test_what_could_not_be_read_to_its_end_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.publish(record("user_created", "u", b"{}"))

    def at(self: scan.Progress, passed: int) -> None:
        raise Unavailable("Kafka", "gone")

    monkeypatch.setattr(scan.Progress, "at", at)
    code, out = await desk.run("find", "--where", "true")
    assert code == 1 and out.startswith("NOT COMPLETE") and "gone" in out
