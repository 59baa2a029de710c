"""Accounts as their owners, strangers and impatient clients use them."""

import asyncio
import re
import unicodedata
from typing import Any

import aiohttp
from redis.asyncio import Redis

from tests.deadline import until
from tests.journeys.client import PASSWORD, Client
from tests.journeys.conftest import Product
from topics.values.tokens import mail_token, read, sha256_hex

P1, P2 = "the stranger's 1", "the owner's 22"


async def newest_mail(client: Client, about: str, count: int = 1) -> dict[str, str]:
    """Of `count` mails of this kind."""

    async def found() -> list[dict[str, str]]:
        mails = [mail for mail in await client.mails() if mail["about"] == about]
        return mails if len(mails) == count else []

    return (await until(f"{count} mails about {about!r} to {client.address}", found))[-1]


async def mailed_token(client: Client, about: str, count: int = 1) -> str:
    text = (await newest_mail(client, about, count))["text"]
    token = re.search(r"token=(\S+)", text)
    assert token is not None, text
    return token[1]


async def register(client: Client, password: str = PASSWORD) -> None:
    said = await client.must("POST", "/auth/register", {"email": client.address, "password": password})
    assert said == {"message": "Registered. Check your mail to verify your address."}


async def log_in(client: Client, password: str) -> tuple[int, dict[str, str]]:
    return await client.call("POST", "/auth/login", {"email": client.address, "password": password})


async def refused(client: Client, method: str, path: str, body: object) -> tuple[int, str]:
    status, answer = await client.call(method, path, body)
    return status, answer.get("code", f"not refused: {answer}")


async def test_a_stranger_who_registered_the_address_first_gets_nothing(client: Client):
    await register(client, P1)
    strangers = await mailed_token(client, "verify_email")
    await register(client, P2)
    owners = await mailed_token(client, "verify_email", 2)
    assert await refused(client, "POST", "/auth/verify-email", {"token": strangers}) == (400, "invalid_token")
    assert await refused(client, "POST", "/auth/login", {"email": client.address, "password": P2}) == (
        400, "email_not_verified",
    )  # fmt: skip
    assert (await client.must("POST", "/auth/verify-email", {"token": owners}))["access_token"]
    assert await refused(client, "POST", "/auth/login", {"email": client.address, "password": P1}) == (
        400, "invalid_credentials",
    )  # fmt: skip
    assert (await log_in(client, P2))[0] == 200
    assert "access_token" not in await client.must("POST", "/auth/verify-email", {"token": strangers})


async def test_registering_a_verified_address_tells_its_owner_and_nobody_else(client: Client):
    await client.sign_up()
    await register(client, P1)
    token = await mailed_token(client, "already_registered")
    assert (await log_in(client, P1))[0] == 400
    assert (await log_in(client, PASSWORD))[0] == 200
    await client.must("POST", "/auth/reset-password", {"token": token, "password": P2})
    assert (await log_in(client, P2))[0] == 200
    assert len([mail for mail in await client.mails() if mail["about"] == "verify_email"]) == 1


ENGLISH = {"Accept-Language": "de, en-GB;q=0.9, tr;q=0.5"}
TURKISH = {"Accept-Language": "tr-TR,tr;q=0.9,en-US;q=0.8"}


async def test_mails_of_an_account_are_in_the_language_that_the_client_asks_for(client: Client):
    credentials = {"email": client.address, "password": PASSWORD}
    wanted: dict[str, tuple[str, str]] = {
        "verify_email": ("E-posta adresinizi doğrulayın", "Verify your e-mail address"),
        "reset_password": ("Parolanızı sıfırlayın", "Reset your password"),
        "already_registered": ("Zaten bir hesabınız var", "You have an account already"),
    }

    async def mailed(path: str, body: dict[str, str], about: str) -> None:
        for count, (headers, subject) in enumerate(zip((TURKISH, ENGLISH), wanted[about], strict=True), start=1):
            await client.must("POST", path, body, **headers)
            mail = await newest_mail(client, about, count)
            assert mail["subject"] == subject
            assert f'<html lang="{"tr" if headers is TURKISH else "en"}">' in mail["html"]
            assert ("Bağlantı" in mail["text"] or "bağlantı" in mail["text"]) is (headers is TURKISH)

    await mailed("/auth/register", credentials, "verify_email")
    await client.must("POST", "/auth/resend-verification", {"email": client.address}, **TURKISH)
    resent = await newest_mail(client, "verify_email", 3)
    assert resent["subject"] == wanted["verify_email"][0]
    await mailed("/auth/forgot-password", {"email": client.address}, "reset_password")
    await client.must("POST", "/auth/verify-email", {"token": await mailed_token(client, "verify_email", 3)})
    await mailed("/auth/register", credentials, "already_registered")


