"""`./lezzet publish`: all lines of a file or none, each as the topic's contract wants it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from replay.failure import BadArgument
from replay.log import on_record
from replay.tools import Tools
from replay.topics import publish
from replay.topics.publish import planned
from stores.errors import Unavailable
from tests.replay.scene import Desk
from topics.messages import headers, ids

NOW = datetime(2026, 11, 27, 18, 30, tzinfo=UTC)
BODY = json.loads((Path(__file__).parents[2] / "topics/examples/order_commands/CancelOrder.json").read_text())


def line(**said: object) -> bytes:
    return json.dumps({"type": "CancelOrder", "key": "o1", "body": BODY, **said}).encode()


def test_a_message_has_all_headers_and_those_of_the_file() -> None:
    (record,) = planned("order_commands", line(id="m1", headers={"x": "y"}), {"z": "1"}, NOW).records
    named = {name: value.decode() for name, value in record.headers}
    assert (record.topic, record.key) == ("order_commands", b"o1") and json.loads(record.body or b"") == BODY
    assert (named[headers.ID], named[headers.CORRELATION], named[headers.SUBJECT]) == ("m1", "m1", "o1")
    assert (named["x"], named["z"], named[headers.SOURCE]) == ("y", "1", "lezzet/engineer")


@pytest.mark.parametrize(
    ("topic", "content", "told"),
    [
        ("order_comands", line(), "did you mean order_commands"),
        ("order_events", line(), "events come from the decisions of order"),
        ("order_commands", b"", "no message"),
        ("order_commands", b"{", "line 1"),
        ("order_commands", b"\xff", "line 1"),
        ("order_commands", line(key=None), "line 1: key: missing"),
        ("order_commands", line(type=None), "line 1: ce_type"),
        ("order_commands", line(type="LaunchRocket"), "unknown type 'LaunchRocket'"),
        ("order_commands", line(body={"reason": 1}), "line 1"),
        ("order_commands", line(more=1), "line 1"),
        ("order_commands", line(body={**BODY, "reason": "x" * 2_000_000}), "the topic takes"),
        ("order_commands", line(headers={headers.DEADLINE: "soon"}), "lezzet_deadline"),
        ("order_commands", line(type="\x1b[2J"), "line 1"),
        ("order_commands", b"[" * 100_000, "line 1"),
        ("order_commands", line() + b"\n\n" + line(key=None) + b"\n" + line(type="No"), "line 4: ce_type"),
    ],
)
def test_what_the_contract_does_not_take_is_told_in_one_line(topic: str, content: bytes, told: str) -> None:
    with pytest.raises(BadArgument) as refused:
        planned(topic, content, {}, NOW)
    assert told in str(refused.value) and str(refused.value).isprintable()


async def test_it_is_sent_with_yes_only_and_in_order(desk: Desk, tmp_path: Path) -> None:
    key, file = ids.fresh(), tmp_path / "messages.jsonl"
    file.write_bytes(b"\n".join(line(key=key, id=f"{key}-{n}") for n in range(30)))
    code, out = await desk.run("publish", "order_commands", str(file))
    assert code == 0 and "dry run" in out and "and 10 more" in out and await desk.all_of("order_commands", key) == []
    code, out = await desk.run("publish", "order_commands", str(file), "--yes")
    assert code == 0 and "sent: 30 messages" in out
    found = [dict(record.headers)[headers.ID].decode() for record in await desk.all_of("order_commands", key)]
    assert found == [f"{key}-{n}" for n in range(30)]
    assert [{"id": f"{key}-{n}", "key": key} for n in range(30)] in [each["messages"] for each in await _audited(desk)]
    code, line_ = await desk.run("publish", "order_commands", str(tmp_path / "nothing"), "--yes")
    assert code == 2 and "No such file" in line_


async def test_who_published_what_is_on_record_without_bodies_and_personal_data(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_record, "_MESSAGES", 2)
    name, file = ids.fresh(), tmp_path / "mails.jsonl"
    body = {"type": "verification", "to": "ayse@example.com", "variables": {"token": "t0ken"}}
    file.write_bytes(b"\n".join(line(type=None, key="ayse@example.com", id=f"{name}-{n}", body=body) for n in range(3)))
    code, _ = await desk.run("publish", "email_event", str(file))
    assert code == 0 and name not in str(await _audited(desk)), "a dry run publishes nothing"
    code, out = await desk.run("publish", "email_event", str(file), "--yes")
    assert code == 0, out
    mine = [each for each in await _audited(desk) if name in str(each)]
    assert [(each["topic"], each["count"], len(each["messages"])) for each in mine] == [
        ("email_event", 3, 2),
        ("email_event", 3, 1),
    ]
    assert [row["id"] for each in mine for row in each["messages"]] == [f"{name}-{n}" for n in range(3)]
    assert "@" in mine[0]["who"] and "ayse" not in str([each["messages"] for each in mine]) and "t0ken" not in str(mine)


async def test_without_a_record_nothing_is_published(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(tools: Tools, topic: str, messages: object) -> None:
        raise Unavailable("Kafka", "away")

    monkeypatch.setattr(publish, "put_published_on_record", away)
    key, file = ids.fresh(), tmp_path / "messages.jsonl"
    file.write_bytes(line(key=key))
    with pytest.raises(Unavailable):
        await desk.run("publish", "order_commands", str(file), "--yes")
    assert await desk.all_of("order_commands", key) == []


async def _audited(desk: Desk) -> list[dict[str, Any]]:
    found = await desk.all_of("engineer_audit")
    return [json.loads(each.body or b"") for each in found if (headers.TYPE, b"MessagesPublished") in each.headers]
