"""The bench of the streams runs and holds a part of its promises."""

import re

from tests.infra.bench.test_benches import bench


async def test_many_streams_are_small_and_hear_soon():
    said = await bench("streams", "--short")
    assert re.search(r"most memory a stream: [\d.]+ KB, wanted at most 150", said), said
    assert re.search(r"p50 from a change to its stream: [\d.]+ ms, wanted at most 50", said), said
