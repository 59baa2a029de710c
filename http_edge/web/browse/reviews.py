"""Reviews of restaurants: everyone reads, who has had an order delivered gives one."""

from typing import Annotated

import msgspec
from msgspec import Meta

from http_edge.routing.asked import Asked
from http_edge.routing.pages import Pages
from http_edge.routing.routes import CUSTOMER, PUBLIC, ViewOf, command, listing, shown
from http_edge.web.order.orders import ORDER
from topics import keys
from topics.contracts.restaurant_commands import TOPIC, GiveReview
from topics.documents.browse import Review
from topics.values.fields import Id, Note

REVIEW = shown("review", "restaurant")


class ReviewWish(msgspec.Struct, frozen=True, kw_only=True):
    """rating: stars."""

    order_id: Id
    rating: Annotated[int, Meta(ge=1, le=5)]
    comment: Note = ""


def _review(asked: Asked) -> GiveReview:
    said: ReviewWish = asked.body
    return GiveReview(
        restaurant_id=asked.parameters["id"], order_id=said.order_id, rating=said.rating, comment=said.comment
    )


def _of_order(asked: Asked) -> str:
    return keys.review(asked.body.order_id)


def _order(asked: Asked) -> list[tuple[ViewOf, str]]:
    return [(ORDER, asked.body.order_id)]


def _of_restaurant(asked: Asked) -> tuple[str]:
    return (keys.reviews(asked.parameters["id"]),)


ROUTES = (
    listing(
        "/restaurants/{id}/reviews", REVIEW, indexes=_of_restaurant, newest_first=True,
        pages=Pages(default=20, most=100), who=PUBLIC, gives=list[Review],
        says="What guests said of a restaurant, the newest first.",
    ),
    command(
        "POST", "/restaurants/{id}/reviews", GiveReview, to=TOPIC, takes=ReviewWish, make=_review, key=_of_order,
        who=CUSTOMER, success=201, gives=Review, has_seen=_order, answers={409: "already_reviewed"},
        says="Review a delivered order of one's own: one to five stars, once.",
    ),
)  # fmt: skip
