"""An owner uploads a picture; it is checked, and the menu shows it to everyone."""

import asyncio
import io
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from PIL import Image

from tests.agents.photo import corpus
from tests.agents.photo.corpus import saved
from tests.deadline import until
from tests.journeys.by_curl import walk
from tests.journeys.client import Client

PAGE = Path(__file__).resolve().parents[3] / "docs" / "api" / "photos.md"
WEB = "image/avif,image/webp,*/*;q=0.8"


async def upload(client: Client, path: str, body: Any) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {client.token}"}
    url = client.endpoints["edge"] + path
    async with aiohttp.ClientSession() as http, http.post(url, data=body, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def ended(client: Client, photo_id: str) -> Any:
    """The photo's status once it is checked."""

    async def found() -> Any:
        said = await client.must("GET", f"/photos/{photo_id}/status")
        return said if said["status"] != "pending" else None

    return await until("the photo to be checked", found)


async def shown(client: Client, path: str, field: str, photo_id: str) -> str:
    """The address of the photo, once the document names it."""

    async def found() -> Any:
        said = (await client.must("GET", path))[field]
        return said if said.endswith(f"/photos/{photo_id}") else None

    return await until(f"{path} to show the photo", found)


async def fetched(client: Client, address: str, **headers: str) -> tuple[int, bytes, Any]:
    said = urlsplit(address)
    url = f"{client.endpoints['edge']}{said.path}?{said.query}"
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
        return answer.status, await answer.read(), answer.headers


async def test_a_photo_of_a_meal_from_its_upload_to_the_menu(owner: Client, client: Client):
    await owner.sign_up()
    restaurant, meal = await owner.open_restaurant(95.0)
    picture = corpus.with_segment(saved("JPEG", corpus.picture(1200, 800)), 0xE1, corpus.orientation(6))
    form = aiohttp.FormData()
    form.add_field("file", picture, filename="adana.jpg", content_type="image/jpeg")
    status, said = await upload(owner, f"/meals/{meal}/photo", form)
    assert (status, said["status"]) == (201, "pending"), said

    assert (await ended(owner, said["id"]))["status"] == "accepted"
    address = await shown(client, f"/meals/{meal}", "image_url", said["id"])
    assert address.startswith("http") and address == said["image_url"]
    assert (await client.must("GET", f"/meals/restaurant/{restaurant}"))[0]["image_url"] == address

    status, body, head = await fetched(client, address, Accept=WEB)
    assert (status, head["Content-Type"]) == (200, "image/webp")
    image = Image.open(io.BytesIO(body))
    assert (image.size, len(image.getexif())) == ((427, 640), 0), "upright, and without EXIF"
    assert (await fetched(client, address, Accept=WEB, **{"If-None-Match": head["ETag"]}))[0] == 304

    # what was given is put back whole, and nothing changes
    got = await owner.must("GET", f"/meals/{meal}")
    assert (await owner.must("PUT", f"/meals/{meal}", got))["image_url"] == address

    status, second = await upload(owner, f"/meals/{meal}/photo", saved("PNG"))
    assert status == 201
    await shown(client, f"/meals/{meal}", "image_url", second["id"])
    assert (await fetched(client, address))[0] == 200, "the one before can still be read for a while"


async def test_a_logo_and_what_cannot_be_one(owner: Client, client: Client):
    await owner.sign_up()
    await client.sign_up()
    restaurant, meal = await owner.open_restaurant(95.0)
    path = f"/restaurants/{restaurant}/logo"
    assert (await upload(client, path, saved("PNG")))[0] == 404, "somebody else's"
    assert (await upload(client, f"/meals/{meal}/photo", saved("PNG")))[0] == 404

    bombs = [odd for odd in corpus.huge() if odd.name in ("PNG that becomes 2.7 GB", "GIF of 65,535 x 65,535")]
    said = await asyncio.gather(*(upload(owner, path, odd.body) for odd in bombs))
    for status, answer in said:
        assert status == 201
        refused = await ended(owner, answer["id"])
        assert (refused["status"], refused["reason"]) == ("refused", "too_many_pixels") and refused["detail"]
        assert (await fetched(client, answer["image_url"]))[0] == 404
    assert (await client.must("GET", f"/restaurants/{restaurant}"))["logo"] == ""

    status, good = await upload(owner, path, saved("WEBP"))
    assert status == 201
    await shown(client, f"/restaurants/{restaurant}", "logo", good["id"])


async def test_the_walk_by_curl(owner: Client, tmp_path: Path):
    """docs/api/photos.md, command by command."""
    await owner.sign_up()
    restaurant, meal = await owner.open_restaurant(95.0)
    (tmp_path / "adana.jpg").write_bytes(saved("JPEG", corpus.picture(800, 600)))
    me = f"Authorization: Bearer {owner.token}"
    out = await walk(PAGE, tmp_path, EDGE=owner.endpoints["edge"], ME=me, MEAL=meal, RESTAURANT=restaurant)
    assert out.count('"status":"pending"') == 2 and '"status":"accepted"' in out
    assert out.endswith("304\n206\n"), out
    assert Image.open(tmp_path / "full.jpg").size == (800, 600)
    assert Image.open(tmp_path / "thumb.webp").format == "WEBP" and (tmp_path / "part").stat().st_size == 100
