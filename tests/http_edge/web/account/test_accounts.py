"""Which account a request is for, passwords on their way in, and the list of sessions."""

import asyncio
import base64
import json
import time
import unicodedata
import uuid
from datetime import UTC, datetime

import nacl.public
import pytest

from tests.http_edge.conftest import World
from tests.http_edge.domains import Command, done, refused, sealed
from topics import keys
from topics.messages.ids import derive
from topics.messages.reply import Wrote
from topics.values.tokens import mail_token, sha256_hex

EMAIL, PASSWORD = "ayse@example.com", "correct horse"
CREDENTIALS = {"email": EMAIL, "password": PASSWORD}
BY_ADDRESS = {
    "/auth/register": CREDENTIALS,
    "/auth/login": CREDENTIALS,
    "/auth/resend-verification": {"email": EMAIL},
    "/auth/forgot-password": {"email": EMAIL},
}
EVERY_ADDRESS = pytest.mark.parametrize("path", BY_ADDRESS)


def opened(world: World, command: Command) -> str:
    box = base64.b64decode(command.body["password_box"])
    return nacl.public.SealedBox(world.keys.auth_box).decrypt(box).decode()


@EVERY_ADDRESS
async def test_a_known_address_leads_to_its_account(edge: World, path: str):
    account = str(uuid.uuid4())
    await edge.redis.set(keys.login(sha256_hex(EMAIL)), account)
    await edge.client().call("POST", path, BY_ADDRESS[path] | {"email": " Ayse@EXAMPLE.com "})
    assert [command.key for command in edge.domains.taken] == [account]


async def test_an_unknown_address_leads_to_one_account_by_every_route(edge: World):
    for path, body in BY_ADDRESS.items():
        await edge.client().call("POST", path, body)
    (account,) = {command.key for command in edge.domains.taken}
    assert len(edge.domains.taken) == len(BY_ADDRESS)
    assert uuid.UUID(account).version == 4
    assert account not in (derive(EMAIL, "nobody"), derive(EMAIL, "user")), "nobody else can compute it"
    await edge.client().call("POST", "/auth/register", CREDENTIALS | {"email": "other@example.com"})
    assert edge.domains.taken[-1].key != account


async def test_wrong_passwords_are_counted_by_account_until_the_right_one(edge: World):
    """Other systems read the count."""
    account = str(uuid.uuid4())
    await edge.redis.set(keys.login(sha256_hex(EMAIL)), account)
    edge.domains.behave(lambda command: refused(command, "invalid_credentials"))
    for expected in (b"1", b"2"):
        assert (await edge.client().call("POST", "/auth/login", CREDENTIALS)).status == 400
        assert await edge.redis.get(f"login_fail:{account}") == expected
    assert 0 < await edge.redis.ttl(f"login_fail:{account}") <= 15 * 60
    edge.domains.behave(lambda command: refused(command, "email_not_verified"))
    await edge.client().call("POST", "/auth/login", CREDENTIALS)
    assert await edge.redis.get(f"login_fail:{account}") == b"2", "the password was right, and nobody has logged in"
    edge.domains.behave(lambda command: sealed(command, {"access_token": "a", "refresh_token": "r", "token": "a"}))
    assert (await edge.client().call("POST", "/auth/login", CREDENTIALS)).status == 200
    assert await edge.redis.get(f"login_fail:{account}") is None


@EVERY_ADDRESS
async def test_known_and_unknown_addresses_are_told_apart_at_no_time(edge: World, path: str):
    """Not by the answer, and not while the look-up is being built either."""
    unknown = await edge.client().call("POST", path, BY_ADDRESS[path])
    await edge.redis.set(keys.login(sha256_hex(EMAIL)), str(uuid.uuid4()))
    known = await edge.client().call("POST", path, BY_ADDRESS[path])
    assert (known.status, known.raw) == (unknown.status, unknown.raw)
    await edge.redis.delete("views:ready:login")
    said = await edge.client().call("POST", path, BY_ADDRESS[path])
    assert (said.status, said.problem["code"], said.headers["Retry-After"]) == (503, "view_not_ready", "2")


