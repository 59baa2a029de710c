"""The web client's pages, on an origin of their own, and a real headless Chromium that opens them."""

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from aiohttp import web
from playwright.async_api import Page, async_playwright

from infra.install import apt
from infra.layout.folders import cache_folder

CLIENT = Path(__file__).parent / "web_client"
SCRIPTS = ("strict.js", "client.js")
NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Site:
    """edge: the gateway that the pages call, known once the product is up."""

    origin: str
    edge: str = ""


@asynccontextmanager
async def site() -> AsyncGenerator[Site]:
    """Every path shows the one page, as single-page applications are served."""

    async def script(request: web.Request) -> web.Response:
        return web.Response(text=(CLIENT / request.path.strip("/")).read_text(), content_type="text/javascript")

    async def page(request: web.Request) -> web.Response:
        text = Template((CLIENT / "index.html").read_text()).substitute(EDGE=made.edge)
        return web.Response(text=text, content_type="text/html")

    app = web.Application()
    app.add_routes([web.get(f"/{name}", script) for name in SCRIPTS])
    app.router.add_get("/{path:.*}", page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made = Site(f"http://localhost:{runner.addresses[0][1]}")
    try:
        yield made
    finally:
        await runner.cleanup()


def _installed() -> Path | None:
    return next((Path(found) for name in NAMES if (found := shutil.which(name))), None)


@asynccontextmanager
async def browser_page() -> AsyncGenerator[Page]:
    """A page of a browser without history, cookies and storage. Raises CannotStart where there is no Chromium to be had."""
    chromium = await apt.provide("Chromium", "chromium", _installed, ", ".join(NAMES), cache_folder())
    async with async_playwright() as playwright:
        # root needs --no-sandbox; small machines have little shared memory
        options: Any = {"executable_path": chromium, "args": ["--no-sandbox", "--disable-dev-shm-usage"]}
        browser = await playwright.chromium.launch(**options)
        try:
            yield await browser.new_page()
        finally:
            await browser.close()
