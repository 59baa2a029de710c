"""A client of the product: HTTP like a browser, Kafka like another system, the mailbox like a person."""

import asyncio
import base64
import json
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.deadline import SECONDS, until

PASSWORD = "correct horse 1"


class Client:
    def __init__(self, endpoints: Mapping[str, str]) -> None:
        self.endpoints = endpoints
        self.token: str | None = None
        self.address = f"guest-{uuid.uuid4().hex[:12]}@example.com"

    async def __aenter__(self) -> "Client":
        self._http = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._http.close()

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """(status, JSON), with patience: tests/journeys/patience.py."""
        return await self._asked("mobile" if path.startswith("/m/") else "edge", method, path, body, headers)

    async def call_once(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """The same, but 202 and 503 are answers, too."""
        return await self._asked("edge_itself", method, path, body, headers)

    async def _asked(self, gateway: str, method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        url = self.endpoints[gateway] + path
        async with self._http.request(method, url, json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def must(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        status, answer = await self.call(method, path, body, **headers)
        assert status in (200, 201), f"{method} {path} answered {status}: {answer}"
        return answer

    async def send_file(self, path: str, raw: bytes) -> tuple[int, Any]:
        """(status, JSON)."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "text/csv"}
        async with self._http.post(self.endpoints["edge"] + path, data=raw, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def file(self, path: str) -> bytes:
        async with self._http.get(self.endpoints["edge"] + path) as answer:
            assert answer.status == 200, f"{path} answered {answer.status}"
            return await answer.read()

    async def sees(self, path: str) -> None:
        """What somebody else has written; views show it a moment later."""

        async def there() -> bool:
            return (await self.call("GET", path))[0] == 200

        await until(f"{path} to be there", there)

    async def mails(self, to: str | None = None) -> list[dict[str, Any]]:
        url = f"{self.endpoints['mail']}/messages"
        async with self._http.get(url, params={"to": to or self.address}) as answer:
            return await answer.json()

    async def mail(self, about: str) -> dict[str, Any]:
        """The one mail of this kind, or with this in its subject."""

        async def found() -> list[dict[str, Any]]:
            return [mail for mail in await self.mails() if about in mail["subject"] or about == mail["about"]]

        mails = await until(f"a mail about {about!r} to {self.address}", found)
        assert len(mails) == 1, f"expected one mail about {about!r}, there are {len(mails)}"
        return mails[0]

    async def sign_up(self) -> str:
        """Registers, verifies by mail and logs in. Returns the user's id."""
        await self.must("POST", "/auth/register", {"email": self.address, "password": PASSWORD})
        text = (await self.mail("verify_email"))["text"]
        token = re.search(r"token=(\S+)", text)
        assert token is not None, f"expected a link with a token in {text!r}"
        await self.must("POST", "/auth/verify-email", {"token": token[1]})
        answer = await self.must("POST", "/auth/login", {"email": self.address, "password": PASSWORD})
        self.token = answer["access_token"]
        return json.loads(_unpadded(answer["access_token"].split(".")[1]))["sub"]

    async def add_address(self, **said: Any) -> str:
        """The id of a new address in the caller's book."""
        home = {"title": "Ev", "address": "Moda Caddesi 12", "city": "İstanbul", "district": "Kadıköy"}
        return (await self.must("POST", "/addresses/", home | said))["id"]

    async def open_restaurant(self, price: float, **said: Any) -> tuple[str, str]:
        """(restaurant, its one meal). It is open at any hour, unless hours are said."""
        restaurant = await self.must("POST", "/restaurants", {"name": f"Lokanta of {self.address}"} | said)
        meal = {"restaurant_id": restaurant["id"], "name": "Lahmacun", "price": price}

        async def added() -> str | None:
            """A decision waits a second for the catalog to hear of the restaurant, and a busy machine may take longer."""
            status, answer = await self.call("POST", "/meals/", meal)
            assert status in (201, 404), f"POST /meals/ answered {status}: {answer}"
            return answer["id"] if status == 201 else None

        return restaurant["id"], await until("the catalog to know the restaurant", added)

    async def order(self, meal: str, quantity: int = 1, **wish: Any) -> str:
        """The id of an order of this meal alone, paid in cash unless said otherwise."""
        await self.must("POST", "/carts/add", {"meal_id": meal, "quantity": quantity})
        return (await self.must("POST", "/carts/checkout", {"payment_method": "cash"} | wish))["id"]

    async def accepts(self, order: str, guest: "Client") -> None:
        """The owner, when the guest's order has come to the restaurant."""

        async def there() -> bool:
            return (await guest.must("GET", f"/orders/{order}"))["sent_at"] is not None

        await until("the order to come to the restaurant", there)
        assert (await self.must("POST", f"/orders/{order}/accept", {"prep_time": 20}))["status"] == "accepted"

    async def publish(
        self, topic: str, body: bytes | None, key: bytes | None = None, headers: list[tuple[str, bytes]] | None = None
    ) -> None:
        """As another system does: a plain producer, no headers unless given."""
        producer = AIOKafkaProducer(bootstrap_servers=self.endpoints["kafka"], max_request_size=4 * 1024 * 1024)
        await producer.start()
        try:
            await producer.send_and_wait(topic, body, key=key, headers=headers)
        finally:
            await producer.stop()

    async def read_until(self, topic: str, found: Callable[[Any], bool]) -> Any:
        """The first record of the topic that is what is looked for."""
        consumer = AIOKafkaConsumer(
            topic,
            bootstrap_servers=self.endpoints["kafka"],
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )
        await consumer.start()
        try:
            async with asyncio.timeout(SECONDS):
                async for record in consumer:
                    if found(record):
                        return record
        finally:
            await consumer.stop()


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
