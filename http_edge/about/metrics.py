"""What an edge process counts. Several processes share a port, so a scrape sees one of them: `edge` tells which."""

from bisect import bisect_left
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from http_edge.wire.answer import Answer
from http_edge.wire.connections import Connections
from stores.logs.lines import Lines

BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)
"""Seconds: reads are below 10 ms, commands below 250 ms; 2 s is the end of waiting, 3 s is never reached."""


class _Timings(Collector):
    """Plain numbers, made into families when somebody looks: the library's own counters cost 7 µs a request."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int], int] = {}
        self._buckets: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def note(self, route: str, status: int, seconds: float) -> None:
        self._counts[route, status] = self._counts.get((route, status), 0) + 1
        buckets = self._buckets.get(route)
        if buckets is None:
            buckets = self._buckets[route] = [0] * (len(BUCKETS) + 1)
        buckets[bisect_left(BUCKETS, seconds)] += 1
        self._sums[route] = self._sums.get(route, 0.0) + seconds

    def collect(self) -> Iterator[Metric]:
        # traffic and errors: 5xx rising is an outage, 401 rising an attack or a key change, 202 rising a slow domain
        counts = CounterMetricFamily("lezzet_edge_requests", "Requests by route and status", labels=["route", "status"])
        for (route, status), count in self._counts.items():
            counts.add_metric([route, str(status)], count)
        yield counts
        # latency as clients see it; commands include the domain's work, reads should stay below 10 ms
        times = HistogramMetricFamily("lezzet_edge_request_seconds", "Time to answer", labels=["route"])
        for route, buckets in self._buckets.items():
            times.add_metric([route], _cumulated(buckets), self._sums[route])
        yield times


class _Connections(Collector):
    def __init__(self, connections: Connections) -> None:
        self._of = connections

    def collect(self) -> Iterator[Metric]:
        # near EDGE_CONNECTIONS others have to give way: more processes are needed, or somebody attacks
        yield GaugeMetricFamily("lezzet_edge_connections_open", "Open connections", value=self._of.count)
        # rising: clients that do not read what they have asked for
        yield GaugeMetricFamily("lezzet_edge_bytes_owed", "Bytes of large answers not yet taken", value=self._of.owed)
        refused = CounterMetricFamily("lezzet_edge_connections_refused", "Not let in, by bound", labels=["bound"])
        for bound, count in self._of.refused.items():
            refused.add_metric([bound], count)
        # rising: all connections of an address, or of the process, are at work
        yield refused
        cut = CounterMetricFamily("lezzet_edge_connections_cut", "Ended by the edge, by reason", labels=["why"])
        for why, count in self._of.cut.items():
            cut.add_metric([why], count)
        # idle is usual; silent, gave_way, unread and large_head rising is an attack, or a client that is broken
        yield cut


def _cumulated(buckets: list[int]) -> list[tuple[str, float]]:
    total, found = 0, list[tuple[str, float]]()
    for edge, count in zip((*map(str, BUCKETS), "+Inf"), buckets, strict=True):
        total += count
        found.append((edge, total))
    return found


class Metrics:
    def __init__(self, edge_id: str, connections: Connections, lines: Lines) -> None:
        registry = self._registry = CollectorRegistry()
        self._timings = _Timings()
        self.note = self._timings.note
        registry.register(self._timings)
        registry.register(_Connections(connections))
        # which of the processes behind the shared port answered this scrape
        Gauge("lezzet_edge_info", "This edge process", ["edge"], registry=registry).labels(edge_id).set(1)
        # 1: commands can be taken; 0: they are answered 503 until Kafka is back
        self.kafka = Gauge("lezzet_edge_kafka_connected", "The producer is connected", registry=registry)
        # 1: replies are heard as they come; 0: answers wait for the look at their stored copy (up to 2 s)
        self.replies = Gauge("lezzet_edge_replies_connected", "The reply channel is subscribed", registry=registry)
        # open streams; near http_edge.reads.streams.MOST new ones are refused: more processes are needed
        self.streams = Gauge("lezzet_edge_streams_open", "Open streams", registry=registry)
        # deadlines are corrected by it; beyond routing.broker_clock.MOST_SECONDS the process is not ready: set its clock
        self.skew = Gauge("lezzet_edge_clock_skew_seconds", "The broker's clock less ours", registry=registry)
        # of Redis' maxmemory. From 0.8 on the edge logs an alarm; at 1 no write is taken, and /health/ready is 503
        self.memory = Gauge("lezzet_redis_memory_share", "Share of Redis' memory limit in use", registry=registry)
        # 1: commands of some topic are not answered; /health/ready names it
        self.silent = Gauge("lezzet_edge_silent_topics", "Topics whose commands are not answered", registry=registry)
        # rising: more large answers are asked for than one core compresses; they go out as they are
        self.uncompressed = Gauge(
            "lezzet_edge_uncompressed", "Large answers not compressed, since the start", registry=registry
        )
        # rising: one address makes accounts or anonymous baskets faster than people do
        self.paced = Gauge(
            "lezzet_edge_paced_refused", "Requests refused for their pace, since the start", registry=registry
        )
        # rising: somebody sends again and again what is refused
        self.often_refused = Gauge(
            "lezzet_edge_often_refused", "Commands refused for those before them, since the start", registry=registry
        )
        # requests that wait for a turn to have a password hashed; near http_edge.routing.turns.MOST_WAITING some are refused
        self.turns_waiting = Gauge("lezzet_edge_hashes_waiting", "Requests that wait to be hashed", registry=registry)
        # rising: somebody tries passwords, or more log in than the agents can hash
        self.turns_refused = Gauge("lezzet_edge_hashes_refused", "Requests refused since the start", registry=registry)

        # log lines that wait for RabbitMQ, and those that were dropped since too many waited: RabbitMQ is away, or its queue
        # is full since Elasticsearch is. All of them are on stderr
        waiting = Gauge("lezzet_log_lines_waiting", "Log lines not yet in RabbitMQ", registry=registry)
        waiting.set_function(lambda: len(lines))
        dropped = Gauge("lezzet_log_lines_dropped", "Log lines dropped since the start", registry=registry)
        dropped.set_function(lambda: lines.dropped)

        # near http_edge.routing.uploads.AT_ONCE others are refused: more processes are needed, or somebody sends slowly
        self.uploads = Gauge("lezzet_edge_uploads_open", "Pictures that are being uploaded", registry=registry)
        # rising: somebody sends more pictures at once than people do
        self.uploads_refused = Gauge(
            "lezzet_edge_uploads_refused", "Uploads refused for their number, since the start", registry=registry
        )

    def answer(self) -> Answer:
        return Answer(generate_latest(self._registry), 200, CONTENT_TYPE_LATEST)
