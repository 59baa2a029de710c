"""An order from checkout to the door by curl, a plain AMQP client and a plain Kafka client: docs/api/whole-order.md."""

import json
import os
import re
import sys
from pathlib import Path

from tests.journeys.by_curl import files, walk
from tests.journeys.client import Client
from tests.journeys.conftest import Product

PAGE = Path(__file__).resolve().parents[3] / "docs" / "api" / "whole-order.md"
WAY = [
    "OrderPlaced",
    "PaymentConfirmed",
    "OrderSentToKitchen",
    "OrderAccepted",
    "OrderReady",
    "OrderOnTheWay",
    "OrderDelivered",
]


async def test_the_walk_of_a_whole_order(
    product: Product, owner: Client, client: Client, other: Client, tmp_path: Path
):
    files(PAGE, tmp_path)
    for each in (owner, client, other):
        await each.sign_up()
    said = await walk(
        PAGE, tmp_path, EDGE=product.endpoints["edge"], RABBITMQ_URL=product.endpoints["rabbit"],
        KAFKA_BROKERS=product.endpoints["kafka"], OWNER=f"Authorization: Bearer {owner.token}",
        GUEST=f"Authorization: Bearer {client.token}", COURIER=f"Authorization: Bearer {other.token}",
        PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    )  # fmt: skip
    assert "kitchen: 2 x Adana" in said
    told = re.findall(r"^kafka: (\d+) (\w+)$", said, re.MULTILINE)
    assert [int(number) for number, _ in told] == list(range(1, len(told) + 1)), "gapless"
    assert [type for _, type in told if type in WAY] == WAY, told
    await product.quiet()  # what other journeys have asked for still moves money
    audit = json.loads(await product.lezzet("audit", "--json"))
    assert [name for name in ("orders", "money", "tickets") if not audit["checks"][name]["ok"]] == [], audit
