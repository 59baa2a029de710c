"""What has the right shape, and what a store or a projection cannot take all the same."""

import json

import pytest

from tests.agents.publishers.audience import TOPICS, Audience
from tests.agents.publishers.test_bad_inputs import EXAMPLES, good
from tests.foreign import Foreign, batch
from topics.messages import headers

FIRST = "0001-01-01T00:00:00"  # no time zone: not even the seconds since the epoch can be said


def event(topic: str, kind: str, **fields: object) -> Foreign:
    body = json.loads((EXAMPLES / topic / f"{kind}.json").read_text())
    made = good(TOPICS[topic])
    kept = [header for header in made.headers if header[0] != headers.TYPE.encode()]
    said = [*kept, (headers.TYPE.encode(), kind.encode())]
    return made._replace(headers=said, body=json.dumps({**body, **fields}).encode())


REFUSED = {
    "an order before all times": ("order_events", lambda: event("order_events", "OrderPlaced", placed_at=FIRST)),
    "a restaurant before all times": (
        "restaurant_events", lambda: event("restaurant_events", "RestaurantOpened", opened_at=FIRST)
    ),
    "a meal before all times": ("catalog_events", lambda: event("catalog_events", "MealAdded", added_at=FIRST)),
    "an expiry before all times": ("user_events", lambda: event("user_events", "PendingCreated", expires_at=FIRST)),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
async def test_an_event_that_no_view_can_hold_is_a_dead_letter_and_its_neighbours_are_shown(
    audience: Audience, what: str
):
    topic, bad = REFUSED[what]
    before, spoilt, after = good(TOPICS[topic]), bad(), good(TOPICS[topic])
    (first,) = await audience.send(topic, batch([before, spoilt, after]))
    await audience.at_the_end(topic)
    views = {group for group in await audience.groups(topic) if group.startswith(topic.split("_")[0])}
    letters = await audience.letters(topic, [first + 1], views)
    assert letters[first + 1][0].body == spoilt.body
    assert first not in letters and first + 2 not in letters


async def test_a_side_key_that_has_expired_before_1970_is_none(audience: Audience):
    made = event("user_events", "PendingCreated", expires_at="1960-01-01T00:00:00Z")
    (first,) = await audience.send("user_events", batch([made, good(TOPICS["user_events"])]))
    await audience.at_the_end("user_events")
    assert not {first, first + 1} & set(await audience.letters("user_events", []))
