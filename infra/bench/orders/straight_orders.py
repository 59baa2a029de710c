"""The other side of the order bench: one process that does an order's steps straight in PostgreSQL.

`python -m infra.bench.orders.straight_orders PORT SCHEMA MEAL`: a checkout is priced, written, authorized at the same provider,
and its ticket is published with a confirm to the same RabbitMQ, before it is answered. No token, no log, no events, no view,
and no timer that would end it.
"""

import sys
from collections.abc import AsyncGenerator
from typing import NamedTuple

import asyncpg
import msgspec
from aiohttp import web

from infra.bench.handler import serve
from stores.keyring import agent_keys
from stores.payment.http import HttpProvider
from stores.rabbit import Exchange, Message, Queue, Topology
from stores.rabbit.rabbit import Rabbit
from stores.settings import load
from topics.contracts.basket_commands import CheckoutWish
from topics.messages.ids import fresh

QUEUE = "bench.straight"
TABLES = """
create schema if not exists {schema};
create table {schema}.meal (id text primary key, name text not null, price bigint not null);
create table {schema}.ordered (id text primary key, user_id text not null, status text not null, body text not null);
create table {schema}.payment (order_id text primary key, amount bigint not null, status text not null);
create table {schema}.ticket (order_id text primary key, body text not null, sent boolean not null default false);
"""

_wish = msgspec.json.Decoder(CheckoutWish)


class Priced(msgspec.Struct):
    id: str
    user_id: str
    items: list[dict[str, object]]
    total: int
    status: str = "placed"


class Clients(NamedTuple):
    pool: asyncpg.Pool
    provider: HttpProvider
    rabbit: Rabbit


async def order(clients: Clients, user: str, wish: CheckoutWish) -> Priced:
    """Three transactions: placed; authorized, with its ticket; the ticket is sent."""
    async with clients.pool.acquire() as connection, connection.transaction():
        priced = await _price(connection, user, wish)
        body = msgspec.json.encode(priced).decode()
        await connection.execute("insert into ordered values ($1, $2, 'placed', $3)", priced.id, user, body)
        await connection.execute("insert into payment values ($1, $2, 'requested')", priced.id, priced.total)
    report = await clients.provider.authorize(priced.id, priced.total, wish.card, user, priced.id)
    async with clients.pool.acquire() as connection, connection.transaction():
        await connection.execute("update payment set status = $2 where order_id = $1", priced.id, report.status)
        await connection.execute("update ordered set status = 'waiting' where id = $1", priced.id)
        await connection.execute("insert into ticket values ($1, $2)", priced.id, body)
    await clients.rabbit.publish(QUEUE, QUEUE, Message(id=priced.id, type="ticket", body=body.encode()))
    await clients.pool.execute("update ticket set sent = true where order_id = $1", priced.id)
    return priced


async def _price(connection: asyncpg.pool.PoolConnectionProxy, user: str, wish: CheckoutWish) -> Priced:
    wanted = {item.meal_id: item.quantity for item in wish.items or ()}
    rows = await connection.fetch("select id, name, price from meal where id = any($1)", [*wanted])
    items: list[dict[str, object]] = [
        {"meal_id": row["id"], "name": row["name"], "quantity": wanted[row["id"]], "price": row["price"]}
        for row in rows
    ]
    return Priced(fresh(), user, items, sum(row["price"] * wanted[row["id"]] for row in rows))


def application(schema: str, meal: str) -> web.Application:
    settings, held = load(), list[Clients]()
    topology = Topology((Exchange(QUEUE, "direct"),), (Queue(QUEUE, ((QUEUE, QUEUE),)),))

    async def clients(_: web.Application) -> AsyncGenerator[None]:
        connection = await asyncpg.connect(settings.postgres)
        await connection.execute(TABLES.format(schema=schema))
        await connection.execute(f"insert into {schema}.meal values ($1, 'Lahmacun', 9550)", meal)  # noqa: S608
        await connection.close()
        options = {"search_path": schema}
        async with asyncpg.create_pool(settings.postgres, min_size=8, max_size=8, server_settings=options) as pool:
            provider = HttpProvider(settings.provider, agent_keys(settings.keys).provider)
            held.append(Clients(pool, provider, Rabbit(settings.rabbit, "bench", topology)))
            yield

    async def checkout(request: web.Request) -> web.Response:
        made = await order(held[0], request.query["user"], _wish.decode(await request.read()))
        return web.Response(body=msgspec.json.encode(made), content_type="application/json")

    made = web.Application()
    made.cleanup_ctx.append(clients)
    made.router.add_post("/carts/checkout", checkout)
    return made


if __name__ == "__main__":
    port, schema, meal = sys.argv[1:]
    serve(application(schema, meal), int(port))
