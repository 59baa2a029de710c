"""The other side of the read bench: a plain aiohttp handler with one Redis GET a request, no checks at all.

`python -m infra.bench.reads.bare PORT REDIS_URL KEY`
"""

import sys
from typing import cast

from aiohttp import web
from redis.asyncio import Redis

from infra.bench.handler import serve


def application(redis_url: str, key: str) -> web.Application:
    redis = Redis.from_url(redis_url)

    async def get(request: web.Request) -> web.Response:
        value = cast("bytes", await redis.get(key))
        return web.Response(body=value.partition(b"\n")[2], content_type="application/json")

    made = web.Application()
    made.router.add_get("/carts/get", get)
    return made


if __name__ == "__main__":
    port, redis_url, key = sys.argv[1:]
    serve(application(redis_url, key), int(port))
