"""Keys go where aiokafka and the Java client put them."""

import uuid

from aiokafka.partitioner import DefaultPartitioner

from stores.kafka.partitioning import ByKey, partition_of

KEYS = [b"a", b"", *(str(uuid.UUID(int=number)).encode() for number in range(50))]


def test_a_key_belongs_where_aiokafkas_own_partitioner_puts_it():
    for partitions in (1, 4, 12):
        every = list(range(partitions))
        for key in KEYS:
            own = DefaultPartitioner()(key, every, every)
            assert partition_of(key, partitions) == ByKey()(key, every, every) == own


def test_what_the_java_client_says_of_its_own_hash():
    """Vectors of Apache Kafka's UtilsTest.testMurmur2: 21 is -973932308, foobar is -790332482, as positive numbers."""
    for key, hashed in ((b"21", -973932308), (b"foobar", -790332482)):
        assert partition_of(key, 2**31) == hashed & 0x7FFFFFFF


def test_a_record_without_key_goes_to_a_partition_that_is_there():
    assert ByKey()(None, [0, 1, 2], [2]) == 2
