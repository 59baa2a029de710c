"""The provider's client and the sandbox provider, as processes that may be killed: every test card, and never two charges."""

import asyncio
import signal
import tempfile
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import RawTestServer

from infra.layout.folders import CHECKOUT
from infra.provider.calling import FIRST, LONGEST, wait
from infra.provider.cards import CARDS
from stores.errors import Unavailable
from stores.payment import Deferred, Refused
from stores.payment.http import HttpProvider
from tests.deadline import until, within
from tests.stores.payment_provider import Sandbox, sandbox
from topics.contracts.payment_commands import Report

SUM = 36_000


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared() -> AsyncGenerator[Sandbox]:
    with tempfile.TemporaryDirectory(prefix="lezzet-provider-") as folder:
        async with sandbox(Path(folder)) as made:
            yield made


@pytest_asyncio.fixture(loop_scope="session")
async def provider(shared: Sandbox) -> AsyncGenerator[HttpProvider]:
    made = shared.client()
    yield made
    await made.close()


def new() -> str:
    return str(uuid.uuid4())


async def authorized(provider: HttpProvider, card: str | None = "tok_success", reference: str = "") -> Report:
    return await provider.authorize(reference or new(), SUM, card, "user-1", new())


@pytest.mark.parametrize(
    ("card", "status", "code"),
    [
        ("tok_success", "authorized", ""),
        (None, "authorized", ""),
        ("tok_decline", "declined", "card_declined"),
        ("tok_insufficient_funds", "declined", "insufficient_funds"),
        ("tok_nobodys", "declined", "card_unknown"),
        ("tok_3ds", "challenged", ""),
        ("tok_late", "pending", ""),
    ],
)
async def test_a_card_is_answered(provider: HttpProvider, card: str | None, status: str, code: str) -> None:
    report = await authorized(provider, card)
    assert (report.status, report.code, report.sequence, report.amount) == (status, code, 1, SUM)
    assert bool(report.url) == (status == "challenged")


async def test_the_card_on_file_is_the_customers(shared: Sandbox, provider: HttpProvider) -> None:
    for card, code in (("tok_insufficient_funds", "insufficient_funds"), (None, "card_unknown")):
        await shared.put("/sandbox/customers/user-2", {"card": card})
        report = await provider.authorize(new(), SUM, None, "user-2", new())
        assert (report.status, report.code) == ("declined", code)


async def test_a_customer_is_forgotten(provider: HttpProvider) -> None:
    key = new()
    for _ in range(2):
        await provider.forget("user:3", key)
    assert (await provider.authorize(new(), SUM, None, "user:3", new())).code == "card_unknown"


async def test_a_payment_from_beginning_to_end(shared: Sandbox, provider: HttpProvider) -> None:
    order = (await authorized(provider)).reference
    captured = await provider.capture(order, SUM, new())
    assert (captured.status, captured.captured, captured.sequence) == ("captured", SUM, 2)
    for part, back in ((10_000, 10_000), (26_000, SUM)):
        assert (await provider.refund(order, part, new())).refunded == back
    with pytest.raises(Refused, match="amount_above_capture"):
        await provider.refund(order, 1, new())
    expected = [("authorize", SUM), ("capture", SUM), ("refund", 10_000), ("refund", 26_000)]
    assert await shared.movements(order) == expected


async def test_the_same_key_again_is_the_same_request(shared: Sandbox, provider: HttpProvider) -> None:
    order, keys = new(), [new() for _ in range(3)]
    for _ in range(3):
        assert (await provider.authorize(order, SUM, "tok_success", "u", keys[0])).sequence == 1
        assert (await provider.capture(order, SUM, keys[1])).sequence == 2
        assert (await provider.refund(order, 500, keys[2])).refunded == 500
    assert await shared.movements(order) == [("authorize", SUM), ("capture", SUM), ("refund", 500)]
    with pytest.raises(Refused, match="key_reused"):
        await provider.refund(order, 501, keys[2])


async def test_an_order_is_authorized_once_whatever_the_key(provider: HttpProvider) -> None:
    order = (await authorized(provider)).reference
    with pytest.raises(Refused, match="reference_taken"):
        await authorized(provider, reference=order)


