"""What a wished order is checked against: hours, menu, prices, address, coupon. All that speaks against it is told at once."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from agents.order.acts.wanted import opens_for, refusals
from agents.order.facts import Facts
from topics.contracts.address_events import SavedAddress
from topics.contracts.order_commands import PlaceOrder
from topics.contracts.order_events import OrderPlaced, PriceChange, PricedItem, priced_item
from topics.copies import CouponCopy, RestaurantCopy
from topics.deciding import discounting, schedule
from topics.deciding.choosing import chosen
from topics.deciding.decision import Rejection
from topics.deciding.pricing import Charge, Totals, totals
from topics.deciding.refusals import at_once, meals_gone, options_gone
from topics.deciding.slots import slot_of
from topics.keys import coupon_share
from topics.values import areas
from topics.values.areas import Corner
from topics.values.kurus import lira

FURTHEST = timedelta(days=366)
"""Ahead of its placing an order may be wanted."""


class Priced(NamedTuple):
    """changes: lines whose price is another one than in the basket."""

    items: tuple[PricedItem, ...]
    changes: tuple[PriceChange, ...]


def drafted(wish: PlaceOrder, facts: Facts, now: datetime) -> OrderPlaced | Rejection:
    """The order as it would be placed now, or all that speaks against it. Sums are compared only where all can be had."""
    restaurant = facts.restaurants.get(wish.restaurant_id)
    if restaurant is None or not restaurant.is_open:
        return Rejection("restaurant_closed", "this restaurant takes no orders now", more={"opens_at": None})
    against = [*_time(wish, restaurant, now)]
    priced = _priced(wish, facts, against)
    address = _address(wish, facts, restaurant)
    if isinstance(address, Rejection):
        against.append(address)
    sums = None if priced is None else _sums(wish, facts, restaurant, priced, now, against)
    if priced is None or sums is None or isinstance(address, Rejection) or against:
        return at_once(against)
    return _order(wish, restaurant, priced, address, sums, now)


def _time(wish: PlaceOrder, restaurant: RestaurantCopy, now: datetime) -> Sequence[Rejection]:
    said, zone = wish.schedule_date, restaurant.time_zone
    out_of_reach = schedule.past(said, zone, now) or _too_far(said, zone, now)
    if out_of_reach is not None:
        return (out_of_reach,)
    return refusals(said, restaurant, now)


def _priced(wish: PlaceOrder, facts: Facts, against: list[Rejection]) -> Priced | None:
    """against: gets what cannot be had."""
    if not wish.items:
        against.append(Rejection("basket_empty", "there is nothing to order", "items"))
        return None
    meals = {item.meal_id: facts.meals.get(item.meal_id) for item in wish.items}
    on_sale = {name: meal for name, meal in meals.items() if meal is not None and meal.is_available}
    if len(on_sale) < len(meals):
        gone = {name: meal.name if meal else name for name, meal in meals.items() if name not in on_sale}
        against.append(meals_gone(gone))
    if any(meal.restaurant_id != wish.restaurant_id for meal in on_sale.values()):
        detail = "an order cannot hold items of a different restaurant"
        against.append(Rejection("different_restaurant", detail, "items"))
    sold = [(item, on_sale[item.meal_id]) for item in wish.items if item.meal_id in on_sale]
    found = [(item, meal, chosen(meal.options, item.options)) for item, meal in sold]
    lacking = {item.meal_id: (meal.name, why.detail) for item, meal, why in found if isinstance(why, Rejection)}
    if lacking:
        against.append(options_gone(lacking))
    items = tuple(
        priced_item(item, meal.name, meal.price, options)
        for item, meal, options in found
        if not isinstance(options, Rejection)
    )
    return Priced(items, _changes(wish, items)) if len(items) == len(wish.items) else None


def _changes(wish: PlaceOrder, items: tuple[PricedItem, ...]) -> tuple[PriceChange, ...]:
    return tuple(
        PriceChange(meal_id=item.meal_id, name=item.name, was=wished.price_was, now=item.price)
        for wished, item in zip(wish.items, items, strict=True)
        if wished.price_was is not None and wished.price_was != item.price
    )


def _address(wish: PlaceOrder, facts: Facts, restaurant: RestaurantCopy) -> SavedAddress | Rejection | None:
    """None: the order is picked up."""
    if wish.pickup:
        return None if restaurant.pickup else Rejection("no_pickup", "nothing can be picked up here", "pickup")
    book = facts.books.get(wish.user_id)
    wanted = wish.address_id or (book.default_id if book else None)
    found = book.addresses.get(wanted) if book and wanted else None
    if found is None and wish.address_id is not None:
        return Rejection("address_not_found", "you have no such address", "address_id")
    if found is None:
        return Rejection("address_needed", "say where it is to be delivered, or that you pick it up", "address_id")
    return _out_of_reach(found, restaurant) or found


def _out_of_reach(address: SavedAddress, restaurant: RestaurantCopy) -> Rejection | None:
    if restaurant.delivery_area is None:
        return None
    if address.latitude is None or address.longitude is None:
        detail = "put this address on the map: without its place nobody knows whether the restaurant delivers there"
        return Rejection("address_not_on_map", detail, "address_id")
    place = Corner(latitude=address.latitude, longitude=address.longitude)
    if areas.covers(restaurant.delivery_area, place):
        return None
    return Rejection("outside_delivery_area", "the restaurant does not deliver to this address", "address_id")


def _sums(
    wish: PlaceOrder, facts: Facts, restaurant: RestaurantCopy, priced: Priced, now: datetime, against: list[Rejection]
) -> Totals | None:
    """against: gets what is wrong with the sums."""
    charges = [Charge(item.price, item.quantity) for item in priced.items]
    fee = 0 if wish.pickup else restaurant.delivery_fee
    subtotal = totals(charges, fee).subtotal
    if subtotal < restaurant.min_order_price:
        least = f"{restaurant.name} takes orders of {lira(restaurant.min_order_price)} TL and more"
        against.append(Rejection("below_minimum", least))
    taken_off = _discount(wish, facts, subtotal, now)
    if isinstance(taken_off, Rejection):
        against.append(taken_off)
        return None
    sums = totals(charges, fee, taken_off)
    against.extend(_as_expected(wish, sums.total, priced.changes))
    return sums


def _order(
    wish: PlaceOrder,
    restaurant: RestaurantCopy,
    priced: Priced,
    address: SavedAddress | None,
    sums: Totals,
    now: datetime,
) -> OrderPlaced:
    return OrderPlaced(
        user_id=wish.user_id,
        restaurant_id=wish.restaurant_id,
        restaurant_name=restaurant.name,
        items=priced.items,
        subtotal=sums.subtotal,
        discount=sums.discount,
        delivery_fee=sums.delivery_fee,
        total=sums.total,
        payment_method=wish.payment_method,
        placed_at=now,
        coupon_code=wish.coupon_code,
        address_id=address.id if address else None,
        note=wish.note,
        gift_note=wish.gift_note,
        schedule_date=wish.schedule_date,
        pickup=wish.pickup,
        previous_order_id=wish.previous_order_id,
        delivery_address=address,
        changes=priced.changes,
        slot=_slot(wish.schedule_date, restaurant, now),
    )


def _slot(said: str | None, restaurant: RestaurantCopy, now: datetime) -> datetime | None:
    """None: the order counts in none."""
    if not restaurant.orders_per_slot:
        return None
    # What is wanted today where the restaurant is open is cooked at once: it counts like an order for now.
    at_once = opens_for(said, restaurant, now) == now
    return slot_of(None if at_once else said, restaurant.time_zone, now)


def _discount(wish: PlaceOrder, facts: Facts, subtotal: int, now: datetime) -> int | Rejection:
    if wish.coupon_code is None:
        return 0
    coupon = facts.coupons.get(wish.coupon_code, CouponCopy())
    share = facts.coupons.get(coupon_share(wish.coupon_code, wish.user_id), CouponCopy())
    return discounting.worth(coupon.terms, now, wish.restaurant_id, subtotal, coupon.used, share.used)


def _as_expected(wish: PlaceOrder, total: int, changes: Sequence[PriceChange]) -> Iterator[Rejection]:
    """The total that the client has shown to its user, if it said one."""
    if wish.expected_total is None or wish.expected_total == total:
        return
    lines: list[dict[str, Any]] = [
        {"meal_id": change.meal_id, "name": change.name, "was": change.was, "is": change.now} for change in changes
    ]
    detail = f"the total is {lira(total)} now, not {lira(wish.expected_total)}"
    yield Rejection("price_changed", detail, "expected_total", {"lines": lines, "total": total})


def _too_far(said: str | None, zone: str, now: datetime) -> Rejection | None:
    if said is None:
        return None
    asked = schedule.read(said, zone)
    day = asked.astimezone(UTC).date() if isinstance(asked, datetime) else asked
    if day <= (now + FURTHEST).date():
        return None
    return Rejection("schedule_too_far", f"choose a time within {FURTHEST.days} days", "schedule_date")
