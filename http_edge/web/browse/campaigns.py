"""Campaigns of restaurants: everyone reads those that are not over, the restaurant's owner starts them."""

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from http_edge.routing.asked import Asked
from http_edge.routing.routes import PUBLIC, RESTAURANT_OWNER, command, shown, view
from http_edge.web.browse.restaurants import OfRestaurant
from topics import keys
from topics.contracts.restaurant_commands import TOPIC, StartCampaign
from topics.documents.browse import Campaign, Campaigns

CAMPAIGNS = shown("campaigns", "restaurant")

MOST_RESTAURANTS, MOST_SHOWN = 200, 200
"""Bounds of one list: restaurants that are read, those whose last campaign ends first, and campaigns that are shown. A
restaurant has up to 20 campaigns, 80 KB."""

REMEMBERED = 400  # documents

_decode = msgspec.json.Decoder(Campaigns).decode


async def _names(asked: Asked) -> Sequence[str]:
    """The restaurant that was asked for, else all that have a campaign which is not over."""
    if asked.asks.restaurant_id is not None:
        return [asked.asks.restaurant_id]
    index = keys.index(CAMPAIGNS.name, keys.CAMPAIGNS)
    return [each.decode() for each in await asked.edge.reads.members_from(index, asked.edge.clock(), MOST_RESTAURANTS)]


def not_over(asked: Asked, documents: Sequence[bytes]) -> bytes:
    """A bare list: what runs first, by its end, then what is to come, by its start."""
    now = asked.edge.now()
    found = [each for document in documents for each in _campaigns(document) if each.end_date >= now]
    found.sort(key=lambda each: (each.start_date > now, max(each.start_date, now), each.end_date, each.id))
    return msgspec.json.encode(found[:MOST_SHOWN])


@lru_cache(REMEMBERED)
def _campaigns(document: bytes) -> tuple[Campaign, ...]:
    return _decode(document).campaigns


def _restaurant_of_body(asked: Asked) -> str:
    return asked.body.restaurant_id


ROUTES = (
    view(
        "/campaigns", CAMPAIGNS, names=_names, gather=not_over, asks=OfRestaurant, who=PUBLIC, gives=list[Campaign],
        says="Campaigns that are not over, at most 200, those that run first; of one restaurant with `restaurant_id`.",
    ),
    command(
        "POST", "/campaigns", StartCampaign, to=TOPIC, key=_restaurant_of_body, who=RESTAURANT_OWNER, success=201,
        gives=Campaign, answers={409: "too_many_campaigns"},
        says="Start a campaign of one's restaurant: who favours it and wants such mails is told at once. "
        "A day is meant in the restaurant's time zone, the end day inclusive.",
    ),
)  # fmt: skip
