"""Where the messages of a key stand after a topic was raised: who reads them in the recorded order reads each key in order."""

import uuid

import pytest

from stores.kafka.growth import Counts, Growth
from stores.kafka.partitioning import partition_of
from topics.contracts import all_topics

TOPIC = all_topics()["basket_events"]
TWICE = Growth(2).raised(6, (10, 20)).raised(12, (11, 21, 3, 4, 5, 6))
KEYS = [uuid.uuid5(uuid.NAMESPACE_OID, str(number)).bytes for number in range(500)]


def test_a_topic_that_was_never_raised_is_as_its_contract_says():
    counts = Counts()
    assert counts.of(TOPIC) == TOPIC.partitions
    assert counts.before(TOPIC.name, 3) is None
    assert counts.growth(TOPIC).stretches(2) == [(2, None)]


def test_a_new_partition_waits_for_the_one_that_had_its_keys():
    counts = Counts({TOPIC.name: TWICE})
    assert counts.of(TOPIC) == 12
    assert [counts.before(TOPIC.name, each) for each in (0, 1)] == [None, None]
    assert counts.before(TOPIC.name, 5) == (1, 20)
    assert counts.before(TOPIC.name, 11) == (5, 6), "the one before the last raise, which itself waits for partition 1"
    assert counts.before("another", 5) is None


@pytest.mark.parametrize("key", KEYS[:100])
def test_the_partitions_of_a_key_come_one_after_the_other_in_the_stretches_of_its_first_one(key: bytes):
    first, second, third = (partition_of(key, count) for count in (2, 6, 12))
    order = [partition for partition, _ in TWICE.stretches(first)]
    assert order.index(first) <= order.index(second) <= len(order) - 1 - order[::-1].index(third)
    before = TWICE.before(third)
    assert before is None or before[0] in (first, second)


def test_every_message_is_in_one_stretch_or_before_its_end():
    for root in range(TWICE.first):
        last = {partition: end for partition, end in TWICE.stretches(root) if end is None}
        assert sorted(last) == [each for each in range(12) if each % 2 == root]


def test_a_raise_that_was_recorded_and_not_made_is_replaced():
    begun = Growth(4).raised(8, (1, 2, 3, 4))
    assert begun.raised(8, (5, 5, 5, 5)) == Growth(8, ((5, 5, 5, 5),))
    assert begun.raised(16, (5, 5, 5, 5)) == Growth(16, ((5, 5, 5, 5),))
    assert begun.raised(16, tuple(range(8))) == Growth(16, ((1, 2, 3, 4), tuple(range(8))))


@pytest.mark.parametrize(
    ("partition", "offset", "count"), [(0, 9, 2), (0, 10, 6), (0, 11, 12), (5, 5, 6), (5, 6, 12), (11, 0, 12)]
)
def test_an_offset_says_how_many_partitions_there_were_when_it_was_appended(partition: int, offset: int, count: int):
    assert TWICE.partitions_at(partition, offset) == count