async def test_who_asks_without_a_language_gets_that_of_the_registration_and_a_chosen_one_goes_before_all(
    client: Client,
):
    await client.must("POST", "/auth/register", {"email": client.address, "password": PASSWORD}, **ENGLISH)
    answer = await client.must("POST", "/auth/verify-email", {"token": await mailed_token(client, "verify_email")})
    forgot = "/auth/forgot-password", {"email": client.address}
    await client.must("POST", *forgot, **{"Accept-Language": "*"})
    assert (await newest_mail(client, "reset_password"))["subject"] == "Reset your password"
    client.token = answer["access_token"]
    await client.must("PUT", "/users/me/notification-preferences", {"language": "tr"})
    assert (await client.must("GET", "/users/me/notification-preferences"))["language"] == "tr"
    client.token = None
    await client.must("POST", *forgot, **ENGLISH)
    assert (await newest_mail(client, "reset_password", 2))["subject"] == "Parolanızı sıfırlayın"


async def sessions(client: Client, count: int) -> list[dict[str, Any]]:
    """The caller's, once so many are shown: no read waits for a login, which nobody was logged in to ask for."""
    found: list[dict[str, Any]] = []

    async def shown() -> bool:
        found[:] = await client.must("GET", "/auth/sessions")
        return len(found) == count

    await until(f"{count} sessions to be shown", shown)
    return found


async def test_five_registrations_at_once_are_one_account(product: Product, client: Client):
    await asyncio.gather(*(register(client, f"{PASSWORD} {n}") for n in range(5)))

    async def five() -> list[str]:
        found = re.findall(r"token=(\S+)", " ".join(mail["text"] for mail in await client.mails()))
        return found if len(found) == 5 else []

    links = await until("five mails", five)
    assert len({read(link)[0] for link in links}) == 1, "one account"
    await product.quiet()  # nothing orders mails and the look-up of their links
    store = Redis.from_url(client.endpoints["redis"])
    standing = [link for link in links if await store.exists(f"verify:{sha256_hex(link)}")]
    await store.aclose()
    assert len(standing) == 1, "only the last mail's link is good"
    for link in set(links) - set(standing):
        assert await refused(client, "POST", "/auth/verify-email", {"token": link}) == (400, "invalid_token")
    assert (await client.must("POST", "/auth/verify-email", {"token": standing[0]}))["access_token"]
    logged_in = [(await log_in(client, f"{PASSWORD} {n}"))[0] for n in range(5)]
    assert sorted(logged_in) == [200, 400, 400, 400, 400]


async def test_a_link_followed_many_times_is_one_session(client: Client):
    await register(client)
    body = {"token": await mailed_token(client, "verify_email")}
    answers = await asyncio.gather(*(client.must("POST", "/auth/verify-email", body) for _ in range(3)))
    answers.append(await client.must("POST", "/auth/verify-email", body))
    assert all(answer == answers[0] for answer in answers), "the very same tokens"
    client.token = answers[0]["access_token"]
    (session,) = await sessions(client, 1)
    assert session["current"]
    await client.must("POST", "/auth/refresh", {"refresh_token": answers[0]["refresh_token"]})
    assert await client.must("POST", "/auth/verify-email", body) == {
        "message": "This address is already verified, log in."
    }


async def test_a_password_is_the_same_from_every_keyboard(client: Client):
    composed = "şifre-ğüé1"
    taken_apart = unicodedata.normalize("NFD", composed)
    assert composed != taken_apart
    await register(client, taken_apart)
    await client.must("POST", "/auth/verify-email", {"token": await mailed_token(client, "verify_email")})
    for form in (composed, taken_apart):
        assert (await log_in(client, form))[0] == 200


