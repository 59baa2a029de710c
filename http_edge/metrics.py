"""What an edge process counts. Several processes share a port, so a scrape sees one of them: `edge` tells which."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from http_edge.answer import Answer

BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)


class Metrics:
    def __init__(self, edge_id: str) -> None:
        self.registry = CollectorRegistry()
        # which of the processes behind the shared port answered this scrape
        Gauge("lezzet_edge_info", "This edge process", ["edge"], registry=self.registry).labels(edge_id).set(1)
        # traffic and errors: 5xx rising is an outage, 401 rising an attack or a key change, 202 rising a slow domain
        self._requests = Counter(
            "lezzet_edge_requests_total", "Requests by route and status", ["route", "status"], registry=self.registry
        )
        # latency as clients see it; commands include the domain's work, reads should stay below 10 ms
        self._seconds = Histogram(
            "lezzet_edge_request_seconds", "Time to answer", ["route"], buckets=BUCKETS, registry=self.registry
        )
        # 1: commands can be taken; 0: they are answered 503 until Kafka is back
        self.kafka = Gauge("lezzet_edge_kafka_connected", "The producer is connected", registry=self.registry)
        # 1: replies are heard as they come; 0: answers wait for the look at their stored copy (up to 2 s)
        self.replies = Gauge("lezzet_edge_replies_connected", "The reply channel is subscribed", registry=self.registry)
        self._children: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def note(self, route: str, status: int, seconds: float) -> None:
        found = self._children.get((route, status))
        if found is None:
            found = self._requests.labels(route, str(status)), self._seconds.labels(route)
            self._children[route, status] = found
        found[0].inc()
        found[1].observe(seconds)

    def answer(self) -> Answer:
        return Answer(generate_latest(self.registry), 200, CONTENT_TYPE_LATEST)
