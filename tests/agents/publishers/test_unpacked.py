"""What is small as it is sent, and large when it is unpacked.

These come after the other tests of this folder: their dead letters are 60 MB, which each redrive of that topic would read.
"""

import pytest

from stores.kafka import codecs
from tests.agents.publishers.audience import TOPICS, Audience
from tests.agents.publishers.test_bad_inputs import good
from tests.deadline import until
from tests.foreign import CODECS, batch
from topics.messages import headers


@pytest.mark.parametrize("how", ["gzip", "lz4", "zstd"])
async def test_a_bomb_is_a_dead_letter(audience: Audience, how: str):
    """A few kilobytes that unpack to more than a process should hold."""
    bomb = batch([good(TOPICS["user_created"])._replace(body=b"\0" * 2 * codecs.LIMIT)], *CODECS[how])
    assert len(bomb) < 1_000_000
    (offset,) = await audience.send("user_created", bomb)
    for letter in (await audience.letters("user_created", [offset]))[offset]:
        assert (letter.body or b"")[61:] == bomb[61:]
        assert b"a compressed batch" in dict(letter.headers)[headers.UNREAD]
    await audience.at_the_end("user_created")


async def test_what_was_compressed_small_is_done_a_few_at_a_time(audience: Audience):
    """All at once it may be more than a transaction takes, which would be tried for ever."""
    large = good(TOPICS["user_created"])._replace(body=b"{" + b"x" * 1_900_000)
    before = await audience.batches("user.decide", "user_created")
    await audience.send("user_created", batch([large] * 30, *CODECS["gzip"]))

    async def in_parts() -> bool:
        return await audience.batches("user.decide", "user_created") >= before + 3

    await audience.at_the_end("user_created")
    await until("the batches to be counted", in_parts)
