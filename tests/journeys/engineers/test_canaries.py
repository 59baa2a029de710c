"""Secrets of a user's life are planted, and looked for where logs go: in the files of all processes, and in RabbitMQ, from
where they come into Elasticsearch (stores/logs/document.py)."""

import re
from datetime import UTC, datetime

import aio_pika

from stores.logs.document import document
from stores.logs.topology import EXCHANGE
from tests.deadline import until
from tests.journeys.client import Client
from tests.journeys.conftest import Product

PASSWORD, WRONG = "kanarya sarısı 71!", "yanlış kanarya 72!"


async def _life(client: Client) -> dict[str, str]:
    """What must be in no log, by what it is. Some of it is sent where it does not belong."""
    address = {"email": client.address}
    await client.must("POST", "/auth/register", address | {"password": PASSWORD})
    told = re.search(r"token=(\S+)", (await client.mail("verify_email"))["text"])
    assert told is not None
    await client.call("POST", "/auth/login", address | {"password": WRONG})
    await client.must("POST", "/auth/verify-email", {"token": told[1]})
    said = await client.must("POST", "/auth/login", address | {"password": PASSWORD})
    client.token = said["access_token"]
    await client.call("GET", f"/users/me?token={said['access_token']}")
    await client.call("POST", "/auth/verify-email", {"token": said["refresh_token"]})
    await client.call("POST", "/auth/login", {"email": PASSWORD, "password": 7, "more": WRONG})
    cart = (await client.must("POST", "/carts/anonymous/generate-id"))["cart_id"]
    await client.call("GET", f"/carts/anonymous/{cart}")
    await client.call("POST", "/carts/anonymous/add", {"cart_id": cart, "meal_id": "none", "quantity": 1})
    secrets = {"password": PASSWORD, "wrong password": WRONG, "mail token": told[1], "anonymous basket": cart}
    return secrets | {"access token": said["access_token"], "refresh token": said["refresh_token"]}


async def test_no_secret_is_in_a_log_or_in_rabbitmq(product: Product, client: Client) -> None:
    connection = await aio_pika.connect(product.endpoints["rabbit"])
    try:
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(await channel.get_exchange(EXCHANGE), "#")
        secrets = await _life(client)
        mark = f"canary-{client.address.partition('@')[0]}"
        await client.call("GET", "/users/me", **{"X-Correlation-Id": mark})
        shipped = list[bytes]()

        async def agents_spoke() -> bool:
            while (message := await queue.get(no_ack=True, fail=False)) is not None:
                shipped.append(message.body)
            return bool(shipped)

        await client.publish("user_created", f'{{"id": "", "email": "{mark}"}}'.encode())  # a dead letter is a line
        await until("a line of the agents in RabbitMQ", agents_spoke)
    finally:
        await connection.close()
    files = list[tuple[str, bytes]]()

    async def edge_spoke() -> bool:
        files[:] = [(path.name, path.read_bytes()) for path in sorted((product.data / "logs").iterdir())]
        return any(mark.encode() in content for _, content in files)

    await until("the last request in the edge's access log", edge_spoke)
    indexed = [("Elasticsearch", document(body, datetime.now(UTC))) for body in shipped]
    for what, secret in secrets.items():
        for where, content in [*files, *(("RabbitMQ", body) for body in shipped), *indexed]:
            assert secret.encode() not in content, f"{what} stands in {where}"
