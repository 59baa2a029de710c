"""What has no owner who could be counted is made at a pace, by address, and so is what is refused again and again."""

import uuid
from collections.abc import Iterator

import pytest

from http_edge.routing.pace import A_SECOND, MOST_NAMES, MOST_OWED, REFUSED_A_SECOND, Pace, Refusals
from http_edge.web import ROUTES
from http_edge.wire.problems import Problem
from tests.http_edge.conftest import World
from tests.http_edge.domains import refused

LOGIN = {"email": "nobody@example.com", "password": "guessed 1"}


def test_an_address_makes_so_many_at_once_and_then_at_a_pace():
    now = [0.0]
    pace = Pace(lambda: now[0], at_once=3)
    for _ in range(3):
        pace.take("10.0.0.1")
    with pytest.raises(Problem) as refused:
        pace.take("10.0.0.1")
    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "1"})
    pace.take("10.0.0.2")
    now[0] = 1 / A_SECOND
    pace.take("10.0.0.1")
    with pytest.raises(Problem):
        pace.take("10.0.0.1")
    assert pace.refused == 2


def test_addresses_are_remembered_within_bounds():
    pace = Pace(lambda: 0.0, at_once=1)
    for number in range(MOST_NAMES + 10):
        pace.take(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(pace._made._left) == MOST_NAMES


def test_what_is_made_without_an_owner_is_paced():
    assert {row.name for row in ROUTES if getattr(row, "few_a_minute", False)} == {
        "POST /auth/register",
        "POST /carts/anonymous/add",
    }


def test_who_is_refused_again_and_again_is_refused_without_asking_the_domain():
    now = [0.0]
    refusals = Refusals(lambda: now[0], at_once=3)
    for _ in range(3):
        refusals.check("ayşe")
        refusals.note("ayşe")
    with pytest.raises(Problem) as told:
        refusals.check("ayşe")
    assert (told.value.status, told.value.code, told.value.headers) == (429, "too_many_refused", {"Retry-After": "1"})
    refusals.check("fatma")
    refusals.check("")
    now[0] = 1 / REFUSED_A_SECOND
    refusals.check("ayşe")
    assert refusals.refused == 1


def test_those_that_were_under_way_at_the_same_moment_are_owed_for_within_bounds():
    now = [0.0]
    refusals = Refusals(lambda: now[0], at_once=3)
    for _ in range(1_000):
        refusals.note("ayşe")
    with pytest.raises(Problem) as told:
        refusals.check("ayşe")
    assert told.value.headers == {"Retry-After": str(int(MOST_OWED + 1 / REFUSED_A_SECOND))}
    now[0] = MOST_OWED + 1 / REFUSED_A_SECOND
    refusals.check("ayşe")


@pytest.fixture
def few(edge: World) -> Iterator[World]:
    """Two refusals at once, at a clock that stands still."""
    paced = {name: getattr(edge.edge, name) for name in ("refusals", "wrong_codes")}
    for name in paced:
        object.__setattr__(edge.edge, name, Refusals(lambda: 0.0, at_once=2))
    yield edge
    for name, each in paced.items():
        object.__setattr__(edge.edge, name, each)


async def test_an_account_that_is_refused_again_and_again_is_told_so_and_others_go_on(few: World):
    few.domains.behave(lambda command: refused(command, "too_many_restaurants"))
    greedy, other = few.client(str(uuid.uuid4())), few.client(str(uuid.uuid4()))
    said = [await greedy.call("POST", "/restaurants", {"name": "Doyumsuz"}) for _ in range(4)]
    assert [each.status for each in said] == [409, 409, 429, 429]
    assert said[3].problem["code"] == "too_many_refused"
    assert len(few.domains.taken) == 2, "the others never came to Kafka"
    assert (await greedy.call("DELETE", "/carts/clear")).status == 429, "whatever it asks"
    assert (await other.call("POST", "/restaurants", {"name": "Dürüst"})).status == 409


async def test_who_guesses_passwords_is_stopped_and_the_refreshes_of_its_address_are_not(few: World):
    few.domains.behave(lambda command: refused(command, "invalid_credentials"))
    guest = few.client()
    assert [(await guest.call("POST", "/auth/login", LOGIN)).status for _ in range(3)] == [400, 400, 429]
    assert (await guest.call("POST", "/auth/forgot-password", {"email": LOGIN["email"]})).status != 429


async def test_an_answer_that_comes_late_is_no_refusal(few: World):
    few.domains.behave(lambda command: refused(command, "expired"))
    guest = few.client(str(uuid.uuid4()))
    assert [(await guest.call("DELETE", "/carts/clear")).status for _ in range(4)] == [503] * 4


async def test_an_earlier_answer_is_given_again_to_who_was_refused_too_often(few: World):
    few.domains.behave(lambda command: refused(command, "too_many_restaurants"))
    greedy = few.client(str(uuid.uuid4()))
    body = {"name": "Doyumsuz"}
    for _ in range(2):
        assert (await greedy.call("POST", "/restaurants", body, Idempotency_Key="once")).status == 409
    for _ in range(2):
        await greedy.call("POST", "/restaurants", body)
    assert (await greedy.call("POST", "/restaurants", body)).status == 429
    assert (await greedy.call("POST", "/restaurants", body, Idempotency_Key="once")).status == 409


async def test_codes_of_coupons_are_not_found_by_trying(few: World):
    """By whatever route, and whoever says them: the next right code is not told from a wrong one, either."""
    few.domains.behave(lambda command: refused(command, "coupon_unknown"))
    guest = few.client(str(uuid.uuid4()))
    assert (await guest.call("GET", "/discounts/YAZ11/check")).problem["code"] == "coupon_unknown"
    assert (await guest.call("POST", "/carts/coupon", {"code": "YAZ12"})).problem["code"] == "coupon_unknown"
    checkout = {"payment_method": "cash", "coupon_code": "YAZ13"}
    tried = [("GET", "/discounts/YAZ10/check", None), ("POST", "/carts/coupon", {"code": "YAZ10"})]
    tried += [("POST", "/carts/checkout", checkout), ("POST", "/m/checkout", checkout)]
    few.domains.behave()
    for another in (few.client(), few.client(str(uuid.uuid4()))):
        for method, path, body in tried if another.token else tried[:1]:
            said = await another.call(method, path, body)
            assert (said.status, said.problem["code"]) == (429, "too_many_refused"), path
    assert (
        await few.client(str(uuid.uuid4())).call("POST", "/carts/checkout", {"payment_method": "cash"})
    ).status == 200
