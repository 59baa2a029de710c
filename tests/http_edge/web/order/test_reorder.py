"""An order is put into the basket again: the edge reads it, and the basket decides."""

import uuid

from http_edge.web import ROUTES
from tests.http_edge.conftest import World
from tests.http_edge.requests import prepared_path

REORDER = next(row for row in ROUTES if row.name == "POST /orders/{id}/reorder")


async def test_what_was_ordered_goes_to_the_callers_basket(edge: World):
    me = str(uuid.uuid4())
    path = await prepared_path(edge.redis, REORDER, me)
    assert (await edge.client(me).call("POST", path)).status == 200
    command = edge.domains.taken[-1]
    assert (command.topic, command.key) == ("basket_commands", me)
    assert [(item["quantity"], item["name"], item["note"]) for item in command.body["items"]] == [
        (2, "Adana Kebap", "az acılı")
    ]


async def test_the_order_of_somebody_else_is_not_there(edge: World):
    path = await prepared_path(edge.redis, REORDER, str(uuid.uuid4()))
    assert (await edge.client(str(uuid.uuid4())).call("POST", path)).status == 404
    assert edge.domains.taken == []
