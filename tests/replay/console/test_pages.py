"""What the pages show, on real servers."""

import asyncio
import html
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

import topics
from replay.console import serving
from replay.console.streams import MOST
from replay.tools import Tools
from tests.deadline import until
from tests.replay.console.conftest import Console
from tests.replay.scene import Desk, dead, record
from tests.replay.test_trace import flow_of
from topics.contracts import all_topics
from topics.messages import ids

TOPIC = "restaurant_events"
EXAMPLES = Path(topics.__file__).parent / "examples"


def texts(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page)))


async def test_each_page_is_there_and_says_its_command(console: Console, desk: Desk) -> None:
    await desk.publish(record(TOPIC, ids.fresh(), b"{}"))
    for path, command in (
        ("/", "./lezzet status"),
        ("/topics", "./lezzet topics"),
        (f"/topics/{TOPIC}", f"./lezzet tail {TOPIC} --count 50"),
        ("/dlq", "./lezzet dlq groups"),
        ("/views", "./lezzet views"),
        ("/map", "./lezzet topics"),
        ("/processes", "./lezzet status"),
    ):
        page = await console.page(path)
        assert f'<code id="command">{command}</code>' in page, path
        assert "<script>" not in page and " style=" not in page and " on" not in re.sub(r">[^<]*<", "><", page)


async def test_a_flow_is_drawn_as_who_caused_what(console: Console, desk: Desk) -> None:
    order, user, flow = ids.fresh(), ids.fresh(), ids.fresh()
    await desk.publish(*flow_of(order, user, flow))
    for id in (order, flow, f"op-{flow}", f"{flow}-mail"):
        page = await console.page(f"/flow/{id}")
        shown = texts(page)
        assert f"flow {flow}" in shown and "5 messages in 1 flow" in shown, id
        assert re.findall(r"after (Checkout|PlaceOrder|OrderPlaced|ConfirmOrder)", shown) == [
            "Checkout", "Checkout", "PlaceOrder", "OrderPlaced",
        ]  # fmt: skip
        assert "dead letter: 13 brings bad luck" in shown
        assert f"./lezzet why {id}" in shown


async def test_a_flow_is_told_above_its_tree_in_the_words_of_why(console: Console, desk: Desk) -> None:
    order, user, flow = ids.fresh(), ids.fresh(), ids.fresh()
    await desk.publish(*flow_of(order, user, flow))
    body = b'{"reason": "%s"}' % (b"x" * 3_000)
    await desk.publish(record("order_commands", order, body, id=f"{flow}-long", type="CancelOrder", correlationid=flow))
    _, out = await desk.run("why", order, "--json")
    said = json.loads(out)
    page = await console.page(f"/flow/{order}")
    shown = texts(page)
    for sentence in (*said["story"], *(f"{cause['kind']}: {cause['says']}" for cause in said["waits"])):
        assert re.sub(r"\s+", " ", sentence).replace("`", "") in shown, sentence
    assert any("OrderPlaced" in line for line in said["story"]) and said["waits"][0]["kind"] == "dead"
    assert page.index('class="story"') < page.index('class="timeline"')
    assert re.search(r"<code>\./lezzet dlq redrive notification_commands --id [^<]+</code>", page), "to copy"
    folded = re.findall(r'<details class="body"><summary>.*?</summary>', page, re.DOTALL)
    assert len(folded) == 6 and "x" * 400 not in page
    mail = quote(f"<{flow}-placed@lezzet>", safe="")
    assert f"flow {flow}" in texts(await console.page(f"/flow/{mail}")), "the Message-ID of a mail leads there, too"


async def test_an_id_of_nobody_says_how_much_was_read(console: Console) -> None:
    shown = texts(await console.page("/flow/nobody?since=1h", 404))
    assert "0 messages in 0 flows" in shown and "topics read in" in shown and "No message of the last 1h" in shown


async def test_the_box_leads_to_a_flow_or_a_topic(console: Console) -> None:
    for asked, to in (("a%2Fb", "/flow/a%2Fb"), (f"+{TOPIC}+", f"/topics/{TOPIC}"), ("", "/")):
        async with console.http.get(console.url(f"/search?id={asked}"), allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, to)


