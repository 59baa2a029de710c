"""The adapter on a real server: what is acknowledged is there, what is refused is named, and what is away is Unavailable."""

import asyncio

import msgspec
import pytest

from stores.elastic import connection as module
from stores.elastic.connection import AWAY_SECONDS, WAITING, Connection, connect
from stores.elastic.documents import BULK_BYTES, BULK_DOCUMENTS, Documents, Put, _refused, _requests
from stores.errors import Unavailable
from tests.deadline import within
from tests.stores.elastic.conftest import FORM

NOBODY = "http://127.0.0.1:9"


def put(index: str, id: str, **body: object) -> Put:
    return Put(index, id, msgspec.json.encode(body))


async def amounts(documents: Documents, index: str) -> dict[str, int]:
    await documents.refresh(index)
    found = await documents.search([index], {"query": {"match_all": {}}, "size": 1000})
    return {hit["_id"]: hit["_source"]["amount"] for hit in found["hits"]["hits"]}


async def strict(documents: Documents, name: str) -> str:
    """An index of a form that takes an amount and a word."""
    form = {"index_patterns": [f"{name}*"], "template": {"mappings": {"dynamic": "strict", **FORM}}}
    await documents.put_template(name, form)
    return f"{name}-1"


async def test_a_document_that_is_there_stays_as_it_is(documents: Documents, name: str):
    index = await strict(documents, name)
    assert await documents.put([put(index, "a", amount=1), put(index, "b", amount=2)]) == {}
    assert await documents.put([put(index, "a", amount=9), put(index, "c", amount=3)]) == {}
    assert await amounts(documents, index) == {"a": 1, "b": 2, "c": 3}


async def test_what_is_never_taken_is_named_and_the_others_are_there(documents: Documents, name: str):
    index = await strict(documents, name)
    refused = await documents.put(
        [put(index, "a", amount=1), put(index, "b", amount="many"), put(index, "c", other=1), put(index, "d", amount=4)]
    )
    assert set(refused) == {"b", "c"}
    assert "document_parsing_exception" in refused["b"] and "strict_dynamic_mapping_exception" in refused["c"]
    assert await amounts(documents, index) == {"a": 1, "d": 4}


async def test_more_than_one_request_takes_is_several(documents: Documents, name: str):
    index = await strict(documents, name)
    many = [put(index, str(n), amount=n, word="x" * 10) for n in range(BULK_DOCUMENTS + 10)]
    assert [len(some) for some in _requests(many)] == [BULK_DOCUMENTS, 10]
    large = [put(index, str(n), word="x" * (BULK_BYTES // 2)) for n in range(3)]
    assert [len(some) for some in _requests(large)] == [1, 1, 1]
    assert await documents.put(many) == {}
    assert len(await amounts(documents, index)) == 1000, "a search brings no more"


@pytest.mark.parametrize(
    ("status", "type"),
    [
        (429, "es_rejected_execution_exception"),
        (503, "unavailable_shards_exception"),
        (403, "cluster_block_exception"),
        (400, "validation_exception"),  # the cluster takes no more shards
        (404, "index_not_found_exception"),
    ],
)
def test_what_is_the_servers_fault_is_no_fault_of_a_document(status: int, type: str):
    items = [{"create": {"status": status, "error": {"type": type, "reason": "no room"}}}]
    with pytest.raises(Unavailable):
        dict(_refused([put("i", "a", amount=1)], items))


async def test_a_document_is_replaced_only_as_it_was_read(documents: Documents, name: str):
    index = await strict(documents, name)
    assert await documents.read(index, "a") is None
    assert await documents.create(index, "a", {"amount": 1})
    assert not await documents.create(index, "a", {"amount": 2})
    found = await documents.read(index, "a")
    assert found is not None and found.body == {"amount": 1}
    outcomes = await asyncio.gather(
        *(documents.replace(index, "a", {"amount": n}, found.version) for n in range(10, 15))
    )
    assert outcomes.count(True) == 1


async def test_a_search_of_what_is_not_there_finds_nothing(documents: Documents, name: str):
    found = await documents.search([f"{name}-nowhere"], {"query": {"match_all": {}}})
    assert found["hits"]["hits"] == []


async def test_indices_are_removed_by_name_and_again(documents: Documents, name: str):
    await strict(documents, name)
    await documents.put([put(f"{name}-{n}", "a", amount=n) for n in range(3)])
    assert [*await documents.indices(f"{name}-*")] == [f"{name}-0", f"{name}-1", f"{name}-2"]
    for _ in range(2):
        await documents.remove([f"{name}-0", f"{name}-2"])
    assert [*await documents.indices(f"{name}-*")] == [f"{name}-1"]


async def test_where_nobody_answers_it_is_unavailable_and_not_asked_again_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "AWAY_SECONDS", 3600.0)
    connection = Connection(NOBODY)
    nobody = Documents(connection)
    with pytest.raises(Unavailable, match="Elasticsearch"):
        await nobody.read("i", "a")
    with pytest.raises(Unavailable, match="a moment ago"):
        await nobody.read("i", "a")
    assert AWAY_SECONDS < 1
    await nobody.close()


async def test_a_server_that_takes_the_connection_and_says_nothing_is_left_in_time():
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    documents = Documents(Connection(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
    with pytest.raises(Unavailable):
        await within("an end of the search", documents.search(["i"], {}, seconds=0.2))
    await documents.close()
    server.close()


async def test_so_many_wait_and_no_more():
    connection = Connection(NOBODY)
    held = asyncio.Event()

    async def hold() -> None:
        async with connection.asked():
            await held.wait()

    holding = [asyncio.create_task(hold()) for _ in range(WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="too many"):
        async with connection.asked():
            pass
    held.set()
    await asyncio.gather(*holding)
    await connection.close()


async def test_the_url_may_have_a_path_and_credentials():
    client = connect("https://elastic:s%2Fecret@search.example/es")
    (node,) = client.transport.node_pool.all()
    assert (node.host, node.port, node.path_prefix) == ("search.example", 443, "/es")
    assert "s/ecret" not in repr(client)
    await client.close()
