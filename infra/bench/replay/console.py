"""`./lezzet bench console`: the page of an order while the topics hold many messages, and from a message to its row on an open
page.

The console is a process of its own, as `up` starts it. Its client is this process.
"""

import argparse
import asyncio
import html
import json
import re
import statistics
import time

import aiohttp
from yarl import URL

from infra.stack import product
from infra.stack.stage import Stage, say, stage
from replay.console.entering import console_key, link
from stores.kafka.raw import RawProducer, RawRecord, open_raw
from topics.messages import headers, ids

PAGE_AT_MOST = 1.0  # seconds, median
TAIL_AT_MOST = 0.5  # seconds, median
TOPICS = ("basket_commands", "basket_events", "order_commands", "order_events", "payment_commands", "payment_events")
OF_THE_ORDER = 30  # messages
PAGES, TAILS = 9, 20
AT_ONCE = 2_000
BODY = json.dumps(
    {"user_id": ids.fresh(), "items": [{"meal_id": ids.fresh(), "quantity": n} for n in range(6)]}
).encode()


async def run(arguments: list[str]) -> bool:
    said = argparse.ArgumentParser(prog="./lezzet bench console", description=__doc__)
    said.add_argument("--messages", type=int, default=100_000, help="(default: %(default)s)")
    said.add_argument("--short", action="store_true", help="5,000 messages; a missed bar is no failure")
    chosen = said.parse_args(arguments)
    count = 5_000 if chosen.short else chosen.messages
    async with stage() as made, open_raw(made.stack.endpoints.brokers) as producer:
        order = await _filled(producer, count)
        say(f"{count:,} messages are there")
        held = await _measured(made, producer, order)
    return held or chosen.short


async def _filled(producer: RawProducer, count: int) -> str:
    """The id of an order whose messages are spread among so many others."""
    order, flow, every = ids.fresh(), ids.fresh(), max(1, count // OF_THE_ORDER)
    sent = list[RawRecord]()
    for number in range(count):
        of = (order, flow) if number % every == 0 else (ids.fresh(), ids.fresh())
        sent.append(_record(TOPICS[number % len(TOPICS)], *of))
        if len(sent) == AT_ONCE:
            await asyncio.gather(*map(producer.send, sent))
            sent.clear()
    await asyncio.gather(*map(producer.send, sent))
    return order


def _record(topic: str, key: str, flow: str) -> RawRecord:
    said = {headers.ID: ids.fresh(), headers.TYPE: "Measured", headers.CORRELATION: flow}
    return RawRecord(topic, key.encode(), [(name, value.encode()) for name, value in said.items()], BODY)


async def _measured(made: Stage, producer: RawProducer, order: str) -> bool:
    site = made.stack.site
    child = made.stack.supervisor.start(product.console(site))
    await child.until_ready()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        async with http.get(URL(link(console_key(site.data.keys), site.ports["console"]), encoded=True)) as entered:
            entered.raise_for_status()
        pages = [await _page(http, f"{site.endpoints.console}/flow/{order}") for _ in range(PAGES)]
        tails = await _tails(http, site.endpoints.console, producer)
    return _told("page of an order", pages, PAGE_AT_MOST) & _told("message to its row", tails, TAIL_AT_MOST)


async def _page(http: aiohttp.ClientSession, url: str) -> float:
    begun = time.perf_counter()
    async with http.get(url) as answer:
        text = await answer.text()
    assert answer.status == 200 and text.count('class="track') >= OF_THE_ORDER, "the page has the whole order"
    return time.perf_counter() - begun


async def _tails(http: aiohttp.ClientSession, console: str, producer: RawProducer) -> list[float]:
    found = list[float]()
    async with http.get(f"{console}/topics/{TOPICS[0]}") as page:
        source = re.search(r'data-tail="([^"]+)"', await page.text())
    assert source is not None, "the page is live"
    async with http.get(URL(console + html.unescape(source[1]), encoded=True)) as answer:
        for _ in range(TAILS):
            record = _record(TOPICS[0], ids.fresh(), ids.fresh())
            wanted, begun = (record.key or b""), time.perf_counter()
            await producer.send(record)
            async for line in answer.content:
                if wanted in line:
                    break
            found.append(time.perf_counter() - begun)
    return found


def _told(what: str, found: list[float], at_most: float) -> bool:
    median, held = statistics.median(found), statistics.median(found) <= at_most
    print(
        f"{'held' if held else 'MISSED':7}{what}: median {median * 1000:.0f} ms, longest {max(found) * 1000:.0f} ms of"
        f" {len(found)}, wanted <= {at_most * 1000:.0f} ms"
    )
    return held