async def test_a_topic_has_its_partitions_and_its_messages_from_anywhere_on(console: Console, desk: Desk) -> None:
    key = ids.fresh()
    sent = await desk.publish(*(record(TOPIC, key, b'{"n":%d}' % n, id=f"{key}-{n}", type="Tested") for n in range(3)))
    (partition, first), *_ = sent
    newest = texts(await console.page(f"/topics/{TOPIC}"))
    assert newest.index('{"n":2}') < newest.index('{"n":1}') < newest.index('{"n":0}'), "the newest first"
    for start in (f"from={partition}:{first}", "since=10m&count=200"):
        shown = texts(await console.page(f"/topics/{TOPIC}?{start}"))
        assert shown.index('{"n":0}') < shown.index('{"n":2}'), "the oldest first"
    assert "written by restaurant" in newest and "for ever" in newest


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/topics/restaurant_event", "did you mean restaurant_events"),
        ("/topics/restaurant_events?from=9:0", "there is no partition 9"),
        ("/topic/restaurant_events", "there is no page /topic/restaurant_events"),
        ("/messages/restaurant_events/9/0", "has the partitions 0 to 3"),
        ("/messages/restaurant_events/0/999999999", "no message stands at restaurant_events 0:999999999"),
        ("/dlq/restaurant_event", "did you mean restaurant_events"),
    ],
)
async def test_what_is_not_there_is_one_line(console: Console, path: str, why: str) -> None:
    shown = texts(await console.page(path, 404))
    assert why in shown and "Dead letters" in shown, "with the links to all pages"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/topics/restaurant_events?since=yesterday", "is neither an age"),
        ("/topics/restaurant_events?from=here", "is none of beginning"),
        ("/messages/restaurant_events/x/0", "are numbers"),
        ("/flow/x?since=yesterday", "is neither an age"),
        ("/state/x?at=yesterday", "is neither a version"),
        ("/decide/order?since=yesterday", "is neither an age"),
        ("/dlq/restaurant_events/x", "PARTITION:OFFSET"),
    ],
)
async def test_what_cannot_be_read_is_not_said_to_be_missing(console: Console, path: str, why: str) -> None:
    shown = texts(await console.page(path, 400))
    assert why in shown and "Not understood" in shown and "Not found" not in shown


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("level=loud", "one of debug"),
        ("since=yesterday", "is neither an age"),
        ("until=tomorrow", "is neither an age"),
        ("domain=bascet", "did you mean basket"),
    ],
)
async def test_what_is_wrong_with_a_question_for_lines_is_said_beside_what_was_typed(
    console: Console, wrong: str, why: str
) -> None:
    page = await console.page(f"/logs?query=two%20words&process=edge&count=500&follow=1&{wrong}", 400)
    assert why in texts(page) and "http-equiv" not in page, "it is not asked again by itself"
    name, _, value = wrong.partition("=")
    kept = ["two words", "edge", *([value] if name != "level" else [])]
    assert all(f'value="{each}"' in page for each in kept), page
    assert "<option selected>500" in page and "checked" in page


async def test_dead_letters_are_listed_and_shown(console: Console, desk: Desk) -> None:
    key = ids.fresh()
    letter = dead("user_commands", key, b'{"flavour": 2}', ("ce_type", b"ChangeProfile"), id=f"d-{key}")
    ((partition, offset),) = await desk.publish(letter)
    for path in ("/dlq", "/dlq/user_commands"):
        assert "because" in await console.page(path), path
        page = await console.page(path)
        assert f"/dlq/user_commands/{partition}%3A{offset}" in page and key in page, path
    shown = texts(await console.page(f"/dlq/user_commands/{partition}:{offset}"))
    assert "because" in shown and "user.decide" in shown and '"flavour": 2' in shown and "waits" in shown
    assert f"./lezzet dlq show user_commands {partition}:{offset}" in shown


async def test_an_aggregate_is_shown_at_any_version_with_what_changed(console: Console, desk: Desk) -> None:
    user = ids.fresh()
    for number, name in enumerate(("ProfileCompleted", "ProfileChanged"), start=1):
        body = (EXAMPLES / "user_events" / f"{name}.json").read_bytes()
        await desk.publish(record("user_events", user, body, id=f"{user}-{number}", type=name, sequence=str(number)))
    page = await console.page(f"/state/{user}")
    shown = texts(page)
    assert "user version 2 of 2 complete, no gap from 1" in shown and "./lezzet state" in shown
    assert shown.index("v2 ProfileChanged") < shown.index("v1 ProfileCompleted"), "the newest first"
    assert 'min="1" max="2" value="2"' in page and "<del>" in page and "<ins>" in page
    assert "Ayşe" not in shown and "999 88 77" not in shown
    before = texts(await console.page(f"/state/{user}?at=1&domain=user&diff=1"))
    assert "version 1 of 2" in before and "ProfileChanged" not in before and "nothing is stored" in before
    assert "outside of its events" in texts(await console.page(f"/state/{user}?at=7", 404))
    assert "no aggregate of any domain has the id" in texts(await console.page("/state/nobody", 404))


