"""What a restaurant may do. Its owner is who opened it; to everybody else a change answers as if it did not exist."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, assert_never

import msgspec
from msgspec.structs import asdict, replace

from agents.restaurant.projection import restaurant
from topics.decision import Context, Decider, Decision, accept, reject
from topics.pricing import rounded
from topics.restaurant_commands import ChangeRestaurant, Command, OpenRestaurant
from topics.restaurant_events import Event, RestaurantChanged, RestaurantDetails, RestaurantOpened


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    owner_id: str
    details: RestaurantDetails
    at: datetime


class House(msgspec.Struct, frozen=True, kw_only=True):
    """opened None: nobody has opened a restaurant under this id."""

    opened: Opened | None = None


def decide(command: Command, house: House, facts: None, context: Context) -> Decision[Event]:
    match command:
        case OpenRestaurant():
            return _open(command, house, context)
        case ChangeRestaurant():
            return _change(command, house, context)
        case _:
            assert_never(command)


def _open(command: OpenRestaurant, house: House, context: Context) -> Decision[Event]:
    if context.caller is None:
        return reject("login_required", "log in to open a restaurant")
    details = RestaurantDetails(**_with_whole_kurus(asdict(command)))
    if house.opened is None:
        opened = RestaurantOpened(owner_id=context.caller, details=details, opened_at=context.now)
        return accept(opened, answer=restaurant(context.aggregate_id, details, context.now, context.now))
    if (house.opened.owner_id, house.opened.details) == (context.caller, details):
        return accept(answer=restaurant(context.aggregate_id, details, house.opened.at, context.now))
    return reject("restaurant_exists", "a restaurant with this id is open already")


def _change(command: ChangeRestaurant, house: House, context: Context) -> Decision[Event]:
    opened = house.opened
    if opened is None or opened.owner_id != context.caller:
        return reject("not_found", "you have no such restaurant")
    said = {name: value for name, value in asdict(command).items() if value is not None}
    details = replace(opened.details, **_with_whole_kurus(said))
    answer = restaurant(context.aggregate_id, details, opened.at, context.now)
    if details == opened.details:
        return accept(answer=answer)
    return accept(RestaurantChanged(details=details, changed_at=context.now), answer=answer)


def _with_whole_kurus(said: Mapping[str, Any]) -> dict[str, Any]:
    amounts = ("delivery_fee", "min_order_price")
    return {name: rounded(value) if name in amounts else value for name, value in said.items()}


def evolve(house: House, event: Event) -> House:
    match event:
        case RestaurantOpened():
            return House(opened=Opened(owner_id=event.owner_id, details=event.details, at=event.opened_at))
        case RestaurantChanged():
            return House(opened=house.opened and replace(house.opened, details=event.details))
        case _:
            assert_never(event)


DECIDER = Decider[Command, Event, House, None](state=House, decide=decide, evolve=evolve)
