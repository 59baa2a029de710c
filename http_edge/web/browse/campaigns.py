"""Campaigns of restaurants: everyone reads those that are not over, the restaurant's owner starts them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from http_edge.routing.abreast import MEAL_PAUSE
from http_edge.routing.asked import Asked
from http_edge.routing.pages import Pages
from http_edge.routing.routes import PUBLIC, RESTAURANT_OWNER, command, listing, shown
from http_edge.web.browse.restaurants import OfRestaurant, still_on
from http_edge.wire.remembered import Remembered
from topics import keys
from topics.contracts.restaurant_commands import TOPIC, StartCampaign
from topics.documents.browse import Campaign, Campaigns

CAMPAIGNS = shown("campaigns", "restaurant")

MOST_BYTES = 64 * 2**20  # of the documents that are remembered, with what they say; a restaurant's may have 80 KB
OF_OBJECTS = 3  # bytes that what a document says holds, by byte of the document

_document = msgspec.json.Decoder(Campaigns)
_campaign = msgspec.json.Decoder(Campaign)
_known: Remembered[bytes, tuple[Campaign, ...]] = Remembered(MOST_BYTES)


def _indexes(asked: Asked) -> tuple[str]:
    return (keys.campaigns(asked.asks.restaurant_id),)


def _one(document: bytes, member: str, asked: Asked) -> bytes | None:
    """The campaign that the index names."""
    wanted = keys.name_of_part(member)
    return next((msgspec.json.encode(each) for each in campaigns_of(document) if each.id == wanted), None)


def campaigns_of(document: bytes) -> tuple[Campaign, ...]:
    """Those that a document of the view holds."""
    known = _known.get(document)
    if known is None:
        known = _document.decode(document).campaigns
        _known.keep(document, known, len(document) * (1 + OF_OBJECTS))
    return known


def _running_first(asked: Asked, items: Sequence[bytes]) -> Sequence[bytes]:
    """What runs, by its end, then what is to come, by its start."""
    now = asked.edge.now()

    def order(item: bytes) -> tuple[bool, datetime, datetime, str]:
        each = _campaign.decode(item)
        return each.start_date > now, max(each.start_date, now), each.end_date, each.id

    return sorted(items, key=order)


def _restaurant_of_body(asked: Asked) -> str:
    return asked.body.restaurant_id


ROUTES = (
    listing(
        "/campaigns", CAMPAIGNS, indexes=_indexes, lowest=still_on, item=_one, arrange=_running_first,
        pages=Pages(default=200, most=200), asks=OfRestaurant, who=PUBLIC, gives=list[Campaign],
        says="Campaigns that are not over, page by page those that end first, within a page those that run first; of one"
        " restaurant with `restaurant_id`.",
    ),
    command(
        "POST", "/campaigns", StartCampaign, to=TOPIC, key=_restaurant_of_body, who=RESTAURANT_OWNER, success=201,
        pause_factor=MEAL_PAUSE, gives=Campaign, answers={409: "too_many_campaigns"},
        says="Start a campaign of one's restaurant: who favours it and wants such mails is told at once. "
        "A day is meant in the restaurant's time zone, the end day inclusive.",
    ),
)  # fmt: skip
