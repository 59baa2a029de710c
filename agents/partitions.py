"""Refuses topics whose number of partitions in Kafka is another than their contract says.

A key belongs to one partition: that makes the order of its messages, and the number of partitions says which. A view is called
ready when as many partitions as the contract says have been read.
"""

from collections.abc import Iterable, Mapping

from stores.kafka.admin import partition_counts
from stores.settings import BadSetting, Settings
from topics.messages.topic import Topic

_WAY_OUT = (
    "messages of one key could stand in two partitions, in no order, and views would be called ready too early or never."
    " Way out: stop the edges; wait until `./lezzet topics` shows no lag; stop the agents;"
)


async def refuse_other_counts(settings: Settings, topics: Iterable[Topic]) -> None:
    """Raises BadSetting with the way out. Topics that are not there yet are no fault. Raises what Kafka's client raises."""
    counts = await partition_counts(settings.kafka)
    for why in differences(topics, counts):
        raise BadSetting("KAFKA_BROKERS", why)


def differences(topics: Iterable[Topic], counts: Mapping[str, int]) -> Iterable[str]:
    """A sentence for each topic whose count differs. counts: name → partitions in Kafka."""
    for topic in topics:
        there = counts.get(topic.name, topic.partitions)
        if there != topic.partitions:
            faulty = f"{topic.name} has {there} partitions there, its contract says {topic.partitions}"
            yield f"{faulty}: {_WAY_OUT} {_same(topic, there)}"


def _same(topic: Topic, there: int) -> str:
    contract = f"say partitions={there} in topics/contracts/{topic.name}.py, since Kafka takes no partition away"
    if there < topic.partitions:
        contract = f"raise it with kafka-topics.sh --alter --topic {topic.name} --partitions {topic.partitions}"
    return f"{contract}; start them again"
