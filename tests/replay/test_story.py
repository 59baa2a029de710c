"""Why something goes no further: each of ten situations has its right cause, from messages and what stores say of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from replay.log.message import Message
from replay.log.story import LONGEST, Known, Reader, told, waits
from stores.engineering import Entered, ParkedKey
from stores.kafka.log import Bounds, Logged, Place
from topics.messages import headers

AT = datetime(2026, 11, 27, 18, 30, tzinfo=UTC)
ORDER, USER = "7d0e1c52-9f0a-4c5e-8a31-5b1f0c2d3e4f", "2f6a8a0e-3a64-4d3c-9c0b-1f2e3d4c5b6a"


def one(
    topic: str, kind: str, id: str, cause: str | None = None, *, offset: int = 7, body: object = None,
    source: str | None = None, version: int | None = None, key: str = ORDER, **more: str,
) -> Message:  # fmt: skip
    named = {
        headers.ID: id, headers.TYPE: kind, headers.CORRELATION: "flow",
        headers.SOURCE: source or f"lezzet/{topic.rpartition('_')[0]}",
        **({headers.CAUSATION: cause} if cause else {}), **({headers.SEQUENCE: str(version)} if version else {}), **more,
    }  # fmt: skip
    logged = Logged(
        topic, 0, offset, AT + timedelta(milliseconds=offset), key.encode(),
        tuple((name, value.encode()) for name, value in named.items()), msgspec.json.encode(body or {}),
    )  # fmt: skip
    return Message(logged)


PLACE = one("order_commands", "PlaceOrder", "place", source="lezzet/edge", offset=1, **{headers.CALLER: USER})
PLACED = one(
    "order_events", "OrderPlaced", "placed", "place", offset=2, version=1, body={"pay_by": "2026-11-27T18:45:00Z"}
)
PAID = one("order_events", "PaymentConfirmed", "paid", "pay", offset=4, version=2)
TICKET = one(
    "order_events",
    "OrderSentToKitchen",
    "ticket",
    "pay",
    offset=5,
    version=3,
    body={"expires_at": "2026-11-27T18:36:00Z"},
)
MAIL = one("notification_events", "MailRequested", "mail", "placed", offset=9, version=1, key=USER)

DONE = Known(
    readers=[
        Reader("order.decide", Place("order_commands", 0), 100),
        Reader("order.project", Place("order_events", 0), 100),
    ],
    bounds={Place(t, 0): Bounds(0, 100) for t in ("order_commands", "order_events", "notification_events")},
)


def kinds(messages: Sequence[Message], known: Known = DONE) -> list[str]:
    return [cause.kind for cause in waits(messages, known)]


def _entered(code: str) -> Known:
    outcome = msgspec.json.encode(
        {"operation_id": "o", "status": "failed", "code": code, "detail": "so it is"}
    ).decode()
    return replace(DONE, entered={("order", ("lezzet/edge", "place")): Entered(outcome, None)})


def test_a_parked_key_names_the_message_that_failed_and_the_way_out() -> None:
    row = ParkedKey("order", "order_commands", ORDER, 3, "poison", "lezzet/edge", AT, "KeyError: 'total'")
    (cause,) = waits([PLACE], replace(DONE, parked=[row]))
    assert cause.kind == "parked" and cause.message == "poison"
    assert "KeyError" in cause.says and "3 messages wait" in cause.says and f"--key {ORDER}" in cause.says


def test_a_closed_restaurant_is_the_reason_that_the_order_was_refused_for() -> None:
    refused = one(
        "order_events", "OrderRefused", "no", "place", version=1, offset=2,
        body={"code": "restaurant_closed", "detail": "opens at 10:00"}, **{headers.FACTS: '{"restaurants":{"r1":7}}'},
    )  # fmt: skip
    (cause,) = waits([PLACE, refused], DONE)
    assert cause.kind == "refused" and "restaurant_closed: opens at 10:00" in cause.says
    assert "on restaurants r1 v7" in told([PLACE, refused], DONE)[1], "which facts, in which version"


def test_a_silent_kitchen_is_told_with_the_time_at_which_the_order_expires() -> None:
    (cause,) = waits([PLACE, PLACED, PAID, TICKET], DONE)
    assert cause.kind == "restaurant" and "expires at 2026-11-27T18:36:00Z" in cause.says


def test_a_payment_that_nobody_confirmed_is_told_with_its_end() -> None:
    (cause,) = waits([PLACE, PLACED], DONE)
    assert cause.kind == "payment" and "given up at 2026-11-27T18:45:00Z" in cause.says
    assert kinds([PLACE, PLACED, PAID]) == []


def test_a_mail_server_that_is_away_is_named_where_the_mail_waits() -> None:
    behind = replace(DONE, readers=[Reader("notification.effect", Place("notification_events", 0), 9)])
    (cause,) = waits(
        [MAIL], replace(behind, away={"notification.effect": "the mail server does not answer at mail:25"})
    )
    assert cause.kind == "away" and "the mail server does not answer at mail:25" in cause.says
    assert kinds([MAIL], behind) == ["lag"]


def test_lag_says_how_many_are_before_it() -> None:
    known = replace(DONE, readers=[Reader("order.decide", Place("order_commands", 0), 0)])
    (cause,) = waits([PLACE], known)
    assert cause.kind == "lag" and "order.decide" in cause.says and "1 message before it" in cause.says


def test_a_command_past_its_deadline_has_expired() -> None:
    late = one("order_commands", "PlaceOrder", "place", **{headers.DEADLINE: str(int(AT.timestamp() * 1000) - 1)})
    assert kinds([late]) == ["expired"] == kinds([PLACE], _entered("expired"))


def test_a_command_that_the_edge_took_back_was_withdrawn() -> None:
    assert kinds([PLACE], replace(DONE, withdrawn=frozenset(["place"]))) == ["withdrawn"]


def test_a_command_that_stands_twice_in_the_log_is_a_duplicate() -> None:
    again = one("order_commands", "PlaceOrder", "place", offset=3)
    (cause,) = waits([PLACE, again], DONE)
    assert cause.kind == "duplicate" and "2 times" in cause.says
    forwarded = one("order_commands", "PlaceOrder", "place", offset=3, **{headers.FORWARDED: "1"})
    assert kinds([PLACE, forwarded]) == [], "one that was sent on to the partition of its key is none"


@pytest.mark.parametrize("bounds", [Bounds(0, 3), Bounds(8, 100)])
def test_a_partition_whose_floor_is_outside_its_log_stands_still(bounds: Bounds) -> None:
    place = Place("order_commands", 0)
    known = replace(DONE, readers=[Reader("order.decide", place, 5)], bounds={place: bounds})
    (cause,) = waits([PLACE], known)
    assert cause.kind == "stopped" and "topics reset order_commands" in cause.says


def test_a_refused_command_says_why_and_what_was_done_says_nothing() -> None:
    (cause,) = waits([PLACE], _entered("out_of_reach"))
    assert cause.kind == "refused" and "out_of_reach: so it is" in cause.says
    assert kinds([PLACE], DONE) == []


def test_the_story_says_who_asked_and_what_was_decided() -> None:
    timer = one("order_commands", "ExpireOrder", "ring", offset=8, **{headers.TIMER: "expiry"})
    story = told([TICKET, PLACE, PLACED, timer], DONE)
    assert f"user {USER} sent PlaceOrder to order_commands" in story[0]
    assert f"order decided OrderPlaced (version 1 of {ORDER})" in story[1]
    assert "the timer expiry sent ExpireOrder" in story[3]


def test_a_long_story_has_an_end_and_a_hostile_one_drives_no_terminal() -> None:
    many = [one("order_commands", "\x1b[2JEvil\u202e", f"m{n}", offset=n) for n in range(LONGEST + 5)]
    story = told(many, DONE)
    assert len(story) == LONGEST + 1 and story[-1] == "… and 5 more"
    assert all(line.isprintable() for line in story)
    assert all(cause.says.isprintable() for cause in waits(many, replace(DONE, withdrawn=frozenset(["m1"]))))


def test_personal_data_is_in_no_sentence() -> None:
    refused = one("order_events", "OrderRefused", "no", "place", body={"code": "x", "detail": "ayse@example.com"})
    assert all("ayse@" not in cause.says for cause in waits([refused], DONE))
