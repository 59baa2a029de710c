"""`./lezzet tail`."""

import asyncio
import contextlib
import json

import pytest

from replay.__main__ import main
from tests.deadline import until, within
from tests.replay.scene import Desk, record
from topics.messages import ids


async def test_prints_the_last_messages_with_what_they_are(desk: Desk) -> None:
    user = ids.fresh()
    body = b'{"full_name":"Ay\xc5\x9fe","phone":null}'
    sent = record("user_commands", user, body, id="m1", type="ChangeProfile", correlationid="c1")
    ((partition, offset),) = await desk.publish(sent)
    code, out = await desk.run("tail", "user_commands", "--count", "1", "--from", f"{partition}:{offset}")
    assert code == 0
    assert f"{partition}:{offset}  key={user}  ChangeProfile  id=m1  correlation=c1" in out
    assert "Ayşe" not in out and '"full_name":"[personal]","phone":null' in out


async def test_json_has_one_object_a_line(desk: Desk) -> None:
    user = ids.fresh()
    await desk.publish(*(record("user_created", user, b'{"id":"u%d"}' % n) for n in range(3)))
    _, out = await desk.run("tail", "user_created", "--from", "beginning", "--json")
    mine = [line for line in map(json.loads, out.splitlines()) if line["key"] == user]
    assert [line["body"]["id"] for line in mine] == ["u0", "u1", "u2"]
    assert mine[0]["type"] is None and mine[0]["topic"] == "user_created" and mine[0]["offset"] >= 0


async def test_no_secret_is_shown(desk: Desk) -> None:
    body = {"email": "a@example.com", "password_box": "BOXED", "variables": {"token": "TOKENED"}}
    broken = b'{"password_box": "BOXED", "token":"TOKENED", '
    await desk.publish(
        record("auth_commands", "u", json.dumps(body).encode(), type="Register"), record("auth_commands", "u", broken)
    )
    for form in ([], ["--json"]):
        _, out = await desk.run("tail", "auth_commands", "--from", "beginning", *form)
        assert "a@example.com" not in out and "[sealed]" in out
        assert "BOXED" not in out and "TOKENED" not in out


async def test_what_is_no_text_does_not_drive_the_terminal(desk: Desk) -> None:
    await desk.publish(record("notification", "\x1b[2J", b"\x1b]0;\xff\x00", type="\x1b[1m"))
    _, out = await desk.run("tail", "notification")
    assert "\x1b" not in out and "\\xff" in out


async def test_a_place_after_the_last_message_is_one_line_and_exit_code_2(desk: Desk) -> None:
    ((partition, offset),) = await desk.publish(record("user_created", "u", b"{}"))
    code, line = await desk.run("tail", "user_created", "--from", f"{partition}:{offset + 999}")
    assert code == 2 and f"nothing stands at {partition}:{offset + 999}" in line and "\n" not in line
    assert (await desk.run("tail", "user_created", "--from", "99999999"))[0] == 2
    assert (await desk.run("tail", "user_created", "--from", f"{partition}:{offset}"))[0] == 0


async def test_a_condition_chooses_among_all_that_are_there(desk: Desk) -> None:
    user = ids.fresh()
    await desk.publish(*(record("user_created", user, b'{"id":"u%d","n":%d}' % (n, n)) for n in range(30)))
    only = ["--where", f'key == "{user}" && body.n < 5']
    _, out = await desk.run("tail", "user_created", "--count", "2", *only, "--json")
    assert [json.loads(line)["body"]["id"] for line in out.splitlines()] == ["u3", "u4"]
    _, out = await desk.run("tail", "user_created", "--from", "beginning", "--count", "1", *only, "--json")
    assert [json.loads(line)["body"]["id"] for line in out.splitlines()] == ["u0"]


async def test_follows_until_it_has_enough(desk: Desk) -> None:
    user = ids.fresh()
    following = asyncio.create_task(desk.run("tail", "email_event", "--from", "end", "--count", "2"))

    async def something_came() -> bool:
        with contextlib.suppress(TimeoutError):
            await desk.publish(record("email_event", user, b"{}"))
            await asyncio.wait_for(asyncio.shield(following), 0.2)
        return following.done()

    await until("two messages that came while following", something_came)
    assert (await following)[1].count(user) == 2


async def test_an_unknown_topic_says_what_there_is(desk: Desk) -> None:
    code, line = await desk.run("tail", "user_comands")
    assert code == 2
    assert "did you mean user_commands" in line and "auth_events" in line and "\n" not in line


@pytest.mark.parametrize(
    "wrong", [["--from", "yesterday"], ["--from", "9:0"], ["--count", "0"], ["--where", "totl == 1"]]
)
async def test_what_cannot_be_meant_is_refused(desk: Desk, wrong: list[str]) -> None:
    code, line = await desk.run("tail", "user_created", *wrong)
    assert code == 2 and wrong[0] in line


def test_without_a_broker_one_line_says_where_it_was_looked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAFKA_BROKERS", "127.0.0.1:1")
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    assert main(["tail", "user_created"]) == 1
    err = capsys.readouterr().err
    assert "127.0.0.1:1 (KAFKA_BROKERS)" in err and "./lezzet up" in err and err.count("\n") == 1


async def test_an_empty_topic_has_nothing_to_say_at_once(desk: Desk) -> None:
    assert await within("an end of it", desk.run("tail", "photo_events_dlq")) == (0, "")
