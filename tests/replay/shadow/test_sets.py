"""Recorded sets: played they are decided the same, and they hold nobody's data. Those in tests/recorded/ are of real flows."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from agents.address import decider
from replay.failure import BadArgument
from replay.questions.play import play, read
from replay.questions.record import of_flow
from replay.shadow import domains, sets
from replay.shadow.memory import MemoryInbox
from replay.shadow.sets import RecordedSet
from stores.kafka.log import Logged
from stores.settings import load
from tests.replay.shadow.tape import BEGAN, Tape
from topics.contracts import catalog_events
from topics.contracts.address_commands import AddAddress, RemoveAddress
from topics.contracts.basket_commands import AddItem
from topics.contracts.catalog_events import MealAdded, MealChanged, MealDetails
from topics.messages import headers
from topics.messages.ids import derive

SETTINGS = load({})
ADDRESS, BASKET = domains.named("address", SETTINGS), domains.named("basket", SETTINGS)
HOME = AddAddress(title="Home sweet home", address="Moda Caddesi 12", city="İstanbul", district="Kadıköy", latitude=40.98,
                  longitude=29.02)  # fmt: skip
GOLDEN = sorted((Path(__file__).parents[2] / "recorded").glob("*.jsonl"))


def tape() -> Tape:
    made = Tape()
    details = MealDetails(name="Adana", price=100)
    made.event(catalog_events.TOPIC, "kebap", MealAdded(restaurant_id="mahmut", details=details, added_at=made.now))
    made.command(ADDRESS, "ada", HOME, CALLER="ada", id="before")
    for id in ("one", "two"):
        made.command(ADDRESS, "ada", replace(HOME, title=f"Home of {id}"), CALLER="ada", CORRELATION="flow", id=id)
    made.command(ADDRESS, "ada", RemoveAddress(address_id=derive("one", "address")), CALLER="ada", CORRELATION="flow")
    made.command(ADDRESS, "ada", RemoveAddress(address_id="nothing"), CALLER="ada", CORRELATION="flow")
    made.command(BASKET, "ada", AddItem(meal_id="kebap", quantity=2, note="for Moda Caddesi 12"), CORRELATION="flow")
    made.event(catalog_events.TOPIC, "kebap", MealChanged(restaurant_id="mahmut", details=replace(details, price=7)))
    made.command(BASKET, "ada", AddItem(meal_id="sushi", quantity=1), CORRELATION="flow")
    return made


async def recorded(made: Tape) -> RecordedSet:
    every = [each for topic in made.log.topics for each in made.log.of_key(topic, "ada")]
    flow = [each for each in every if ("ce_correlationid", b"flow") in each.headers]
    return await of_flow(SETTINGS, "flow", flow, made.log, MemoryInbox(made.entered))


async def test_a_recorded_flow_is_played_the_same_and_read_and_written_to_the_byte():
    found = await recorded(tape())
    assert {line.role for line in found.lines} == {"flow", "before", "fact"}
    said = found.encode()
    assert sets.decode(said, "set").encode() == said == (await recorded(tape())).encode()
    played = {each.domain: each for each in await play(SETTINGS, sets.decode(said, "set"))}
    assert {name: (each.same, each.commands) for name, each in played.items()} == {"address": (4, 4), "basket": (2, 2)}


async def test_it_holds_nobodys_data_and_says_the_same_of_the_same():
    said = (await recorded(tape())).encode().decode()
    for personal in ("Home sweet home", "Home of one", "Moda Caddesi", "40.98", "29.02"):
        assert personal not in said
    assert "İstanbul" in said, "a city is nobody's"


def ended(by: str, reason: str, command: str) -> list[tuple[sets.Role, Logged]]:
    """An order's end, its command, and what the kitchen is told of it, where the reason is a personal text."""
    why = json.dumps({"by": by, "reason": reason}).encode()
    lines = (
        ("order_commands", "c", "x", command.encode()),
        ("order_events", "e", "c", why),
        ("kitchen_commands", "k", "e", why),
    )
    return [
        ("flow", Logged(topic, 0, n, BEGAN, b"o", _named(id, cause, "WithdrawTicket" if id == "k" else "OrderExpired"), body))
        for n, (topic, id, cause, body) in enumerate(lines)
    ]  # fmt: skip


def _named(id: str, cause: str, kind: str) -> tuple[tuple[str, bytes], ...]:
    return (headers.ID, id.encode()), (headers.CAUSATION, cause.encode()), (headers.TYPE, kind.encode())


@pytest.mark.parametrize(
    ("by", "reason", "command", "stays"),
    [
        ("system", "the restaurant did not answer in time", "{}", True),
        ("customer", "my aunt is ill", "{}", False),
        ("system", "nobody at Moda 12", '{"reason": "nobody at Moda 12"}', False),
    ],
)
def test_a_reason_stays_that_the_decision_itself_gave(by: str, reason: str, command: str, stays: bool):
    lines = sets.made("o", ended(by, reason, command), ()).lines
    assert [reason in (line.body or "") for line in lines[1:]] == [stays, stays]


async def test_a_planted_bug_is_found_by_a_set(monkeypatch: pytest.MonkeyPatch):
    found = await recorded(tape())
    real = decider._add  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(decider, "_add", lambda c, book, context: real(replace(c, district="X"), book, context))
    played = {each.domain: each.different for each in await play(SETTINGS, found)}
    assert played == {"address": 2, "basket": 0}


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (b'{"lezzet_set":2,"id":"x"}\n', "set: a set of version 2, this code plays 1: record it again"),
        (b"", "set, line 1: is no recorded set"),
        (b"hello\n", "set, line 1: is no recorded set"),
        (b'{"lezzet_set":1,"id":"x"}\n{"role":"spoon"}\n', "set, line 2: is no recorded set"),
    ],
)
def test_another_file_is_one_line(said: bytes, line: str):
    with pytest.raises(BadArgument) as told:
        sets.decode(said, "set")
    assert str(told.value).startswith(line) and "\n" not in str(told.value)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path):
    with pytest.raises(BadArgument, match="No such file"):
        read(tmp_path / "nothing.jsonl")


def test_there_are_golden_sets():
    assert GOLDEN


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
async def test_what_really_happened_is_decided_the_same(path: Path):
    found = read(path)
    assert sets.decode(found.encode(), "set") == found
    for each in await play(SETTINGS, found):
        assert each.different == 0, "\n".join(each.lines())
        assert each.same or each.unknown, each.lines()
