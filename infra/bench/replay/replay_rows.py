"""The rows of `./lezzet bench replay`: a question each, with what it took and what is promised."""

import os
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from infra.bench.replay import decided_log, full_log
from replay.log import search
from replay.log.where import Where
from replay.questions import decide, find, play, record, replay, state, why
from replay.shadow import sets
from replay.shares import cores
from replay.tools import Tools
from replay.views import diff
from stores.kafka.growth import growth_in

Answer = TypeVar("Answer")

WHY_SHARE, WHY_SECONDS = 0.5, 8.0  # of the bare consumer's rate; for a million messages
FIND_SHARE = 0.35
STATE_SECONDS = 3.0  # for an aggregate of a topic with a million messages
DECIDED_PER_SECOND = 25_000.0  # commands, by two cores
COMPARED_PER_SECOND = 20_000.0  # events
REPLAYED_PER_SECOND = 50_000.0  # events
RECORDED_SECONDS = 1.0  # for a thousand commands, without the search for them; to play them as well


class Took(NamedTuple):
    """number: of messages, or of what is said with it. seconds, cpu: that they took."""

    number: int
    seconds: float
    cpu: float

    def rate(self, *, by_cpu: bool) -> float:
        return self.number / self.of(by_cpu=by_cpu)

    def of(self, *, by_cpu: bool) -> float:
        return self.cpu if by_cpu else self.seconds

    def __str__(self) -> str:
        return f"{self.number:,} in {self.seconds:.2f} s, {self.cpu:.2f} s of CPU"


class Figure(NamedTuple):
    """A line of the report. holds: True where nothing is promised."""

    says: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Log:
    """What the rows ask about. messages: of the full log, and of the long topic. bare: the other side, on the same log. part:
    how much of each bar has to be held."""

    tools: Tools
    messages: int
    bare: Took
    by_cpu: bool
    part: float

    def against(self, what: str, took: Took, share: float | None, seconds: float | None = None) -> Figure:
        """took: with messages of the log. share: of the bare consumer's rate that is promised. seconds: for a million."""
        times = took.rate(by_cpu=self.by_cpu) / self.bare.rate(by_cpu=self.by_cpu)
        line = f"{what}: {took} messages: {times:.2f} times as fast as the bare consumer"
        if share is None:
            return Figure(line, True)
        holds = times >= share * self.part
        line += f", wanted {share}"
        if seconds is not None:
            million = took.of(by_cpu=self.by_cpu) * 1_000_000 / took.number
            holds = holds and million * self.part <= seconds
            line += f"; {million:.1f} s for a million, wanted {seconds:.0f}"
        return Figure(line, holds)

    def fast(self, what: str, took: Took, wanted: float) -> Figure:
        """wanted: of what is counted, a second."""
        rate = took.rate(by_cpu=self.by_cpu)
        return Figure(f"{what}: {took}: {rate:,.0f}/s, wanted {wanted:,.0f}", rate >= wanted * self.part)

    def quick(self, what: str, took: Took, wanted: float) -> Figure:
        """wanted: seconds."""
        return Figure(f"{what}: {took}, wanted {wanted:.0f} s", took.of(by_cpu=self.by_cpu) * self.part <= wanted)


Row = Callable[[Log], Awaitable[Sequence[Figure]]]


async def _timed(asked: Callable[[], Awaitable[Answer]], count: Callable[[Answer], int]) -> tuple[Took, Answer]:
    """With the opening of the log and of the stores, as a command has it."""
    began, cpu = time.perf_counter(), _cpu()
    answer = await asked()
    return Took(count(answer), time.perf_counter() - began, _cpu() - cpu), answer


def _cpu() -> float:
    """Seconds, of this process and of those that it has started and that have ended."""
    return sum(os.times()[:4])


async def _decide(log: Log) -> Sequence[Figure]:
    took, found = await _timed(
        lambda: decide.decide(log.tools, "basket", processes=cores()), lambda found: found.commands
    )
    return [
        log.fast("decide: commands", took, DECIDED_PER_SECOND / 2 if log.by_cpu else DECIDED_PER_SECOND),
        Figure(f"decide: {found.same:,} of {found.commands:,} decided the same", found.same == found.commands > 0),
    ]


