"""Every bad input, mended by hand and sent again: each takes effect once, in the order in which they were sent."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from stores.kafka.raw import RawRecord
from tests.agents.publishers.audience import TOPICS, Audience
from tests.agents.publishers.inputs import BAD_BATCHES
from tests.agents.publishers.test_bad_inputs import bad_of, good
from tests.deadline import until
from tests.foreign import batch
from topics.messages import headers

_MAIL = {"type": "discount", "variables": {"title": "News", "description": "Much"}}


class Mended(NamedTuple):
    """What a message of a topic should have been, the number-th of that key, and where its effects are counted."""

    kind: str
    body: Callable[[str, int], dict[str, Any]]
    effects: str
    number: Callable[[dict[str, Any]], str]


CASES = {
    "user_commands": Mended(
        "ChangeProfile", lambda key, n: {"full_name": str(n)}, "user_events", lambda said: said["profile"]["full_name"]
    ),
    "user_created": Mended(
        "UserCreated", lambda key, n: {"id": key, "email": f"{n}@example.com"}, "user_commands",
        lambda said: said["email"].partition("@")[0],
    ),
    "email_event": Mended(
        "DiscountMail", lambda key, n: {**_MAIL, "to": key, "subject": str(n)}, "notification_commands",
        lambda said: said["subject"],
    ),
    "notification": Mended(
        "DiscountMail", lambda key, n: {**_MAIL, "to": key, "subject": str(n)}, "notification_commands",
        lambda said: said["subject"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("topic", CASES)
async def test_mended_by_hand_each_takes_effect_once_and_in_order(audience: Audience, tmp_path: Path, topic: str):
    case, key, desk = CASES[topic], uuid.uuid4().hex, audience.desk
    if topic == "user_commands":
        profile = b'{"full_name":"first","born_date":"1990-01-01","gender":"x","phone":"+90 555 111 22 33"}'
        await desk.publish(RawRecord(topic, key.encode(), [("ce_type", b"CompleteProfile")], profile))
    bad = [batch([message]) for _, message in bad_of(TOPICS[topic])]
    bad += [spoil([good(TOPICS[topic])]) for spoil in BAD_BATCHES.values()]
    places = await audience.send(topic, *bad)
    letters = await audience.letters(topic, places)
    for number, place in enumerate(places):
        fixed = tmp_path / str(number)
        fixed.write_text(json.dumps(case.body(key, number)))
        named = dict(letters[place][0].headers)[headers.DLQ_ID].decode()
        edits = [f"{headers.TYPE}={case.kind}", f"{headers.DEADLINE}=", f"{headers.UNREAD}="]
        code, out = await desk.run(
            "dlq", "redrive", topic, "--id", named, "--key", key, "--body", str(fixed),
            *(word for edit in edits for word in ("--header", edit)), "--yes",
        )  # fmt: skip
        assert code == 0, f"{list(bad_of(TOPICS[topic]))[number]}: {out}"
    expected = [str(number) for number in range(len(places))]
    await until(f"all of {topic} to take effect in order", lambda: _is(audience, case, key, expected))
    await audience.at_the_end(topic)
    assert await _is(audience, case, key, expected)


async def _is(audience: Audience, case: Mended, key: str, expected: list[str]) -> bool:
    found = [case.number(json.loads(r.body or b"")) for r in await audience.seat.all_of(case.effects, key)]
    return [number for number in found if number != "first"] == expected
