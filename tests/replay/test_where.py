"""Conditions: what they hold for, what they say of nonsense, and which bytes a message must have for them to hold."""

from datetime import UTC, datetime

import pytest

from replay.failure import BadArgument
from replay.log.message import Message
from replay.log.where import LONGEST, Where, needle
from stores.kafka.log import Logged

AT = datetime(2026, 11, 27, 18, 30, tzinfo=UTC)
NAMED = (
    ("ce_id", b"m1"), ("ce_type", b"OrderPlaced"), ("ce_sequence", b"3"), ("ce_source", b"lezzet/order"), ("odd", b"\xff"),
)  # fmt: skip
BODY = b'{"total":9550,"none":null,"token":"hidden","huge":123456789012345678901,"items":[{"name":"Lahmacun","price":9550}]}'


def message(body: bytes | None = BODY, key: bytes | None = b"o1") -> Message:
    return Message(Logged("order_events", 0, 7, AT, key, NAMED, body))


@pytest.mark.parametrize(
    "text",
    [
        'topic == "order_events" && key == "o1" && id == "m1"',
        'type == "OrderPlaced" && version == 3',
        "body.total > 5000 && body.total < 9551.5",
        "body.none == null",
        "body.huge > 1.0",
        'body.items.exists(item, item.name.startsWith("Lah"))',
        'headers.ce_source == "lezzet/order" && !("traceparent" in headers)',
        'time > timestamp("2026-11-27T18:00:00Z") && time < timestamp("2026-11-27T19:00:00Z")',
        'body.nothing == 1 || type == "OrderPlaced"',
        "!has(body.nothing)",
        r'headers.odd == "\\xff"',
    ],
)
def test_it_holds(text: str) -> None:
    assert Where(text)(message())


@pytest.mark.parametrize(
    "text",
    [
        "body.nothing == 1",
        "body.total.more == 1",
        'body.token == "hidden"',
        'type == "OrderCancelled"',
        "body.items[7].price > 0",
    ],
)
def test_what_cannot_be_told_or_is_secret_holds_for_nothing(text: str) -> None:
    assert not Where(text)(message())


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (2**63 - 1, "body.n / 10 == 922337203685477580"),
        (-(2**63), "body.n / 10 == -922337203685477580"),
        (2**63, "body.n == 9223372036854775808.0"),
        (-(2**63) - 1, "body.n == -9223372036854775809.0"),
        (5 * 10**307, "body.n > 4e307 && body.n < 6e307"),
        (2 * 10**308, "body.n > 1.7e308"),
        (10**400, "body.n > 1.7e308"),
        (-(5 * 10**307), "body.n < -4e307 && body.n > -6e307"),
        (-(10**400), "body.n < -1.7e308"),
        (10**18, "body.n == 1000000000000000000"),
    ],
)
@pytest.mark.parametrize("around", ['{"n":%d}', '{"all":[{"n":%d}]}'])
def test_whole_numbers_of_any_size_are_compared(number: int, text: str, around: str) -> None:
    """Up to 64 bits they stay whole, as a division shows. Larger ones become fractions, and infinite where no fraction holds
    them."""
    asked = text.replace("body.n", "body.all[0].n") if "all" in around else text
    assert Where(asked)(message((around % number).encode()))


@pytest.mark.parametrize("body", [None, b"", b"\xff\xfe", b"[1,2", b'{"a":' * 2_000, b"x" * 1_000_000])
def test_a_body_that_is_no_json_object_is_no_error(body: bytes | None) -> None:
    assert not Where("body.total > 1")(message(body))
    assert Where('type == "OrderPlaced"')(message(body))


def test_a_body_that_is_no_json_is_a_text() -> None:
    assert Where('body.contains("hello")')(message(b"hello there"))


def test_a_message_without_a_key_has_an_empty_one() -> None:
    assert Where('key == ""')(message(key=None))


