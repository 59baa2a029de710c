"""Refuses topics whose number of partitions in Kafka is another than this deployment has recorded.

A key belongs to one partition: that makes the order of its messages, and the number of partitions says which. A view is called
ready when as many partitions as there are have been read. The number is what the contract says, or what the last
`./lezzet topics grow` has recorded (stores/kafka/growth.py).
"""

from collections.abc import Iterable, Mapping

from stores.kafka.admin import partition_counts
from stores.kafka.growth import RECORD, Counts, read_growth
from stores.settings import BadSetting, Settings
from topics.messages.topic import Topic

_WHY = (
    "messages of one key could stand in two partitions, in no order, and views would be called ready too early or never"
)
_WAY_OUT = (
    "stop the edges; wait until `./lezzet topics` shows no lag; stop the agents;"
    " `./lezzet topics grow {name} --partitions {count} --yes`; start them again"
)


async def know_counts(settings: Settings, counts: Counts) -> None:
    """Reads what was recorded. Raises Unavailable, and what Kafka's client raises."""
    if RECORD in await partition_counts(settings.kafka):
        counts.know(await read_growth(settings.kafka))


async def refuse_other_counts(settings: Settings, topics: Iterable[Topic], counts: Counts) -> None:
    """Raises BadSetting with the way out. Topics that are not there yet are no fault. Raises what Kafka's client raises."""
    there = await partition_counts(settings.kafka)
    for why in differences(topics, there, counts):
        raise BadSetting("KAFKA_BROKERS", why)


def differences(topics: Iterable[Topic], there: Mapping[str, int], counts: Counts) -> Iterable[str]:
    """A sentence for each topic whose count differs. there: name → partitions in Kafka."""
    for topic in topics:
        count, wanted = there.get(topic.name), counts.of(topic)
        if count is not None and count != wanted:
            way_out = _WAY_OUT.format(name=topic.name, count=max(count, wanted))
            yield f"{topic.name} has {count} partitions there, {wanted} are recorded: {_WHY}. Way out: {way_out}"
