"""Removes what nobody needs any more: uploads that no photo waits for, and files that no photo names.

Both are left behind where a process was killed, or an edge could not take back what it had written. Nothing younger than an
hour is touched: it may be under way.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from agents.photo.picture import Kept, Picture
from stores.mongo.photos import Rendition
from stores.protocol import DomainStore, Stored
from topics.contracts.photo_commands import photo_of

OLD = timedelta(hours=1)
AT_ONCE = 100  # uploads, and files, of one round
PHOTOS_AT_ONCE = 500  # that are looked up together
REST = 600.0  # seconds, after all were looked at

_kept = msgspec.json.Decoder(Kept)


class Bytes(Protocol):
    """See stores.mongo.photos.Photos. Raises Unavailable."""

    async def uploads_before(self, moment: datetime, after: str, most: int) -> list[str]: ...
    async def drop_upload(self, upload_id: str) -> None: ...
    async def renditions(self, after: str, most: int) -> list[Rendition]: ...
    async def forget_names(self, rendition: Rendition, photo_ids: Sequence[str]) -> None: ...
    async def remove_rendition(self, rendition: Rendition) -> None: ...
    async def remove_unfinished(self, moment: datetime, most: int) -> int: ...


class Collector:
    """A round looks at AT_ONCE of each, and the next one goes on behind them. rest: seconds after the last of them."""

    def __init__(self, photos: Bytes, store: DomainStore, rest: float = REST) -> None:
        self._photos = photos
        self._store = store
        self._rest = rest
        self._rests_until = 0.0
        self._upload = ""
        self._rendition = ""

    async def round(self) -> bool:
        """Returns whether there is more to look at now. Raises Doubt."""
        now = asyncio.get_running_loop().time
        if now() < self._rests_until:
            return False
        before = datetime.now(UTC) - OLD
        uploads = await self._photos.uploads_before(before, self._upload, AT_ONCE)
        await self._collect_uploads(uploads)
        renditions = await self._photos.renditions(self._rendition, AT_ONCE)
        await self._collect_renditions([rendition for rendition in renditions if rendition.kept_at < before])
        unfinished = await self._photos.remove_unfinished(before, AT_ONCE)
        self._upload = uploads[-1] if len(uploads) == AT_ONCE else ""
        self._rendition = renditions[-1].id if len(renditions) == AT_ONCE else ""
        more = AT_ONCE in (len(uploads), len(renditions), unfinished)
        self._rests_until = 0.0 if more else now() + self._rest
        return more

    async def _collect_uploads(self, uploads: Sequence[str]) -> None:
        photos = {upload: photo_of(upload) for upload in uploads}
        pictures = await self._pictures(list(photos.values()))
        for upload, photo_id in photos.items():
            picture = pictures.get(photo_id)
            if picture is None or picture.status != "pending":
                await self._photos.drop_upload(upload)

    async def _collect_renditions(self, renditions: Sequence[Rendition]) -> None:
        pictures = await self._pictures([name for rendition in renditions for name in rendition.photo_ids])
        for rendition in renditions:
            others = [name for name in rendition.photo_ids if not _names(pictures.get(name), rendition.sha256)]
            if len(others) == len(rendition.photo_ids):
                await self._photos.remove_rendition(rendition)
            elif others:
                await self._photos.forget_names(rendition, others)

    async def _pictures(self, photo_ids: Sequence[str]) -> Mapping[str, Picture]:
        """Those that the domain knows."""
        wanted, found = list(dict.fromkeys(photo_ids)), dict[str, Picture]()
        for start in range(0, len(wanted), PHOTOS_AT_ONCE):
            found |= _decoded(await self._store.states(wanted[start : start + PHOTOS_AT_ONCE]))
        return found


def _names(picture: Picture | None, sha256: str) -> bool:
    """One that waits may name any file: its check is under way."""
    if picture is None:
        return False
    return picture.status == "pending" or any(each.sha256 == sha256 for each in picture.files)


def _decoded(states: Mapping[str, Stored]) -> Mapping[str, Picture]:
    found = {name: _kept.decode(stored.body).picture for name, stored in states.items()}
    return {name: picture for name, picture in found.items() if picture is not None}
