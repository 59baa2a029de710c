"""The bytes of photos in MongoDB, as GridFS lays them out: uploads in quarantine (`uploads`), and renditions of photos by their
hash (`photos`).

The edge uses it, too: bytes of photos are the one thing that it reads and writes outside of Kafka and Redis
(docs/decisions/059-the-bytes-of-photos-pass-the-edge.md). GridFS' own writer holds a whole file in memory until it is closed,
so chunks are written here one by one; every GridFS client reads them. Every method raises Unavailable where MongoDB is away.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bson import Binary, ObjectId
from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo.errors import ConnectionFailure, DuplicateKeyError, PyMongoError

from stores.errors import Unavailable
from stores.mongo.connection import ANSWER, Client
from stores.mongo.errors import SERVER

CHUNK = 255 * 1024
"""Bytes, as GridFS drivers have it."""

MOST_AT_ONCE = 64  # calls under way in one process: the driver has fewer threads, and more would wait for one
AWAY_SECONDS = (
    0.5  # after a failed connection it is not asked again for so long: each asking would wait for its time-out
)

_NOTHING = ObjectId("0" * 24)


class Rendition(NamedTuple):
    """A file of some photos. photo_ids: of those that asked for it; asked: how often that was; kept_at: when it was last."""

    id: str
    sha256: str
    asked: int
    kept_at: datetime
    photo_ids: Sequence[str]


class Photos:
    """Of one process. client: knows the database by its URL. seconds: for one call, which may bring a whole upload."""

    def __init__(self, client: Client, seconds: float = ANSWER) -> None:
        self._seconds = seconds
        database = client.get_default_database()
        self._uploads, self._photos = _Bucket(database["uploads"]), _Bucket(database["photos"])
        self._at_once = 0
        self._away_until = 0.0
        self._prepared = False

    def upload(self) -> "Writing":
        """For one upload, of which nothing can be read before it is closed."""
        return Writing(self, self._uploads, {})

    async def uploaded(self, upload_id: str) -> bytes | None:
        """Its bytes; None where it is gone, or was never whole."""
        async with self.asked():
            found = await self._uploads.files.find_one({"_id": ObjectId(upload_id)})
            if found is None:
                return None
            chunks = [each["data"] async for each in self._uploads.chunks.find({"files_id": found["_id"]}).sort("n")]
        body = b"".join(chunks)
        return body if len(body) == found["length"] else None

    async def drop_upload(self, upload_id: str) -> None:
        async with self.asked():
            await self._uploads.remove(ObjectId(upload_id))

    async def keep(self, sha256: str, body: bytes, photo_id: str) -> None:
        """Stores a rendition of this photo. Bytes that are stored already are not stored again.

        sha256: of the bytes, in hex: their name.
        """
        named = {
            "$set": {"metadata.kept_at": _now()},
            "$inc": {"metadata.asked": 1},
            "$addToSet": {"metadata.photo_ids": photo_id},
        }
        async with self.asked():
            if await self._photos.files.find_one_and_update({"filename": sha256}, named) is not None:
                return
        writing = Writing(self, self._photos, {"asked": 1, "kept_at": _now(), "photo_ids": [photo_id]}, sha256)
        try:
            await writing.write(body)
            await writing.close()
        except DuplicateKeyError:  # another process has stored them meanwhile
            await writing.abort()
            await self.keep(sha256, body, photo_id)

    async def pieces(self, sha256: str, start: int, stop: int) -> AsyncIterator[bytes] | None:
        """The bytes from start to before stop, a chunk at a time; the first one is read already. None: there is no such file.

        The iterator raises Unavailable where a chunk cannot be read.
        """
        async with self.asked():
            found = await self._photos.files.find_one({"filename": sha256})
        if found is None:
            return None
        first = await self._piece(found, start, stop)
        return self._from(found, first, start + len(first), stop)

    async def _from(self, found: Any, first: bytes, start: int, stop: int) -> AsyncGenerator[bytes]:
        yield first
        while start < stop:
            piece = await self._piece(found, start, stop)
            yield piece
            start += len(piece)

    async def _piece(self, found: Any, start: int, stop: int) -> bytes:
        """From start to the end of its chunk, or to before stop."""
        number, within = divmod(start, found["chunkSize"])
        async with self.asked():
            chunk = await self._photos.chunks.find_one({"files_id": found["_id"], "n": number})
        data = b"" if chunk is None else bytes(chunk["data"][within : within + stop - start])
        if not data and start < stop:
            raise Unavailable(SERVER, "a chunk of a photo is not there")
        return data

    async def uploads_before(self, moment: datetime, after: str, most: int) -> list[str]:
        """Ids of uploads that ended before this moment, in order, from behind the id `after` on ('': all)."""
        wanted = {"_id": {"$gt": _id(after)}, "uploadDate": {"$lt": moment}}
        async with self.asked():
            rows = self._uploads.files.find(wanted, {"_id": 1}).sort("_id").limit(most)
            return [str(row["_id"]) async for row in rows]

    async def renditions(self, after: str, most: int) -> list[Rendition]:
        """Files of photos in the order of their ids, from behind the id `after` on ('': all)."""
        async with self.asked():
            rows = self._photos.files.find({"_id": {"$gt": _id(after)}}).sort("_id").limit(most)
            return [_rendition(row) async for row in rows]

    async def forget_names(self, rendition: Rendition, photo_ids: Sequence[str]) -> None:
        """These photos do not name the file any more."""
        async with self.asked():
            await self._photos.files.update_one(
                {"_id": _id(rendition.id)}, {"$pullAll": {"metadata.photo_ids": list(photo_ids)}}
            )

    async def remove_rendition(self, rendition: Rendition) -> None:
        """Unless a photo has asked for it since it was found."""
        async with self.asked():
            gone = await self._photos.files.delete_one({"_id": _id(rendition.id), "metadata.asked": rendition.asked})
            if gone.deleted_count:
                await self._photos.remove_chunks([_id(rendition.id)])

    async def remove_unfinished(self, moment: datetime, most: int) -> int:
        """Chunks of files that were begun before this moment and never ended: their writer was killed. Of each bucket the first
        `most` files in the round; returns how many were removed."""
        async with self.asked():
            return sum([await each.remove_unfinished(moment, most) for each in (self._uploads, self._photos)])

    @asynccontextmanager
    async def asked(self) -> AsyncGenerator[None]:
        """One call. Raises Unavailable."""
        now = asyncio.get_running_loop().time
        if self._at_once >= MOST_AT_ONCE or now() < self._away_until:
            raise Unavailable(SERVER, "was away a moment ago" if now() < self._away_until else "too many wait for it")
        self._at_once += 1
        try:
            async with asyncio.timeout(self._seconds):
                yield
        except DuplicateKeyError:
            raise
        except TimeoutError:
            self._away_until = now() + AWAY_SECONDS
            raise Unavailable(SERVER, f"no answer within {self._seconds} s") from None
        except PyMongoError as error:
            if isinstance(error, ConnectionFailure):
                self._away_until = now() + AWAY_SECONDS
            raise Unavailable(SERVER, f"{type(error).__name__}: {error}"[:200]) from None
        finally:
            self._at_once -= 1

    async def prepare(self) -> None:
        """Makes the indexes, once in a process, as GridFS drivers do. To be called before anything is written."""
        if not self._prepared:
            async with self.asked():
                await self._uploads.prepare()
                await self._photos.prepare()
                await self._photos.files.create_index("filename", unique=True)
            self._prepared = True


class Writing:
    """A file that is written chunk by chunk. One that is neither closed nor aborted is removed an hour later."""

    def __init__(self, photos: Photos, bucket: "_Bucket", metadata: dict[str, Any], name: str = "") -> None:
        self._id = ObjectId()
        self._photos = photos
        self._bucket = bucket
        self._document = {"_id": self._id, "filename": name, "chunkSize": CHUNK, "metadata": metadata}
        self._rest = bytearray()
        self._chunks = 0
        self._length = 0

    @property
    def id(self) -> str:
        return str(self._id)

    async def write(self, data: bytes) -> None:
        self._rest += data
        while len(self._rest) >= CHUNK:
            await self._put(bytes(self._rest[:CHUNK]))
            del self._rest[:CHUNK]

    async def close(self) -> None:
        """From here on it can be read."""
        if self._rest:
            await self._put(bytes(self._rest))
        async with self._photos.asked():
            await self._bucket.files.insert_one(self._document | {"length": self._length, "uploadDate": _now()})

    async def abort(self) -> None:
        async with self._photos.asked():
            await self._bucket.remove_chunks([self._id])

    async def _put(self, data: bytes) -> None:
        await self._photos.prepare()
        async with self._photos.asked():
            await self._bucket.chunks.insert_one({"files_id": self._id, "n": self._chunks, "data": Binary(data)})
        self._chunks += 1
        self._length += len(data)


class _Bucket:
    """after: of the chunks that were looked at last by remove_unfinished."""

    def __init__(self, root: AsyncIOMotorCollection[Any]) -> None:
        self.files, self.chunks = root["files"], root["chunks"]
        self._after = _NOTHING

    async def prepare(self) -> None:
        await self.files.create_index([("filename", 1), ("uploadDate", 1)])
        await self.chunks.create_index([("files_id", 1), ("n", 1)], unique=True)

    async def remove(self, id: ObjectId) -> None:
        await self.files.delete_one({"_id": id})
        await self.remove_chunks([id])

    async def remove_chunks(self, files: Sequence[ObjectId]) -> None:
        """Of files that are gone. The first chunks go last: where the server is killed in between, remove_unfinished finds the
        others by these."""
        for which in ({"$gt": 0}, 0):
            await self.chunks.delete_many({"files_id": {"$in": files}, "n": which})

    async def remove_unfinished(self, moment: datetime, most: int) -> int:
        """Goes on where it ended last, and begins anew after the last chunk. Ids of files tell when they were begun."""
        until = ObjectId.from_datetime(moment)
        wanted = {"files_id": {"$gt": self._after, "$lt": until}, "n": 0}
        begun = [
            row["files_id"] async for row in self.chunks.find(wanted, {"files_id": 1}).sort("files_id").limit(most)
        ]
        self._after = begun[-1] if len(begun) == most else _NOTHING
        ended = {row["_id"] async for row in self.files.find({"_id": {"$in": begun}}, {"_id": 1})}
        left = [each for each in begun if each not in ended]
        if left:
            await self.remove_chunks(left)
        return len(left)


def _id(said: str) -> ObjectId:
    return ObjectId(said) if said else _NOTHING


def _rendition(row: Any) -> Rendition:
    metadata = row["metadata"]
    kept_at = metadata["kept_at"].replace(tzinfo=UTC)  # the driver leaves it out
    return Rendition(str(row["_id"]), row["filename"], metadata["asked"], kept_at, metadata["photo_ids"])


def _now() -> datetime:
    return datetime.now(UTC)