async def test_finds_by_a_condition_and_shows_the_place_of_what_is_wrong_in_one(console: Console, desk: Desk) -> None:
    key = ids.fresh()
    await desk.publish(*(record(TOPIC, key, b'{"n":%d}' % n, id=f"{key}-{n}", type="Tested") for n in range(3)))
    where = quote(f'key == "{key}" && body.n > 0', safe="")
    shown = texts(await console.page(f"/find?where={where}&topic={TOPIC}&since=1h"))
    assert "complete 2 of" in shown and '{"n":1}' in shown and '{"n":0}' not in shown, shown
    assert len(re.findall(rf"{TOPIC} \d+:\d+ ", shown)) == 2, "each with its topic and place"
    assert f"./lezzet find --where 'key == \"{key}\" && body.n > 0' --topic {TOPIC} --since 1h --count 50" in shown
    wrong = await console.page(f"/find?where={quote('body.n >', safe='')}", 400)
    assert 'value="body.n &gt;"' in wrong and 'role="alert"' in wrong
    assert "did you mean" in texts(await console.page(f"/find?where=true&topic={TOPIC}x", 400))


async def test_what_the_code_of_now_decides_is_counted(console: Console) -> None:
    shown = texts(await console.page("/decide/user?since=1h"))
    assert "Cannot be known" in shown and "./lezzet decide user --since 1h" in shown
    assert "'nothing'" in texts(await console.page("/decide/nothing", 404))


async def test_what_comes_is_told_at_once_and_again_after_a_lost_connection(console: Console, desk: Desk) -> None:
    key = ids.fresh()
    page = await console.page(f"/topics/{TOPIC}")
    source = re.search(r'data-tail="([^"]+)"', page)
    assert source is not None
    async with desk.tools.producer() as producer:
        async with console.http.get(console.url(html.unescape(source[1]))) as answer:
            assert answer.headers["Content-Type"] == "text/event-stream"
            delays = list[float]()
            for number in range(5):
                begun = asyncio.get_running_loop().time()
                await producer.send(record(TOPIC, key, b'{"n":%d}' % number, id=f"{key}-{number}"))
                id, said = await _event(answer, f"{key}-{number}")
                delays.append(asyncio.get_running_loop().time() - begun)
        assert sorted(delays)[2] < 5, f"half a second on a machine that does nothing else (bench console): {delays}"
        await producer.send(record(TOPIC, key, b'{"n":5}', id=f"{key}-5"))
    headers = {"Last-Event-ID": id}
    async with console.http.get(console.url(html.unescape(source[1])), headers=headers) as answer:
        _, said = await _event(answer, f"{key}-5")
    assert [row["id"] for row in said["rows"] if row["key"] == key] == [f"{key}-5"], "nothing twice, nothing left out"


async def test_numbers_are_told_to_whoever_looks(console: Console) -> None:
    async with console.http.get(console.url("/live/numbers")) as answer:
        _, said = await _event(answer, f"{TOPIC} messages")
    assert {f"{topic} rate" for topic in all_topics()} <= set(said)


async def test_streams_are_bounded(console: Console) -> None:
    open_ones = [await console.http.get(console.url("/live/numbers")) for _ in range(MOST + 1)]
    said = [answer.status for answer in open_ones]
    for answer in open_ones:
        answer.close()
    assert said[0] == 200 and said[-1] == 503 and set(said) == {200, 503}

    async def room_again() -> bool:
        async with console.http.get(console.url("/live/numbers")) as answer:
            return answer.status == 200

    await until("who went frees its place", room_again)


async def test_a_server_that_is_away_is_one_line(console: Console, desk: Desk) -> None:
    lost = Tools(replace(desk.tools.settings, elastic="http://127.0.0.1:1", redis="redis://127.0.0.1:1/0"))
    key = console.key
    async with serving.served(lost, key, port=0, write=False, environment={}) as port:
        other = Console(key, port, console.http)
        async with console.http.get(other.link()) as answer:
            assert answer.status == 200
        for domain in ("order", "edge", "logs"):
            logs = await other.page(f"/logs?query=lost&domain={domain}", 503)
            assert "Elasticsearch" in texts(logs) and 'value="lost"' in logs and f'value="{domain}"' in logs
        assert "How far readers are is not known: Redis" in texts(await other.page("/topics"))
        assert "Redis" in texts(await other.page("/views", 503))


async def _event(answer: aiohttp.ClientResponse, wanted: str) -> tuple[str, Any]:
    """(id, data) of the first event that tells of it."""
    id = ""
    async with asyncio.timeout(60):
        async for raw in answer.content:
            line = raw.decode().rstrip("\n")
            if line.startswith("id: "):
                id = line[4:]
            if line.startswith("data: ") and wanted in line:
                return id, json.loads(line[6:])
    raise AssertionError(f"the stream ended without {wanted}")