async def _diff(log: Log) -> Sequence[Figure]:
    took, found = await _timed(lambda: diff.diff(log.tools, "basket"), lambda found: found.events)
    return [
        log.fast("views diff: events", took, COMPARED_PER_SECOND),
        Figure(f"views diff: {found.same:,} of {found.documents:,} documents the same", found.is_same),
    ]


async def _replay(log: Log) -> Sequence[Figure]:
    took, found = await _timed(lambda: _replayed(log), lambda found: found.events)
    return [
        log.fast("replay: events into a view", took, REPLAYED_PER_SECOND),
        Figure(f"replay: {len(found.bad)} aggregates cannot be shown", not found.bad),
    ]


async def _replayed(log: Log) -> replay.Replayed:
    found = await replay.replay(log.tools, "basket_events", "view:basket", replay.Asked(), processes=cores())
    assert isinstance(found, replay.Replayed), "events are not decided"
    return found


async def _recorded(log: Log) -> Sequence[Figure]:
    async with log.tools.log() as reader, log.tools.domains() as stores:
        found = await search.find(reader, decided_log.ONE, None)
        flow = [message.logged for message in found.messages]
        growth = await growth_in(reader)
        taken, made = await _timed(
            lambda: record.of_flow(log.tools.settings, decided_log.ONE, flow, reader, stores, growth),
            lambda made: sum(line.topic == "basket_commands" for line in made.lines),
        )
    written = made.encode()
    read = sets.decode(written, "set")
    played, decided = await _timed(
        lambda: play.play(log.tools.settings, read), lambda decided: sum(each.commands for each in decided)
    )
    same = sum(each.same for each in decided)
    return [
        log.quick("record: commands", taken, RECORDED_SECONDS),
        log.quick("play: commands", played, RECORDED_SECONDS),
        Figure(
            f"play: {same:,} of {played.number:,} decided the same, the set again byte for byte",
            same == played.number == decided_log.OF_ONE and read.encode() == written,
        ),
    ]


async def _why(log: Log) -> Sequence[Figure]:
    wanted = full_log.order(log.messages // full_log.EACH // 2)
    took, found = await _timed(lambda: why.why(log.tools, wanted, processes=cores()), lambda found: found.found.read)
    return [
        log.against("why", took, WHY_SHARE, WHY_SECONDS),
        Figure(f"why: {len(found.found.messages)} messages of an order", len(found.found.messages) >= full_log.EACH),
    ]


async def _find(log: Log) -> Sequence[Figure]:
    figures = list[Figure]()
    for what, text, share in (
        ("by a key", f'type == "OrderPlaced" && key == "{full_log.order(7)}"', FIND_SHARE),
        ("by a type and a field", 'type == "OrderPlaced" && body.total > 100000', FIND_SHARE),
        ("that asks for no text", "version > 100", None),
    ):
        took, found = await _timed(lambda text=text: _found(log, text), lambda found: found.read)
        figures.append(log.against(f"find {what}, {found.matching:,} match", took, share))
        figures.append(Figure(f"find {what}: {'complete' if found.complete else found.stopped}", found.complete))
    return figures


async def _found(log: Log, text: str) -> find.Finds:
    async with log.tools.log() as reader:
        return await find.find(reader, Where(text), (), None, None)


async def _state(log: Log) -> Sequence[Figure]:
    took, found = await _timed(lambda: state.state(log.tools, full_log.book(7)), lambda found: found.read)
    whole = [each.complete and each.version == full_log.OF_A_BOOK for each in found.found]
    return [
        log.quick(f"state: a topic of {log.messages:,}; messages passed", took, STATE_SECONDS),
        Figure(f"state: {found.found[0].version} versions, complete", whole == [True]),
    ]


DECIDED: Sequence[Row] = (_decide, _diff, _replay, _recorded)
"""Of decided_log."""

FULL: Sequence[Row] = (_why, _find)
"""Of full_log."""

LONG: Sequence[Row] = (_state,)
"""Of full_log with its books."""
