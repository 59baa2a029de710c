"""What cannot be read is refused with the field and why."""

import pytest

from topics.contracts import (
    auth_commands,
    basket_commands,
    catalog_commands,
    email_event,
    notification,
    restaurant_commands,
    user_commands,
    user_created,
)
from topics.messages.message import Undecodable
from topics.messages.topic import Topic

ID = "c3b2a190-0d5e-4f6a-9b7c-8d9e0f1a2b3c"

REFUSED = [
    (auth_commands, "Register", '{"email":"no address","password_box":"YQ=="}', "email", "an e-mail address"),
    (auth_commands, "Register", '{"email":"a@b.c\\nBcc: x@y.z","password_box":"YQ=="}', "email", "an e-mail address"),
    (auth_commands, "Register", '{"email":"a@b.c"}', "password_box", "missing"),
    (auth_commands, "Register", '{"email":"a@b.c","password_box":""}', "password_box", "length >= 1"),
    (auth_commands, "VerifyEmail", '{"reference":"x","token_sha256":""}', "reference", "a UUID"),
    (auth_commands, "Logout", '{"sid":"s","jti":"j","exp":"2026-01-01T00:00:00"}', "exp", "timezone"),
    (user_commands, "CompleteProfile", '{"full_name":" "}', "full_name", "not blank"),
    (user_commands, "ChangeProfile", '{"born_date":"1991-13-01"}', "born_date", "date"),
    (restaurant_commands, "OpenRestaurant", '{"name":"a","logo":"/logo.png"}', "logo", "absolute"),
    (restaurant_commands, "OpenRestaurant", '{"name":"a","logo":"javascript:x"}', "logo", "absolute"),
    (restaurant_commands, "OpenRestaurant", '{"name":"a","status":"shut"}', "status", "shut"),
    (restaurant_commands, "OpenRestaurant", '{"name":"a","opening_hours":{"funday":""}}', "opening_hours", "funday"),
    (restaurant_commands, "ChangeRestaurant", '{"address":{"latitude":91}}', "address.latitude", "<= 90"),
    (restaurant_commands, "ChangeRestaurant", '{"delivery_fee":-1}', "delivery_fee", ">= 0"),
    (catalog_commands, "AddMeal", f'{{"restaurant_id":"{ID}","name":"a","price":"12"}}', "price", "int"),
    (catalog_commands, "AddMeal", f'{{"restaurant_id":"{ID}","name":"a","price":-1}}', "price", ">= 0"),
    (catalog_commands, "SetAvailability", '{"isAvailable":"yes"}', "isAvailable", "bool"),
    (basket_commands, "AddItem", '{"meal_id":"","quantity":1}', "meal_id", "length >= 1"),
    (basket_commands, "AddItem", '{"meal_id":"a b","quantity":1}', "meal_id", "an id"),
    (basket_commands, "AddItem", '{"meal_id":"a","quantity":0}', "quantity", ">= 1"),
    (basket_commands, "AddItem", '{"meal_id":"a","quantity":100}', "quantity", "<= 99"),
    (basket_commands, "AddItem", f'{{"meal_id":"a","quantity":1,"note":"{"x" * 501}"}}', "note", "<= 500"),
    (basket_commands, "Checkout", '{"payment_method":"gold"}', "payment_method", "gold"),
    (basket_commands, "Checkout", '{"payment_method":"cash","items":[{"quantity":1}]}', "items[0].meal_id", "missing"),
    (user_created, None, '{"id":""}', "id", "length >= 1"),
    (email_event, None, '{"type":"verification","to":"x@y.z","variables":{}}', "variables.token", "missing"),
    (email_event, None, '{"type":"discount","to":"x@y.z","variables":{"title":1}}', "variables.title", "str"),
    (email_event, None, '{"type":"birthday","to":"x@y.z"}', "type", "unknown type 'birthday'"),
    (email_event, None, '{"to":"x@y.z"}', "type", "missing"),
    (email_event, None, "[]", "$", "object"),
    (email_event, None, '{"type"', "$", "truncated"),
    (notification, None, '{"type":"discount","to":"two words","variables":{}}', "to", "an e-mail address or a user id"),
    (basket_commands, None, "{}", "ce_type", "missing"),
    (basket_commands, "Register", "{}", "ce_type", "unknown type"),
]


@pytest.mark.parametrize(("module", "kind", "body", "field", "why"), REFUSED)
def test_a_refusal_names_the_field_and_why(module: object, kind: str | None, body: str, field: str, why: str) -> None:
    topic: Topic = module.TOPIC  # type: ignore[attr-defined]
    with pytest.raises(Undecodable) as refused:
        topic.decode(kind, body.encode())
    assert refused.value.field == field
    assert why in refused.value.why


@pytest.mark.parametrize("body", [b"", None, b'"\xff"', b'{"email":"\\u0000"}', b"null", b"1e999", b"[" * 5000])
def test_garbage_is_refused_and_nothing_else_is_raised(body: bytes | None) -> None:
    for topic, kind in ((auth_commands.TOPIC, "Register"), (email_event.TOPIC, None), (user_created.TOPIC, None)):
        with pytest.raises(Undecodable):
            topic.decode(kind, body)


@pytest.mark.parametrize("address", ["a@b.co", " Ayse@Example.com ", "ğüş@örnek.com.tr", "a+b@sub.example.org"])
def test_addresses_that_people_have_are_taken(address: str) -> None:
    body = f'{{"email":"{address}","password_box":"YQ=="}}'.encode()
    assert auth_commands.TOPIC.decode("Register", body) == auth_commands.Register(email=address, password_box="YQ==")
