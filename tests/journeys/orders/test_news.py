"""Who is told what becomes of an order: by mail, in the language and as far as they like, and on `notification`."""

import json
from typing import Any

from tests.deadline import until
from tests.journeys.client import Client

PREFERENCES = "/users/me/notification-preferences"


async def about(client: Client, subject: str, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        found[:] = [mail for mail in await client.mails() if subject in mail["subject"]]
        return len(found) >= count

    await until(f"{count} mails about {subject!r} to {client.address}", there)
    return found


async def likes(client: Client, user: str, **said: Any) -> None:
    """Says it, and waits until it is known where mails are written: nothing orders that and the next order."""
    await client.must("PUT", PREFERENCES, said)

    def known(record: Any) -> bool:
        kind = dict(record.headers)["ce_type"]
        if record.key != user.encode() or kind != b"PreferencesRemembered":
            return False
        preferences = json.loads(record.value)["preferences"]
        return {name: preferences.get(name, True) for name in said} == said

    await client.read_until("notification_events", known)


async def test_customer_and_owner_are_told_as_they_like_and_others_read_it(owner: Client, client: Client):
    owners, user = await owner.sign_up(), await client.sign_up()
    await likes(owner, owners, language="en")
    await client.add_address()
    restaurant, meal = await owner.open_restaurant(100, name="Haberci")
    await client.sees(f"/meals/{meal}")

    first = await client.order(meal, 2)
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

    await likes(client, user, language="en")
    second = await client.order(meal, 2)
    assert second in (await client.mail("Your order at Haberci"))["text"]
    await client.must("POST", f"/orders/{second}/cancel", {"reason": "too late"})
    assert "too late" in (await client.mail("Your order is cancelled: Haberci"))["text"]
    assert "too late" not in (await owner.mail("An order was cancelled: Haberci"))["text"]

    await likes(client, user, order_updates=False)
    third = await client.order(meal, 2)
    mails = await about(owner, "New order for Haberci", 3)
    assert third in mails[-1]["text"]
    assert not [mail for mail in await client.mails() if third in mail["text"]]
    assert len(await client.mails()) == 1 + 3 + 2, "the verification, and each piece of news once"


async def test_a_customer_is_told_that_a_card_was_refused_and_that_money_comes_back(owner: Client, client: Client):
    await owner.sign_up()
    await client.sign_up()
    await client.add_address()
    _, meal = await owner.open_restaurant(100, name="Kasa")
    await client.sees(f"/meals/{meal}")

    refused = await client.order(meal, 2, payment_method="credit_card", card="tok_insufficient_funds")
    assert refused in (await client.mail("Ödemeniz kabul edilmedi: Kasa"))["text"]

    async def full_again() -> bool:
        return await client.must("GET", "/carts/get") != []

    await until("the lines to be back in the basket", full_again)
    await client.must("DELETE", "/carts/clear")

    paid = await client.order(meal, 2, payment_method="credit_card", card="tok_success")
    await owner.mail("Yeni sipariş: Kasa")
    assert not [mail for mail in await owner.mails() if refused in mail["text"]], "it never came to the restaurant"
    await owner.must("POST", f"/orders/{paid}/accept", {"prep_time": 20})
    await client.mail("Siparişiniz onaylandı: Kasa")
    await owner.must("POST", f"/orders/{paid}/cancel", {"reason": "Fırın bozuldu"})
    assert "Fırın bozuldu" in (await client.mail("Siparişiniz iptal edildi: Kasa"))["text"]
    assert "200,00 TL" in (await client.mail("Paranız iade edildi: Kasa"))["text"]
    assert not [mail for mail in await owner.mails() if "iptal" in mail["subject"]], "the owner did it"
