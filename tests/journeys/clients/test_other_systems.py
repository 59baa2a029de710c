"""Other systems publish to our topics with a plain Kafka client, and some of what they send is nonsense."""

import json
import uuid

import pytest
import redis.asyncio

from tests.deadline import until
from tests.journeys.client import Client


@pytest.fixture
def user_id() -> str:
    return str(uuid.uuid4())


@pytest.mark.parametrize("field", ["id", "user_id"])
async def test_user_created_with_one_id_field_and_no_headers_makes_a_pending_user(
    client: Client, user_id: str, field: str
):
    await client.publish("user_created", json.dumps({field: user_id, "email": client.address}).encode())
    store = redis.asyncio.from_url(client.endpoints["redis"])
    try:
        await until("a pending user", lambda: store.exists(f"pending_user:{user_id}"))
    finally:
        await store.aclose()


async def test_an_email_event_without_headers_is_mailed_once(client: Client):
    letter = {"type": "discount", "to": client.address, "subject": "Yarım fiyat", "template": "discount",
              "variables": {"title": "Yarım fiyat", "description": "Bugün"}}  # fmt: skip
    body = json.dumps(letter).encode()
    same = [("ce_id", uuid.uuid4().hex.encode())]
    key = client.address.encode()  # one partition, so the last one is read after both copies
    for headers in (same, same):
        await client.publish("email_event", body, key=key, headers=headers)
    await client.publish("email_event", json.dumps({**letter, "subject": "Sentinel"}).encode(), key=key)
    await client.mail("Sentinel")
    await client.mail("Yarım fiyat")
    assert len([mail for mail in await client.mails() if mail["subject"] == "Yarım fiyat"]) == 1


NONSENSE = {
    "broken JSON": b'{"quantity": ',
    "wrong shape": b'["meal"]',
    "wrong type": b'{"meal_id": 7, "quantity": "two"}',
    "not UTF-8": b'{"meal_id": "\xff\xfe"}',
    "a NUL": b'{"meal_id": "a\\u0000b", "quantity": 1}',
    "a megabyte": b'{"meal_id": "' + b"x" * 1_000_000 + b'"',
    "deep nesting": b"[" * 100_000,
    "nothing": None,
    "empty": b"",
}


@pytest.mark.parametrize("what", NONSENSE)
async def test_nonsense_on_a_command_topic_is_dead_lettered_whole_and_the_partition_goes_on(client: Client, what: str):
    mark = uuid.uuid4().hex.encode()
    headers = [("ce_type", b"AddItem"), ("ce_id", mark), ("alien", b"\xff\x00")]
    await client.publish("basket_commands", NONSENSE[what], key=b"nonsense", headers=headers)
    dead = await client.read_until("basket_commands_dlq", lambda record: ("ce_id", mark) in record.headers)
    assert dead.value == NONSENSE[what]
    assert dead.key == b"nonsense"
    named = dict(dead.headers)
    assert named["alien"] == b"\xff\x00"
    assert named["dlq_reason"]
    await _partition_goes_on(client, b"nonsense")


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("ce_type", b"LaunchRocket")],
        [("ce_type", b"\xff\xfe")],
        [("ce_type", b"AddItem"), ("lezzet_deadline", b"soon")],
    ],
    ids=["absent", "unknown type", "not UTF-8", "no deadline"],
)
async def test_a_command_with_unusable_headers_is_dead_lettered(client: Client, headers: list[tuple[str, bytes]]):
    mark = uuid.uuid4().hex.encode()
    await client.publish("basket_commands", b'{"meal_id": "' + mark + b'"}', key=b"nonsense", headers=headers)
    dead = await client.read_until("basket_commands_dlq", lambda record: mark in (record.value or b""))
    assert {"dlq_reason", "dlq_topic", "dlq_partition", "dlq_offset", "dlq_id"} <= set(dict(dead.headers))
    await _partition_goes_on(client, b"nonsense")


@pytest.mark.parametrize("topic", ["user_created", "email_event", "notification"])
async def test_nonsense_on_a_public_topic_is_dead_lettered_whole(client: Client, topic: str):
    body = b'{"type": "rocket", "mark": "' + uuid.uuid4().hex.encode() + b'"}'
    await client.publish(topic, body)
    dead = await client.read_until(f"{topic}_dlq", lambda record: record.value == body)
    assert dict(dead.headers)["dlq_reason"]


async def _partition_goes_on(client: Client, key: bytes) -> None:
    """A good command behind the bad one, on the same partition, is done."""
    mark = uuid.uuid4().hex
    await client.publish("basket_commands", b"{}", key=key, headers=[("ce_type", b"Clear"), ("ce_id", mark.encode()),
                         ("lezzet_operation", mark.encode())])  # fmt: skip
    store = redis.asyncio.from_url(client.endpoints["redis"])
    try:
        await until("the next command of the partition to be answered", lambda: store.exists(f"reply:{mark}"))
    finally:
        await store.aclose()
