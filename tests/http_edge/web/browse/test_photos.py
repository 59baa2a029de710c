"""Photos at the edge: into quarantine as they come, and out again as caches want them."""

import asyncio
import contextlib
import hashlib
import json
import uuid
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import msgspec
import pytest
import pytest_asyncio

from http_edge.commands import uploads
from http_edge.routing.uploads import MOST_OF_CALLER
from stores.mongo.photos import Photos
from tests.agents.photo import corpus
from tests.agents.photo.corpus import Odd, saved
from tests.deadline import until
from tests.http_edge.client import Said
from tests.http_edge.conftest import World
from tests.http_edge.domains import Command, done, refused
from tests.http_edge.requests import SHOWN_MEAL
from topics import keys
from topics.contracts.photo_commands import photo_of
from topics.contracts.photo_events import PhotoFile
from topics.documents.photo import Photo
from topics.messages import headers
from topics.values.pictures import MOST_BYTES, kind_of

PICTURE = saved("JPEG")
MEAL, RESTAURANT = "adana", "mahmut"
EXAMPLES: dict[str, dict[str, Any]] = {
    "meal": {"id": MEAL, "restaurant_id": RESTAURANT, **SHOWN_MEAL, "image_url": "/photos/p-1"},
    "restaurant": {"id": RESTAURANT, "name": "Mahmut", "logo": "/photos/p-2", "description": 'a "logo":"/photos/x" \\'},
}


@pytest_asyncio.fixture(loop_scope="session")
async def kitchen(edge: World) -> AsyncGenerator[World]:
    """A restaurant with a meal. Ends with what was in quarantine at its beginning."""
    for view, document in EXAMPLES.items():
        await edge.redis.set(keys.document(view, document["id"]), f"3\n{json.dumps(document, separators=(',', ':'))}")
    before = await quarantined(edge)
    yield edge
    for upload in await quarantined(edge) - before:
        await photos(edge).drop_upload(upload)


def photos(edge: World) -> Photos:
    assert isinstance(edge.edge.photos, Photos)
    return edge.edge.photos


async def quarantined(edge: World) -> set[str]:
    """Ids of all that is there, whole or not."""
    chunks = photos(edge)._uploads.chunks.find({}, {"files_id": 1})
    return {str(row["files_id"]) async for row in chunks}


def form(body: bytes, name: str = "file") -> aiohttp.MultipartWriter:
    made = aiohttp.MultipartWriter("form-data")
    made.append("a note").set_content_disposition("form-data", name="note")
    made.append(body, {"Content-Type": "image/jpeg"}).set_content_disposition("form-data", name=name, filename="a.jpg")
    return made


async def upload(
    edge: World, body: Any = PICTURE, path: str = f"/meals/{MEAL}/photo", user: str | None = None, **more: str
) -> Said:
    kind = body.content_type if isinstance(body, aiohttp.MultipartWriter) else "image/jpeg"
    return await edge.client(user or str(uuid.uuid4())).call("POST", path, raw=body, Content_Type=kind, **more)


# -- upload


@pytest.mark.parametrize("body", [PICTURE, form(PICTURE)], ids=["raw", "form"])
async def test_a_picture_goes_into_quarantine_and_only_its_name_into_kafka(kitchen: World, body: Any) -> None:
    user = str(uuid.uuid4())
    said = await upload(kitchen, body, user=user)
    assert said.status == 201, said.raw
    (command,) = kitchen.domains.taken
    name = command.body.pop("upload")
    assert command.body == {"subject": "meal", "subject_id": MEAL, "restaurant_id": RESTAURANT}
    assert (command.topic, command.key) == ("photo_commands", photo_of(name))
    assert command.headers[headers.CALLER] == user and command.headers[headers.AFTER], "it knows what its caller saw"
    assert await photos(kitchen).uploaded(name) == PICTURE


async def test_a_logo_goes_the_same_way(kitchen: World) -> None:
    said = await upload(kitchen, path=f"/restaurants/{RESTAURANT}/logo")
    assert said.status == 201, said.raw
    body = kitchen.domains.taken[0].body
    assert (body["subject"], body["subject_id"], body["restaurant_id"]) == ("restaurant", RESTAURANT, RESTAURANT)


