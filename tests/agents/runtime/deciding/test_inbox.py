"""The same message at another offset, or on another topic, has its effect once."""

from dataclasses import replace

from stores.kafka.admin import make_topics
from tests.agents.runtime.tally import Told, react_with
from tests.agents.runtime.world import World


async def test_the_same_id_at_two_offsets_has_one_effect(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say(amount=1, id="x")])
    await process.do(lease, [world.say(amount=1, id="x"), world.say(amount=2, id="y")])
    assert await world.totals() == [1, 3]


async def test_the_same_id_twice_in_one_batch_has_one_effect(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say(amount=1, id="x"), world.say(amount=1, id="x")])
    assert await world.totals() == [1]


async def test_the_same_id_on_two_topics_of_a_domain_has_one_effect(world: World):
    process = await world.process()
    one, two = await process.open(), await process.open(topic=f"{world.run}_other")
    await process.do(one, [world.say(amount=1, id="x")])
    world.log.clear()
    await process.do(two, [world.say(amount=1, id="x", topic=f"{world.run}_other")])
    assert await world.totals() == [1]


async def test_the_same_id_of_another_source_is_another_message(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say(amount=1, id="x"), world.say(amount=2, id="x", more={"ce_source": "others"})])
    assert await world.totals() == [1, 3]


async def test_messages_without_an_id_are_told_apart_by_their_place(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say(amount=1), world.say(amount=1)])
    assert await world.totals() == [1, 2]


async def test_an_outbox_row_that_went_out_twice_is_one_command_to_the_receiver(world: World):
    """A zombie's late publish, as the receiving domain sees it."""
    process = await world.process()
    lease = await process.open()
    twice = {"ce_source": "lezzet/basket"}
    await process.do(lease, [world.say(amount=4, id="placed", more=twice), world.say(amount=1)])
    await process.do(lease, [world.say(amount=4, id="placed", more=twice)])
    assert await world.totals() == [4, 5]


async def test_whoever_sends_a_command_again_hears_the_first_outcome(world: World):
    process = await world.process()
    lease = await process.open()
    asked = {"lezzet_operation": world.id("op")}
    await process.do(lease, [world.say(amount=1, id="x", more=asked)])
    await world.redis.delete(f"reply:{world.id('op')}")
    await process.do(lease, [world.say(amount=1), world.say(amount=1, id="x", more=asked)])
    assert (await world.answer("op"))["body"] == {"total": 1}
    assert await world.totals() == [1, 2]


async def test_a_later_attempt_of_a_key_hears_the_outcome_of_the_one_that_stands(world: World):
    """The edge had withdrawn a repeat of what was done long ago, and took its outcome for one that never was."""
    process = await world.process()
    lease = await process.open()

    def attempt(name: str, earlier: str = "") -> dict[str, str]:
        before = {"lezzet_earlier": ",".join(world.id(each) for each in earlier)} if earlier else {}
        return {"lezzet_operation": world.id(name), "lezzet_fingerprint": "aa", **before}

    late = attempt("x") | {"lezzet_deadline": "1"}
    await process.do(
        lease, [world.say(amount=1, id="x", more=late), world.say(amount=1, id="y", more=attempt("y", "x"))]
    )
    assert await world.totals() == [1], "the first never took effect"
    await world.redis.delete(f"reply:{world.id('y')}")
    for _ in range(2):
        await process.do(lease, [world.say(amount=1, id="z", more=attempt("z", "xy"))])
        assert (await world.answer("z"))["body"] == {"total": 1}
        await world.redis.delete(f"reply:{world.id('z')}")
    assert await world.totals() == [1]


async def test_whoever_sends_a_command_again_that_was_handed_on_is_answered_by_its_receiver(world: World):
    told = replace(world.events, name=f"{world.run}_told", messages=(Told,))
    await make_topics(world.settings.kafka, [told])
    process = await world.process(react=react_with(told, answers=True))
    lease = await process.open()

    def asking(edge: str) -> dict[str, str]:
        return {"lezzet_operation": world.id("op"), "lezzet_replyto": edge, "lezzet_caller": "u"}

    handed_on = {"handed_on": True}
    await process.do(lease, [world.say(amount=1, id="x", more=asking("edge-1"), fields=handed_on), world.say(amount=5)])
    await process.do(lease, [world.say(amount=1, id="x", more=asking("edge-2"), fields=handed_on)])
    await process.do(lease, [world.say(amount=1, id="x", fields=handed_on)])
    assert await world.totals() == [1, 6]
    first, _, again = await world.published(told.name)
    one, two = dict(first.headers), dict(again.headers)
    assert (first.key, first.body) == (again.key, again.body)
    assert one.pop("lezzet_replyto") == b"edge-1"
    assert two.pop("lezzet_replyto") == b"edge-2"
    assert one == two, "the same message under the same id: the receiver's inbox knows it"


async def test_a_reused_idempotency_key_has_no_effect_and_leaves_the_outcome_as_it_is(world: World):
    """The edge refuses it by the fingerprint that the outcome carries (tests/http_edge/commands/test_commands.py)."""
    process = await world.process()
    lease = await process.open()
    asked = {"lezzet_operation": world.id("op"), "lezzet_fingerprint": "aa"}
    await process.do(lease, [world.say(amount=1, id="x", more=asked)])
    await process.do(lease, [world.say(amount=9, id="x", more={**asked, "lezzet_fingerprint": "bb"})])
    answer = await world.answer("op")
    assert (answer["status"], answer["body"], answer["fingerprint"]) == ("done", {"total": 1}, "aa")
    assert await world.totals() == [1]


async def test_a_refusal_is_an_outcome_too(world: World):
    process = await world.process()
    lease = await process.open()
    asked = {"lezzet_operation": world.id("op")}
    await process.do(lease, [world.say(amount=-1, id="x", more=asked), world.say(amount=2)])
    answer = await world.answer("op")
    assert (answer["status"], answer["code"], answer["field"]) == ("failed", "negative", "amount")
    assert await world.totals() == [2]