ALIKE = {"/auth/forgot-password": 0.1, "/auth/resend-verification": 0.1, "/auth/register": 0.15}


@pytest.mark.parametrize(("path", "seconds"), ALIKE.items())
async def test_an_answer_about_an_address_comes_no_sooner_than_any_other(edge: World, path: str, seconds: float):
    began = time.monotonic()
    await edge.client().call("POST", path, BY_ADDRESS[path])
    assert time.monotonic() - began >= seconds


TOKEN = mail_token(b"k" * 32, "reset", str(uuid.uuid4()), str(uuid.uuid4()))
NEW_PASSWORDS = {"/auth/register": {"email": EMAIL}, "/auth/reset-password": {"token": TOKEN}}


@pytest.mark.parametrize("path", NEW_PASSWORDS)
@pytest.mark.parametrize("password", ["şifre-ğüé1", "ğ" * 100, "ΰ" * 128, "\U0001f355" * 128])
async def test_a_password_leaves_in_its_normal_form(edge: World, path: str, password: str):
    for form in ("NFC", "NFD"):
        said = NEW_PASSWORDS[path] | {"password": unicodedata.normalize(form, password)}
        assert (await edge.client().call("POST", path, said)).status in (200, 201)
        assert opened(edge, edge.domains.taken[-1]) == password


@pytest.mark.parametrize("path", NEW_PASSWORDS)
@pytest.mark.parametrize("password", ["g\u0306" * 7, "g\u0306" * 129, "x" * 129, "x" * 7, "x" * 513])
async def test_a_password_of_a_wrong_length_is_422(edge: World, path: str, password: str):
    said = await edge.client().call("POST", path, NEW_PASSWORDS[path] | {"password": password})
    assert (said.status, said.fields) == (422, ["password"])
    assert edge.domains.taken == []


@pytest.mark.parametrize("password", ["x", "ğ" * 128, "\U0001f355" * 128])
async def test_a_short_password_is_wrong_at_a_login_and_not_malformed(edge: World, password: str):
    edge.domains.behave(lambda command: refused(command, "invalid_credentials"))
    for form in ("NFC", "NFD"):
        body = {"email": EMAIL, "password": unicodedata.normalize(form, password)}
        said = await edge.client().call("POST", "/auth/login", body)
        assert (said.status, said.problem["code"]) == (400, "invalid_credentials")
        assert opened(edge, edge.domains.taken[-1]) == password


MAILED = pytest.mark.parametrize("path", ["/auth/register", "/auth/resend-verification", "/auth/forgot-password"])


@MAILED
async def test_a_command_that_leads_to_a_mail_says_in_which_language(edge: World, path: str):
    said = ["tr-TR,tr;q=0.9,en;q=0.8", "en-GB", "de", "*", "q" * 7000, "de," * 20 + "en", None]
    for header in said:
        headers = {} if header is None else {"Accept-Language": header}
        assert (await edge.client().call("POST", path, BY_ADDRESS[path], **headers)).status in (200, 201)
    assert [command.body["language"] for command in edge.domains.taken] == ["tr", "en", None, None, None, None, None]


@MAILED
async def test_the_language_of_the_preferences_goes_before_that_of_the_request(edge: World, path: str):
    account = str(uuid.uuid4())
    await edge.redis.set(keys.login(sha256_hex(EMAIL)), account)
    of_newer_code = '6\n{"language":"de","digest":"weekly"}'
    for document in ('3\n{"language":"en"}', '4\n{"language":"tr","email":false}', "5\n", of_newer_code):
        await edge.redis.set(keys.document("preferences", account), document)
        for header in ("tr", "en"):
            await edge.client().call("POST", path, BY_ADDRESS[path], **{"Accept-Language": header})
    assert [command.body["language"] for command in edge.domains.taken] == [
        "en",
        "en",
        "tr",
        "tr",
        "tr",
        "en",
        "tr",
        "en",
    ]


