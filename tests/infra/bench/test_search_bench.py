"""The bench of the search runs and holds a part of its promise."""

import re

from tests.infra.bench.test_benches import bench


async def test_a_search_stays_far_below_what_a_visitor_notices():
    said = await bench("search", "--short")
    assert re.search(r"slowest median of one client: [\d.]+ ms, wanted at most 10", said), said
