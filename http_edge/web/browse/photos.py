"""Photos: a restaurant's owner uploads them, everyone sees them."""

from collections.abc import Callable

import msgspec

from http_edge.reads.photos import JPEG, PHOTO, WEBP, WhichForm, send
from http_edge.reads.views import document_now
from http_edge.routing.asked import Asked, parameter
from http_edge.routing.routes import CUSTOMER, PUBLIC, RESTAURANT_OWNER, Nothing, OwnRow, ViewOf, command, view
from http_edge.web.browse.meals import MEAL
from http_edge.web.browse.restaurants import RESTAURANT
from http_edge.wire.problems import not_found
from topics.contracts.photo_commands import TOPIC, AddPhoto, photo_of
from topics.contracts.photo_events import Subject
from topics.documents.photo import Photo, PhotoStatus


class _OnMenu(msgspec.Struct, frozen=True):
    restaurant_id: str


_meal = msgspec.json.Decoder(_OnMenu)
_photo = msgspec.json.Decoder(Photo)
_status = msgspec.json.Encoder()


async def _of_meal(asked: Asked) -> str:
    """The restaurant whose meal it is. Raises Problem 404 and 503."""
    body = await document_now(asked, MEAL, asked.parameters["id"])
    if not body:
        raise not_found()
    return _meal.decode(body).restaurant_id


async def _of_restaurant(asked: Asked) -> str:
    if not await document_now(asked, RESTAURANT, asked.parameters["id"]):
        raise not_found()
    return asked.parameters["id"]


def _added(subject: Subject) -> Callable[[Asked], AddPhoto]:
    def made(asked: Asked) -> AddPhoto:
        return AddPhoto(
            upload=asked.upload, subject=subject, subject_id=asked.parameters["id"], restaurant_id=asked.body
        )

    return made


def _new(asked: Asked) -> str:
    return photo_of(asked.upload)


def _sees_meal(asked: Asked) -> list[tuple[ViewOf, str]]:
    return [(MEAL, asked.parameters["id"]), (RESTAURANT, asked.body)]


def _sees_restaurant(asked: Asked) -> list[tuple[ViewOf, str]]:
    return [(RESTAURANT, asked.body)]


def _without_files(document: bytes, asked: Asked) -> bytes:
    photo = msgspec.structs.asdict(_photo.decode(document))
    del photo["files"]
    return _status.encode(PhotoStatus(**photo))


ROUTES = (
    command(
        "POST", "/meals/{id}/photo", AddPhoto, to=TOPIC, takes=Nothing, picture_of=_of_meal, make=_added("meal"), key=_new,
        has_seen=_sees_meal, who=RESTAURANT_OWNER, success=201, gives=PhotoStatus, answers={409: "too_many_photos_wait"},
        says="Upload a photo of a meal: JPEG, PNG, WebP or GIF of at most 10 MiB and 25 megapixels, as the body or as the "
        "field `file` of a form. It is shown once it is checked.",
    ),
    command(
        "POST", "/restaurants/{id}/logo", AddPhoto, to=TOPIC, takes=Nothing, picture_of=_of_restaurant,
        make=_added("restaurant"), key=_new, has_seen=_sees_restaurant, who=RESTAURANT_OWNER, success=201, gives=PhotoStatus,
        answers={409: "too_many_photos_wait"},
        says="Upload a restaurant's logo, like the photo of a meal.",
    ),
    view(
        "/photos/{id}/status", PHOTO, key=parameter("id"), who=CUSTOMER, owner="owner_id", gives=PhotoStatus,
        shape=_without_files, says="What became of a photo that the caller uploaded; why it was refused, for a day.",
    ),
    OwnRow(
        method="GET", path="/photos/{id}", who=PUBLIC, gives=str, asks=WhichForm, handle=send, reads=(PHOTO,),
        media=(WEBP, JPEG),
        problems={404: ("not_found",), 416: ("range_not_there",)},
        says="A photo, as WebP for those who name it in `Accept`, else as JPEG. It never changes: ETag, Range, long caching.",
    ),
)  # fmt: skip
