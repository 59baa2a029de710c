"""Who is told what becomes of an order: by mail, in the language and as far as they like, and on `notification`."""

import json
from typing import Any

from tests.deadline import until
from tests.journeys.client import Client

PREFERENCES = "/users/me/notification-preferences"


async def order(client: Client, meal: str) -> str:
    await client.must("POST", "/carts/add", {"meal_id": meal, "quantity": 2})
    placed = await client.must("POST", "/carts/checkout", {"payment_method": "cash"})
    return placed["id"]


async def about(client: Client, subject: str, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        found[:] = [mail for mail in await client.mails() if subject in mail["subject"]]
        return len(found) >= count

    await until(f"{count} mails about {subject!r} to {client.address}", there)
    return found


async def test_customer_and_owner_are_told_as_they_like_and_others_read_it(owner: Client, client: Client):
    await owner.sign_up()
    user = await client.sign_up()
    await owner.must("PUT", PREFERENCES, {"language": "en"})
    await client.add_address()
    restaurant, meal = await owner.open_restaurant(100, name="Haberci")
    await client.sees(f"/meals/{meal}")

    first = await order(client, meal)
    placed = await client.mail("Siparişiniz alındı: Haberci")
    assert first in placed["text"] and "TL" in placed["text"]
    new = await owner.mail("New order for Haberci")
    assert "2 x Lahmacun" in new["text"] and first in new["text"]

    await owner.must("POST", f"/orders/{first}/accept", {"prep_time": 25})
    assert "hazır olma saati" in (await client.mail("Siparişiniz onaylandı: Haberci"))["text"]
    await owner.must("POST", f"/orders/{first}/deliver")
    await client.mail("Siparişiniz teslim edildi: Haberci")

    def accepted(record: Any) -> bool:
        body = json.loads(record.value)
        return body["type"] == "order" and body["variables"]["order_id"] == first and "accepted" in body["template"]

    read = await client.read_until("notification", accepted)
    said = json.loads(read.value)
    assert (read.key.decode(), said["to"], said["variables"]["restaurant_id"]) == (user, user, restaurant)
    assert said["subject"] == "Siparişiniz onaylandı: Haberci"

    await client.must("PUT", PREFERENCES, {"language": "en"})
    second = await order(client, meal)
    assert second in (await client.mail("Your order at Haberci"))["text"]
    await client.must("POST", f"/orders/{second}/cancel", {"reason": "too late"})
    assert "too late" in (await client.mail("Your order is cancelled: Haberci"))["text"]
    assert "too late" not in (await owner.mail("An order was cancelled: Haberci"))["text"]

    await client.must("PUT", PREFERENCES, {"order_updates": False})
    third = await order(client, meal)
    mails = await about(owner, "New order for Haberci", 3)
    assert third in mails[-1]["text"]
    assert not [mail for mail in await client.mails() if third in mail["text"]]
    assert len(await client.mails()) == 1 + 3 + 2, "the verification, and each piece of news once"
