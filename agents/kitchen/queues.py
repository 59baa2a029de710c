"""The exchanges and queues of kitchens, by their names in RabbitMQ: docs/kitchen.md."""

from stores.rabbit import Exchange, Queue, Topology

TICKETS = "kitchen"
"""Exchange. The routing key is the restaurant's id."""
UNANSWERED = "kitchen.unanswered"
"""Exchange, and its queue: tickets that nobody has taken in time."""
REPLIES = "kitchen.replies"
"""Exchange, and its queue: what kitchens answer, under any routing key."""
DEAD = "kitchen.replies.dead"
"""Exchange, and its queue: answers that cannot be used, with the reason."""

MOST_TICKETS = 10_000
"""That wait in a restaurant's queue."""
MOST_REPLY_BYTES = 256 * 1024 * 1024
"""Of answers that wait, while Kafka is away. Kitchens whose answers are not taken are told so by RabbitMQ."""
MOST_DEAD, MOST_DEAD_BYTES = 10_000, 64 * 1024 * 1024
"""Beyond these the oldest go."""

_ALL = ""  # routing key of a binding to a fanout exchange

DEAD_LETTERS = Queue(DEAD, ((DEAD, _ALL),), {"x-max-length": MOST_DEAD, "x-max-length-bytes": MOST_DEAD_BYTES})

TOPOLOGY = Topology(
    exchanges=(
        Exchange(TICKETS, "direct"),
        Exchange(UNANSWERED, "fanout"),
        Exchange(REPLIES, "fanout"),
        Exchange(DEAD, "fanout"),
    ),
    queues=(
        Queue(UNANSWERED, ((UNANSWERED, _ALL),)),
        DEAD_LETTERS,
        # One process at a time consumes it, since answers about one order come in their order; RabbitMQ chooses the next one
        # when its connection ends. What RabbitMQ itself gives up is kept among the answers that cannot be used.
        Queue(
            REPLIES,
            ((REPLIES, _ALL),),
            {
                "x-single-active-consumer": True,
                "x-dead-letter-exchange": DEAD,
                "x-max-length-bytes": MOST_REPLY_BYTES,
                "x-overflow": "reject-publish",
            },
        ),
    ),
)


def queue_of(restaurant_id: str) -> Queue:
    """What waits too long there comes back, and is dropped here only when `kitchen.unanswered` has it."""
    return Queue(
        f"{TICKETS}.{restaurant_id}",
        ((TICKETS, restaurant_id),),
        {
            "x-dead-letter-exchange": UNANSWERED,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
            "x-max-length": MOST_TICKETS,
        },
    )
