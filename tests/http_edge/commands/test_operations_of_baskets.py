"""What a user has done to an anonymous basket, where its answer came late."""

import uuid

from tests.http_edge.conftest import World
from tests.http_edge.domains import Command, done
from tests.http_edge.requests import BODIES


def silent(command: Command) -> None:
    return None


async def test_who_was_told_202_sees_the_outcome_and_nobody_else_does(edge: World):
    me, other = str(uuid.uuid4()), str(uuid.uuid4())
    edge.domains.behave(silent)
    body = BODIES["POST /carts/anonymous/add"] | {"cart_id": str(uuid.uuid4())}
    said = await edge.client(me).call("POST", "/carts/anonymous/add", body)
    assert said.status == 202
    place = said.headers["Location"]
    assert (await edge.client(me).call("GET", place)).json["status"] == "pending"
    (command,) = edge.domains.taken
    await edge.domains.send(done(command, {"ok": 1}), edge.edge.id)
    found = await edge.client(me).call("GET", place)
    assert (found.status, found.json["status"]) == (200, "done")
    assert (await edge.client(other).call("GET", place)).status == 404
