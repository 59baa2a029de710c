"""`./lezzet trace`: one order's way over the topics, joined by its correlation."""

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from replay.log import search
from stores.kafka.raw import RawRecord
from tests.replay.scene import Desk, dead, record
from topics.messages import ids


def flow_of(order: str, user: str, flow: str) -> Sequence[RawRecord]:
    """A checkout as the domains publish it, and a mail whose publisher failed."""

    def one(topic: str, key: str, name: str, kind: str, cause: str | None, **more: str) -> RawRecord:
        return record(
            topic, key, b'{"order":"%s"}' % order.encode(), id=f"{flow}-{name}", type=kind, correlationid=flow,
            **({"causationid": f"{flow}-{cause}"} if cause else {}), **more,
        )  # fmt: skip

    checkout = one("basket_commands", user, "checkout", "Checkout", None)
    raw = [*one("notification_commands", user, "mail", "ConfirmOrder", "placed").headers]
    return (
        checkout._replace(headers=[*checkout.headers, ("lezzet_operation", f"op-{flow}".encode())]),
        one("basket_events", user, "out", "CheckedOut", "checkout", sequence="4"),
        one("order_commands", order, "place", "PlaceOrder", "checkout"),
        one("order_events", order, "placed", "OrderPlaced", "place", sequence="1"),
        dead("notification_commands", user, b"{", *raw, id=f"{flow}-mail", reason="13 brings bad luck"),
    )


async def test_joins_an_order_over_all_topics_in_order(desk: Desk) -> None:
    order, user, flow = ids.fresh(), ids.fresh(), ids.fresh()
    await desk.publish(*flow_of(order, user, flow), *flow_of(ids.fresh(), ids.fresh(), ids.fresh()))
    code, out = await desk.run("trace", order)
    assert code == 0
    title, *lines = [line for line in out.splitlines() if not line.startswith(" " * 16)]
    assert title.startswith(f"flow {flow}") and "5 messages in" in title
    topics = ["basket_commands", "basket_events", "order_commands", "order_events", "notification_commands_dlq"]
    assert [next(t for t in line.split() if "_" in t) for line in lines[:5]] == topics
    indents = [line.index(topic) for line, topic in zip(lines, topics, strict=False)]
    assert [(at - indents[0]) // 2 for at in indents] == [0, 1, 1, 2, 4]
    assert all(" ms  " in line for line in lines[:5])
    assert "messages of" in lines[-1] and "topics read in" in lines[-1]
    assert "v4" in lines[1] and "DEAD: 13 brings bad luck" in lines[4]


async def test_is_found_by_every_id_of_the_flow(desk: Desk) -> None:
    order, user, flow = ids.fresh(), ids.fresh(), ids.fresh()
    await desk.publish(*flow_of(order, user, flow))
    for name in (order, user, flow, f"op-{flow}", f"{flow}-placed", f"{flow}-mail"):
        _, out = await desk.run("trace", name, "--since", "1h", "--json")
        (found,) = json.loads(out)["flows"]
        assert found["correlation"] == flow, name
        assert len(found["messages"]) == 5, name
        assert [m["ms"] for m in found["messages"]] == sorted(m["ms"] for m in found["messages"])


async def test_is_found_in_upper_case_where_it_is_hexadecimal(desk: Desk) -> None:
    order, user, flow, trace = ids.fresh(), ids.fresh(), ids.fresh(), uuid.uuid4().hex
    await desk.publish(*flow_of(order, user, flow), record("notification", f"courier:{user}", b"{}", id=trace.upper()))
    for name in (order.upper(), flow.upper(), f"op-{flow.upper()}", trace, f"courier:{user.upper()}"):
        code, out = await desk.run("trace", name, "--since", "1h", "--json")
        assert code == 0 and json.loads(out)["flows"], out
    for name in (f"OP-{flow}", f"COURIER:{user}"):
        code, _ = await desk.run("trace", name, "--since", "1h")
        assert code == 2, "what is no hexadecimal number stays as it is spelled"


def test_a_word_is_looked_for_as_it_is_spelled() -> None:
    assert search.spellings("Cafe") == {"Cafe"} and search.spellings("ADA-BADE") == {"ADA-BADE"}


async def test_several_processes_find_what_one_finds(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_BY_ONE", 0)
    order, user, flow = ids.fresh(), ids.fresh(), ids.fresh()
    since = datetime.now(UTC) - timedelta(minutes=10)  # the suite has written much before
    await desk.publish(*flow_of(order, user, flow), *flow_of(ids.fresh(), ids.fresh(), ids.fresh()))

    async def found(wanted: str, processes: int) -> tuple[int, set[tuple[str, int, int]]]:
        all_of_it = await search.find_in_shares(desk.tools.log, wanted, since, processes)
        places = [
            (message.logged.topic, message.logged.partition, message.logged.offset) for message in all_of_it.messages
        ]
        assert len(places) == len(set(places))
        return all_of_it.topics, set(places)

    for wanted, many in ((order, 5), (f"{flow}-mail", 5), (ids.fresh(), 0)):
        topics, places = await found(wanted, 1)
        assert len(places) == many
        assert await found(wanted, 2) == await found(wanted, 3) == (topics, places)


async def test_a_message_without_headers_leads_its_own_flow(desk: Desk) -> None:
    # Not user_created: other tests of the session make it anew, and then an old place has the id of a new one.
    user = ids.fresh()
    ((partition, offset),) = await desk.publish(record("notification", user, b"{}"))
    place = ids.of_position("notification", 0, partition, offset)
    await desk.publish(
        record("notification_commands", user, b"{}", id=f"x{user}", causationid=place, correlationid=place)
    )
    _, out = await desk.run("trace", user, "--json")
    (found,) = json.loads(out)["flows"]
    assert [(m["topic"], m["depth"]) for m in found["messages"]] == [
        ("notification", 0),
        ("notification_commands", 1),
    ]


async def test_an_unknown_id_says_how_much_was_read(desk: Desk) -> None:
    code, line = await desk.run("trace", "nobody", "--since", "20m")
    assert code == 2 and "'nobody'" in line and "since 20m" in line and "topics read" in line


async def test_a_span_is_a_span(desk: Desk) -> None:
    for wrong in ("yesterday", "999999999999d"):
        code, line = await desk.run("trace", "x", "--since", wrong)
        assert code == 2 and "--since" in line
