"""The bytes of photos in MongoDB: quarantine, renditions by their hash, and what is removed."""

import asyncio
import hashlib
import random
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from bson import ObjectId
from motor.motor_asyncio import AsyncIOMotorCollection, AsyncIOMotorDatabase, AsyncIOMotorGridFSBucket
from pymongo.errors import AutoReconnect

from infra.stack.stack import Stack
from stores.errors import Unavailable
from stores.mongo.connection import Client
from stores.mongo.photos import CHUNK, Photos, Rendition
from tests.deadline import until
from tests.stores.mongo_database import own_database

SOON = timedelta(minutes=1)


@pytest_asyncio.fixture(loop_scope="session")
async def client(servers: Stack) -> AsyncGenerator[Client]:
    async with own_database(servers) as made:
        yield made


@pytest.fixture
def database(client: Client) -> AsyncIOMotorDatabase[Any]:
    return client.get_default_database()


@pytest.fixture
def photos(client: Client) -> Photos:
    return Photos(client)


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


async def uploaded(photos: Photos, body: bytes) -> str:
    writing = photos.upload()
    for start in range(0, len(body), 60_000):
        await writing.write(body[start : start + 60_000])
    await writing.close()
    return writing.id


async def kept(photos: Photos, body: bytes, photo_id: str = "photo-1") -> str:
    name = hashlib.sha256(body).hexdigest()
    await photos.keep(name, body, photo_id)
    return name


async def read(photos: Photos, name: str, start: int, stop: int) -> bytes | None:
    pieces = await photos.pieces(name, start, stop)
    return None if pieces is None else b"".join([piece async for piece in pieces])


async def renditions(photos: Photos) -> list[Rendition]:
    return await photos.renditions("", 100)


# -- quarantine


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
async def test_an_upload_comes_back_as_it_was_sent(photos: Photos, size: int) -> None:
    assert await photos.uploaded(await uploaded(photos, noise(size))) == noise(size)


async def test_an_upload_is_there_when_it_is_whole_and_not_before(
    photos: Photos, database: AsyncIOMotorDatabase[Any]
) -> None:
    writing = photos.upload()
    await writing.write(noise(2 * CHUNK))
    assert await photos.uploaded(writing.id) is None
    await writing.abort()
    assert await database["uploads.chunks"].count_documents({}) == 0
    assert await photos.uploaded(writing.id) is None and await photos.uploaded("0" * 24) is None


async def test_a_dropped_upload_leaves_nothing(photos: Photos, database: AsyncIOMotorDatabase[Any]) -> None:
    upload = await uploaded(photos, noise(2 * CHUNK))
    await photos.drop_upload(upload)
    await photos.drop_upload(upload)
    assert await photos.uploaded(upload) is None
    assert [await database[f"uploads.{name}"].count_documents({}) for name in ("files", "chunks")] == [0, 0]


async def test_any_gridfs_client_reads_what_is_written(photos: Photos, database: AsyncIOMotorDatabase[Any]) -> None:
    upload, name = await uploaded(photos, noise(2 * CHUNK + 9)), await kept(photos, noise(CHUNK + 5, 2))
    stream = await AsyncIOMotorGridFSBucket(database, "uploads").open_download_stream(ObjectId(upload))
    assert await stream.read() == noise(2 * CHUNK + 9)
    stream = await AsyncIOMotorGridFSBucket(database, "photos").open_download_stream_by_name(name)
    assert await stream.read() == noise(CHUNK + 5, 2)


# -- renditions


async def test_the_same_bytes_are_stored_once_for_all_photos_that_have_them(
    photos: Photos, database: AsyncIOMotorDatabase[Any]
) -> None:
    body = noise(CHUNK + 1)
    for photo_id in ("photo-1", "photo-2", "photo-1"):
        await kept(photos, body, photo_id)
    await asyncio.gather(*(kept(photos, noise(9), f"photo-{n}") for n in range(10)))
    assert await database["photos.files"].count_documents({}) == 2
    assert await database["photos.chunks"].count_documents({}) == 3
    names = {rendition.sha256: sorted(rendition.photo_ids) for rendition in await renditions(photos)}
    assert names == {
        hashlib.sha256(body).hexdigest(): ["photo-1", "photo-2"],
        hashlib.sha256(noise(9)).hexdigest(): [f"photo-{n}" for n in range(10)],
    }


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        (0, 2 * CHUNK + 50),
        (0, 1),
        (CHUNK - 1, CHUNK + 1),
        (CHUNK, 2 * CHUNK),
        (2 * CHUNK + 49, 2 * CHUNK + 50),
        (7, 2 * CHUNK),
    ],
)
async def test_any_part_can_be_read(photos: Photos, start: int, stop: int) -> None:
    body = noise(2 * CHUNK + 50)
    assert await read(photos, await kept(photos, body), start, stop) == body[start:stop]


