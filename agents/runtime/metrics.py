"""Every metric of the agents, each with what it tells."""

from functools import lru_cache
from typing import NamedTuple

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

# How much work is done, and in which batch sizes: small batches under load mean that fetching is too eager.
MESSAGES = Counter("lezzet_messages_total", "Messages done", ["group", "topic"])
BATCHES = Counter("lezzet_batches_total", "Batches done", ["group", "topic"])
# How long a batch takes from its fetch to done, waits for servers included.
BATCH_SECONDS = Histogram("lezzet_batch_seconds", "Time of a batch", ["group"], buckets=_SECONDS)
# A rising rate means that a server is down or slow; nothing is lost meanwhile.
RETRIES = Counter("lezzet_retries_total", "Batches started again after doubt", ["group", "why"])
# Messages that the inbox knew: publishers that send twice, outbox rows that went out twice.
DUPLICATES = Counter("lezzet_duplicates_total", "Messages already in the inbox", ["group"])
# Batches that began below the floor: a zombie was here, or the answer to our own COMMIT was lost.
SURPRISES = Counter("lezzet_floor_surprises_total", "Batches whose floor was not where the lease said", ["group"])
# Offsets that are not in the log (transaction markers, compaction); many mean that retention ate unread messages.
HOLES = Counter("lezzet_holes_total", "Holes in the log that were real", ["group", "topic"])
# Anything here wants an engineer: `./lezzet dlq list`.
DEAD_LETTERS = Counter("lezzet_dead_letters_total", "Messages sent to the dead letters", ["topic", "why"])
PARKED = Counter("lezzet_parked_total", "Messages parked behind a poisoned key", ["topic"])
# Commands that came after their deadline or after the edge withdrew them: the caller was told 503.
EXPIRED = Counter("lezzet_expired_total", "Commands refused as expired", ["topic"])
# An event above seen+1: a producer skipped a version, a view is behind for good until it is rebuilt.
GAPS = Counter("lezzet_version_gaps_total", "Events above the next version", ["group", "topic"])
# Partitions that this process holds; the sum over processes is the number of partitions, else some are not read.
LEASED = Gauge("lezzet_leased_partitions", "Partitions held", ["group"])
# 1: the floor lies outside the log and the partition waits for `./lezzet topics reset`.
STOPPED = Gauge("lezzet_stopped_partitions", "Partitions stopped loudly", ["group", "topic", "partition"])
# Messages in the log that are not done; rising for minutes means too few processes or a server that is down.
LAG = Gauge("lezzet_lag_messages", "Messages not yet done", ["group"])
# Outbox rows published; above the events made it counts the repeats after kills.
PUBLISHED = Counter("lezzet_published_total", "Outbox rows published", ["group", "channel"])
# Effects tried again because the process died while they were in flight (a mail may have gone out twice).
REPEATED = Counter("lezzet_effects_repeated_total", "Effects begun before and not ended", ["group"])


class _OfBatches(NamedTuple):
    messages: Counter
    batches: Counter
    seconds: Histogram


@lru_cache(1024)
def _of_batches(group: str, topic: str) -> _OfBatches:
    return _OfBatches(MESSAGES.labels(group, topic), BATCHES.labels(group, topic), BATCH_SECONDS.labels(group))


def done(group: str, topic: str, messages: int, seconds: float) -> None:
    """A batch was done."""
    of = _of_batches(group, topic)
    of.messages.inc(messages)
    of.batches.inc()
    of.seconds.observe(seconds)