async def test_what_is_void_before_it_is_there_never_comes(shared: Sandbox, provider: HttpProvider) -> None:
    order = new()
    assert (await provider.void(order, new())).status == "voided"
    assert (await authorized(provider, reference=order)).status == "voided"
    assert await shared.movements(order) == []


@pytest.mark.parametrize("card", ["tok_success", "tok_3ds", "tok_late"])
async def test_what_is_held_or_waits_is_given_free(shared: Sandbox, provider: HttpProvider, card: str) -> None:
    order = (await authorized(provider, card)).reference
    first = await provider.void(order, new())
    assert first.status == "voided"
    assert await provider.void(order, new()) == first, "twice is once"
    with pytest.raises(Refused, match="not_authorized"):
        await provider.capture(order, SUM, new())


async def test_a_bank_refuses_what_it_had_promised(provider: HttpProvider) -> None:
    order = (await authorized(provider, "tok_capture_refused")).reference
    with pytest.raises(Refused, match="authorization_expired"):
        await provider.capture(order, SUM, new())
    order = (await authorized(provider, "tok_refund_refused")).reference
    await provider.capture(order, SUM, new())
    with pytest.raises(Refused, match="refund_refused"):
        await provider.refund(order, 1, new())


async def test_a_bank_that_is_away_concerns_its_card_alone(provider: HttpProvider) -> None:
    order, key = new(), new()
    with pytest.raises(Deferred, match="bank"):
        await provider.authorize(order, SUM, "tok_bank_busy", "u", key)
    assert (await authorized(provider)).status == "authorized"
    assert (await provider.authorize(order, SUM, "tok_bank_busy", "u", key)).status == "authorized"
    with pytest.raises(Deferred):
        await authorized(provider, "tok_bank_away")


async def test_no_answer_is_doubt_about_one_payment_and_the_same_key_tells(
    shared: Sandbox, provider: HttpProvider
) -> None:
    impatient, order, key = shared.client(timeout=0.3), new(), new()
    with pytest.raises(Deferred, match="has not answered"):
        await impatient.authorize(order, SUM, "tok_timeout", "u", key)
    assert (await provider.authorize(order, SUM, "tok_timeout", "u", key)).status == "authorized"
    assert await shared.movements(order) == [("authorize", SUM)]
    await impatient.close()


async def test_a_provider_that_is_down_concerns_all(shared: Sandbox, provider: HttpProvider) -> None:
    await shared.put("/sandbox/down", {"down": True})
    with pytest.raises(Unavailable, match="provider: answered 503"):
        await authorized(provider)
    await shared.put("/sandbox/down", {"down": False})
    assert (await authorized(provider)).status == "authorized"


@pytest.mark.parametrize("status", [301, 302, 307, 304])
async def test_a_redirect_is_about_the_deployment_and_no_refusal_of_a_payment(status: int) -> None:
    async with answering(status, b"{}") as made:
        with pytest.raises(Unavailable, match=f"answered {status}"):
            await authorized(made)


async def test_an_answer_that_is_nested_without_end_is_not_understood() -> None:
    deep = b"[" * 60_000
    async with answering(200, deep) as made:
        with pytest.raises(Deferred, match="not understood"):
            await authorized(made)
    async with answering(422, b'{"detail":' + deep) as made:
        with pytest.raises(Refused, match="refused"):
            await authorized(made)


@asynccontextmanager
async def answering(status: int, body: bytes) -> AsyncGenerator[HttpProvider]:
    """A provider that answers everything so."""

    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(status=status, body=body, headers={"Location": "/elsewhere"})

    server = RawTestServer(answer)
    await server.start_server()
    made = HttpProvider(str(server.make_url("/")), b"k" * 32)
    try:
        yield made
    finally:
        await made.close()
        await server.close()


async def test_who_has_another_key_has_the_deployment_to_blame(shared: Sandbox) -> None:
    stranger = shared.client(key=b"x" * 32)
    with pytest.raises(Unavailable, match="answered 401"):
        await authorized(stranger)
    await stranger.close()


