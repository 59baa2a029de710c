"""Every metric of the agents. What each says, and what to do when it moves, stands in stores/metrics.py."""

from functools import lru_cache
from typing import NamedTuple

from prometheus_client import Counter, Gauge, Histogram

from stores.logs.lines import Lines
from stores.metrics import of

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
MESSAGES = Counter(*of("lezzet_messages_total"), ["group", "topic"])
BATCHES = Counter(*of("lezzet_batches_total"), ["group", "topic"])
BATCH_SECONDS = Histogram(*of("lezzet_batch_seconds"), ["group"], buckets=_SECONDS)
RETRIES = Counter(*of("lezzet_retries_total"), ["group", "why"])
DUPLICATES = Counter(*of("lezzet_duplicates_total"), ["group"])
SURPRISES = Counter(*of("lezzet_floor_surprises_total"), ["group"])
HOLES = Counter(*of("lezzet_holes_total"), ["group", "topic"])
DEAD_LETTERS = Counter(*of("lezzet_dead_letters_total"), ["topic", "why"])
PARKED = Counter(*of("lezzet_parked_total"), ["topic"])
HELD_BACK = Counter(*of("lezzet_held_back_total"), ["group", "topic"])
HELD_BACK_NOW = Gauge(*of("lezzet_held_back_partitions"), ["group"])
EXPIRED = Counter(*of("lezzet_expired_total"), ["topic"])
TIMER_LATE = Histogram(*of("lezzet_timer_late_seconds"), ["topic"], buckets=_SECONDS)
TIMERS_OUT_OF_DATE = Counter(*of("lezzet_timers_out_of_date_total"), ["topic"])
FORWARDED = Counter(*of("lezzet_forwarded_total"), ["topic"])
GAPS = Counter(*of("lezzet_version_gaps_total"), ["group", "topic"])
MISSED = Counter(*of("lezzet_missed_events_total"), ["group", "topic", "why"])
BEHIND = Gauge(*of("lezzet_behind_partitions"), ["group", "topic", "partition"])
LEASED = Gauge(*of("lezzet_leased_partitions"), ["group"])
STOPPED = Gauge(*of("lezzet_stopped_partitions"), ["group", "topic", "partition"])
LAG = Gauge(*of("lezzet_lag_messages"), ["group"])
BASKETS_MEMORY = Gauge(*of("lezzet_redis_baskets_memory_share"))
PUBLISHED = Counter(*of("lezzet_published_total"), ["group", "channel"])
REPEATED = Counter(*of("lezzet_effects_repeated_total"), ["group"])
SET_ASIDE = Counter(*of("lezzet_effects_set_aside_total"), ["group"])
GIVEN_UP = Counter(*of("lezzet_effects_given_up_total"), ["group"])
WAITING = Gauge(*of("lezzet_effects_waiting"), ["group", "topic"])
OLDEST = Gauge(*of("lezzet_effects_waiting_seconds"), ["group", "topic"])
INDEXED = Counter(*of("lezzet_indexed_total"), ["topic"])
INDEX_BEHIND = Gauge(*of("lezzet_index_behind_seconds"), ["group", "topic", "partition"])
LOG_LINES_WAITING = Gauge(*of("lezzet_log_lines_waiting"))
LOG_LINES_DROPPED = Gauge(*of("lezzet_log_lines_dropped"))


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
