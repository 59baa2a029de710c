"""Every metric of the agents, each with what it says about the system."""

from functools import lru_cache
from typing import NamedTuple

from prometheus_client import Counter, Gauge, Histogram

from stores.logs.lines import Lines

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

# How much work is done, and in which batch sizes: small batches under load mean that fetching is too eager.
MESSAGES = Counter("lezzet_messages_total", "Messages done", ["group", "topic"])
BATCHES = Counter("lezzet_batches_total", "Batches done", ["group", "topic"])
# How long a batch takes from its fetch to done, waits for servers included.
BATCH_SECONDS = Histogram("lezzet_batch_seconds", "Time of a batch", ["group"], buckets=_SECONDS)
# A rising rate means that a server is down or slow; nothing is lost meanwhile.
RETRIES = Counter("lezzet_retries_total", "Batches started again after doubt", ["group", "why"])
# Messages that were in the inbox already: a publisher sent twice, or an outbox row was published twice.
DUPLICATES = Counter("lezzet_duplicates_total", "Messages already in the inbox", ["group"])
# Batches that began below the floor: another process wrote meanwhile, or the answer to an own write was lost.
SURPRISES = Counter("lezzet_floor_surprises_total", "Batches whose floor was not where the lease said", ["group"])
# Gaps in the log that were still there when read again (compaction, retention): unread messages may have been removed.
HOLES = Counter("lezzet_holes_total", "Holes in the log that were real", ["group", "topic"])
# Each of these needs an engineer: `./lezzet dlq list`.
DEAD_LETTERS = Counter("lezzet_dead_letters_total", "Messages sent to the dead letters", ["topic", "why"])
PARKED = Counter("lezzet_parked_total", "Messages parked behind a poisoned key", ["topic"])
# Commands of a partition raise one after the other, as after a bad deployment: it stands still for up to five minutes after
# each that it tries. Go back to the release before, or mend it; then redrive what is parked.
HELD_BACK = Counter("lezzet_held_back_total", "Times that a partition was held back", ["group", "topic"])
HELD_BACK_NOW = Gauge("lezzet_held_back_partitions", "Partitions that are held back now", ["group"])
# Commands that came after their deadline or after the edge withdrew them: the caller was told 503.
EXPIRED = Counter("lezzet_expired_total", "Commands refused as expired", ["topic"])
# Commands of timers, and how late they were sent by the store's clock. Late by more than a second: the store or Kafka was away,
# the partition had no owner, or the clock jumped ahead.
TIMER_LATE = Histogram("lezzet_timer_late_seconds", "From due to sent", ["topic"], buckets=_SECONDS)
# Commands of timers that were moved, cancelled or done after they were sent: they have no effect.
TIMERS_OUT_OF_DATE = Counter("lezzet_timers_out_of_date_total", "Commands of timers without effect", ["topic"])
# Commands that came to another partition than their key's: their publisher chooses partitions in another way than ours.
FORWARDED = Counter("lezzet_forwarded_total", "Commands sent on to their key's partition", ["topic"])
# Events that do not follow on the version seen last, where no event was missed before: a version is not on the topic, or was a
# dead letter. The view or copy of that aggregate stands still until its topic is read again.
GAPS = Counter("lezzet_version_gaps_total", "Events above the next version", ["group", "topic"])
# Events that could not be applied. newer: they are of newer code, which will apply them when it opens the partition. raised: a
# projection raised, and mended code will. Their aggregates stand still until then.
MISSED = Counter("lezzet_missed_events_total", "Events that a view or copy could not apply", ["group", "topic", "why"])
# 1: this partition has missed events that the running code cannot apply. Deploy code that can.
BEHIND = Gauge("lezzet_behind_partitions", "Partitions with missed events", ["group", "topic", "partition"])
# Partitions that this process holds. Summed over all processes that is every partition; where less, some are not read.
LEASED = Gauge("lezzet_leased_partitions", "Partitions held", ["group"])
# 1: the floor lies outside the log, and the partition stands still until `./lezzet topics reset`; or newer code published the
# next message, and it stands still until code that knows it opens the partition. The log says which.
STOPPED = Gauge("lezzet_stopped_partitions", "Partitions stopped loudly", ["group", "topic", "partition"])
# Messages in the log that are not done. Rising for minutes: too few processes, or a server is down.
LAG = Gauge("lezzet_lag_messages", "Messages not yet done", ["group"])
# Of maxmemory of the Redis that baskets stand on. From 0.8 on the log has an alarm; at 1 no basket is decided.
BASKETS_MEMORY = Gauge("lezzet_redis_baskets_memory_share", "Share of the baskets' Redis' memory limit in use")
# Outbox rows that were published. More than were written: rows were published again, e.g. after kills.
PUBLISHED = Counter("lezzet_published_total", "Outbox rows published", ["group", "channel"])
# Effects tried again because the process died while they were in flight (a mail may have gone out twice).
REPEATED = Counter("lezzet_effects_repeated_total", "Effects begun before and not ended", ["group"])

# Events whose effects could not happen though others could. Each is tried again; a rising rate: a mailbox, a bank or a
# restaurant that many need takes nothing. `effect_set_aside` in the log says why.
SET_ASIDE = Counter("lezzet_effects_set_aside_total", "Events set aside", ["group"])
# Each of these needs an engineer: `./lezzet dlq list`. Tried for as long as the effect wants it, in vain.
GIVEN_UP = Counter("lezzet_effects_given_up_total", "Events given up after waiting aside", ["group"])
# How many wait, and since when the first of them. Near the time after which its effect gives up: it will be a dead letter.
WAITING = Gauge("lezzet_effects_waiting", "Events set aside in the partitions held", ["group", "topic"])
OLDEST = Gauge("lezzet_effects_waiting_seconds", "Age of the first event set aside", ["group", "topic"])

# Documents that Elasticsearch has acknowledged.
INDEXED = Counter("lezzet_indexed_total", "Documents indexed", ["topic"])
# Above 0: Elasticsearch is away or too slow, and this is the age of the first event that waits for it. Nothing else waits, and
# all of it is indexed when the server is back.
INDEX_BEHIND = Gauge(
    "lezzet_index_behind_seconds", "Age of the first event not indexed", ["group", "topic", "partition"]
)

# Log lines that wait for RabbitMQ, and those that were dropped since too many waited: RabbitMQ is away, or its queue is full
# since Elasticsearch is. All of them are on stderr.
LOG_LINES_WAITING = Gauge("lezzet_log_lines_waiting", "Log lines not yet in RabbitMQ")
LOG_LINES_DROPPED = Gauge("lezzet_log_lines_dropped", "Log lines dropped since the start")


def log_lines(lines: Lines) -> None:
    """Of this process."""
    LOG_LINES_WAITING.set_function(lambda: len(lines))
    LOG_LINES_DROPPED.set_function(lambda: lines.dropped)


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
