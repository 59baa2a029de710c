"""`python -m infra.demo [few]`: restaurants with their menus, coupons, campaigns and reviews, and some pictures. few: those
that are written by hand, without pictures."""

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence

from infra.demo.filling import PATIENCE, Wish, fulfil, in_turn
from infra.demo.menus import MENUS
from infra.demo.more import all_menus
from infra.demo.pictures import frames, uploaded
from stores import telemetry
from stores.errors import Unavailable
from stores.kafka.producer import CommandProducer
from stores.mongo import connection as mongo
from stores.mongo.photos import Photos
from stores.redis.connection import connect
from stores.settings import load_or_exit


async def main(*, few: bool) -> int:
    settings = load_or_exit()
    telemetry.configure("demo", "warning")
    producer, redis = CommandProducer(settings.kafka, "lezzet-demo"), connect(settings.redis)
    client = mongo.connect(settings.mongo, "demo")
    producer.start()
    turns, there = in_turn(MENUS if few else all_menus()), list[Wish]()
    progress = _Progress(sum(map(len, turns)))
    try:
        async with asyncio.timeout(PATIENCE):
            await producer.wait_connected()
        for wishes in turns:
            await fulfil(wishes, producer, redis, told=progress.tell)
            there += wishes
            progress.before = len(there)
        if not few:
            pictures = [wish async for wish in uploaded(list(frames(MENUS)), redis, Photos(client))]
            await fulfil(pictures, producer, redis)
            there += pictures
    except (TimeoutError, Unavailable) as error:
        why = str(error) or "are the agents running?"
        sys.stderr.write(f"demo data: {progress.said}, and no more for {PATIENCE:.0f} s ({why})\n")
        return 1
    finally:
        await producer.stop()
        await redis.aclose()
        client.close()
    print(f"demo data: {_counted(there)} are there")
    return 0


class _Progress:
    """before: wishes of the turns that are over."""

    EVERY = 500
    """Wishes, from one line to the next."""

    def __init__(self, count: int) -> None:
        self.before = 0
        self._there = 0
        self._printed = 0
        self._count = count

    @property
    def said(self) -> str:
        return f"{self._there:,} of {self._count:,}"

    def tell(self, there: int) -> None:
        """there: of this turn."""
        self._there = self.before + there
        if self._there - self._printed >= self.EVERY and self._there < self._count:
            self._printed = self._there
            print(f"demo data: {self.said}", flush=True)


def _counted(there: Sequence[Wish]) -> str:
    return ", ".join(f"{many} {view.rstrip('s')}s" for view, many in Counter(wish.view for wish in there).items())


if __name__ == "__main__":
    sys.exit(asyncio.run(main(few="few" in sys.argv[1:])))
