"""`./lezzet dlq list` and `show`, and what `redrive` makes of messages that were dead-lettered singly."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agents.runtime.arrivals import Arrival
from agents.runtime.sending import letters
from agents.runtime.sending.publisher import Publisher
from stores.protocol import Source
from tests.replay.scene import Desk, dead
from topics.contracts import user_created
from topics.messages import headers, ids

TOPIC = "user_created"


def _id(found: object) -> str:
    return dict(found)["ce_id"].decode()  # type: ignore[call-overload]


async def test_show_gives_back_the_original_bytes(desk: Desk, tmp_path: Path) -> None:
    body, name = b"\xff\xfe{\x00", ids.fresh()
    alien = (("alien", b"\x80\x81"), ("dlq_reason", b"made up"))
    await desk.publish(dead(TOPIC, "k1", body, *alien, id=name, reason="no JSON"))
    code, out = await desk.run("dlq", "show", TOPIC, name, "--body", str(tmp_path / "body"))
    assert code == 0
    assert (tmp_path / "body").read_bytes() == body
    assert "ff fe 7b 00" in out and "header alien: (hex) 80 81" in out
    assert "header dlq_reason: made up" in out and "\nreason: no JSON" in out and "\nparked: no" in out


async def test_show_prints_text_as_text_and_names_what_is_not_there(desk: Desk) -> None:
    names = [ids.fresh(), ids.fresh()]
    ((_, offset), _) = await desk.publish(
        dead(TOPIC, "k", b'{"id":', id=names[0]), dead(TOPIC, None, None, id=names[1])
    )
    assert (await desk.run("dlq", "show", f"{TOPIC}_dlq", f"0:{offset}"))[1].endswith('body:\n{"id":\n')
    _, out = await desk.run("dlq", "show", TOPIC, names[1])
    assert "key: (none)" in out and out.endswith("body:\n(empty)\n")
    code, line = await desk.run("dlq", "show", TOPIC, "nobody")
    assert code == 2 and "'nobody'" in line


async def test_show_is_one_document_with_json_and_masks_as_the_lines_do(desk: Desk, tmp_path: Path) -> None:
    name, body = ids.fresh(), b'{"id":"u1","email":"ayse@example.com"}'
    await desk.publish(dead(TOPIC, "k1", body, ("reply-to", b"ayse@example.com"), id=name, reason="no JSON"))
    code, out = await desk.run("dlq", "show", TOPIC, name, "--json")
    found = json.loads(out)
    assert code == 0 and (found["id"], found["state"], found["reason"], found["waiting"]) == (
        name,
        "waits",
        "no JSON",
        [],
    )
    assert found["headers"] == {"reply-to": "[personal]"} and "ayse" not in out
    code, out = await desk.run("dlq", "show", TOPIC, name, "--json", "--body", str(tmp_path / "body"))
    assert json.loads(out)["body"] == body.decode() and (tmp_path / "body").read_bytes() == body


async def test_redrive_is_one_document_with_json(desk: Desk) -> None:
    key, names = ids.fresh(), [ids.fresh(), ids.fresh()]
    await desk.publish(dead(TOPIC, key, b'{"id":"u1"}', id=names[0]), dead(TOPIC, key, b"{", id=names[1]))
    code, out = await desk.run("dlq", "redrive", TOPIC, "--key", key, "--json")
    found = json.loads(out)
    assert code == 0 and (found["topic"], found["decide_again"], found["done"]) == (TOPIC, [], None)
    assert [(each["id"], each["refused"] is None) for each in found["send_again"]] == [
        (names[0], True),
        (names[1], False),
    ]
    assert await desk.all_of(TOPIC, key) == [], "a dry run"
    code, out = await desk.run("dlq", "redrive", TOPIC, "--key", key, "--json", "--yes")
    assert code == 1 and json.loads(out)["done"] == {"keys": None, "sent": 1, "refused": 1}
    assert len(await desk.all_of(TOPIC, key)) == 1


async def test_a_group_that_is_not_there_is_told_with_the_nearest(desk: Desk) -> None:
    key = ids.fresh()
    await desk.publish(dead(TOPIC, key, b"{", id=ids.fresh(), reason=f"of {key}"))
    _, out = await desk.run("dlq", "groups", TOPIC, "--json")
    there = next(group["fingerprint"] for group in json.loads(out) if group["reason"] == "of …")
    code, line = await desk.run("dlq", "redrive", TOPIC, "--group", there[:-1])
    assert code == 2 and f"no group that waits in {TOPIC} with fingerprint '{there[:-1]}'; did you mean {there}" in line


async def test_list_says_what_lies_there(desk: Desk) -> None:
    name = ids.fresh()
    await desk.publish(dead(TOPIC, "k2", b"{", id=name, reason="$: broken"))
    _, out = await desk.run("dlq", "list", TOPIC, "--json")
    mine = next(d for d in json.loads(out)["dead_letters"] if d["id"] == name)
    assert (mine["key"], mine["state"], mine["reason"], mine["bytes"]) == ("k2", "waits", "$: broken", 1)
    _, out = await desk.run("dlq", "list", TOPIC)
    assert name in out and "$: broken" in out


async def test_a_dry_run_sends_nothing(desk: Desk) -> None:
    key = ids.fresh()
    await desk.publish(dead(TOPIC, key, b'{"id":"u1"}', id=ids.fresh()))
    code, out = await desk.run("dlq", "redrive", TOPIC, "--key", key)
    assert code == 0 and f"send again: {TOPIC}" in out and "dry run" in out
    assert await desk.all_of(TOPIC, key) == []


async def test_comes_back_in_order_once_each_with_the_id_that_the_inbox_knows(desk: Desk) -> None:
    key, names = ids.fresh(), [ids.fresh() for _ in range(3)]
    sent = [dead(TOPIC, key, b'{"id":"%d"}' % n, ("alien", b"\xff"), id=name) for n, name in enumerate(names)]
    elsewhere = dead(TOPIC, key, b'{"id":"1"}', id=names[1], group="notification.decide")
    await desk.publish(*sent, elsewhere)
    assert (await desk.run("dlq", "redrive", TOPIC, "--key", key, "--yes"))[0] == 0
    back = await desk.all_of(TOPIC, key)
    assert [_id(r.headers) for r in back] == names
    assert [r.body for r in back] == [b'{"id":"0"}', b'{"id":"1"}', b'{"id":"2"}']
    assert back[0].headers == (
        ("alien", b"\xff"), (headers.ID, names[0].encode()), (headers.SOURCE, f"kafka/{TOPIC}".encode()),
    )  # fmt: skip


async def test_who_redrives_is_on_record_and_a_dry_run_is_not(desk: Desk) -> None:
    key = ids.fresh()
    await desk.publish(dead(TOPIC, key, b'{"id":"u1"}', id=ids.fresh()))

    async def on_record() -> list[dict[str, Any]]:
        told = [json.loads(each.body or b"") for each in await desk.all_of("engineer_audit")]
        return [each for each in told if f"key={key}" in each.get("arguments", ())]

    await desk.run("dlq", "redrive", TOPIC, "--key", key)
    assert await on_record() == []
    await desk.run("dlq", "redrive", TOPIC, "--key", key, "--yes")
    (told,) = await on_record()
    assert told["command"] == "dlq redrive" and f"topic={TOPIC}" in told["arguments"] and "@" in told["who"]


async def test_a_repaired_body_keeps_headers_and_key(desk: Desk, tmp_path: Path) -> None:
    key, name = ids.fresh(), ids.fresh()
    await desk.publish(dead("user_commands", key, b"{", ("ce_type", b"\xff"), ("ce_id", b"own"), id=name))
    (tmp_path / "body").write_bytes(b'{"full_name":"Can"}')
    mended = ["--id", name, "--body", str(tmp_path / "body")]
    code, out = await desk.run("dlq", "redrive", "user_commands", *mended, "--yes")
    assert code == 1 and "ce_type: the header is not UTF-8" in out
    code, _ = await desk.run("dlq", "redrive", "user_commands", *mended, "--header", "ce_type=ChangeProfile", "--yes")
    (back,) = await desk.all_of("user_commands", key)
    assert code == 0 and back.body == b'{"full_name":"Can"}'
    assert dict(back.headers)["ce_type"] == b"ChangeProfile" and _id(back.headers) == name


async def test_what_cannot_take_effect_is_not_sent(desk: Desk) -> None:
    late, broken, keyless = ids.fresh(), ids.fresh(), ids.fresh()
    kind = ("ce_type", b"ChangeProfile")
    await desk.publish(
        dead("user_commands", late, b"{}", kind, ("lezzet_deadline", b"1000"), id=late),
        dead("user_commands", broken, b"{", kind, id=broken),
        dead("user_commands", None, b"{}", kind, id=keyless),
    )
    for name, why in ((late, "past its deadline"), (broken, "still unreadable"), (keyless, "--key KEY")):
        code, out = await desk.run("dlq", "redrive", "user_commands", "--id", name, "--yes")
        assert code == 1 and why in out and "not sent" in out
        assert await desk.all_of("user_commands", name) == []
    code, _ = await desk.run("dlq", "redrive", "user_commands", "--id", keyless, "--key", keyless, "--yes")
    assert code == 0 and len(await desk.all_of("user_commands", keyless)) == 1


async def test_an_order_that_says_too_little_is_refused(desk: Desk) -> None:
    for said, wanted, why in (
        ([], 2, "--all"), (["--all", "--id", "x"], 2, "--all"), (["--key", "k", "--body", "x"], 2, "--body"),
        (["--all", "--group", "x"], 2, "--all"), (["--id", "nobody"], 2, "nobody"),
        (["--key", "nobody"], 1, "nothing of user_created waits"), (["--group", "00000000"], 2, "'00000000'"),
    ):  # fmt: skip
        code, line = await desk.run("dlq", "redrive", TOPIC, *said)
        assert code == wanted and why in line


async def test_an_unknown_topic_says_which_have_dead_letters(desk: Desk) -> None:
    code, line = await desk.run("dlq", "list", "user_create")
    assert code == 2 and "did you mean user_created" in line


async def test_a_record_of_nothing_at_all_has_a_dead_letter_that_kafka_takes(desk: Desk) -> None:
    nothing = Arrival(
        offset=3, at=datetime.now(UTC), key=None, id=ids.fresh(), source="kafka/user_created", raw_key=None,
        raw_headers=(), body=None,
    )  # fmt: skip
    row = letters.dead(Source("user.decide", TOPIC, 0), user_created.TOPIC, nothing, "the body is empty", parked=False)
    publisher = Publisher(desk.tools.settings.kafka)
    try:
        await publisher.publish([row])
    finally:
        await publisher.stop()
    code, out = await desk.run("dlq", "show", TOPIC, nothing.id)
    assert code == 0 and out.endswith("body:\n(empty)\n")
