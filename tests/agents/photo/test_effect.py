"""From quarantine to what is shown, and what is collected: on a real MongoDB, with real workers."""

import hashlib
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from agents.photo.collecting import AT_ONCE, OLD, Collector
from agents.photo.decider import DECIDER
from agents.photo.effect import Inspector
from agents.photo.picture import Kept
from agents.photo.workshop import Workshop
from infra.stack.stack import Stack
from stores.mongo.connection import Client
from stores.mongo.photos import Photos
from stores.protocol import Stored
from tests.agents.photo.corpus import saved
from tests.agents.photo.test_photos import ADDED, REFUSED
from tests.agents.scenario import evolved
from tests.stores.mongo_database import own_database
from topics.contracts import photo_commands
from topics.contracts.photo_commands import RecordAccepted, RecordRefused, photo_of
from topics.contracts.photo_events import PhotoAccepted, PhotoAdded, PhotoDropped
from topics.messages.event import EventMeta


@pytest_asyncio.fixture(loop_scope="session")
async def client(servers: Stack) -> AsyncGenerator[Client]:
    async with own_database(servers) as made:
        yield made


@pytest.fixture
def photos(client: Client) -> Photos:
    return Photos(client)


@pytest.fixture
def inspector(photos: Photos) -> Inspector:
    return Inspector(photos, Workshop())


async def uploaded(photos: Photos, body: bytes) -> str:
    writing = photos.upload()
    await writing.write(body)
    await writing.close()
    return writing.id


def added(upload: str) -> PhotoAdded:
    return msgspec.structs.replace(ADDED, upload=upload)


def meta(upload: str) -> EventMeta:
    return EventMeta("event-1", photo_of(upload), 1, datetime.now(UTC))


async def outcome(inspector: Inspector, upload: str) -> Any:
    (send,) = await inspector.perform(added(upload), meta(upload))
    assert (send.topic, send.key) == (photo_commands.TOPIC, photo_of(upload))
    return send.message


async def test_a_good_photo_is_stored_in_all_its_renditions(photos: Photos, inspector: Inspector) -> None:
    upload = await uploaded(photos, saved("JPEG"))
    accepted = await outcome(inspector, upload)
    assert isinstance(accepted, RecordAccepted) and len(accepted.files) == 6
    for file in accepted.files:
        pieces = await photos.pieces(file.sha256, 0, file.bytes)
        assert pieces is not None
        body = b"".join([piece async for piece in pieces])
        assert (len(body), hashlib.sha256(body).hexdigest()) == (file.bytes, file.sha256)
    assert await photos.uploaded(upload) is not None, "until the outcome is recorded"
    assert await outcome(inspector, upload) == accepted, "a repeated check says the same"


async def test_the_same_picture_twice_is_stored_once(photos: Photos, inspector: Inspector, client: Client) -> None:
    first, second = [await outcome(inspector, await uploaded(photos, saved("PNG"))) for _ in range(2)]
    assert first == second
    files = client.get_default_database()["photos.files"]
    assert await files.count_documents({}) == len({file.sha256 for file in first.files})


async def test_a_bad_one_is_refused_with_its_reason(photos: Photos, inspector: Inspector) -> None:
    assert await outcome(inspector, await uploaded(photos, b"\xff\xd8\xff" + bytes(50))) == RecordRefused(
        reason="unreadable"
    )
    assert await outcome(inspector, "0" * 24) == RecordRefused(reason="upload_gone")


@pytest.mark.parametrize(
    "ended", [PhotoAccepted(upload="", width=1, height=1, files=()), REFUSED], ids=["ok", "refused"]
)
async def test_what_is_recorded_leaves_quarantine(photos: Photos, inspector: Inspector, ended: Any) -> None:
    upload = await uploaded(photos, saved("GIF"))
    for _ in range(2):
        assert list(await inspector.perform(msgspec.structs.replace(ended, upload=upload), meta(upload))) == []
    assert await photos.uploaded(upload) is None


# -- what is collected


class States:
    """The domain's states: those of the photos that are known."""

    def __init__(self, **events: Sequence[Any]) -> None:
        self.known = {photo_id: evolved(DECIDER, Kept(), tuple(said)) for photo_id, said in events.items()}

    async def states(self, ids: Sequence[str]) -> dict[str, Stored]:
        return {id: Stored(1, msgspec.json.encode(self.known[id]).decode()) for id in ids if id in self.known}