async def test_a_large_picture_in_pieces_comes_whole(kitchen: World) -> None:
    whole = PICTURE + bytes(range(256)) * (MOST_BYTES // 256 - len(PICTURE) // 256 - 1)

    async def pieces() -> AsyncGenerator[bytes]:
        for start in range(0, len(whole), 100_000):
            yield whole[start : start + 100_000]

    assert (await upload(kitchen, pieces())).status == 201
    assert await photos(kitchen).uploaded(kitchen.domains.taken[0].body["upload"]) == whole


@pytest.mark.parametrize("in_a_form", [False, True])
async def test_a_byte_too_many_is_413_and_leaves_nothing(kitchen: World, in_a_form: bool) -> None:
    before = await quarantined(kitchen)
    large = PICTURE + bytes(MOST_BYTES - len(PICTURE) + 1)

    async def pieces() -> AsyncGenerator[bytes]:
        for start in range(0, len(large), 2**20):
            yield large[start : start + 2**20]

    for body in (form(large),) if in_a_form else (large, pieces()):
        with contextlib.suppress(aiohttp.ClientError):  # a client that still sends may not hear the answer
            said = await upload(kitchen, body)
            assert (said.status, said.problem["code"]) == (413, "body_too_large")

    async def as_before() -> bool:
        return await quarantined(kitchen) == before

    await until("nothing to be left in quarantine", as_before)
    assert kitchen.domains.taken == []


async def test_what_is_no_picture_is_refused_by_its_field(kitchen: World) -> None:
    before = await quarantined(kitchen)
    for body, status, code in (
        (b"", 422, "invalid_input"), (b"<svg/>" + bytes(40), 415, "unsupported_media_type"),
        (form(b""), 422, "invalid_input"), (form(b"MZ" + bytes(40)), 415, "unsupported_media_type"),
        (form(PICTURE, "photo"), 422, "invalid_input"),
    ):  # fmt: skip
        said = await upload(kitchen, body)
        assert (said.status, said.problem["code"], said.fields) == (status, code, ["file"]), said.raw
    assert kitchen.domains.taken == [] and await quarantined(kitchen) == before


async def test_of_all_hostile_files_the_edge_takes_only_what_begins_as_a_picture(kitchen: World) -> None:
    async def one(odd: Odd) -> None:
        said = await upload(kitchen, odd.body)
        looks_fine = kind_of(odd.body[:12]) is not None
        assert said.status == 201 if looks_fine else 400 <= said.status < 500, (odd.name, said.raw)

    for odd in corpus.hostile():
        await one(odd)
    assert (await upload(kitchen)).status == 201


@pytest.mark.parametrize("code", ["not_found", "too_many_photos_wait", "invalid_input"])
async def test_what_the_domain_refuses_is_not_kept(kitchen: World, code: str) -> None:
    kitchen.domains.behave(lambda command: refused(command, code))
    before = await quarantined(kitchen)
    said = await upload(kitchen)
    assert said.status == {"not_found": 404, "too_many_photos_wait": 409, "invalid_input": 422}[code]
    assert await quarantined(kitchen) == before


async def test_nobody_sends_a_byte_for_nothing(kitchen: World) -> None:
    """What is refused without a look at the picture is refused before it is read."""

    async def never() -> AsyncGenerator[bytes]:
        yield PICTURE[:100]
        await asyncio.Event().wait()

    jti = uuid.uuid4().hex
    await kitchen.redis.set(keys.denied_token(jti), "1")
    asks = (
        (kitchen.client(), f"/meals/{MEAL}/photo", 401),
        (kitchen.client("me", jti=jti), f"/meals/{MEAL}/photo", 401),
        (kitchen.client("me"), "/meals/nobodys/photo", 404),
        (kitchen.client("me"), "/restaurants/nobodys/logo", 404),
        (kitchen.client("me"), f"/meals/{MEAL}/photo?user_id=you", 404),
    )
    for client, path, status in asks:
        said = await asyncio.wait_for(client.call("POST", path, raw=never(), Content_Type="image/jpeg"), 5)
        assert said.status == status


async def test_a_retry_with_its_key_gets_the_same_answer_and_another_picture_is_refused(kitchen: World) -> None:
    def photo(command: Command):
        return done(command, {"id": command.key})

    kitchen.domains.behave(photo)
    user, key = str(uuid.uuid4()), uuid.uuid4().hex
    first = await upload(kitchen, user=user, Idempotency_Key=key)
    before = await quarantined(kitchen)
    again = await upload(kitchen, form(PICTURE), user=user, Idempotency_Key=key)
    assert await quarantined(kitchen) == before, "the bytes that came again are not kept"
    assert (first.status, first.json) == (again.status, again.json) == (201, first.json)
    other = await upload(kitchen, saved("PNG"), user=user, Idempotency_Key=key)
    assert (other.status, other.problem["code"]) == (422, "idempotency_key_reused")
    assert len(kitchen.domains.taken) == 1


# -- bounds


class Slow:
    """An upload that has begun and goes on when it is told to."""

    def __init__(self, edge: World, user: str) -> None:
        self._go_on = asyncio.Event()
        self.answer = asyncio.create_task(upload(edge, self._pieces(), user=user))

    async def _pieces(self) -> AsyncGenerator[bytes]:
        yield PICTURE[:50]
        await self._go_on.wait()
        yield PICTURE[50:]

    async def end(self) -> Said:
        self._go_on.set()
        return await self.answer


async def test_one_caller_has_few_uploads_under_way_and_others_go_on(kitchen: World) -> None:
    greedy = str(uuid.uuid4())
    slow = [Slow(kitchen, greedy) for _ in range(MOST_OF_CALLER)]

    async def under_way() -> bool:
        return kitchen.edge.uploads.count == MOST_OF_CALLER

    await until("the slow uploads to be under way", under_way)
    said = await upload(kitchen, user=greedy)
    assert (said.status, said.problem["code"], said.headers["Retry-After"]) == (429, "too_many_uploads", "2")
    assert (await upload(kitchen)).status == 201, "somebody else"
    assert [(await each.end()).status for each in slow] == [201] * MOST_OF_CALLER
    assert kitchen.edge.uploads.count == 0
    assert (await upload(kitchen, user=greedy)).status == 201


async def test_who_sends_too_slowly_is_told_so_and_leaves_nothing(
    kitchen: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "FIRST_SECONDS", 0.3)
    before = await quarantined(kitchen)
    slow = Slow(kitchen, str(uuid.uuid4()))
    try:
        said = await asyncio.wait_for(slow.answer, 5)
        assert (said.status, said.problem["code"]) == (408, "body_too_slow")
    finally:
        slow.answer.cancel()

    async def as_before() -> bool:
        return await quarantined(kitchen) == before and kitchen.edge.uploads.count == 0

    await until("nothing to be left in quarantine", as_before)


async def test_an_upload_that_breaks_off_leaves_nothing(kitchen: World) -> None:
    before = await quarantined(kitchen)
    slow = Slow(kitchen, str(uuid.uuid4()))

    async def under_way() -> bool:
        return kitchen.edge.uploads.count == 1

    await until("the upload to be under way", under_way)
    slow.answer.cancel()

    async def as_before() -> bool:
        return await quarantined(kitchen) == before and kitchen.edge.uploads.count == 0

    await until("nothing to be left in quarantine", as_before)
    assert kitchen.domains.taken == []


# -- what is shown

FORMS = {
    (size, kind): saved(kind) + size.encode() * 60_000
    for size in ("thumb", "card", "full")
    for kind in ("WEBP", "JPEG")
}


def file_of(size: Any, kind: Any) -> PhotoFile:
    body = FORMS[size, kind]
    name = hashlib.sha256(body).hexdigest()
    return PhotoFile(size=size, type=f"image/{kind.lower()}", sha256=name, bytes=len(body), width=96, height=64)  # type: ignore[arg-type]


def document(photo_id: str, owner: str, **said: Any) -> Photo:
    made = {
        "id": photo_id, "owner_id": owner, "subject": "meal", "subject_id": MEAL, "status": "accepted",
        "image_url": f"/photos/{photo_id}", "created_at": "2026-11-26T18:30:00Z", "updated_at": "2026-11-26T18:30:00Z",
        "files": [msgspec.to_builtins(file_of(*form)) for form in FORMS], **said,
    }  # fmt: skip
    return msgspec.convert(made, Photo)


async def put(edge: World, **said: Any) -> str:
    photo_id = str(uuid.uuid4())
    for body in FORMS.values():
        await photos(edge).keep(hashlib.sha256(body).hexdigest(), body, photo_id)
    owner = said.pop("owner", "owner-1")
    body = msgspec.json.encode(document(photo_id, owner, **said))
    await edge.redis.set(keys.document("photo", photo_id), b"2\n" + body)
    return photo_id


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "JPEG"), ("*/*", "JPEG"), ("image/png,image/*;q=0.8,*/*;q=0.5", "JPEG"),
        ("image/avif,image/webp,image/apng,*/*;q=0.8", "WEBP"), ("image/webp;q=0", "JPEG"), ("image/webp", "WEBP"),
        ("image/jpeg,image/webp;q=0.5", "JPEG"), ("image/jpeg;q=0.5,image/webp;q=0.5", "WEBP"),
    ],
)  # fmt: skip
async def test_each_client_gets_what_it_can_show(edge: World, accept: str, kind: str) -> None:
    photo_id = await put(edge)
    for query, size in (("", "card"), ("?size=thumb", "thumb"), ("?size=full", "full")):
        said = await edge.client().call("GET", f"/photos/{photo_id}{query}", Accept=accept)
        assert (said.status, said.raw) == (200, FORMS[size, kind])
        assert said.headers["Content-Type"] == f"image/{kind.lower()}"
        assert said.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Accept" in said.headers.getall("Vary") and said.headers["X-Content-Type-Options"] == "nosniff"


