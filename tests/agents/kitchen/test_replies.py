"""What kitchens may answer. Whatever else comes is unusable, with all that is wrong with it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.kitchen.replies import LARGEST, NO_REASON, Unusable, command_id, command_of, order_of, read
from stores.rabbit import Delivery
from topics.contracts.order_commands import AcceptOrder, DelayOrder, PrepareOrder, ReadyOrder, RejectOrder
from topics.documents.kitchen import KitchenReply

ORDER = "7d0e1c52-9f0a-4c5e-8a31-5b1f0c2d3e4f"


def said(body: Any = None, *, id: str = "", user_id: str = "", **fields: Any) -> Delivery:
    raw = body if isinstance(body, bytes) else msgspec.json.encode({"order_id": ORDER, **fields})
    return Delivery(body=raw, id=id, user_id=user_id)


def understood(delivery: Delivery, *, own_accounts: bool = False) -> KitchenReply:
    return read(delivery, own_accounts=own_accounts)


def unusable(delivery: Delivery, *, own_accounts: bool = False) -> Unusable:
    with pytest.raises(Unusable) as raised:
        understood(delivery, own_accounts=own_accounts)
    return raised.value


@pytest.mark.parametrize(
    ("fields", "command"),
    [
        ({"decision": "accept", "prep_time": 20}, AcceptOrder(prep_time=20, restaurant_id="r-1")),
        ({"decision": "accept"}, AcceptOrder(prep_time=None, restaurant_id="r-1")),
        ({"decision": "accept", "prep_time": None, "reason": None}, AcceptOrder(restaurant_id="r-1")),
        ({"decision": "reject", "reason": "ocak bozuk"}, RejectOrder(reason="ocak bozuk", restaurant_id="r-1")),
        ({"decision": "reject"}, RejectOrder(reason=NO_REASON, restaurant_id="r-1")),
        ({"decision": "reject", "reason": None}, RejectOrder(reason=NO_REASON, restaurant_id="r-1")),
        ({"decision": "reject", "reason": ""}, RejectOrder(reason=NO_REASON, restaurant_id="r-1")),
        ({"decision": "reject", "reason": " \n"}, RejectOrder(reason=NO_REASON, restaurant_id="r-1")),
        ({"decision": "accept", "reason": ""}, AcceptOrder(restaurant_id="r-1")),
        ({"decision": "preparing"}, PrepareOrder(restaurant_id="r-1")),
        (
            {"decision": "delay", "minutes": 10, "reason": "yoğunuz"},
            DelayOrder(minutes=10, reason="yoğunuz", restaurant_id="r-1"),
        ),
        ({"decision": "ready"}, ReadyOrder(restaurant_id="r-1")),
        ({"decision": "ready", "till": 4, "cook": {"name": "Ali"}}, ReadyOrder(restaurant_id="r-1")),
    ],
)
def test_each_decision_is_a_command_to_the_order(fields: dict[str, Any], command: Any) -> None:
    assert command_of(understood(said(**fields)), "r-1") == command


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"accept", b"{", b"{}x", b"\xff\xfe", b'{"order_id": NaN}', b"[" * 100_000, b'{"order_id":"\xc3"}',
        b'"\\ud800"',
    ],
)  # fmt: skip
def test_what_is_no_json_is_said_to_be_none(body: bytes) -> None:
    assert unusable(said(body)).code in ("no_json", "body_too_large")


def test_what_is_too_long_is_not_read() -> None:
    assert unusable(said(b" " * (LARGEST + 1))).code == "body_too_large"


@pytest.mark.parametrize("value", [b"null", b"1", b"true", b'"accept"', b"[]", b'[{"order_id":"x"}]'])
def test_what_is_no_object_is_said_to_be_none(value: bytes) -> None:
    (fault,) = unusable(said(value)).faults
    assert fault.field == "$" and "an object is needed" in fault.why


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"decision"}),
        ({"decision": "eat"}, {"decision"}),
        ({"decision": "Accept"}, {"decision"}),
        ({"decision": None}, {"decision"}),
        ({"decision": ["accept"]}, {"decision"}),
        ({"decision": "accept", "order_id": "no id!"}, {"order_id"}),
        ({"decision": "accept", "order_id": ""}, {"order_id"}),
        ({"decision": "accept", "order_id": "x" * 65}, {"order_id"}),
        ({"decision": "accept", "order_id": 7}, {"order_id"}),
        ({"decision": "accept", "prep_time": 0}, {"prep_time"}),
        ({"decision": "accept", "prep_time": -5}, {"prep_time"}),
        ({"decision": "accept", "prep_time": 24 * 60}, {"prep_time"}),
        ({"decision": "accept", "prep_time": "20"}, {"prep_time"}),
        ({"decision": "accept", "prep_time": 20.5}, {"prep_time"}),
        ({"decision": "accept", "prep_time": True}, {"prep_time"}),
        ({"decision": "reject", "reason": "x" * 501}, {"reason"}),
        ({"decision": "delay"}, {"minutes", "reason"}),
        ({"decision": "delay", "minutes": 24 * 60, "reason": "yoğunuz"}, {"minutes"}),
        ({"decision": "delay", "minutes": 5}, {"reason"}),
        ({"decision": "delay", "minutes": 5, "reason": " "}, {"reason"}),
        ({"decision": "accept", "restaurant_id": 5}, {"restaurant_id"}),
        ({"decision": 1, "prep_time": "x", "reason": 3}, {"decision", "prep_time", "reason"}),
    ],
)
def test_all_that_is_wrong_is_named(fields: dict[str, Any], wrong: set[str]) -> None:
    refused = unusable(said(**fields))
    assert refused.code == "invalid_input" and {fault.field for fault in refused.faults} == wrong
    assert all(fault.field in refused.detail for fault in refused.faults)


def test_a_nul_is_refused_since_no_store_takes_it() -> None:
    assert unusable(said(decision="reject", reason="a\0b")).code == "invalid_input"


def test_a_kitchen_speaks_for_the_restaurant_of_its_account_or_that_it_names_or_none() -> None:
    assert understood(said(decision="ready")).restaurant_id is None
    assert understood(said(decision="ready", restaurant_id="r-1")).restaurant_id == "r-1"
    assert understood(said(decision="ready", user_id="kitchen.r-1")).restaurant_id == "r-1"
    same = said(decision="ready", user_id="kitchen.r-1", restaurant_id="r-1")
    assert understood(same, own_accounts=True).restaurant_id == "r-1"
    assert understood(said(decision="ready", user_id="lezzet")).restaurant_id is None


def test_nobody_speaks_for_another_restaurant_than_that_of_the_account() -> None:
    (fault,) = unusable(said(decision="ready", user_id="kitchen.r-1", restaurant_id="r-2")).faults
    assert fault.field == "restaurant_id"


@pytest.mark.parametrize("user", ["", "lezzet", "kitchen"])
def test_where_kitchens_have_accounts_who_does_not_name_one_is_not_believed(user: str) -> None:
    (fault,) = unusable(said(decision="ready", user_id=user, restaurant_id="r-1"), own_accounts=True).faults
    assert fault.field == "user_id"


def _id(delivery: Delivery, restaurant_id: str = "r-1") -> str:
    return command_id(delivery, understood(delivery), restaurant_id)


def test_the_same_answer_is_the_same_command_and_another_one_is_another() -> None:
    first = said(decision="accept", prep_time=20, id="1")
    assert _id(first) == _id(said(decision="accept", prep_time=20, id="1"))
    assert _id(first) == _id(said(b'{"prep_time": 20, "decision":"accept","order_id":"%s"}' % ORDER.encode(), id="1"))
    assert _id(first) == _id(said(decision="accept", prep_time=20, id="1", restaurant_id="r-1"))
    assert _id(first) == _id(said(decision="accept", prep_time=20, id="1", reason=" "))
    others = [
        said(decision="accept", prep_time=20, id="2"),
        said(decision="accept", prep_time=25, id="1"),  # its kitchen counts no message ids
        said(decision="ready", id="1"),
        said(decision="accept", prep_time=20),
    ]
    assert len({_id(first), *map(_id, others), _id(first, "r-2")}) == 6


def test_answers_about_one_order_are_known_by_it_whatever_else_is_wrong_with_them() -> None:
    assert order_of(said(decision="eat")) == order_of(said(decision="ready")) == ORDER
    assert order_of(said(b"{")) != order_of(said(b"["))
    assert order_of(said(b"[" * 100_000))


@given(st.binary(max_size=300) | st.recursive(st.none() | st.text(), st.lists).map(msgspec.json.encode))
def test_whatever_comes_is_understood_or_unusable(body: bytes) -> None:
    delivery = Delivery(body=body)
    assert order_of(delivery)
    try:
        understood(delivery)
    except Unusable as why:
        assert why.code and why.detail


@given(
    st.fixed_dictionaries(
        {"order_id": st.just(ORDER), "decision": st.sampled_from(["accept", "reject", "preparing", "delay", "ready"])},
        optional={
            "prep_time": st.integers(-1, 200) | st.none(),
            "minutes": st.integers(-1, 200) | st.none(),
            "reason": st.text(max_size=5) | st.none(),
        },
    )
)
def test_what_is_understood_is_a_command_that_its_topic_takes(fields: dict[str, Any]) -> None:
    from topics.contracts import order_commands

    try:
        reply = understood(Delivery(body=msgspec.json.encode(fields)))
    except Unusable:
        return
    command = command_of(reply, "r-1")
    assert order_commands.TOPIC.decode(type(command).__name__, order_commands.TOPIC.encode(command)) == command
