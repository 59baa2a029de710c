"""Claims of parked messages on their redrive, beside commands of the same batch that want the same value."""

import msgspec
import pytest

from tests.agents.runtime.tally import Add
from tests.agents.runtime.world import World


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("first", ["redrive", "refused"])
async def test_a_redriven_message_gets_a_name_that_only_a_refused_command_asked_for(
    world: World, first: str, together: bool
):
    name = f"{world.run}-n"
    mended = msgspec.json.encode(Add(amount=1, name=name))
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say("a", amount=13, id="m", more={"lezzet_operation": world.id("op")})])
    say = {
        "redrive": lambda: world.redrive("a", {"m": mended}),
        "refused": lambda: world.say("b", amount=-1, id="r", fields={"name": name}),
    }
    batch = [say[each]() for each in sorted(say, key=lambda each: each != first)]
    for part in [batch] if together else [[each] for each in batch]:
        await process.do(lease, part)
    answer = await world.answer("op")
    assert (answer["status"], answer.get("code")) == ("done", None), "nobody has the name"
