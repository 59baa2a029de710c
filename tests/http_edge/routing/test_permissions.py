"""Role x route x own, other, missing: out of the rows."""

import json
import uuid

import pytest

from http_edge.routing.routes import PUBLIC, AnyRow, CommandRow, ListRow, OwnRow, ViewRow
from tests.http_edge.conftest import World
from tests.http_edge.domains import Command, refused
from tests.http_edge.requests import BODIES, PICTURE, PICTURES, ROUTES, path_of, prepared_path
from topics import keys
from topics.messages import headers

PROTECTED = [row for row in ROUTES if row.who is not PUBLIC]
ABOUT_ONESELF = [row for row in PROTECTED if not isinstance(row, OwnRow)]


def named(rows: list[AnyRow]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.name)


@named(PROTECTED)
async def test_a_protected_route_wants_a_token(edge: World, row: AnyRow):
    for authorization in (None, "Bearer nonsense", "Basic YTpi", "Bearer "):
        more = {} if authorization is None else {"Authorization": authorization}
        said = await edge.client().call(row.method, path_of(row), BODIES.get(row.name), **more)
        assert said.status == 401, "clients drop their tokens at 401"
        assert said.headers["WWW-Authenticate"] == "Bearer"
        assert said.problem["code"] in ("token_missing", "token_invalid")


@named(PROTECTED)
async def test_an_expired_or_revoked_token_is_401(edge: World, row: AnyRow):
    user = str(uuid.uuid4())
    said = await edge.client(user, seconds=-5).call(row.method, path_of(row), BODIES.get(row.name))
    assert (said.status, said.problem["code"]) == (401, "token_expired")
    jti = uuid.uuid4().hex
    await edge.redis.set(keys.denied_token(jti), "1")
    said = await edge.client(user, jti=jti).call(row.method, path_of(row), BODIES.get(row.name))
    assert (said.status, said.problem["code"]) == (401, "token_revoked")


@named(PROTECTED)
async def test_protected_routes_fail_closed_until_the_deny_list_is_complete(edge: World, row: AnyRow):
    await edge.redis.delete(keys.DENY_READY)
    said = await edge.client(str(uuid.uuid4())).call(row.method, path_of(row), BODIES.get(row.name))
    assert (said.status, said.headers["Retry-After"]) == (503, "2")


@named([row for row in ROUTES if row.who is PUBLIC])
async def test_public_routes_ignore_a_bad_token(edge: World, row: AnyRow):
    said = await edge.client().call(row.method, path_of(row), BODIES.get(row.name), Authorization="Bearer nonsense")
    assert said.status != 401


@named(ABOUT_ONESELF)
async def test_the_user_id_of_somebody_else_is_404(edge: World, row: AnyRow):
    me, other = str(uuid.uuid4()), str(uuid.uuid4())
    path, body = path_of(row), BODIES.get(row.name)
    said = await edge.client(me).call(row.method, f"{path}?user_id={other}", body)
    assert (said.status, said.problem["code"]) == (404, "not_found")
    if body is not None:
        said = await edge.client(me).call(row.method, path, body | {"user_id": other})
        assert said.status == 404
    assert edge.domains.taken == [], "what is refused is not sent"


@named([row for row in ABOUT_ONESELF if isinstance(row, CommandRow)])
async def test_a_command_carries_its_caller_and_ones_own_user_id_is_fine(edge: World, row: AnyRow):
    me = str(uuid.uuid4())
    body = BODIES.get(row.name)
    with_me = None if body is None else body | {"user_id": me}
    path = await prepared_path(edge.redis, row, me)
    picture = PICTURE if row.name in PICTURES else None
    said = await edge.client(me).call(row.method, f"{path}?user_id={me}", with_me, raw=picture)
    assert said.status == row.success, said.raw
    assert edge.domains.taken[-1].headers[headers.CALLER] == me


@named([row for row in ROUTES if isinstance(row, CommandRow) and row.parameters])
async def test_what_is_missing_or_of_others_is_404(edge: World, row: AnyRow):
    def no_such(command: Command):
        return refused(command, "not_found")

    edge.domains.behave(no_such)
    said = await edge.client(str(uuid.uuid4())).call(row.method, path_of(row), BODIES.get(row.name))
    assert (said.status, said.problem["code"]) == (404, "not_found")


@named([row for row in ROUTES if isinstance(row, ViewRow) and row.absent is None])
async def test_a_missing_document_is_404(edge: World, row: AnyRow):
    assert (await edge.client(str(uuid.uuid4())).call("GET", path_of(row))).status == 404


async def test_an_order_is_shown_to_whom_it_belongs(edge: World):
    me, other, order = str(uuid.uuid4()), str(uuid.uuid4()), str(uuid.uuid4())
    document = json.dumps({"id": order, "note": f'"user_id":"{other}"', "user_id": me})
    await edge.redis.set(keys.document("order", order), f"1\n{document}")
    said = await edge.client(me).call("GET", f"/orders/{order}")
    assert (said.status, said.json["id"]) == (200, order)
    assert (await edge.client(other).call("GET", f"/orders/{order}")).status == 404


@named([row for row in ROUTES if isinstance(row, OwnRow) and row.reads])
async def test_an_answer_of_the_edge_is_503_until_its_views_are_ready_and_so_is_the_edge(edge: World, row: AnyRow):
    assert isinstance(row, OwnRow)
    for view in row.reads:
        await edge.redis.delete(view.ready)
    said = await edge.client(str(uuid.uuid4())).call(row.method, path_of(row), BODIES.get(row.name))
    assert (said.status, said.problem["code"]) == (503, "view_not_ready")
    health = await edge.client().call("GET", "/health/ready")
    assert health.status == 503
    assert {view.ready for view in row.reads} <= {name for name, ready in health.json["views"].items() if not ready}


@named([row for row in ROUTES if isinstance(row, ViewRow | ListRow)])
async def test_reads_are_503_until_their_view_is_ready(edge: World, row: AnyRow):
    assert isinstance(row, ViewRow | ListRow)
    await edge.redis.delete(row.view.ready)
    said = await edge.client(str(uuid.uuid4())).call("GET", path_of(row))
    assert (said.status, said.headers["Retry-After"]) == (503, "2")