async def test_what_is_not_there_is_not_there(photos: Photos) -> None:
    assert await photos.pieces("0" * 64, 0, 1) is None


async def test_a_file_without_its_chunks_is_unavailable(photos: Photos, database: AsyncIOMotorDatabase[Any]) -> None:
    name = await kept(photos, noise(3 * CHUNK))
    pieces = await photos.pieces(name, 0, 3 * CHUNK)
    assert pieces is not None
    await database["photos.chunks"].delete_many({"n": 2})
    with pytest.raises(Unavailable):
        assert [piece async for piece in pieces]


# -- what is removed


async def test_uploads_are_listed_by_their_age_and_page_by_page(photos: Photos) -> None:
    ids = sorted([await uploaded(photos, b"x") for _ in range(5)])
    now = datetime.now(UTC) + SOON
    assert await photos.uploads_before(now, "", 3) == ids[:3]
    assert await photos.uploads_before(now, ids[2], 3) == ids[3:]
    assert await photos.uploads_before(now - 2 * SOON, "", 3) == []


async def test_a_rendition_is_removed_whole_unless_a_photo_asked_for_it_meanwhile(
    photos: Photos, database: AsyncIOMotorDatabase[Any]
) -> None:
    body = noise(CHUNK + 1)
    name = await kept(photos, body)
    (found,) = await renditions(photos)
    await kept(photos, body, "photo-2")
    await photos.remove_rendition(found)
    assert await read(photos, name, 0, len(body)) == body, "it was asked for since it was found"
    (found,) = await renditions(photos)
    await photos.remove_rendition(found)
    assert await renditions(photos) == [] and await database["photos.chunks"].count_documents({}) == 0
    await kept(photos, body)
    assert await read(photos, name, 0, len(body)) == body


async def test_photos_that_are_gone_are_forgotten(photos: Photos) -> None:
    for photo_id in ("photo-1", "photo-2", "photo-3"):
        await kept(photos, b"x", photo_id)
    (found,) = await renditions(photos)
    await photos.forget_names(found, ["photo-1", "photo-3", "unknown"])
    assert [rendition.photo_ids for rendition in await renditions(photos)] == [["photo-2"]]


async def test_what_a_killed_process_has_begun_is_removed_and_what_is_under_way_is_not(
    photos: Photos, database: AsyncIOMotorDatabase[Any]
) -> None:
    upload, name = await uploaded(photos, noise(CHUNK + 1)), await kept(photos, noise(CHUNK + 2))
    for _ in range(5):
        await photos.upload().write(noise(2 * CHUNK))
    now = datetime.now(UTC)
    assert await photos.remove_unfinished(now - SOON, 3) == 0, "it may be under way"
    removed = [await photos.remove_unfinished(now + SOON, 3) for _ in range(4)]
    assert sum(removed) == 5 and max(removed) <= 3
    assert await photos.uploaded(upload) == noise(CHUNK + 1)
    assert await read(photos, name, 0, CHUNK + 2) == noise(CHUNK + 2)
    assert await database["uploads.chunks"].count_documents({}) == 2


class DiesAfterOne:
    """Chunks on a server that is killed when it has deleted one of them."""

    def __init__(self, chunks: AsyncIOMotorCollection[Any]) -> None:
        self._chunks = chunks

    async def delete_many(self, wanted: dict[str, Any]) -> None:
        found = await self._chunks.find_one(wanted, sort=[("n", 1)])
        assert found is not None
        await self._chunks.delete_one({"_id": found["_id"]})
        raise AutoReconnect("connection closed")


async def test_what_a_killed_server_has_left_of_a_file_is_removed(
    photos: Photos, client: Client, database: AsyncIOMotorDatabase[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = await uploaded(photos, noise(3 * CHUNK))
    monkeypatch.setattr(photos._uploads, "chunks", DiesAfterOne(photos._uploads.chunks))
    with pytest.raises(Unavailable):
        await photos.drop_upload(upload)
    assert await database["uploads.chunks"].count_documents({}) == 2
    assert await Photos(client).remove_unfinished(datetime.now(UTC) + SOON, 10) == 1
    assert await database["uploads.chunks"].count_documents({}) == 0


# -- outages


async def test_a_server_that_is_gone_is_said_at_once_and_it_comes_back_by_itself(
    servers: Stack, photos: Photos
) -> None:
    upload = await uploaded(photos, b"x")
    await servers.stop("mongo")
    try:
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await photos.uploaded(upload)
        assert time.monotonic() - began < 25, "the driver's own patience is 30 s"
        outcomes = await asyncio.gather(*(photos.uploaded(upload) for _ in range(200)), return_exceptions=True)
        assert all(isinstance(outcome, Unavailable) for outcome in outcomes), "none waits for the ones before it"
    finally:
        await servers.start("mongo")

    async def there() -> bool:
        try:
            return await photos.uploaded(upload) == b"x"
        except Unavailable:
            return False

    await until("the upload to be there again", there)
