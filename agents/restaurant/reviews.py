"""Reviews of delivered orders. Each is an aggregate of its own, keyed by the order: so there is one for each order, and the
restaurant itself keeps nothing but the sum of all ratings and their number.

Who is erased has no order any more, so their reviews lose the comment and keep the rating, which is in the sum.
"""

from msgspec.structs import replace

from agents.restaurant.facts import Facts
from agents.restaurant.house import House, Rating
from agents.restaurant.projection import review
from topics import keys
from topics.contracts.restaurant_commands import CountRating, GiveReview
from topics.contracts.restaurant_events import Event, RatingCounted, ReviewErased, ReviewGiven
from topics.deciding.decision import Context, Decision, accept, reject


def give(command: GiveReview, house: House, facts: Facts, context: Context) -> Decision[Event]:
    """The same one again answers with the first."""
    if house.review_erased or not _may_give(command, facts, context):
        return reject("not_found", "this restaurant has delivered no such order of yours", field="order_id")
    given = ReviewGiven(
        order_id=command.order_id,
        restaurant_id=command.restaurant_id,
        rating=command.rating,
        comment=command.comment,
        given_at=context.now,
    )
    if house.review is None:
        return accept(given, answer=review(given))
    if replace(given, given_at=house.review.given_at) == house.review:
        return accept(answer=review(house.review))
    return reject("already_reviewed", "this order has a review already", field="order_id")


def _may_give(command: GiveReview, facts: Facts, context: Context) -> bool:
    """Who has got the order; an operator, whose commands have no caller, one of an order that is not known here."""
    if context.aggregate_id != keys.review(command.order_id):
        return False
    order = facts.delivered.get(command.order_id)
    if order is None or context.caller is None:
        return order is None and context.caller is None
    return (order.user_id, order.restaurant_id) == (context.caller, command.restaurant_id)


def erase(house: House) -> Decision[Event]:
    """Also where there is none, so that one that is under way comes too late."""
    return accept() if house.review_erased else accept(ReviewErased())


def count(command: CountRating, house: House) -> Decision[Event]:
    if house.opened is None:
        return accept()
    total, number = house.opened.rating.total + command.rating, house.opened.rating.count + 1
    return accept(RatingCounted(rating=command.rating, total=total, count=number))


def given(house: House, event: ReviewGiven) -> House:
    return replace(house, review=event)


def erased(house: House) -> House:
    kept = house.review and replace(house.review, comment="")
    return replace(house, review=kept, review_erased=True)


def counted(house: House, event: RatingCounted) -> House:
    rating = Rating(total=event.total, count=event.count)
    return replace(house, opened=house.opened and replace(house.opened, rating=rating))
