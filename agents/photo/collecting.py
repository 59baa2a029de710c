"""Removes what nobody needs any more: uploads that no photo waits for, and files that no photo names.

Both are left behind where a process was killed, or an edge could not take back what it had written. Nothing younger than an
hour is touched: it may be under way.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from agents.photo.picture import Kept, Picture
from stores.mongo.photos import Form
from stores.protocol import DomainStore, Stored
from topics.contracts.photo_commands import photo_of

OLD = timedelta(hours=1)
AT_ONCE = 100  # uploads, and files, of one round
NAMES_AT_ONCE = 500  # photos of one file that are looked up together

_kept = msgspec.json.Decoder(Kept)


class Bytes(Protocol):
    """See stores.mongo.photos.Photos. Raises Unavailable."""

    async def uploads_before(self, moment: datetime, after: str, most: int) -> list[str]: ...
    async def drop_upload(self, upload_id: str) -> None: ...
    async def forms(self, after: str, most: int) -> list[Form]: ...
    async def forget_names(self, form: Form, photo_ids: Sequence[str]) -> None: ...
    async def remove_form(self, form: Form) -> None: ...
    async def remove_unfinished(self, moment: datetime, most: int) -> int: ...


class Collector:
    """A round looks at AT_ONCE of each, and the next one goes on behind them."""

    def __init__(self, photos: Bytes, store: DomainStore) -> None:
        self._photos = photos
        self._store = store
        self._upload = ""
        self._form = ""

    async def round(self) -> bool:
        """Returns whether there is more to look at. Raises Doubt."""
        before = datetime.now(UTC) - OLD
        uploads = await self._photos.uploads_before(before, self._upload, AT_ONCE)
        await self._collect_uploads(uploads)
        forms = await self._photos.forms(self._form, AT_ONCE)
        for form in forms:
            if form.kept_at < before:
                await self._collect_form(form)
        unfinished = await self._photos.remove_unfinished(before, AT_ONCE)
        self._upload = uploads[-1] if len(uploads) == AT_ONCE else ""
        self._form = forms[-1].id if len(forms) == AT_ONCE else ""
        return AT_ONCE in (len(uploads), len(forms), unfinished)

    async def _collect_uploads(self, uploads: Sequence[str]) -> None:
        photos = {upload: photo_of(upload) for upload in uploads}
        pictures = await self._pictures(list(photos.values()))
        for upload, photo_id in photos.items():
            picture = pictures.get(photo_id)
            if picture is None or picture.status != "pending":
                await self._photos.drop_upload(upload)

    async def _collect_form(self, form: Form) -> None:
        naming, others = list[str](), list[str]()
        for start in range(0, len(form.photo_ids), NAMES_AT_ONCE):
            names = form.photo_ids[start : start + NAMES_AT_ONCE]
            pictures = await self._pictures(names)
            for name in names:
                (naming if _names(pictures.get(name), form.sha256) else others).append(name)
        if not naming:
            await self._photos.remove_form(form)
        elif others:
            await self._photos.forget_names(form, others)

    async def _pictures(self, photo_ids: Sequence[str]) -> Mapping[str, Picture]:
        """Those that the domain knows."""
        if not photo_ids:
            return {}
        return _decoded(await self._store.states(photo_ids))


def _names(picture: Picture | None, sha256: str) -> bool:
    """One that waits may name any file: its check is under way."""
    if picture is None:
        return False
    return picture.status == "pending" or any(each.sha256 == sha256 for each in picture.files)


def _decoded(states: Mapping[str, Stored]) -> Mapping[str, Picture]:
    found = {name: _kept.decode(stored.body).picture for name, stored in states.items()}
    return {name: picture for name, picture in found.items() if picture is not None}
