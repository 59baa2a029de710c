"""The other side of the command bench: an aiohttp handler that writes the basket's row straight into PostgreSQL.

`python -m infra.bench.commands.direct PORT POSTGRES_URL SCHEMA`: one transaction a request, no token, no log, no
events, no view.
"""

import sys
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import asyncpg
import msgspec
from aiohttp import web
from asyncpg.pool import PoolConnectionProxy

from agents.basket.contents import Contents
from agents.basket.decider import DECIDER as BASKETS
from infra.bench.handler import serve
from topics.contracts.basket_commands import AddItem
from topics.contracts.basket_events import Line
from topics.messages.ids import fresh

FIND = "select version, state::text from aggregate where id = $1 for update"
WRITE = """
insert into aggregate (id, version, state) values ($1, $2, $3::text::json)
on conflict (id) do update set version = excluded.version, state = excluded.state
"""

_command = msgspec.json.Decoder(AddItem)
_contents = BASKETS.form


def _line(command: AddItem) -> Line:
    """As large as the basket's own; the name and the price would come from a second table."""
    return Line(
        id=fresh(), restaurant_id=fresh(), meal_id=command.meal_id, quantity=command.quantity, note=command.note,
        created_at=datetime.now(UTC), name="Lahmacun", price=9_550,
    )  # fmt: skip


async def write(connection: PoolConnectionProxy, user: str, command: AddItem) -> Line:
    async with connection.transaction():
        row = await connection.fetchrow(FIND, user)
        version, contents = (0, Contents()) if row is None else (row["version"], _contents.decode(row["state"]))
        line = _line(command)
        changed = Contents(lines={**contents.lines, command.meal_id: line})
        await connection.execute(WRITE, user, version + 1, _contents.encode(changed))
    return line


def application(url: str, schema: str) -> web.Application:
    pools = list[asyncpg.Pool]()

    async def pool(_: web.Application) -> AsyncGenerator[None]:
        async with asyncpg.create_pool(url, min_size=4, max_size=4, server_settings={"search_path": schema}) as made:
            pools.append(made)
            yield

    async def add(request: web.Request) -> web.Response:
        command = _command.decode(await request.read())
        async with pools[0].acquire() as connection:
            line = await write(connection, request.query["user"], command)
        return web.Response(body=msgspec.json.encode(line), content_type="application/json")

    made = web.Application()
    made.cleanup_ctx.append(pool)
    made.router.add_post("/carts/add", add)
    return made


if __name__ == "__main__":
    port, url, schema = sys.argv[1:]
    serve(application(url, schema), int(port))
