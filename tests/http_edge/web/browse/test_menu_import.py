"""POST /meals/restaurant/{id}/import: what the edge sends, and when it sends nothing."""

import asyncio
import csv
import json
import uuid
from io import StringIO
from typing import Any

from tests.http_edge.client import Said, next_page
from tests.http_edge.conftest import World
from tests.http_edge.documents import meal, stored
from tests.http_edge.domains import Command, done, refused
from topics import keys
from topics.contracts.menu_commands import MOST_ROWS, PAGE_BYTES, PAGE_ROWS
from topics.messages import headers


async def post(edge: World, raw: bytes, path: str = "/meals/restaurant/mahmut/import", user: str = "") -> Said:
    return await edge.client(user or str(uuid.uuid4())).call("POST", path, raw=raw, Content_Type="text/csv")


def sent(edge: World) -> list[tuple[str, str]]:
    """(type, key) of the commands."""
    return [(each.headers[headers.TYPE], each.key) for each in edge.domains.taken]


def table(rows: int) -> bytes:
    return ("ad;fiyat\r\n" + "".join(f"Yemek {number};{number},50\r\n" for number in range(rows))).encode()


async def test_a_file_is_sent_in_pages_and_then_started(edge: World):
    said = await post(edge, table(2 * PAGE_ROWS + 1))
    assert said.status == 201, said.raw
    pages = [("TakePage", f"mahmut:page:{place}") for place in range(3)]
    assert sent(edge) == [("OpenImport", "mahmut"), *pages, ("StartImport", "mahmut")]
    assert [len(each.body["rows"]) for each in edge.domains.taken[1:4]] == [PAGE_ROWS, PAGE_ROWS, 1]
    start = edge.domains.taken[-1].body
    assert (start["number"], start["rows"], start["pages"]) == (1, 2 * PAGE_ROWS + 1, 3)
    assert len({each.id for each in edge.domains.taken}) == 5


async def test_rows_that_cannot_be_read_go_along_as_refused(edge: World):
    said = await post(edge, b"name,price\nAdana,1\nUrfa,x\n\xc5\x9fi\xc5\x9f,2\n")
    assert said.status == 201, said.raw
    page = edge.domains.taken[1].body
    assert [row["said"]["name"] for row in page["rows"]] == ["Adana", "şiş"]
    assert [(fault["line"], fault["field"]) for fault in page["refused"]] == [(3, "price")]
    assert edge.domains.taken[-1].body["rows"] == 3


async def test_large_rows_make_more_pages(edge: World):
    text = "x" * 1_900
    raw = "name,price,description\n" + "".join(f"m{number},1,{text}\n" for number in range(PAGE_ROWS - 1))
    assert (await post(edge, raw.encode())).status == 201
    pages = [each for each in edge.domains.taken if each.headers[headers.TYPE] == "TakePage"]
    assert [each.key for each in pages] == ["mahmut:page:0", "mahmut:page:1"]
    assert sum(len(each.body["rows"]) for each in pages) == PAGE_ROWS - 1
    assert all(len(json.dumps(each.body)) < PAGE_BYTES + 16_384 for each in pages)


async def test_a_file_that_cannot_be_read_sends_nothing(edge: World):
    for raw in (b"", b"name\na\n", b"name,price\n", table(MOST_ROWS + 1), b"[{]"):
        said = await post(edge, raw)
        assert said.status in (400, 422) and said.problem["code"] == "invalid_input"
    said = await post(edge, b"x" * (4 * 2**20 + 1))
    assert (said.status, said.problem["code"]) == (413, "body_too_large")
    assert edge.domains.taken == []


async def test_a_refusal_of_the_first_command_is_the_answer(edge: World):
    for code, status in (("not_found", 404), ("import_running", 409)):
        edge.domains.behave(lambda command, code=code: refused(command, code))
        said = await post(edge, table(200))
        assert (said.status, said.problem["code"]) == (status, code)
        assert len(edge.domains.taken) == 1


async def test_a_page_that_is_not_taken_starts_nothing(edge: World):
    def no_pages(command: Command) -> Any:
        return refused(command, "import_replaced") if command.headers[headers.TYPE] == "TakePage" else done(command)

    edge.domains.behave(no_pages)
    said = await post(edge, table(200))
    assert (said.status, said.problem["code"]) == (409, "import_replaced")
    assert sent(edge) == [("OpenImport", "mahmut"), ("TakePage", "mahmut:page:0")]