@MAILED
async def test_a_field_language_of_the_body_says_nothing(edge: World, path: str):
    said = await edge.client().call("POST", path, BY_ADDRESS[path] | {"language": "en"})
    assert said.status in (200, 201)
    assert [command.body["language"] for command in edge.domains.taken] == [None]


async def test_openapi_names_the_header_of_requests_that_lead_to_a_mail(edge: World):
    paths = (await edge.client().call("GET", "/openapi.json")).json["paths"]
    named = {
        path
        for path, methods in paths.items()
        if any(each["name"] == "Accept-Language" for each in methods.get("post", {}).get("parameters", ()))
    }
    assert {"/auth/register", "/auth/resend-verification", "/auth/forgot-password"} <= named
    assert "/auth/login" not in named


@pytest.mark.parametrize("path", ["/auth/verify-email", "/auth/reset-password"])
async def test_a_token_that_is_none_is_400_and_named(edge: World, path: str):
    said = await edge.client().call("POST", path, {"token": "nonsense", "password": PASSWORD})
    assert (said.status, said.problem["code"], said.fields) == (400, "invalid_token", ["token"])


async def test_a_link_that_was_used_is_answered_without_tokens(edge: World):
    edge.domains.behave(lambda command: done(command, {"message": "This address is already verified, log in."}))
    said = await edge.client().call("POST", "/auth/verify-email", {"token": TOKEN})
    assert (said.status, list(said.json)) == (200, ["message"])
    edge.domains.behave(lambda command: sealed(command, {"token": "t"}))
    assert (await edge.client().call("POST", "/auth/verify-email", {"token": TOKEN})).json == {"token": "t"}


def session(id: str, expires_in: int, began: str = "2026-01-01T12:00:00Z") -> dict[str, str]:
    expires_at = datetime.fromtimestamp(int(time.time()) + expires_in, UTC).isoformat()
    return {"id": id, "created_at": began, "refreshed_at": began, "expires_at": expires_at}


async def test_sessions_are_the_live_ones_and_ones_own_is_named(edge: World):
    me, own = str(uuid.uuid4()), uuid.uuid4().hex
    items = [session("old", -1), session("one", 600), session(own, 600), session("ends", 0)]
    await edge.redis.set(keys.document("sessions", me), "4\n" + json.dumps({"items": items}))
    said = await edge.client(me, jti=own).call("GET", "/auth/sessions")
    assert [(each["id"], each["current"]) for each in said.json] == [(own, True), ("one", False)]
    assert set(said.json[0]) == {"id", "created_at", "refreshed_at", "expires_at", "current"}


async def test_who_has_no_session_has_an_empty_list(edge: World):
    said = await edge.client(str(uuid.uuid4())).call("GET", "/auth/sessions")
    assert (said.status, said.raw) == (200, b"[]")


async def test_a_session_is_ended_by_its_owners_account(edge: World):
    me, other = str(uuid.uuid4()), str(uuid.uuid4())
    assert (await edge.client(me).call("DELETE", f"/auth/sessions/{other}")).status == 200
    (command,) = edge.domains.taken
    assert (command.topic, command.key, command.body) == ("auth_commands", me, {"session_id": other})


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/auth/logout-all", None),
        ("DELETE", "/auth/sessions/s-1", None),
        ("POST", "/auth/reset-password", {"token": TOKEN, "password": PASSWORD}),
    ],
)
async def test_an_end_of_sessions_answers_when_the_deny_list_has_it(edge: World, method: str, path: str, body: object):

    me = str(uuid.uuid4())
    edge.domains.behave(lambda command: done(command, wrote=(Wrote("auth", me, 3),)))
    assert (await edge.client(me).call(method, path, body)).status == 202
    asking = asyncio.create_task(edge.client(me).call(method, path, body))
    await edge.redis.set(keys.document("deny", me), "3\n{}")
    assert (await asking).status == 200


async def test_openapi_names_both_answers_of_a_link(edge: World):
    openapi = (await edge.client().call("GET", "/openapi.json")).json
    answer = openapi["paths"]["/auth/verify-email"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert [each["$ref"].rsplit("/", 1)[1] for each in answer["anyOf"]] == ["Tokens", "Done"]