async def test_a_forgotten_password_is_replaced_and_every_session_ends(client: Client, owner: Client):
    await client.sign_up()
    owner.token = client.token
    first, other = [(await log_in(client, PASSWORD))[1] for _ in range(2)]
    await client.must("POST", "/auth/forgot-password", {"email": client.address.upper()})
    early = await mailed_token(client, "reset_password")
    await client.must("POST", "/auth/forgot-password", {"email": client.address})
    body = {"token": await mailed_token(client, "reset_password", 2), "password": P2}
    too_short = await refused(client, "POST", "/auth/reset-password", body | {"password": "short"})
    assert too_short == (422, "invalid_input")
    client.token = None
    await client.must("POST", "/auth/reset-password", body)
    for token in (owner.token, first["access_token"], other["access_token"]):
        client.token = token
        assert await refused(client, "GET", "/carts/get", None) == (401, "token_revoked")
    client.token = None
    for answer in (first, other):
        again = {"refresh_token": answer["refresh_token"]}
        assert await refused(client, "POST", "/auth/refresh", again) == (400, "invalid_refresh_token")
    for used in (body, body | {"token": early}, body | {"token": mail_token(b"k" * 32, "reset", *read(early))}):
        assert await refused(client, "POST", "/auth/reset-password", used) == (400, "invalid_token")
    assert (await log_in(client, PASSWORD))[0] == 400
    status, answer = await log_in(client, P2)
    client.token = answer["access_token"]
    assert status == 200
    await sessions(client, 1)


async def test_a_reset_verifies_the_address_that_got_the_mail(client: Client):
    await register(client, P1)
    await client.must("POST", "/auth/forgot-password", {"email": client.address})
    token = await mailed_token(client, "reset_password")
    await client.must("POST", "/auth/reset-password", {"token": token, "password": P2})
    assert (await log_in(client, P1))[0] == 400
    assert (await log_in(client, P2))[0] == 200


async def test_a_reset_token_stands_in_redis_until_it_is_used(client: Client):
    await client.sign_up()
    await client.must("POST", "/auth/forgot-password", {"email": client.address})
    token = await mailed_token(client, "reset_password")
    store = Redis.from_url(client.endpoints["redis"])
    name = f"reset:{sha256_hex(token)}"
    await until("the token to stand there", lambda: store.exists(name))  # nothing orders it and its mail
    assert 0 < await store.ttl(name) <= 15 * 60
    await client.must("POST", "/auth/reset-password", {"token": token, "password": P2})
    await until("the token to be gone", lambda: _gone(store, name))
    await store.aclose()


async def _gone(store: Redis, name: str) -> bool:
    return not await store.exists(name)


async def test_the_answer_does_not_tell_which_addresses_have_accounts(client: Client, owner: Client):
    """owner stands for an address that nobody has registered."""
    await client.sign_up()
    said = [await _bytes(each, {"email": each.address}) for each in (client, owner)]
    assert said[0] == said[1]
    await mailed_token(client, "reset_password")
    assert await owner.mails() == []


async def _bytes(client: Client, body: object) -> tuple[int, bytes]:
    """As they come: tests/journeys/patience.py changes nothing of them."""
    url = client.endpoints["edge"] + "/auth/forgot-password"
    async with aiohttp.ClientSession() as http, http.post(url, json=body) as answer:
        return answer.status, await answer.read()


async def test_sessions_are_listed_and_ended_one_by_one_and_all_at_once(client: Client, owner: Client):
    await owner.sign_up()
    await client.sign_up()
    second = (await log_in(client, PASSWORD))[1]["access_token"]
    found = await sessions(client, 3)
    assert [session["current"] for session in found] == [False, True, False], "verified, logged in, logged in again"
    newest = found[0]["id"]
    assert await refused(owner, "DELETE", f"/auth/sessions/{newest}", None) == (404, "not_found")
    await client.must("DELETE", f"/auth/sessions/{newest}")
    assert await refused(client, "DELETE", f"/auth/sessions/{newest}", None) == (404, "not_found")
    assert len(await client.must("GET", "/auth/sessions")) == 2
    first, client.token = client.token, second
    assert await refused(client, "GET", "/auth/sessions", None) == (401, "token_revoked")
    client.token = first
    await client.must("POST", "/auth/logout-all", {})
    assert await refused(client, "GET", "/auth/sessions", None) == (401, "token_revoked")
    client.token = (await log_in(client, PASSWORD))[1]["access_token"]
    await sessions(client, 1)
