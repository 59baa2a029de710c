"""`python -m infra.demo`: restaurants with their menus, coupons and campaigns."""

import asyncio
import sys

from infra.demo.filling import fulfil, in_turn
from stores import telemetry
from stores.errors import Unavailable
from stores.kafka.producer import CommandProducer
from stores.redis.connection import connect
from stores.settings import load_or_exit

PATIENCE = 30.0  # seconds for everything to be shown


async def main() -> int:
    settings = load_or_exit()
    telemetry.configure("demo", settings.log_level)
    producer, redis = CommandProducer(settings.kafka, "lezzet-demo"), connect(settings.redis)
    producer.start()
    everything = in_turn()
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
    there = [wish.view for wishes in everything for wish in wishes]
    found = ", ".join(f"{there.count(view)} {view.rstrip('s')}s" for view in dict.fromkeys(there))
    print(f"demo data: {found} are there")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
