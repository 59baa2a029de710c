"""DELETE /users/me, and the way to an address' next account."""

import asyncio
import uuid

import pytest

from http_edge.web.account.accounts import PLACES_AT_ONCE
from tests.http_edge.conftest import World
from tests.http_edge.domains import done, refused
from tests.http_edge.web.account.test_accounts import BY_ADDRESS, CREDENTIALS, EMAIL, EVERY_ADDRESS
from topics import keys
from topics.messages.reply import Wrote
from topics.values.tokens import sha256_hex


async def _leads_to(edge: World, path: str = "/auth/register") -> str:
    """The account that the address leads to."""
    await edge.client().call("POST", path, BY_ADDRESS[path])
    return edge.domains.taken[-1].key


async def _erase(edge: World, account: str) -> None:
    await edge.redis.set(keys.document("login", account), "7\n")


async def test_it_is_a_command_to_the_callers_account(edge: World):
    me, jti = str(uuid.uuid4()), uuid.uuid4().hex
    said = await edge.client(me, jti=jti).call("DELETE", "/users/me")
    assert (said.status, said.raw, "Content-Type" in said.headers) == (204, b"", False)
    (command,) = edge.domains.taken
    assert (command.topic, command.key) == ("auth_commands", me)
    assert (command.body["sid"], command.body["jti"]) == (jti, jti)
    assert command.headers["ce_type"] == "EraseAccount"


async def test_without_a_token_it_is_401(edge: World):
    said = await edge.client().call("DELETE", "/users/me")
    assert (said.status, said.problem["code"]) == (401, "token_missing")
    assert edge.domains.taken == []


async def test_it_answers_when_the_deny_list_has_it(edge: World):
    me = str(uuid.uuid4())
    edge.domains.behave(lambda command: done(command, wrote=(Wrote("auth", me, 3),)))
    late = await edge.client(me).call("DELETE", "/users/me")
    assert (late.status, late.json["status"]) == (202, "pending")
    asking = asyncio.create_task(edge.client(me).call("DELETE", "/users/me"))
    await edge.redis.set(keys.document("deny", me), "3\n")
    assert (await asking).status == 204


async def test_an_idempotency_key_erases_once(edge: World):
    client = edge.client(str(uuid.uuid4()))
    for _ in range(2):
        assert (await client.call("DELETE", "/users/me", Idempotency_Key="once")).status == 204
    assert len(edge.domains.taken) == 1


async def test_openapi_says_that_nothing_comes_back(edge: World):
    openapi = (await edge.client().call("GET", "/openapi.json")).json
    responses = openapi["paths"]["/users/me"]["delete"]["responses"]
    assert responses["204"] == {"description": "Done"} and "202" in responses


@EVERY_ADDRESS
async def test_an_address_whose_account_was_erased_leads_to_another(edge: World, path: str):
    first = await _leads_to(edge, path)
    await _erase(edge, first)
    second = await _leads_to(edge, path)
    assert uuid.UUID(second).version == 4 and second != first
    await edge.redis.set(keys.document("login", second), '2\n{"verified":true}')
    assert await _leads_to(edge, path) == second, "registered by now"
    await _erase(edge, second)
    assert await _leads_to(edge, path) not in (first, second)


async def test_an_erased_account_that_the_look_up_still_names_is_not_meant(edge: World):
    """When views are built again, an erased account and its successor write the look-up in any order."""
    first = await _leads_to(edge)
    await _erase(edge, first)
    second = await _leads_to(edge)
    await edge.redis.set(keys.document("login", second), '2\n{"verified":true}')
    for named in (first, second):
        await edge.redis.set(keys.login(sha256_hex(EMAIL)), named)
        assert await _leads_to(edge) == second
    await edge.redis.delete(keys.login(sha256_hex(EMAIL)))
    assert await _leads_to(edge) == second


@pytest.mark.parametrize("lives", [PLACES_AT_ONCE - 1, PLACES_AT_ONCE, PLACES_AT_ONCE + 1, 40])
async def test_it_may_be_erased_as_often_as_one_likes(edge: World, lives: int):
    erased: list[str] = []
    for _ in range(lives):
        edge.domains.behave()
        erased.append(await _leads_to(edge, "/auth/login"))
        await _erase(edge, erased[-1])
    assert len(set(erased)) == lives
    assert await _leads_to(edge, "/auth/login") not in erased


async def test_a_registration_that_meets_an_erasure_is_not_done_and_tried_again_under_the_next_id(edge: World):
    first = await _leads_to(edge)
    edge.domains.behave(lambda command: refused(command, "erased") if command.key == first else done(command))
    again = {"Idempotency_Key": "one"}
    said = await edge.client().call("POST", "/auth/register", CREDENTIALS, **again)
    assert (said.status, said.problem["code"], "Retry-After" in said.headers) == (503, "not_taken", True)
    await _erase(edge, first)
    assert (await edge.client().call("POST", "/auth/register", CREDENTIALS, **again)).status == 201
    early, late = edge.domains.taken
    assert early.key == first and late.key != first and early.id != late.id


async def test_a_token_that_was_denied_erases_nothing(edge: World):
    jti = uuid.uuid4().hex
    await edge.redis.set(keys.denied_token(jti), "1", ex=60)
    said = await edge.client(str(uuid.uuid4()), jti=jti).call("DELETE", "/users/me")
    assert (said.status, said.problem["code"]) == (401, "token_revoked")
    assert edge.domains.taken == []
