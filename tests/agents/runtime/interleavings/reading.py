"""Whole topics as a plain consumer reads them, for the audit."""

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

Record = ConsumerRecord[bytes, bytes]


class Reader:
    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def __call__(self, topic: str) -> list[Record]:
        """Every record that is there now, each partition in its order."""
        consumer, partitions = self._consumer, await self._partitions(topic)
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        for partition in partitions:
            consumer.seek(partition, 0)
        found: list[Record] = []
        missing = {partition for partition, end in ends.items() if end}
        while missing:
            for partition, records in (await consumer.getmany(timeout_ms=2000)).items():
                found.extend(records)
                if records[-1].offset + 1 >= ends[partition]:
                    missing.discard(partition)
        return found

    async def _partitions(self, topic: str) -> list[TopicPartition]:
        self._consumer._client.add_topic(topic)
        while not (found := self._consumer.partitions_for_topic(topic)):
            await self._consumer._client.force_metadata_update()
        return [TopicPartition(topic, partition) for partition in sorted(found)]
