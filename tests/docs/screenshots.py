"""The pictures of docs/console.md: pages of the console of a stack that runs, taken by a headless Chromium.

`.venv/bin/python -m tests.docs.screenshots FOLDER` takes them on the stack of LEZZET_DATA, else .lezzet, which has had an order
(the first walk of README.md): its newest order as a flow and as an aggregate, and all topics; light, dark, and as wide as a
phone.
"""

import asyncio
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from playwright.async_api import Page

from infra.layout.folders import data_folder
from infra.layout.site import Site
from replay.console.entering import console_key, link
from stores.kafka.log import open_log
from tests.journeys.pages import browser_page
from topics.contracts.order_events import OrderPlaced
from topics.messages import headers

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 720}
TOPIC = "order_events"
COLOURS = 96
"""Of a picture: it is a third as large as with all of them, and looks the same."""


async def take(folder: Path) -> None:
    site = Site.of(data_folder())
    order = await _newest_order(site)
    pages = {
        "flow": (f"/flow/{order}", WIDE, "light"),
        "state": (f"/state/{order}?domain=order", WIDE, "light"),
        "topics": ("/topics", WIDE, "dark"),
        "phone": (f"/flow/{order}", PHONE, "dark"),
    }
    async with browser_page() as page:
        await page.goto(link(console_key(site.data.keys), site.ports["console"]))
        for name, (path, size, scheme) in pages.items():
            await page.set_viewport_size(size)
            await page.emulate_media(color_scheme=scheme)
            await _picture(page, f"{site.endpoints.console}{path}", folder / f"{name}.png")


async def _picture(page: Page, url: str, to: Path) -> None:
    await page.goto(url)
    await page.wait_for_load_state("load")
    picture = Image.open(io.BytesIO(await page.screenshot()))
    picture.quantize(COLOURS).save(to, optimize=True)


async def _newest_order(site: Site) -> str:
    async with open_log(site.endpoints.brokers) as log:
        bounds = await log.bounds(log.places([TOPIC]))
        starts = {place: max(bound.first, bound.end - 50) for place, bound in bounds.items()}
        ends = {place: bound.end for place, bound in bounds.items()}
        records = [record async for chunk in log.read(starts, ends) for record in chunk]
    found = [each for each in records if dict(each.headers).get(headers.TYPE) == OrderPlaced.__name__.encode()]
    if not found:
        raise SystemExit("no order yet: give the commands of the first walk that `./lezzet up` prints")
    return (max(found, key=lambda record: record.at).key or b"").decode()


def main(arguments: Sequence[str]) -> None:
    if len(arguments) != 1:
        raise SystemExit("usage: python -m tests.docs.screenshots FOLDER")
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