async def test_a_row_with_the_id_of_another_menu_is_refused(edge: World):
    for meal_id, restaurant in (("m-1", "mahmut"), ("m-2", "tokyo")):
        document = json.dumps({"id": meal_id, "restaurant_id": restaurant})
        await edge.redis.set(keys.document("meal", meal_id), f"1\n{document}")
    said = await post(edge, b"id,name,price\nm-1,a,1\nm-2,b,1\nm-3,c,1\n,d,1\n")
    assert said.status == 201, said.raw
    page = edge.domains.taken[1].body
    assert [row["meal_id"] for row in page["rows"] if row["known"]] == ["m-1"]
    assert [(fault["line"], fault["field"]) for fault in page["refused"]] == [(3, "id"), (4, "id")]
    assert len(page["rows"]) == 2


async def test_a_user_sends_one_file_at_a_time(edge: World):
    user, begun = str(uuid.uuid4()), asyncio.Event()

    async def slowly():
        yield b"name,price\n"
        begun.set()
        await release.wait()
        yield b"a,1\n"

    release = asyncio.Event()
    path = "/meals/restaurant/mahmut/import"
    first = asyncio.ensure_future(edge.client(user).call("POST", path, raw=slowly(), Content_Type="text/csv"))
    await begun.wait()
    said = None
    for _ in range(100):  # the edge may not have seen the head of the first request yet
        said = await post(edge, b"nothing", user=user)
        if said.status == 429:
            break
    assert said is not None and (said.status, said.problem["code"]) == (429, "too_many_uploads")
    assert (await post(edge, table(1))).status == 201, "others can"
    release.set()
    assert (await first).status == 201
    assert (await post(edge, table(1), user=user)).status == 201


async def test_a_repeat_with_the_same_key_hears_the_first_answer(edge: World):
    client, path = edge.client(str(uuid.uuid4())), "/meals/restaurant/mahmut/import"
    more = {"Content_Type": "text/csv", "Idempotency_Key": uuid.uuid4().hex}
    first = await client.call("POST", path, raw=table(3), **more)
    taken = len(edge.domains.taken)
    again = await client.call("POST", path, raw=table(3), **more)
    assert (first.status, again.status, again.raw) == (201, 201, first.raw)
    assert len(edge.domains.taken) == taken
    other = await client.call("POST", path, raw=table(4), **more)
    assert (other.status, other.problem["code"]) == (422, "idempotency_key_reused")


async def test_the_report_is_its_owners(edge: World):
    me, other = str(uuid.uuid4()), str(uuid.uuid4())
    document = json.dumps({"restaurant_id": "mahmut", "owner_id": me, "status": "running"})
    await edge.redis.set(keys.document("menu_import", "mahmut"), f"1\n{document}")
    path = "/meals/restaurant/mahmut/import"
    assert (await edge.client(me).call("GET", path)).json["status"] == "running"
    assert (await edge.client(other).call("GET", path)).status == 404


async def test_an_export_is_a_table_that_leads_to_its_next_page(edge: World):
    for number in range(3):
        document = meal(f"m-{number}", restaurant_id="mahmut", name=f"=Yemek {number}", price=9050)
        await edge.redis.set(keys.document("meal", f"m-{number}"), stored(1, document))
        await edge.redis.zadd(keys.index("meal", keys.menu("mahmut")), {f"m-{number}": number})
    path = "/meals/restaurant/mahmut/export?format=csv&separator=semicolon&limit=2"
    first = await edge.client().call("GET", path)
    assert (first.status, first.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert first.headers["Content-Disposition"] == 'attachment; filename="menu.csv"'
    last = await edge.client().call("GET", next_page(first))
    lines = [said.raw.decode("utf-8-sig").splitlines() for said in (first, last)]
    assert [len(each) for each in lines] == [3, 2], "each page has the names of the columns"
    assert lines[0][1].startswith("m-0;'=Yemek 0;90,50;") and lines[0][0] == lines[1][0]
    assert next_page(last) == ""


async def test_a_photo_is_exported_with_the_address_of_the_edge(edge: World):
    document = meal("m-1", restaurant_id="mahmut", image_url="/photos/p-1", price=9050)
    await edge.redis.set(keys.document("meal", "m-1"), stored(1, document))
    await edge.redis.zadd(keys.index("meal", keys.menu("mahmut")), {"m-1": 1})
    url = f"{edge.edge.origin}/photos/p-1"
    (exported,) = (await edge.client().call("GET", "/meals/restaurant/mahmut/export")).json
    assert (exported["image_url"], exported["price"]) == (url, 90.5)
    table = await edge.client().call("GET", "/meals/restaurant/mahmut/export?format=csv")
    (row,) = csv.DictReader(StringIO(table.raw.decode("utf-8-sig"), newline=""))
    assert (row["image_url"], row["price"]) == (url, "90.50")
    assert (await post(edge, table.raw)).status == 201
    assert edge.domains.taken[1].body["rows"][0]["said"]["image_url"] == url
