"""Documents in Elasticsearch: written many at once, found by their id, searched, and removed with their index."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

import msgspec
from elasticsearch import ConflictError, NotFoundError

from stores.elastic.connection import ANSWER, Connection
from stores.elastic.errors import SERVER
from stores.errors import Unavailable

BULK_BYTES = 4 * 1024 * 1024
BULK_DOCUMENTS = 2_000
"""Of one request, at most. The server takes 100 MB, and holds them in memory together with what it makes of them."""

_OWN_FAULTS = {
    "document_parsing_exception", "mapper_parsing_exception", "strict_dynamic_mapping_exception", "illegal_argument_exception",
}  # fmt: skip
"""Errors of a document itself. Others with status 400, e.g. that the cluster takes no more indices, are the server's."""

_encode = msgspec.json.encode


class Put(NamedTuple):
    """into: an index. body: JSON. A document whose id is in the index already stays as it is."""

    into: str
    id: str
    body: bytes


class Found(NamedTuple):
    """version: for `replace`."""

    body: Mapping[str, Any]
    version: tuple[int, int]


class Documents:
    """Every method raises Unavailable."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def close(self) -> None:
        await self._connection.close()

    async def put_template(self, name: str, body: Mapping[str, Any]) -> None:
        """A composable template: of which form an index is that is made by the first document in it."""
        async with self._connection.asked() as client:
            await client.indices.put_index_template(name=name, **body)

    async def put(self, documents: Sequence[Put]) -> dict[str, str]:
        """Id → why, of those that the server will never take. All others are in the server's log on disk when this returns."""
        refused: dict[str, str] = {}
        for some in _requests(documents):
            refused |= await self._put(some)
        return refused

    async def _put(self, documents: Sequence[Put]) -> Mapping[str, str]:
        lines: list[Any] = []
        for index, id, body in documents:
            lines += (_encode({"create": {"_index": index, "_id": id}}), body)
        async with self._connection.asked() as client:
            answer = await client.bulk(operations=lines, filter_path="errors,items.*.status,items.*.error")
        if not answer["errors"]:
            return {}
        return dict(_refused(documents, answer["items"]))

    async def read(self, index: str, id: str) -> Found | None:
        """As it was written last, whether searches find it yet or not."""
        async with self._connection.asked() as client:
            try:
                found = await client.get(index=index, id=id)
            except NotFoundError:
                return None
        return Found(found["_source"], (found["_seq_no"], found["_primary_term"]))

    async def create(self, index: str, id: str, body: Mapping[str, Any]) -> bool:
        """False: there is one."""
        async with self._connection.asked() as client:
            try:
                await client.create(index=index, id=id, document=body)
            except ConflictError:
                return False
        return True

    async def replace(self, index: str, id: str, body: Mapping[str, Any], version: tuple[int, int]) -> bool:
        """False: it is not the version that was read."""
        async with self._connection.asked() as client:
            try:
                await client.index(index=index, id=id, document=body, if_seq_no=version[0], if_primary_term=version[1])
            except ConflictError:
                return False
        return True

    async def search(
        self, indices: Sequence[str], body: Mapping[str, Any], seconds: float = ANSWER
    ) -> Mapping[str, Any]:
        """The server's answer. Indices that are not there have no documents. It may be of a part of the documents only: then
        `timed_out` is set, or `_shards` has some that failed."""
        async with self._connection.asked(seconds) as client:
            found = await client.search(
                index=",".join(indices),
                ignore_unavailable=True,
                allow_no_indices=True,
                timeout=f"{int(seconds * 700)}ms",
                **body,
            )
        return cast(Mapping[str, Any], found.body)

    async def refresh(self, pattern: str) -> None:
        """From here on searches find what was written."""
        async with self._connection.asked() as client:
            await client.indices.refresh(index=pattern, ignore_unavailable=True, allow_no_indices=True)

    async def indices(self, pattern: str) -> dict[str, str]:
        """Name → UUID, sorted by name. An index that is deleted and made again has another UUID."""
        async with self._connection.asked() as client:
            found = await client.indices.get_settings(index=pattern, name="index.uuid", expand_wildcards="all")
        return {name: said["settings"]["index"]["uuid"] for name, said in sorted(found.body.items())}

    async def roll_over(self, stream: str, conditions: Mapping[str, Any]) -> None:
        """Begins a new index of a data stream that is there, if one of the conditions is met."""
        async with self._connection.asked() as client:
            await client.indices.rollover(alias=stream, conditions=conditions)

    async def remove(self, indices: Sequence[str]) -> None:
        """By their names: servers refuse to delete by a pattern. One that is gone already is passed over."""
        for name in indices:
            async with self._connection.asked() as client:
                await client.indices.delete(index=name, ignore_unavailable=True)


def _requests(documents: Sequence[Put]) -> Iterator[list[Put]]:
    some, size = list[Put](), 0
    for each in documents:
        if some and (len(some) == BULK_DOCUMENTS or size + len(each.body) > BULK_BYTES):
            yield some
            some, size = [], 0
        some.append(each)
        size += len(each.body)
    if some:
        yield some


def _refused(documents: Sequence[Put], items: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Raises Unavailable where one of them was not taken for another reason than its own."""
    for document, item in zip(documents, items, strict=True):
        said = item["create"]
        status, error = said["status"], said.get("error", {})
        if status < 300 or status == 409:  # 409: it is there
            continue
        why = f"{error.get('type')}: {error.get('reason')}"[:500]
        if status != 400 or error.get("type") not in _OWN_FAULTS:
            raise Unavailable(SERVER, f"{status} {why}"[:200])
        yield document.id, why
