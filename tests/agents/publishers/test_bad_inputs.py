"""Every bad input on every topic that agents read: a dead letter as it came, and the next message takes effect."""

import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import topics
from stores.kafka.log import Logged
from tests.agents.publishers.audience import READ, TOPICS, Audience
from tests.agents.publishers.inputs import BAD, BAD_BATCHES, BAD_OF_OURS, MARK
from tests.deadline import until
from tests.foreign import Foreign, batch
from topics.messages import headers
from topics.messages.message import Undecodable
from topics.messages.topic import FOREVER, Topic
from topics.recording.older_forms import version_of

EXAMPLES = Path(topics.__file__).parent / "examples"
# As what others publish is, without the key: by notification and restaurant, restaurant, photo.
TAKEN_IN = ("order_events", "user_events", "catalog_events")

# Topic → where a good message of it shows, within the same shape of work on any other topic.
SHOWS = {
    "user_commands": "user_events", "user_created": "user_commands", "email_event": "notification_commands",
    "notification": "notification_commands", "order_events": "notification_commands",
    "notification_events": "notification_commands",
}  # fmt: skip


def good(topic: Topic) -> Foreign:
    """A message as its topic carries it, of an aggregate of its own, with fields that must be there; a mail where there are."""
    name = uuid.uuid4().hex.encode()
    kinds = [kind.__name__ for kind in topic.messages]
    kind = next((k for k in ("MailRequested", *kinds) if k in kinds and _needs_fields(topic, k)), kinds[0])
    path = EXAMPLES / topic.name / f"{kind}.json"
    body = path.read_bytes()
    said = {headers.ID: name, headers.TYPE: kind.encode(), headers.SOURCE: b"tests", headers.SUBJECT: name}
    if (version := version_of(topic, path)) != "1":
        said[headers.SCHEMA_VERSION] = version.encode()
    if topic.name.endswith("_events"):
        said[headers.SEQUENCE] = b"1"
    return Foreign(name, body, [(title.encode(), value) for title, value in said.items()])


def _needs_fields(topic: Topic, kind: str) -> bool:
    try:
        topic.decode(kind, b"{}")
    except Undecodable:
        return True
    return False


def bad_of(topic: Topic) -> list[tuple[str, Foreign]]:
    ours = BAD_OF_OURS if topic.name.endswith(("_commands", "_events")) and topic.name not in TAKEN_IN else {}
    return [(what, spoil(good(topic))) for what, spoil in {**BAD, **ours}.items()]


# What comes here goes on to the commands as it is, and becomes a dead letter there.
GOES_ON = "auth_hashing"


async def test_each_goes_on_from_where_passwords_are_hashed_and_holds_up_nobody(audience: Audience):
    async def dead() -> Counter[tuple[bytes | None, bytes]]:
        letters = [each for name in (GOES_ON, "auth_commands") for each in await audience.seat.all_of(f"{name}_dlq")]
        return Counter((letter.key, letter.body or b"") for letter in letters)

    before, every = await dead(), [bad for _, bad in bad_of(TOPICS[GOES_ON])]
    for bad in every:
        await audience.send(GOES_ON, batch([bad]))
    await audience.at_the_end(GOES_ON)
    await audience.at_the_end("auth_commands")
    wanted = Counter((bad.key, bad.body or b"") for bad in every)

    async def all_dead() -> bool:
        return not wanted - (await dead() - before)

    await until("each of them among the dead letters", all_dead)


@pytest.mark.parametrize("name", [name for name in READ if name != GOES_ON])
async def test_each_is_dead_lettered_as_it_came_by_every_reader_and_holds_up_nobody(audience: Audience, name: str):
    topic = TOPICS[name]
    sent: dict[int, tuple[str, Foreign]] = {}
    for what, bad in bad_of(topic):
        (offset,) = await audience.send(name, batch([bad]))
        sent[offset] = (what, bad)
    (last,) = await audience.send(name, batch([good(topic)]))
    await audience.at_the_end(name)
    letters = await audience.letters(name, sent)
    for offset, (what, bad) in sent.items():
        for letter in letters[offset]:
            _is_whole(what, bad, letter)
    assert last not in letters, "the good message behind them is nobody's dead letter"


