"""Rounds that meet something else on their way. On the store in memory, as in test_rounds.py."""

from agents.runtime.transport.lease import Batch
from stores.protocol import LOOK_BYTES
from tests.agents.runtime.tally import Add, Added, Tally
from tests.agents.runtime.test_rounds import Process
from topics.deciding.decision import Context, Decider, Decision, accept, reject


def decide_noted(command: Add, tally: Tally, facts: None, context: Context) -> Decision[Added]:
    """Refuses what comes without a note to an aggregate that has none."""
    if not (command.note or tally.note):
        return reject("empty", "there is no note")
    return accept(Added(amount=1, total=tally.total + 1, note=command.note))


def evolve_noted(tally: Tally, event: Added) -> Tally:
    """A small event makes a large state."""
    return Tally(event.total, tally.note or event.note * LOOK_BYTES)


async def test_a_state_that_was_left_out_behind_messages_that_are_done_is_not_taken_for_an_empty_one():
    """The first message is done, and the answer of its write was lost. Its large state comes first in the next look."""
    process = Process(Decider[Add, Added, Tally, None](state=Tally, decide=decide_noted, evolve=evolve_noted))
    await process.do(await process.batch(0, ("a", Add(amount=1, note="x"))))
    await process.do(await process.batch(0, ("b", Add(amount=1, note="y"))))
    both = await process.batch(0, ("a", Add(amount=1)), ("b", Add(amount=1)))
    await process.work.run(Batch(both.lease, both.records[:1], both.first))
    await process.do(both)
    assert (process.total("a"), process.total("b")) == (2, 2)
