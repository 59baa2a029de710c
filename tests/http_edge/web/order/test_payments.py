"""The payment provider's callback: only the provider is heard, and what it says becomes a command about the order it names."""

import json
import time
import uuid
from typing import Any

import pytest

from tests.http_edge.conftest import World
from tests.http_edge.documents import stored
from tests.http_edge.domains import refused
from tests.http_edge.requests import BODIES
from topics import keys
from topics.messages import headers
from topics.values.signatures import HEADER, TOLERANCE, sign

PATH = "/payments/callback"
BODY: dict[str, Any] = BODIES[f"POST {PATH}"]


def signed(edge: World, raw: bytes, *, at: float = 0.0, key: bytes | None = None) -> dict[str, str]:
    """at: seconds from now."""
    return {HEADER: sign(key or edge.edge.keys.callbacks, int(time.time() + at), raw)}


async def test_what_the_provider_says_is_a_command_to_the_payment_of_its_order(edge: World) -> None:
    said = await edge.client().call("POST", PATH, BODY)
    assert said.status == 200, said.raw
    (command,) = edge.domains.taken
    assert (command.topic, command.key) == ("payment_commands", BODY["reference"])
    assert command.headers[headers.TYPE] == "RecordReport" and headers.CALLER not in command.headers
    known = {name: value for name, value in BODY.items() if name != "id"}
    assert command.body == {"report": {"captured": 0, "refunded": 0, "code": "", "url": "", **known}}


@pytest.mark.parametrize(
    "said",
    [
        "", "nonsense", "t=1,v1=", "v1=" + "0" * 64, "t=1,v1=" + "0" * 64, "t=" + "9" * 20 + ",v1=" + "0" * 64,
        "t=1,v1=" + "é" * 64,
    ],
)  # fmt: skip
async def test_without_its_signature_nobody_is_heard(edge: World, said: str) -> None:
    raw = json.dumps(BODY).encode()
    answer = await edge.client().call("POST", PATH, raw=raw, **{HEADER: said})
    assert (answer.status, answer.problem["code"]) == (403, "bad_signature")
    assert edge.domains.taken == []


async def test_the_signature_is_of_these_bytes_of_this_key_and_of_now(edge: World) -> None:
    raw, now = json.dumps(BODY).encode(), int(time.time())
    wrong = {
        "another body": (raw.replace(b"36000", b"36001"), signed(edge, raw)),
        "another key": (raw, signed(edge, raw, key=b"x" * 32)),
        "too old": (raw, signed(edge, raw, at=-TOLERANCE - 5)),
        "of the future": (raw, signed(edge, raw, at=TOLERANCE + 5)),
        "another time": (raw, {HEADER: sign(edge.edge.keys.callbacks, now, raw).replace(f"t={now}", f"t={now + 1}")}),
    }
    for what, (body, header) in wrong.items():
        answer = await edge.client().call("POST", PATH, raw=body, **header)
        assert (answer.status, answer.problem["code"]) == (403, "bad_signature"), what
    assert edge.domains.taken == []
    assert (await edge.client().call("POST", PATH, raw=raw, **signed(edge, raw, at=-TOLERANCE + 20))).status == 200


async def test_it_is_checked_before_the_body_is_read_as_json(edge: World) -> None:
    answer = await edge.client().call("POST", PATH, raw=b"{", **{HEADER: "t=1,v1=" + "0" * 64})
    assert answer.status == 403


async def test_the_same_callback_again_is_the_same_command(edge: World) -> None:
    for _ in range(3):
        said = await edge.client().call("POST", PATH, BODY, Idempotency_Key=BODY["id"])
        assert said.status == 200
    assert len({command.id for command in edge.domains.taken}) == 1


async def test_an_order_that_nobody_knows_and_a_payment_that_is_another_are_told_so(edge: World) -> None:
    for code, status in (("not_found", 404), ("report_differs", 409)):
        edge.domains.behave(lambda command, code=code: refused(command, code))
        said = await edge.client().call("POST", PATH, BODY)
        assert (said.status, said.problem["code"]) == (status, code)


async def test_a_payment_is_shown_to_its_customer_alone(edge: World) -> None:
    me, order = str(uuid.uuid4()), str(uuid.uuid4())
    document = {
        "order_id": order, "user_id": me, "restaurant_id": "r", "method": "credit_card", "status": "captured",
        "amount": 36_050, "captured": 36_050, "refunded": 1_250, "payment_url": None, "failure": None,
        "created_at": "2026-11-26T18:30:00Z", "updated_at": "2026-11-26T18:31:00Z",
    }  # fmt: skip
    await edge.redis.set(keys.document("payment", order), stored(1, document))
    said = await edge.client(me).call("GET", f"/payments/{order}")
    assert (said.status, said.json["amount"], said.json["refunded"]) == (200, 360.5, 12.5)
    assert (await edge.client(str(uuid.uuid4())).call("GET", f"/payments/{order}")).status == 404
    assert (await edge.client().call("GET", f"/payments/{order}")).status == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": 0, "reason": "x"}, "amount"),
        ({"amount": -1, "reason": "x"}, "amount"),
        ({"amount": 0.001, "reason": "x"}, "amount"),
        ({"amount": 1, "reason": "  "}, "reason"),
        ({"amount": 1}, "reason"),
    ],
)
async def test_a_refund_says_how_much_and_why(edge: World, body: dict[str, Any], field: str) -> None:
    said = await edge.client(str(uuid.uuid4())).call("POST", "/payments/o-1/refund", body)
    assert (said.status, said.fields) == (422, [field])
    assert edge.domains.taken == []


@pytest.mark.parametrize(
    "card", ["4111111111111111", "4111 1111 1111 1111", "nobody", "nobody_", "tok_a b", "tok_" + "x" * 101]
)
@pytest.mark.parametrize("path", ["/carts/checkout", "/m/checkout"])
async def test_a_card_number_is_no_token_and_is_not_said_again(edge: World, path: str, card: str) -> None:
    body = {"payment_method": "credit_card", "card": card}
    said = await edge.client(str(uuid.uuid4())).call("POST", path, body)
    assert (said.status, said.fields) == (422, ["card"])
    assert card not in said.raw.decode()
    assert edge.domains.taken == []


async def test_a_token_goes_to_the_basket(edge: World) -> None:
    body = {"payment_method": "credit_card", "card": "tok_success"}
    await edge.client(str(uuid.uuid4())).call("POST", "/carts/checkout", body)
    assert edge.domains.taken[-1].body["card"] == "tok_success"
    assert not [line for line in edge.log if b"tok_success" in line]