@pytest.mark.parametrize("where", SHOWS)
async def test_the_next_message_takes_effect(audience: Audience, where: str):
    topic = TOPICS[where]
    after = good(topic)
    cause = dict(after.headers)[headers.ID.encode()] or b""
    await audience.send(where, *(batch([bad]) for _, bad in bad_of(topic)), batch([after]))
    await until(f"what follows from {after.key!r}", lambda: audience.caused(SHOWS[where], cause.decode()))


async def test_the_next_event_is_shown_and_copied(audience: Audience):
    for where, shown in (("restaurant_events", audience.is_in_the_view), ("catalog_events", audience.is_a_fact)):
        after = good(TOPICS[where])
        await audience.send(where, *(batch([bad]) for _, bad in bad_of(TOPICS[where])), batch([after]))
        await until(f"{after.key!r} of {where}", lambda shown=shown, key=after.key: shown((key or b"").decode()))


def _is_whole(what: str, bad: Foreign, letter: Logged) -> None:
    body = b"" if bad.key is None and bad.body is None else bad.body  # Kafka's own clients write no record of nothing
    assert (letter.key, letter.body) == (bad.key, body), what
    original = [(name.decode(errors="backslashreplace"), value or b"") for name, value in bad.headers]
    assert list(letter.headers[: len(original)]) == original, what
    about = dict(letter.headers[len(original) :])
    assert about[headers.DLQ_REASON], what
    assert headers.DLQ_CUT not in about and headers.UNREAD not in about, what
    assert MARK.encode() not in about[headers.DLQ_REASON], f"{what}: the reason tells what the body holds"


async def test_what_leads_to_nothing_is_done_by_every_group_all_the_same(audience: Audience):
    """The floors move past it though nothing comes after it (agents/runtime/transport/passing.py)."""
    topic, name = TOPICS["order_events"], uuid.uuid4().hex.encode()
    said = {headers.ID: name, headers.TYPE: b"OrderPreparing", headers.SOURCE: b"lezzet/order", headers.SEQUENCE: b"1"}
    body = (EXAMPLES / topic.name / "OrderPreparing.json").read_bytes()
    await audience.send(
        topic.name, batch([Foreign(name, body, [(key.encode(), value) for key, value in said.items()])])
    )
    await audience.at_the_end(topic.name)
    assert not [letter for letter in await audience.seat.all_of(f"{topic.name}_dlq") if letter.key == name]


@pytest.mark.parametrize("name", READ)
async def test_batches_that_are_bad_as_a_whole_hold_up_nobody(audience: Audience, name: str):
    topic = TOPICS[name]
    for spoil in BAD_BATCHES.values():
        await audience.send(name, spoil([good(topic), good(topic)]))
    await audience.at_the_end(name)


async def test_a_batch_that_nobody_can_take_apart_is_a_dead_letter_as_it_stands_in_the_log(audience: Audience):
    made = BAD_BATCHES["gzip with something behind it"]([good(TOPICS["user_created"])] * 3)
    (first,) = await audience.send("user_created", made)
    for letter in (await audience.letters("user_created", [first + 2]))[first + 2]:
        assert (letter.body or b"")[61:] == made[61:], "the broker fills in what stands before the records"
        assert dict(letter.headers)[headers.UNREAD]


@pytest.mark.parametrize("name", [topic.name for topic in TOPICS.values() if topic.retention != FOREVER])
async def test_a_publishers_clock_is_not_trusted_where_messages_are_removed_by_age(audience: Audience, name: str):
    """By a time of 1970 they would be removed before they are read, and the partition would stop for the missing ones."""
    before = datetime.now(UTC)
    await audience.send(name, batch([good(TOPICS[name])._replace(at=1)]))
    times = [record.at for record in await audience.seat.all_of(name)]
    assert max(times) >= before - timedelta(seconds=1) and min(times) > before - timedelta(hours=1)


async def test_what_was_refused_is_not_told_in_the_log(audience: Audience):
    topic = TOPICS["auth_commands"]
    (offset,) = await audience.send(topic.name, batch([BAD["broken JSON"](good(topic))]))
    await audience.letters(topic.name, [offset])
    said = audience.log.read_text()
    assert '"event":"dead_letter"' in said
    assert MARK not in said
