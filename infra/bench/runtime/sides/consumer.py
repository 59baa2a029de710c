"""A bare aiokafka consumer that reads all topics from their beginning to where they end, and does nothing with what it reads.

`python -m infra.bench.runtime.sides.consumer BROKERS` prints how many messages, seconds, and seconds of CPU.
"""

import asyncio
import sys
import time

from aiokafka import AIOKafkaConsumer, TopicPartition


async def read(brokers: str) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        cluster = await consumer._client.fetch_all_metadata()  # pyright: ignore[reportPrivateUsage]
        names = [name for name in cluster.topics() if not name.startswith("__")]
        places = [TopicPartition(name, n) for name in names for n in cluster.partitions_for_topic(name) or ()]
        consumer.assign(places)
        wanted = sum((await consumer.end_offsets(places)).values())
        await consumer.seek_to_beginning()
        count, began, cpu = 0, time.perf_counter(), time.process_time()
        while count < wanted:
            got = await consumer.getmany(timeout_ms=200)
            count += sum(map(len, got.values()))
        print(count, time.perf_counter() - began, time.process_time() - cpu)
    finally:
        await consumer.stop()


if __name__ == "__main__":
    asyncio.run(read(sys.argv[1]))