async def test_no_error_shows_the_card(shared: Sandbox, provider: HttpProvider) -> None:
    impatient = shared.client(timeout=0.2)
    for client, card in ((provider, "tok_bank_away"), (impatient, "tok_timeout")):
        with pytest.raises(Deferred) as caught:
            await authorized(client, card)
        assert "tok_" not in f"{caught.value!r}" and caught.value.__cause__ is None
    await impatient.close()


async def test_a_customer_answers_the_challenge(shared: Sandbox, provider: HttpProvider) -> None:
    for answer, status, code in (("yes", "authorized", ""), ("no", "declined", "authentication_failed")):
        report = await authorized(provider, "tok_3ds")
        async with shared.http.get(report.url) as page:
            assert page.status == 200 and "360.00 TL" in await page.text()
        async with shared.http.post(report.url, data={"answer": answer}) as page:
            assert page.status == 200
        (said,) = await until("a callback", lambda order=report.reference: _heard(shared, order, 1))
        assert (said["status"], said["code"], said["sequence"]) == (status, code, 2)
        async with shared.http.post(report.url, data={"answer": "yes"}) as page:
            assert page.status == 404, "it is over"


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ("tok_late", [(2, "authorized")]),
        ("tok_late_decline", [(2, "declined")]),
        ("tok_twice", [(2, "authorized"), (2, "authorized")]),
        ("tok_out_of_order", [(3, "authorized"), (2, "challenged")]),
    ],
)
async def test_what_comes_later_comes_by_callback(
    shared: Sandbox, provider: HttpProvider, card: str, said: list[tuple[int, str]]
) -> None:
    order = (await authorized(provider, card)).reference
    heard = await until("its callbacks", lambda: _heard(shared, order, len(said)))
    assert [(each["sequence"], each["status"]) for each in heard] == said
    assert len({each["id"] for each in heard}) == len(set(said)), "a copy has the same id"


async def test_a_callback_that_is_not_taken_comes_again(shared: Sandbox, provider: HttpProvider) -> None:
    shared.refuses = 1
    order = (await authorized(provider, "tok_late")).reference
    assert len(await until("its callback", lambda: _heard(shared, order, 1))) == 1


def test_who_takes_no_callbacks_for_a_day_is_asked_every_minute_at_most() -> None:
    assert FIRST / 2 <= wait(0) <= FIRST
    assert all(LONGEST / 2 <= wait(tries) <= LONGEST for tries in (7, 100, 1_100, 10_000))


async def _heard(shared: Sandbox, order: str, most: int) -> list[dict[str, Any]]:
    found = shared.of(order)
    return found if len(found) >= most else []


async def test_killed_in_the_middle_no_order_is_charged_twice(shared: Sandbox) -> None:
    """Forty payments under way when it is killed, and again while they are tried again."""
    client = shared.client(timeout=2.0)
    orders = {new(): (new(), new()) for _ in range(40)}

    async def pay(order: str, keys: tuple[str, str]) -> Report:
        for key, ask in zip(keys, (_authorize, _capture), strict=True):
            report = await _again(client, order, key, ask)
        return report

    paying = [asyncio.ensure_future(pay(order, keys)) for order, keys in orders.items()]
    for done in (5, 20):
        await until(f"{done} of them", lambda most=done: _so_many(paying, most))
        await shared.stop(signal.SIGKILL)
        await shared.start()
    for report in await within("all of them", asyncio.gather(*paying)):
        assert (report.status, report.captured) == ("captured", SUM)
    for order in orders:
        assert await shared.movements(order) == [("authorize", SUM), ("capture", SUM)]
    await client.close()


async def _so_many(paying: list[asyncio.Future[Report]], most: int) -> bool:
    return sum(each.done() for each in paying) >= most


async def _authorize(client: HttpProvider, order: str, key: str) -> Report:
    return await client.authorize(order, SUM, "tok_success", "u", key)


async def _capture(client: HttpProvider, order: str, key: str) -> Report:
    return await client.capture(order, SUM, key)


async def _again(client: HttpProvider, order: str, key: str, ask: Any) -> Report:
    while True:
        try:
            return await ask(client, order, key)
        except (Unavailable, Deferred):
            await asyncio.sleep(0.02)


def test_the_page_names_every_card() -> None:
    page = (CHECKOUT / "docs" / "payment.md").read_text()
    assert [card for card in CARDS if f"`{card}`" not in page] == []
