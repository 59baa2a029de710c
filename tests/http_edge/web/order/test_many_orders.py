"""Who has many orders sees the newest of them."""

import uuid

from http_edge.web.order.orders import NEWEST
from tests.http_edge.conftest import World
from tests.http_edge.documents import stored
from topics import keys


async def test_a_list_of_orders_is_bounded_and_holds_the_newest(edge: World):
    me = str(uuid.uuid4())
    for number in range(NEWEST.default + 5):
        await edge.redis.set(keys.document("order", f"{me}-{number}"), stored(1, {"id": number, "user_id": me}))
        await edge.redis.zadd(keys.index("order", f"orders:{me}"), {f"{me}-{number}": number})
    for path in ("/orders", "/carts/orders"):
        said = await edge.client(me).call("GET", path)
        assert [each["id"] for each in said.json] == list(range(NEWEST.default + 4, 4, -1))