@pytest.mark.parametrize(
    ("said", "version"),
    [(None, 0), (b"3", 3), (b"x", 0), (b"-1", 0), (b"", 0), (b"9" * 18, 10**18 - 1), (b"1" * 19, 0)],
)
def test_what_is_no_event_has_version_0_and_no_type(said: bytes | None, version: int) -> None:
    named = () if said is None else (("ce_sequence", said),)
    bare = Message(Logged("order_events", 0, 7, AT, None, named, BODY))
    assert Where(f'version == {version} && type == ""')(bare)


def test_a_condition_may_be_as_long_as_its_bound() -> None:
    assert Where("true" + " " * (LONGEST - 4))(message())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("type ==", "at character 8: type ==⟨here⟩"),
        ("totl == 1", "at character 1: ⟨here⟩totl == 1. There are: topic, key, type, id, time, headers, body, version"),
        ('key == "a" && type == 3', "at character 20"),
        ("1 + 1", "it gives INT"),
        ("  ", "empty"),
        ("a" * (LONGEST + 1), "at most 4,000 characters"),
        ("true\n", "one line"),
        ("(" * 300, "--where"),
    ],
)
def test_nonsense_is_refused_with_its_place(text: str, told: str) -> None:
    with pytest.raises(BadArgument) as refused:
        Where(text)
    assert told in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        ('type == "OrderPlaced"', b"OrderPlaced"),
        ("key == 'o1' && type == 'OrderPlaced'", b"OrderPlaced"),
        ("(type == 'OrderPlaced' && body.total > 3)", b"OrderPlaced"),
        ("version > 1 && (body.total > 3 && key == 'o1')", b'"total"'),
        ("has(body.coupon_code)", b'"coupon_code"'),
        ("body.items[0].price == 5", b'"price"'),
        ('headers["ce_source"] == "a.b"', b"a.b"),
        ("key.startsWith('abc')", b"abc"),
        ("body.note.contains('onions')", b"onions"),
        # where no text has to be there
        ("type == 'A' || type == 'B'", None),
        ("type == 'A' ? true : false", None),
        ("!(type == 'A')", None),
        ("type != 'A'", None),
        ("topic == 'order_events'", None),
        ("version == 3", None),
        ("key == ''", None),
        ("(type == 'A') || (type == 'B')", None),
        ("body.name == 'Kebapçı'", None),
        ("body.url == 'a/b'", None),
        (r"key == r'\' && type == 'A'", None),
        # what binds less than && is around all of it
        ("key == 'a' || key == 'b' && type == 'OrderPlaced'", None),
        ("key == 'a' ? key == 'b' : true && type == 'OrderPlaced'", None),
        # a comment, and texts with rules of their own
        ("key == 'a' // && type == 'OrderPlaced'", None),
        ("key == '''x' && type == \"OrderPlaced\" && 'y'''", None),
        ("type == 'OrderPlaced' && key == r'a'", None),
        ("type == 'OrderPlaced' && key == R'a'", None),
        ("type == 'OrderPlaced' && key != '' && b'a' == b'a'", None),
        ("type == 'OrderPlaced' && key != '' && B'a' == B'a'", None),
        ("type == 'OrderPlaced' && key == 'r'", b"OrderPlaced"),
        ("x", None),
        ("key == ' && type == \"A\" && '", None),
    ],
)
def test_which_bytes_it_asks_for(text: str, bytes_: bytes | None) -> None:
    assert needle(text) == bytes_


def test_of_many_records_those_are_left_that_it_holds_for() -> None:
    """One has the text that the condition asks for and is not meant, one lacks it, and of one nothing can be told."""
    dear, cheap = message().logged, message(BODY.replace(b"9550", b"10")).logged
    other, odd = message(key=b"o2").logged, message(b"no JSON").logged
    assert Where('key == "o1" && body.total > 5000').of([dear, cheap, other, odd]) == [dear]
