"""`python -m infra.demo`: three restaurants with their menus, as commands through Kafka like anybody's. Safe to run again.

Ids are always the same. A meal that the catalog refused because it had not heard of the restaurant yet is sent anew
under the id of the next try: an id is decided once.
"""

import asyncio
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from redis.asyncio import Redis

from infra.demo_menus import MENUS, OWNER
from stores import telemetry
from stores.errors import Unavailable
from stores.kafka.producer import CommandProducer
from stores.redis.connection import connect
from stores.redis.errors import translated
from stores.settings import load_or_exit
from topics import catalog_commands, headers, keys, restaurant_commands
from topics.ids import derive
from topics.message import Message
from topics.registry import Topic
from topics.reply import DECODER

PATIENCE = 30.0  # seconds for everything to be shown
NEXT_TRY = 1.0  # seconds after which an unanswered or refused command is sent again
LOOK_AGAIN = 0.05  # seconds

_SETTLED = ("restaurant_exists", "meal_exists")  # there, and changed by somebody since: theirs to keep


@dataclass(slots=True)
class Wish:
    """Something that is to be there. tries: commands sent for it so far."""

    view: str
    id: str
    topic: Topic
    command: Message
    tries: int = 0
    sent_at: float = 0.0

    @property
    def command_id(self) -> str:
        return derive(self.id, f"demo {self.tries}")


def restaurants() -> list[Wish]:
    return [Wish("restaurant", menu.restaurant_id, restaurant_commands.TOPIC, menu.opening) for menu in MENUS]


def meals() -> list[Wish]:
    return [
        Wish("meal", menu.meal_id(name), catalog_commands.TOPIC, meal)
        for menu in MENUS
        for name, meal in menu.meals.items()
    ]


def command_headers(wish: Wish) -> Mapping[str, str]:
    """The demo owner is who asks; the outcome is kept under the command's own id."""
    return {
        headers.ID: wish.command_id,
        headers.TYPE: type(wish.command).__name__,
        headers.SOURCE: "lezzet/demo",
        headers.SUBJECT: wish.id,
        headers.CORRELATION: wish.id,
        headers.CALLER: OWNER,
        headers.OPERATION: wish.command_id,
    }


async def fulfil(wishes: list[Wish], producer: CommandProducer, redis: Redis) -> None:
    """Sends what is not there, again where it has to be, until all of it is."""
    while wishes := [wish for wish in wishes if not await _is_there(wish, redis)]:
        for wish in wishes:
            if time.monotonic() - wish.sent_at > NEXT_TRY:
                wish.tries, wish.sent_at = wish.tries + 1, time.monotonic()
                body = wish.topic.encode(wish.command)
                await producer.send(wish.topic.name, wish.id, command_headers(wish), body)
        await asyncio.sleep(LOOK_AGAIN)


async def _is_there(wish: Wish, redis: Redis) -> bool:
    async with translated():
        shown, answered = await redis.mget(keys.document(wish.view, wish.id), keys.reply(wish.command_id))
    return shown is not None or (answered is not None and DECODER.decode(answered).code in _SETTLED)


async def main() -> int:
    settings = load_or_exit()
    telemetry.configure("demo", settings.log_level)
    producer, redis = CommandProducer(settings.kafka, "lezzet-demo"), connect(settings.redis)
    producer.start()
    everything = (restaurants(), meals())
    try:
        async with asyncio.timeout(PATIENCE):
            await producer.wait_connected()
            for wishes in everything:
                await fulfil(wishes, producer, redis)
    except (TimeoutError, Unavailable) as error:
        sys.stderr.write(f"demo data: not there after {PATIENCE:.0f} s ({error or 'are the agents running?'})\n")
        return 1
    finally:
        await producer.stop()
        await redis.aclose()
    print(f"demo data: {len(everything[0])} restaurants and {len(everything[1])} meals are there")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
