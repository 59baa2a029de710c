"""What an edge process counts; what each metric says stands in stores/metrics.py.

Several processes share a port, so a scrape of it sees one of them: `edge` tells which. EDGE_HEALTH_PORT is one process' own.
"""

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
from stores.metrics import of

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
        counts = CounterMetricFamily(*of("lezzet_edge_requests_total"), labels=["route", "status"])
        for (route, status), count in self._counts.items():
            counts.add_metric([route, str(status)], count)
        yield counts
        times = HistogramMetricFamily(*of("lezzet_edge_request_seconds"), labels=["route"])
        for route, buckets in self._buckets.items():
            times.add_metric([route], _cumulated(buckets), self._sums[route])
        yield times


class _Connections(Collector):
    def __init__(self, connections: Connections) -> None:
        self._of = connections

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(*of("lezzet_edge_connections_open"), value=self._of.count)
        yield GaugeMetricFamily(*of("lezzet_edge_bytes_owed"), value=self._of.owed)
        refused = CounterMetricFamily(*of("lezzet_edge_connections_refused_total"), labels=["bound"])
        for bound, count in self._of.refused.items():
            refused.add_metric([bound], count)
        yield refused
        cut = CounterMetricFamily(*of("lezzet_edge_connections_cut_total"), labels=["why"])
        for why, count in self._of.cut.items():
            cut.add_metric([why], count)
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
        Gauge(*of("lezzet_edge_info"), ["edge"], registry=registry).labels(edge_id).set(1)
        self.kafka = Gauge(*of("lezzet_edge_kafka_connected"), registry=registry)
        self.replies = Gauge(*of("lezzet_edge_replies_connected"), registry=registry)
        self.streams = Gauge(*of("lezzet_edge_streams_open"), registry=registry)
        self.skew = Gauge(*of("lezzet_edge_clock_skew_seconds"), registry=registry)
        self.memory = Gauge(*of("lezzet_redis_memory_share"), registry=registry)
        self.silent = Gauge(*of("lezzet_edge_silent_topics"), registry=registry)
        self.uncompressed = Gauge(*of("lezzet_edge_uncompressed"), registry=registry)
        self.paced = Gauge(*of("lezzet_edge_paced_refused"), registry=registry)
        self.often_refused = Gauge(*of("lezzet_edge_often_refused"), registry=registry)
        self.abreast_refused = Gauge(*of("lezzet_edge_abreast_refused"), registry=registry)
        self.turns_waiting = Gauge(*of("lezzet_edge_hashes_waiting"), registry=registry)
        self.turns_refused = Gauge(*of("lezzet_edge_hashes_refused"), registry=registry)

        waiting = Gauge(*of("lezzet_log_lines_waiting"), registry=registry)
        waiting.set_function(lambda: len(lines))
        dropped = Gauge(*of("lezzet_log_lines_dropped"), registry=registry)
        dropped.set_function(lambda: lines.dropped)

        self.uploads = Gauge(*of("lezzet_edge_uploads_open"), registry=registry)
        self.uploads_refused = Gauge(*of("lezzet_edge_uploads_refused"), registry=registry)

    def answer(self) -> Answer:
        return Answer(generate_latest(self._registry), 200, CONTENT_TYPE_LATEST)
