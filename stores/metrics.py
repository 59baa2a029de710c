"""What each metric says, and what to do when it moves: one table for all processes.

The text stands in `/metrics` as the metric's help, and in docs/metrics.md, which `python -m stores.metrics` prints. Alert rules
and boards that are made of these metrics are in infra/monitoring.
"""

import sys
from typing import NamedTuple


class Told(NamedTuple):
    """says: what is measured, with its unit. act: what to do when it moves, and which way."""

    says: str
    act: str


AGENTS = {
    "lezzet_messages_total": Told(
        "Messages done",
        "0 for minutes while lezzet_lag_messages is not: look at lezzet_stopped_partitions and lezzet_retries_total",
    ),
    "lezzet_batches_total": Told(
        "Batches done", "Few messages a batch under load: fetching is too eager, nothing is wrong"
    ),
    "lezzet_batch_seconds": Told(
        "Seconds from the fetch of a batch until it is done, waits for servers included",
        "Rising: a store is slow or away, see lezzet_retries_total",
    ),
    "lezzet_retries_total": Told(
        "Batches started again after doubt",
        "Rising: a server is down or slow; nothing is lost meanwhile. `./lezzet logs --query batch_waits` says which",
    ),
    "lezzet_duplicates_total": Told(
        "Messages that were in the inbox already",
        "Rising without kills or restarts: a publisher sends twice. Nothing happens twice",
    ),
    "lezzet_floor_surprises_total": Told(
        "Batches that began below the floor",
        "Rising without rebalances: two processes write for one partition, or answers of a store get lost. Nothing is doubled",
    ),
    "lezzet_holes_total": Told(
        "Gaps in the log that were still there when read again",
        "Any: retention or compaction removed messages that may not have been read. See the retention of the topic",
    ),
    "lezzet_dead_letters_total": Told(
        "Messages sent to the dead letters", "Any: `./lezzet dlq list` shows them and why"
    ),
    "lezzet_parked_total": Told(
        "Messages parked behind a poisoned key", "Any: that key stands still. `./lezzet dlq list`, then `dlq redrive`"
    ),
    "lezzet_held_back_total": Told(
        "Times that a partition was held back since its commands raise one after the other",
        "Any: a bad release. Go back to the one before, or mend it; then redrive what is parked",
    ),
    "lezzet_held_back_partitions": Told(
        "Partitions that are held back now",
        "Above 0: as lezzet_held_back_total; each is tried again within five minutes",
    ),
    "lezzet_expired_total": Told(
        "Commands that came after their deadline, or after the edge withdrew them",
        "Rising: callers get 503. The agents or Kafka are too slow: look at lezzet_lag_messages",
    ),
    "lezzet_timer_late_seconds": Told(
        "Seconds from due to sent of timers' commands",
        "More than a second: the store or Kafka was away, the partition had no owner, or the clock jumped ahead",
    ),
    "lezzet_timers_out_of_date_total": Told(
        "Commands of timers that were moved, cancelled or done meanwhile", "Nothing to do: they have no effect"
    ),
    "lezzet_forwarded_total": Told(
        "Commands sent on to the partition of their key",
        "Rising: their publisher chooses partitions in another way than ours. Correct, and slower",
    ),
    "lezzet_version_gaps_total": Told(
        "Events above the next version of their aggregate",
        "Any: an event is missing or was a dead letter. Find it by `./lezzet dlq list`; then `./lezzet views rebuild VIEW`, or"
        " for a copy `./lezzet topics reread TOPIC --group GROUP`",
    ),
    "lezzet_missed_events_total": Told(
        "Events that a view or copy could not apply",
        "why=newer: start agents of the newer release. why=raised: mend the projection. Documents stand still until then",
    ),
    "lezzet_behind_partitions": Told(
        "1 for a partition with events that the running code cannot apply", "1: as lezzet_missed_events_total"
    ),
    "lezzet_leased_partitions": Told(
        "Partitions that this process holds",
        "Summed over all processes less than the topic has: some are not read. Start more agents, look at their logs",
    ),
    "lezzet_stopped_partitions": Told(
        "1 for a partition that was stopped loudly",
        "1: `./lezzet logs --query partition_stopped` says why; mostly `./lezzet topics reset`, or newer agents",
    ),
    "lezzet_lag_messages": Told(
        "Messages in the log that are not done",
        "Rising for minutes: too few agents processes, or a server is down (lezzet_retries_total)",
    ),
    "lezzet_redis_baskets_memory_share": Told(
        "Share of the memory limit of the baskets' Redis in use",
        "From 0.8: give it more memory soon. At 1 no basket is decided",
    ),
    "lezzet_published_total": Told(
        "Outbox rows published", "More than were written: rows went out again, as after kills. Readers drop them"
    ),
    "lezzet_effects_repeated_total": Told(
        "Effects tried again since their process died while they were in flight",
        "Rising: processes are killed; a mail may have gone out twice",
    ),
    "lezzet_effects_set_aside_total": Told(
        "Events whose effects could not happen though others could",
        "Rising: a mailbox, a bank or a kitchen takes nothing. `./lezzet logs --query effect_set_aside` says which",
    ),
    "lezzet_effects_given_up_total": Told(
        "Events given up after waiting aside as long as their effect wants", "Any: `./lezzet dlq list`"
    ),
    "lezzet_effects_waiting": Told(
        "Events set aside in the partitions held", "Rising: as lezzet_effects_set_aside_total"
    ),
    "lezzet_effects_waiting_seconds": Told(
        "Age of the first event set aside", "Near a day for mails: it will be a dead letter. Mend what refuses it"
    ),
    "lezzet_indexed_total": Told(
        "Documents that Elasticsearch has acknowledged", "0 for minutes: see lezzet_index_behind_seconds"
    ),
    "lezzet_index_behind_seconds": Told(
        "Age of the first event that waits for Elasticsearch",
        "Above 0 for minutes: Elasticsearch is away or slow. Nothing else waits, all of it is indexed later",
    ),
}
LINES = {
    "lezzet_log_lines_waiting": Told(
        "Log lines that wait for RabbitMQ", "Near 20,000: RabbitMQ is away, or its queue is full since Elasticsearch is"
    ),
    "lezzet_log_lines_dropped": Told(
        "Log lines dropped since the start, for want of room",
        "Any: as lezzet_log_lines_waiting; they are on stderr of the process",
    ),
}
LOG_AGENT = {
    "lezzet_log_lines_indexed_total": Told(
        "Log lines in Elasticsearch", "0 for minutes: see /health/ready of the log agent"
    ),
    "lezzet_log_lines_refused_total": Told(
        "Log lines that no index takes", "Rising: `./lezzet logs --query log_lines_refused` says why"
    ),
}
EDGE = {
    "lezzet_edge_requests_total": Told(
        "Requests by route and status", "5xx rising: an outage. 401: an attack or a change of keys. 202: a slow domain"
    ),
    "lezzet_edge_request_seconds": Told(
        "Seconds to answer, as clients see it",
        "Reads above 0.01, commands above 0.25: look at agents' lag and at the servers",
    ),
    "lezzet_edge_connections_open": Told(
        "Open connections", "Near EDGE_CONNECTIONS: start more edges, or somebody attacks"
    ),
    "lezzet_edge_bytes_owed": Told(
        "Bytes of large answers not yet taken", "Rising: clients do not read what they have asked for"
    ),
    "lezzet_edge_connections_refused_total": Told(
        "Connections not let in, by bound", "Rising: all connections of an address, or of the process, are at work"
    ),
    "lezzet_edge_connections_cut_total": Told(
        "Connections ended by the edge, by reason",
        "idle is usual. silent, gave_way, unread, large_head rising: an attack, or a client that is broken",
    ),
    "lezzet_edge_info": Told(
        "1, with the id of the edge process that answered", "Nothing to do: processes share a port"
    ),
    "lezzet_edge_kafka_connected": Told(
        "1: commands can be taken", "0: they are answered 503 until Kafka is back. Look at Kafka"
    ),
    "lezzet_edge_replies_connected": Told(
        "1: replies are heard as they come", "0: answers take up to 2 s. Look at Redis"
    ),
    "lezzet_edge_streams_open": Told(
        "Open streams", "Near http_edge.reads.streams.MOST new ones are refused: start more edges"
    ),
    "lezzet_edge_clock_skew_seconds": Told(
        "The broker's clock less ours", "Beyond 30 s the process is not ready: set the clock of its host"
    ),
    "lezzet_redis_memory_share": Told(
        "Share of Redis' memory limit in use",
        "From 0.8: give it more memory soon. At 1 no write is taken, and /health/ready is 503",
    ),
    "lezzet_edge_silent_topics": Told(
        "Topics whose commands are not answered",
        "Above 0: their agents do not work; /health/ready of the edge names them",
    ),
    "lezzet_edge_uncompressed": Told(
        "Large answers sent as they are since the start",
        "Rising: more is asked for than one core compresses. Start more edges",
    ),
    "lezzet_edge_paced_refused": Told(
        "Requests refused for their pace since the start",
        "Rising: one address makes accounts or anonymous baskets faster than people do",
    ),
    "lezzet_edge_often_refused": Told(
        "Commands refused for those before them that were refused, since the start",
        "Rising: somebody sends again and again what is refused, or guesses passwords",
    ),
    "lezzet_edge_abreast_refused": Told(
        "Commands refused since too many of their client were under way, since the start",
        "Rising: somebody sends very many at once, or the domains are slow",
    ),
    "lezzet_edge_hashes_waiting": Told(
        "Requests that wait for a turn to have a password hashed",
        "Near http_edge.routing.turns.MOST_WAITING some are refused: start more agents",
    ),
    "lezzet_edge_hashes_refused": Told(
        "Requests refused since too many waited to be hashed",
        "Rising: somebody tries passwords, or more log in than the agents can hash",
    ),
    "lezzet_edge_uploads_open": Told(
        "Pictures that are being uploaded",
        "Near http_edge.routing.uploads.AT_ONCE others are refused: start more edges, or somebody sends slowly",
    ),
    "lezzet_edge_uploads_refused": Told(
        "Uploads refused for their number since the start",
        "Rising: somebody sends more pictures at once than people do",
    ),
}
METRICS = AGENTS | LINES | LOG_AGENT | EDGE


def help_of(name: str) -> str:
    """Of a metric that is in the table. Raises KeyError: whoever adds one says what to do when it moves."""
    told = METRICS[name]
    return f"{told.says}. {told.act}"


def of(name: str) -> tuple[str, str]:
    """The name and its help, as prometheus_client wants them."""
    return name, help_of(name)


def page() -> str:
    """docs/metrics.md."""
    sections = (
        ("Agents", AGENTS), ("Edge", EDGE), ("Agents, edge and log agent: their log lines", LINES), ("Log agent", LOG_AGENT),
    )  # fmt: skip
    lines = [
        "# Metrics",
        "",
        "Made by `python -m stores.metrics`, of `stores/metrics.py`: the same texts stand in `/metrics`. Where each process",
        "answers: [operations.md](operations.md#metrics-alerts-and-boards).",
    ]
    for title, told in sections:
        lines += ["", f"## {title}", "", "| metric | what it says | what to do when it moves |", "|---|---|---|"]
        lines += [f"| `{name}` | {each.says} | {each.act} |" for name, each in told.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
