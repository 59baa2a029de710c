"""Personal data is masked by the engineers' commands, and whoever reveals it is on record first."""

import json
from pathlib import Path
from typing import Any

import pytest

from replay.failure import CannotDo
from replay.log import reveal
from replay.tools import Tools
from stores.errors import Unavailable
from tests.replay.scene import Desk, dead, record
from topics.messages import ids

BODY = '{"full_name":"Ayşe K.","phone":"+905551112233"}'.encode()
MAIL = b'{"type":"verification","to":"ayse@example.com","variables":{"token":"eyJh.eyJi.c"}}'
PLAIN = ("Ayşe", "+90555", "ayse@example.com")


async def _record_of(desk: Desk, said: str) -> dict[str, Any]:
    found = [json.loads(each.body or b"") for each in await desk.all_of("engineer_audit")]
    return next(each for each in found if said in str(each.get("arguments")))


@pytest.mark.parametrize("form", [[], ["--json"]])
async def test_tail_and_trace_mask_and_reveal(desk: Desk, form: list[str]) -> None:
    user = ids.fresh()
    ((partition, offset),) = await desk.publish(
        record("user_commands", user, BODY, id=ids.fresh(), type="ChangeProfile")
    )
    at = ["--from", f"{partition}:{offset}", "--count", "1"]
    for command in (["tail", "user_commands", *at], ["trace", user]):
        _, hidden = await desk.run(*command, *form)
        assert user in hidden and "[personal]" in hidden and not any(each in hidden for each in PLAIN)
        _, plain = await desk.run(*command, *form, "--reveal")
        assert "Ayşe K." in plain and "+905551112233" in plain
    told = await _record_of(desk, user)
    assert told["command"] == "trace" and f"id={user}" in told["arguments"] and "@" in told["who"]


async def test_a_key_that_is_an_address_is_masked(desk: Desk) -> None:
    ((partition, offset),) = await desk.publish(record("email_event", "ayse@example.com", MAIL))
    _, out = await desk.run("tail", "email_event", "--from", f"{partition}:{offset}", "--count", "1")
    assert "key=[personal]" in out and not any(each in out for each in PLAIN)


async def test_dead_letters_are_masked_and_shown_as_they_came_on_demand(desk: Desk, tmp_path: Path) -> None:
    name = ids.fresh()
    await desk.publish(dead("email_event", "ayse@example.com", MAIL, ("reply-to", b"ayse@example.com"), id=name))
    for command in (["dlq", "show", "email_event", name], ["dlq", "list", "email_event"]):
        _, out = await desk.run(*command)
        assert name in out and not any(each in out for each in PLAIN) and "eyJ" not in out
    _, out = await desk.run("dlq", "show", "email_event", name, "--reveal")
    assert out.endswith(f"body:\n{MAIL.decode()}\n")
    await desk.run("dlq", "show", "email_event", name, "--body", str(tmp_path / "body"))
    assert (tmp_path / "body").read_bytes() == MAIL
    assert (await _record_of(desk, str(tmp_path)))["command"] == "dlq show", "a file of the body is on record, too"


async def test_why_a_message_was_refused_is_masked_as_it_may_quote_what_was_sent(desk: Desk) -> None:
    """Of commands that mask, and of those that show personal data to nobody."""
    name, why = ids.fresh(), "ValueError: ayse@example.com is no user"
    await desk.publish(dead("email_event", "k", MAIL, id=name, reason=why))
    at = ["--id", name]
    for command in (
        ["tail", "email_event_dlq"], ["trace", name], ["dlq", "list", "email_event"], ["dlq", "show", "email_event", name],
        ["dlq", "groups", "email_event"], ["dlq", "redrive", "email_event", *at],
    ):  # fmt: skip
        for form in ([], ["--json"]):
            _, out = await desk.run(*command, *form)
            assert "ayse@example.com" not in out, (command, form)
    for command in (["dlq", "list", "email_event"], ["trace", name]):
        assert why in (await desk.run(*command, "--reveal"))[1]


async def test_the_record_holds_no_personal_data_itself(desk: Desk) -> None:
    mark = ids.fresh()
    await reveal.reveal(desk.tools, "trace", ["id=ayse@example.com", f"token=eyJh.eyJi.c {mark}"])
    told = await _record_of(desk, mark)
    assert told["arguments"] == ["id=[personal]", f"token=[sealed] {mark}"]


async def test_without_a_record_nothing_is_shown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    user = ids.fresh()
    await desk.publish(record("user_commands", user, BODY, type="ChangeProfile"))

    def away(tools: Tools) -> Any:
        raise Unavailable("Kafka", "away")

    monkeypatch.setattr(Tools, "producer", away)
    desk.capsys.readouterr()
    with pytest.raises((Unavailable, CannotDo)):
        await desk.run("trace", user, "--reveal")
    assert desk.capsys.readouterr().out == ""
