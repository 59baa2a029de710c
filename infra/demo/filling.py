"""Sends the demo data as commands through Kafka like anybody's. Safe to run again.

Ids are always the same. A meal that the catalog refused because it had not heard of the restaurant yet is sent anew
under the id of the next try: an id is decided once.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from redis.asyncio import Redis

from infra.demo.menu import OWNER, Menu
from infra.demo.offers import campaigns, coupons
from infra.demo.reviews import reviews
from stores.kafka.producer import CommandProducer
from stores.redis import tags
from stores.redis.errors import translated
from topics import keys
from topics.contracts import catalog_commands, discount_commands, restaurant_commands
from topics.messages import headers
from topics.messages.ids import derive
from topics.messages.message import Message
from topics.messages.reply import DECODER
from topics.messages.topic import Topic

AT_ONCE = 500  # wishes under way
NEXT_TRY = 1.0  # seconds after which a refused command is sent again
# And one that nobody has answered. The domains do AT_ONCE of them sooner, also on a machine with other work: they
# would fall behind for good if it were asked again and again for what they are about to do.
UNANSWERED = 60.0
LOOK_AGAIN = 0.1  # seconds
PATIENCE = 120.0  # seconds for the next one to be shown

_SETTLED = ("restaurant_exists", "meal_exists")  # there, and changed by somebody since: theirs to keep


@dataclass(slots=True)
class Wish:
    """Something that is to be there. caller: who asks; None: an operator. tries: commands sent for it so far. refused: whether
    the last one was."""

    view: str
    id: str
    topic: Topic
    command: Message
    caller: str | None = OWNER
    tries: int = 0
    sent_at: float = -UNANSWERED
    refused: bool = False

    @property
    def command_id(self) -> str:
        """With the view: a restaurant and its campaigns have one id, and an id is decided once."""
        return derive(self.id, f"demo {self.view} {self.tries}")


def restaurants(menus: Sequence[Menu]) -> list[Wish]:
    return [
        Wish("restaurant", menu.restaurant_id, restaurant_commands.TOPIC, menu.opening, menu.owner) for menu in menus
    ]


def meals(menus: Sequence[Menu]) -> list[Wish]:
    return [
        Wish("meal", menu.meal_id(name), catalog_commands.TOPIC, meal, menu.owner)
        for menu in menus
        for name, meal in menu.meals.items()
    ]


def offers(menus: Sequence[Menu]) -> list[Wish]:
    """Coupons and campaigns. Only an operator, whose commands have no caller, may make a coupon that is valid everywhere."""
    owners = {menu.restaurant_id: menu.owner for menu in menus}
    given = [
        Wish("coupon", code, discount_commands.TOPIC, coupon, owners.get(coupon.restaurant_id or ""))
        for code, coupon in coupons(menus).items()
    ]
    started = campaigns(menus, datetime.now(UTC).date())
    return [
        *given,
        *(Wish("campaigns", at, restaurant_commands.TOPIC, each, owners[at]) for at, each in started.items()),
    ]


def said(menus: Sequence[Menu]) -> list[Wish]:
    """Reviews. Only an operator may bring one of an order that is not known here."""
    return [
        Wish("review", keys.review(order_id), restaurant_commands.TOPIC, review, None)
        for order_id, review in reviews(menus).items()
    ]


def in_turn(menus: Sequence[Menu]) -> list[list[Wish]]:
    """Each list is sent when those before are there. So the first two restaurants are older than the others and head the
    list of all."""
    opened = restaurants(menus)
    return [opened[:1], opened[1:2], opened[2:], [*meals(menus), *offers(menus), *said(menus)]]


def command_headers(wish: Wish) -> Mapping[str, str]:
    """The outcome is kept under the command's own id."""
    return {
        headers.ID: wish.command_id,
        **headers.of_type(type(wish.command)),
        headers.SOURCE: "lezzet/demo",
        headers.SUBJECT: wish.id,
        headers.CORRELATION: wish.id,
        headers.OPERATION: wish.command_id,
        **({} if wish.caller is None else {headers.CALLER: wish.caller}),
    }


async def fulfil(
    wishes: Sequence[Wish], producer: CommandProducer, redis: Redis, told: Callable[[int], None] = lambda there: None
) -> None:
    """Sends what is not there, again where it has to be, until all of it is.

    AT_ONCE of them are under way: where one is there, the next one goes out. told: hears how many are there, when there
    are more than before and something had to be sent. Raises TimeoutError where nothing comes for PATIENCE.
    """
    left, waiting, moved, sent, there = iter(wishes), list[Wish](), time.monotonic(), False, 0
    while waiting := [*waiting, *islice(left, AT_ONCE - len(waiting))]:
        missing = await _missing(waiting, redis)
        came, now = len(waiting) - len(missing), time.monotonic()
        there, waiting = there + came, missing
        if came:
            moved = now
        if now - moved > PATIENCE:
            raise TimeoutError
        due = [wish for wish in missing if now - wish.sent_at > (NEXT_TRY if wish.refused else UNANSWERED)]
        await asyncio.gather(*(_send(wish, producer) for wish in due))
        sent = sent or bool(missing)
        if sent and came:
            told(there)
        if missing:
            await asyncio.sleep(LOOK_AGAIN)


async def _send(wish: Wish, producer: CommandProducer) -> None:
    wish.tries, wish.sent_at = wish.tries + 1, time.monotonic()
    await producer.send(wish.topic.name, wish.id, command_headers(wish), wish.topic.encode(wish.command))


async def _missing(wishes: Sequence[Wish], redis: Redis) -> list[Wish]:
    places = [name for wish in wishes for name in (keys.document(wish.view, wish.id), keys.reply(wish.command_id))]
    async with translated():
        values = await tags.read(redis, places)
    pairs = zip(wishes, values[::2], values[1::2], strict=True)
    missing = list[Wish]()
    for wish, shown, answered in pairs:
        wish.refused = _is_refused(answered)
        if not _is_shown(shown) and not _settled(answered):
            missing.append(wish)
    return missing


def _is_shown(document: bytes | None) -> bool:
    """An aggregate that is known and has nothing to show leaves an empty document."""
    return document is not None and keys.split(document)[1] != b""


def _is_refused(answered: bytes | None) -> bool:
    return answered is not None and DECODER.decode(answered).status == "failed"


def _settled(answered: bytes | None) -> bool:
    return answered is not None and DECODER.decode(answered).code in _SETTLED
