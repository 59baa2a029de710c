"""The exchange `logs`, and the queue of all lines that the log agent indexes. Others bind queues of their own."""

from stores.rabbit import Exchange, Queue, Topology

EXCHANGE = "logs"
QUEUE = "logs.index"
QUEUE_BYTES = 128 * 1024 * 1024
"""On RabbitMQ's disk, while Elasticsearch is away. Beyond that lines wait in the processes that wrote them."""

# No quorum: a line is worth less than an order, and a classic queue that lies on the disk costs less.
TOPOLOGY = Topology(
    exchanges=(Exchange(EXCHANGE, "topic"),),
    queues=(
        Queue(
            QUEUE,
            bindings=((EXCHANGE, "#"),),
            arguments={
                "x-queue-type": "classic",
                "x-queue-mode": "lazy",
                "x-max-length-bytes": QUEUE_BYTES,
                "x-overflow": "reject-publish",
            },
        ),
    ),
)


def routing_key(domain: str, level: str) -> str:
    return f"{domain}.{level}"
