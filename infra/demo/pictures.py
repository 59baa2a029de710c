"""Pictures of some demo restaurants and meals. They go the way of every upload: quarantine, check, menu.

A meal or restaurant that shows a picture already gets none, whoever has given it that.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import NamedTuple

import msgspec
from redis.asyncio import Redis

from infra.demo.drawing import plate
from infra.demo.filling import Wish
from infra.demo.menu import Menu
from stores.mongo.photos import Photos
from stores.redis import tags
from stores.redis.errors import translated
from topics import keys
from topics.contracts import photo_commands
from topics.contracts.photo_commands import AddPhoto, photo_of
from topics.contracts.photo_events import Subject

RESTAURANTS, MEALS = 5, 1
"""So many restaurants have a logo, and each so many meals with a photo: each picture is checked by a process of its own."""


class Frame(NamedTuple):
    """What is to have a picture."""

    subject: Subject
    id: str
    restaurant_id: str
    owner: str


class _Shown(msgspec.Struct):
    logo: str = ""
    image_url: str = ""


_shown = msgspec.json.Decoder(_Shown)


def frames(menus: Sequence[Menu]) -> Iterator[Frame]:
    for menu in menus[:RESTAURANTS]:
        yield Frame("restaurant", menu.restaurant_id, menu.restaurant_id, menu.owner)
        for name in list(menu.meals)[:MEALS]:
            yield Frame("meal", menu.meal_id(name), menu.restaurant_id, menu.owner)


async def uploaded(wanted: Sequence[Frame], redis: Redis, photos: Photos) -> AsyncIterator[Wish]:
    """Those that show none. Raises Unavailable."""
    async with translated():
        documents = await tags.read(redis, [keys.document(each.subject, each.id) for each in wanted])
    for frame, document in zip(wanted, documents, strict=True):
        body = keys.split(document)[1] if document else b""
        if not body or (said := _shown.decode(body)).logo or said.image_url:
            continue
        writing = photos.upload()
        await writing.write(plate(frame.id))
        await writing.close()
        add = AddPhoto(upload=writing.id, subject=frame.subject, subject_id=frame.id, restaurant_id=frame.restaurant_id)
        yield Wish("photo", photo_of(writing.id), photo_commands.TOPIC, add, frame.owner)
