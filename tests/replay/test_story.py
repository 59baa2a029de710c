"""Why something goes no further: each of ten situations has its right cause, from messages and what stores say of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
import pytest

from replay.log.causes import waits
from replay.log.known import Known, Reader, Standstill, Unasked
from replay.log.message import Message
from replay.log.story import LONGEST, told
from stores.engineering import Entered, ParkedKey, SetAside, SetTimer, Written
from stores.kafka.log import Bounds, Logged, Place
from stores.protocol import RowId, Source
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
    assert kinds([PLACE], replace(DONE, parked=[row._replace(key="another")])) == []


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


def test_lag_of_a_group_that_nobody_waits_for_is_told_last() -> None:
    readers = [Reader(group, Place("order_events", 0), 0) for group in ("analytics.index", "order.project")]
    found = waits([PLACE, PLACED], replace(DONE, readers=readers))
    assert [(cause.kind, "order.project" in cause.says) for cause in found] == [("lag", True), ("payment", False)]
    assert kinds([PLACE, PLACED], replace(DONE, readers=readers[:1])) == ["payment", "lag"]


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
    assert told([PLACE], _entered("out_of_reach"))[0].endswith(", which was refused: out_of_reach")


def test_the_story_says_which_domain_sent_a_command_and_when_one_changed_nothing() -> None:
    handed_on = one("order_commands", "PlaceOrder", "place", source="lezzet/basket")
    assert told([handed_on], DONE)[0].endswith("basket sent PlaceOrder to order_commands")
    done = replace(DONE, entered={("order", ("lezzet/edge", "place")): Entered(None, None)})
    assert told([PLACE], done)[0].endswith("sent PlaceOrder to order_commands, which changed nothing")
    follows = one("discount_commands", "ReserveUse", "reserve", "place", source="lezzet/order")
    assert told([PLACE, follows], done)[0].endswith("sent PlaceOrder to order_commands")


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
    (cause,) = waits([refused], DONE)
    assert cause.kind == "refused" and "ayse@" not in cause.says


NOW = AT + timedelta(hours=1)
ASIDE = SetAside(
    Source("notification.effect", "notification_events", 0), USER, "mail", AT, "mail", 2, NOW + timedelta(minutes=5),
    NOW + timedelta(hours=23), "452 the mailbox of ayse@example.com is full",
)  # fmt: skip


def test_an_effect_that_is_set_aside_says_what_its_tries_met_and_when_it_is_given_up() -> None:
    (cause,) = waits([MAIL], replace(DONE, aside=[ASIDE], now=NOW))
    assert cause.kind == "aside" and cause.message == "mail"
    assert "tried 2 times, the last try met: 452" in cause.says and "ayse@" not in cause.says
    assert "tried again at 2026-11-27T19:35:00.000Z, and given up at 2026-11-28T18:30:00.000Z" in cause.says
    assert "`./lezzet dlq redrive notification_events --id mail`" in cause.says


def test_an_effect_behind_another_one_of_its_key_names_that_one() -> None:
    behind = ASIDE._replace(first="earlier", tries=0, due=None, until=None, reason="")
    (cause,) = waits([MAIL], replace(DONE, aside=[behind], now=NOW))
    assert "behind earlier, which is of the same key" in cause.says and "not tried yet" in cause.says
    assert "do the agents run" in cause.says, "nobody tries it"


def test_an_effect_that_newer_code_alone_can_do_is_never_given_up() -> None:
    newer = ASIDE._replace(until=datetime.max.replace(tzinfo=UTC))
    (cause,) = waits([MAIL], replace(DONE, aside=[newer], now=NOW))
    assert "given up never" in cause.says


def _row(topic: str, *named: tuple[str, bytes], channel: Literal["kafka", "reply"] = "kafka") -> Written:
    said = msgspec.json.encode(named).decode()
    return Written(Source("order.decide", "order_commands", 0), RowId(0, 1, 0), channel, topic, None, said)


def test_what_is_written_and_not_in_the_log_is_told_with_who_sends_it() -> None:
    lost = _row("order_events", (headers.ID, b"lost"), (headers.TYPE, b"OrderDrafted"))
    out = _row("order_events", (headers.ID, b"placed"), (headers.TYPE, b"OrderPlaced"))
    (cause, _) = waits([PLACE, PLACED], replace(DONE, unsent=[lost, out, _row("edge", channel="reply")]))
    assert cause.kind == "outbox" and cause.message == "place"
    assert "OrderDrafted for order_events, its answer of PlaceOrder are written by order.decide" in cause.says
    assert "the agents that have order_commands:0 send them" in cause.says
    assert [cause.kind for cause in waits([PLACE, PLACED], replace(DONE, unsent=[out]))] == ["payment"]


def test_a_dead_letter_in_an_outbox_is_told_until_it_is_in_its_topic() -> None:
    named = (headers.ID, b"place"), (headers.TYPE, b"PlaceOrder"), (headers.DLQ_ID, b"place")
    known = replace(DONE, unsent=[_row("order_commands_dlq", *named)])
    assert kinds([PLACE], known) == ["outbox"]
    letter = one("order_commands_dlq", "PlaceOrder", "place", **{headers.DLQ_REASON: "x", headers.DLQ_ID: "place"})
    assert kinds([PLACE, letter], known) == ["dead"]


def test_a_timer_is_told_last_before_its_time_and_early_after_it() -> None:
    def timer(due: datetime, *, sent: bool = False) -> Known:
        named = msgspec.json.encode([(headers.TYPE, b"GiveUpPayment")]).decode()
        at = Source("order.decide", "order_commands", 0)
        return replace(DONE, now=NOW, timers=[SetTimer(at, ORDER, "payment", "ring", due, sent, named)])

    (_, last) = waits([PLACE, PLACED], timer(NOW + timedelta(seconds=70)))
    assert last.kind == "timer"
    assert (
        "its timer payment sends GiveUpPayment to order_commands at 2026-11-27T19:31:10.000Z, in 1 min 10 s"
        in last.says
    )
    assert kinds([PLACE, PLACED], timer(NOW - timedelta(seconds=5))) == ["payment", "timer"], (
        "it may still wait its turn"
    )
    first = waits([PLACE, PLACED], timer(NOW - timedelta(seconds=70)))[0]
    assert first.kind == "timer" and "did not send GiveUpPayment to order_commands: do the agents run" in first.says
    ring = one("order_commands", "GiveUpPayment", "ring", offset=9, **{headers.TIMER: "payment"})
    assert kinds([PLACE, PLACED, ring], timer(NOW - timedelta(seconds=70), sent=True)) == ["payment"], (
        "it is in the log"
    )


def test_a_partition_that_is_held_back_is_first_where_something_waits_in_it() -> None:
    place = Place("order_commands", 0)
    held = replace(DONE, standstills=[Standstill("order.decide", place, "held", AT, "")])
    behind = replace(held, readers=[Reader("order.decide", place, 1)])
    first = waits([PLACE, PLACED], behind)[0]
    assert first.kind == "held" and first.message == "place"
    assert f"holds order_commands:0 back since {AT:%Y-%m-%d}" in first.says and "PlaceOrder waits there" in first.says
    assert kinds([PLACE, PLACED], held) == ["payment", "held"], "else it is told after what is waited for"
    elsewhere = replace(behind, standstills=[Standstill("order.decide", Place("order_commands", 1), "held", AT, "")])
    assert "held" not in kinds([PLACE, PLACED], elsewhere)


def test_each_group_that_stands_still_is_told_once_as_the_agents_say_it() -> None:
    place = Place("order_commands", 0)
    why = "the floor is 5, the log holds 8 to 9: made anew; `./lezzet topics reset order_commands` begins it again"
    standstills = [Standstill(group, place, "stopped", AT, why) for group in ("order.decide", "order.copy")]
    readers = [Reader("order.decide", place, 5)]
    known = replace(DONE, readers=readers, bounds={place: Bounds(8, 9)}, standstills=standstills)
    found = waits([PLACE], known)
    assert [(cause.kind, cause.says.split()[0]) for cause in found] == [
        ("stopped", "order.decide"), ("stopped", "order.copy"),
    ]  # fmt: skip
    newer = replace(known, standstills=[Standstill("order.decide", place, "stopped", None, "offset 5: version 9")])
    assert "when agents of the release that published this run" in waits([PLACE], newer)[0].says


def test_events_that_a_view_could_not_apply_are_told_at_the_end() -> None:
    behind = Standstill("order.project", Place("order_events", 0), "behind", None, "offset 2: KeyError")
    found = waits([PLACE, PLACED], replace(DONE, standstills=[behind]))
    assert [cause.kind for cause in found] == ["payment", "behind"] and f"state {ORDER} --diff" in found[-1].says


def test_a_dead_letter_is_told_until_it_is_sent_again() -> None:
    letter = one("order_commands_dlq", "PlaceOrder", "place", offset=3, **{
        headers.DLQ_REASON: "given up", headers.DLQ_TOPIC: "order_commands", headers.DLQ_ID: "place",
    })  # fmt: skip
    (cause,) = waits([PLACE, letter], DONE)
    assert cause.kind == "dead" and "`./lezzet dlq redrive order_commands --id place`" in cause.says
    hostile = one("order_commands_dlq", "PlaceOrder", "x", offset=3, **{
        headers.DLQ_REASON: "given up", headers.DLQ_TOPIC: "order_commands", headers.DLQ_ID: "x; $(reboot)\n",
    })  # fmt: skip
    (cause,) = waits([hostile], DONE)
    assert r"`./lezzet dlq redrive order_commands --id 'x; $(reboot)\n'`" in cause.says, "a shell runs nothing else"
    again = one("order_commands", "PlaceOrder", "place", source="lezzet/edge", offset=9)
    assert "dead" not in kinds([PLACE, letter, again])
    parked = one("order_commands_dlq", "PlaceOrder", "place", **{headers.DLQ_REASON: "x", headers.DLQ_PARKED: "1"})
    assert kinds([PLACE, parked]) == [], "it is told with its key"


def test_who_did_not_answer_is_first_where_the_flow_needs_it_and_last_otherwise() -> None:
    known = replace(
        DONE, unasked=[Unasked("MongoDB does not answer", False), Unasked("PostgreSQL does not answer", True)]
    )
    assert kinds([PLACE, PLACED], known) == ["away", "payment", "unknown"]