async def age(client: Client) -> None:
    """All that is stored is older than what is kept without a reason."""
    then, database = datetime.now(UTC) - OLD - timedelta(minutes=1), client.get_default_database()
    await database["uploads.files"].update_many({}, {"$set": {"uploadDate": then}})
    await database["photos.files"].update_many({}, {"$set": {"metadata.kept_at": then}})


async def rounds(collector: Collector) -> None:
    while await collector.round():
        pass


async def test_uploads_that_no_photo_waits_for_are_collected(photos: Photos, client: Client) -> None:
    waits, done, unknown = [await uploaded(photos, b"x") for _ in range(3)]
    states = States(**{photo_of(waits): [added(waits)], photo_of(done): [added(done), REFUSED]})
    collector = Collector(photos, states, rest=0)  # type: ignore[arg-type]
    await rounds(collector)
    assert [await photos.uploaded(each) for each in (waits, done, unknown)] == [b"x"] * 3, "they are young"
    await age(client)
    await rounds(collector)
    assert [await photos.uploaded(each) for each in (waits, done, unknown)] == [b"x", None, None]


async def test_files_that_no_photo_names_are_collected(photos: Photos, inspector: Inspector, client: Client) -> None:
    upload = await uploaded(photos, saved("JPEG"))
    accepted = await outcome(inspector, upload)
    recorded = PhotoAccepted(upload=upload, width=accepted.width, height=accepted.height, files=accepted.files)
    name, other = photo_of(upload), hashlib.sha256(b"other").hexdigest()
    await photos.keep(other, b"other", name)  # of a check of another release, whose outcome was not recorded
    for file in accepted.files:
        await photos.keep(file.sha256, b"", "unknown")
    await age(client)
    await rounds(Collector(photos, States(**{name: [added(upload), recorded]})))  # type: ignore[arg-type]
    found = {rendition.sha256: rendition.photo_ids for rendition in await photos.renditions("", 100)}
    assert found == {file.sha256: [name] for file in accepted.files}, "one photo names them still"

    dropped = States(**{name: [added(upload), recorded, PhotoDropped()]})
    await rounds(Collector(photos, dropped))  # type: ignore[arg-type]
    assert await photos.renditions("", 100) == []
    assert await client.get_default_database()["photos.chunks"].count_documents({}) == 0


async def test_a_file_that_is_asked_for_while_it_is_collected_stays(photos: Photos, client: Client) -> None:
    """The same picture was dropped and is uploaded again: the collector has read that nobody names its file."""
    name, again = hashlib.sha256(b"x").hexdigest(), await uploaded(photos, b"x")

    class Slow(States):
        async def states(self, ids: Sequence[str]) -> dict[str, Stored]:
            if "dropped" in ids:
                await photos.keep(name, b"x", photo_of(again))
            return await super().states(ids)

    await photos.keep(name, b"x", "dropped")
    await age(client)
    await rounds(Collector(photos, Slow(**{photo_of(again): [added(again)]})))  # type: ignore[arg-type]
    assert await photos.pieces(name, 0, 1) is not None


async def test_files_that_are_young_or_of_a_photo_under_check_stay(photos: Photos, client: Client) -> None:
    upload = await uploaded(photos, b"x")
    checked, young = [hashlib.sha256(name).hexdigest() for name in (b"checked", b"young")]
    states = States(**{photo_of(upload): [added(upload)]})

    async def collected() -> set[str]:
        await rounds(Collector(photos, states))  # type: ignore[arg-type]
        return {rendition.sha256 for rendition in await photos.renditions("", 10)}

    await photos.keep(checked, b"x", photo_of(upload))
    await age(client)
    await photos.keep(young, b"x", "unknown")
    assert await collected() == {checked, young}, "the outcome of a check that is under way may name its files"
    await age(client)
    assert await collected() == {checked}


async def test_a_round_goes_on_where_the_one_before_ended(photos: Photos, client: Client) -> None:
    upload = await uploaded(photos, b"x")
    for number in range(AT_ONCE + 1):
        name = photo_of(upload) if number < AT_ONCE else "unknown"
        await photos.keep(hashlib.sha256(str(number).encode()).hexdigest(), b"x", name)
    await age(client)
    collector = Collector(photos, States(**{photo_of(upload): [added(upload)]}))  # type: ignore[arg-type]
    assert [await collector.round() for _ in range(2)] == [True, False], "there is one file behind the first round"
    assert len(await photos.renditions("", AT_ONCE + 1)) == AT_ONCE, "the last one, which no photo names, is gone"