async def test_who_has_it_is_not_sent_it_again(edge: World) -> None:
    photo_id = await put(edge)
    first = await edge.client().call("GET", f"/photos/{photo_id}")
    other = await edge.client().call("GET", f"/photos/{photo_id}?size=full")
    assert first.headers["ETag"] != other.headers["ETag"]
    for said in (first.headers["ETag"], f'"x", W/{first.headers["ETag"]}', "*"):
        again = await edge.client().call("GET", f"/photos/{photo_id}", If_None_Match=said)
        assert (again.status, again.raw, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
        assert "immutable" in again.headers["Cache-Control"]
    assert (await edge.client().call("GET", f"/photos/{photo_id}", If_None_Match='"x"')).status == 200


async def test_a_part_of_it_can_be_asked_for(edge: World) -> None:
    photo_id, body = await put(edge), FORMS["card", "JPEG"]
    path, size = f"/photos/{photo_id}", len(FORMS["card", "JPEG"])
    whole = await edge.client().call("GET", path)
    for asked, start, stop in (("bytes=0-9", 0, 10), ("bytes=-5", size - 5, size), ("bytes=1000-", 1000, size)):
        said = await edge.client().call("GET", path, Range=asked)
        assert (said.status, said.raw) == (206, body[start:stop])
        assert said.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{size}"
        assert said.headers["ETag"] == whole.headers["ETag"]
    beyond = await edge.client().call("GET", path, Range=f"bytes={size}-")
    assert (beyond.status, beyond.problem["code"]) == (416, "range_not_there")
    assert beyond.headers["Content-Range"] == f"bytes */{size}"
    for more in ({"Range": "bytes=0-1,4-5"}, {"Range": "bytes=x"}, {"Range": "bytes=0-1", "If_Range": '"x"'}):
        assert (await edge.client().call("GET", path, **more)).status == 200
    same = {"Range": "bytes=0-1", "If_Range": whole.headers["ETag"]}
    assert (await edge.client().call("GET", path, **same)).status == 206


async def test_a_head_says_what_a_get_would(edge: World) -> None:
    photo_id = await put(edge)
    for more in ({}, {"Range": "bytes=0-9"}):
        get, head = [await edge.client().call(method, f"/photos/{photo_id}", **more) for method in ("GET", "HEAD")]
        assert (head.status, head.raw) == (get.status, b"")
        for name in ("Content-Length", "Content-Type", "ETag", "Cache-Control", "Accept-Ranges"):
            assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize("said", [{"status": "pending", "files": []}, {"status": "refused", "files": []}])
async def test_what_was_not_accepted_is_not_there(edge: World, said: dict[str, Any]) -> None:
    assert (await edge.client().call("GET", f"/photos/{await put(edge, **said)}")).status == 404
    assert (await edge.client().call("GET", f"/photos/{uuid.uuid4()}")).status == 404
    wrong = await edge.client().call("GET", f"/photos/{uuid.uuid4()}?size=huge")
    assert (wrong.status, wrong.fields) == (422, ["size"])


async def test_its_owner_and_nobody_else_sees_what_became_of_it(edge: World) -> None:
    photo_id = await put(edge, owner="me", status="refused", reason="unreadable", detail="Damaged.", files=[])
    said = await edge.client("me").call("GET", f"/photos/{photo_id}/status")
    assert said.status == 200, said.raw
    assert (said.json["status"], said.json["reason"], said.json["detail"]) == ("refused", "unreadable", "Damaged.")
    assert "files" not in said.json and said.json["image_url"] == f"{edge.edge.origin}/photos/{photo_id}"
    assert (await edge.client("you").call("GET", f"/photos/{photo_id}/status")).status == 404


# -- where photos are named


async def test_addresses_of_photos_are_absolute_where_they_leave(kitchen: World) -> None:
    meal = await kitchen.client().call("GET", f"/meals/{MEAL}")
    assert meal.json["image_url"] == f"{kitchen.edge.origin}/photos/p-1"
    await kitchen.redis.zadd(keys.index("meal", keys.menu(RESTAURANT)), {MEAL: 1.0})
    menu = await kitchen.client().call("GET", f"/meals/restaurant/{RESTAURANT}")
    assert [each["image_url"] for each in menu.json] == [f"{kitchen.edge.origin}/photos/p-1"]
    file = await kitchen.client().call("GET", f"/meals/restaurant/{RESTAURANT}/export?format=csv")
    assert f"{kitchen.edge.origin}/photos/p-1".encode() in file.raw, "the file can be imported again"
    restaurant = await kitchen.client().call("GET", f"/restaurants/{RESTAURANT}")
    assert restaurant.json["logo"] == f"{kitchen.edge.origin}/photos/p-2"
    assert restaurant.json["description"] == EXAMPLES["restaurant"]["description"], "a text stays as it is"


# -- outages


async def test_without_mongodb_photos_are_503_and_everything_else_goes_on(kitchen: World) -> None:
    photo_id = await put(kitchen)
    tag = (await kitchen.client().call("GET", f"/photos/{photo_id}")).headers["ETag"]
    await kitchen.servers.stop("mongo")
    try:
        for said in (await kitchen.client().call("GET", f"/photos/{photo_id}"), await upload(kitchen)):
            assert (said.status, said.headers["Retry-After"]) == (503, "2")
        assert (await kitchen.client().call("HEAD", f"/photos/{photo_id}")).status == 200
        assert (await kitchen.client().call("GET", f"/photos/{photo_id}", If_None_Match=tag)).status == 304
        assert (await kitchen.client().call("GET", f"/meals/{MEAL}")).status == 200
        assert (await kitchen.client().call("GET", "/health/ready")).status == 200
        assert kitchen.domains.taken == []
    finally:
        await kitchen.servers.start("mongo")

    async def there() -> bool:
        return (await upload(kitchen)).status == 201

    await until("photos to be taken again", there)
