"""News of orders: who is told, in which language, and what others read on `notification`."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from agents.notification.decider import DECIDER
from agents.notification.facts import Facts
from agents.notification.orders import translate
from agents.notification.policy import pass_on, react, remember_preferences
from agents.notification.recipient import Recipient, restaurant
from agents.order.decider import DECIDER as ORDER
from agents.order.times import MOST_FAILURES
from tests.agents import scenario
from tests.agents.notification.test_decider import CONFIRM, CONFIRMATION, EMAIL, NEWS, news
from tests.agents.order.ways import CONFIRMED, COURIER, FAILED, PAID, PREPARING, READY, TAKEN, accepted, sent
from tests.agents.order.ways import KNOWN as ORDER_FACTS
from tests.agents.order.ways import OWNER as RESTAURANTS_OWNER
from tests.agents.scenario import ID, NOW
from topics.contracts import notification, notification_commands
from topics.contracts.email_event import DiscountMail, DiscountVariables
from topics.contracts.notification import OrderMail, OrderVariables
from topics.contracts.notification_commands import RememberPreferences, SendMail, TellOfOrder, TellOwner
from topics.contracts.notification_events import (
    AddressRemembered,
    LetterKept,
    MailRequested,
    OrderNews,
    OrderNewsTold,
    OwnerFound,
    PreferencesRemembered,
    RecipientErased,
)
from topics.contracts.order_commands import CancelOrder, FailDelivery, RefusePayment
from topics.contracts.order_events import OrderCancelled
from topics.contracts.user_events import Preferences, PreferencesChanged
from topics.copies import RestaurantCopy
from topics.deciding.decision import Origin, Send
from topics.messages.event import EventMeta
from topics.messages.message import Message, Undecodable

OWNER = "1e9d9c3c-2d1a-4b5e-8f60-3a4b5c6d7e8f"
MAHMUT = RestaurantCopy(name="Mahmut", is_open=True, delivery_fee=0, min_order_price=0, owner_id=OWNER)
FACTS = Facts(restaurants={"r-1": MAHMUT})
ACCEPTED = OrderNews(about="order_accepted", order_id="o-1", restaurant_id="r-1", at=NOW + timedelta(minutes=25))
NEW = OrderNews(
    about="restaurant_order_new",
    order_id="o-1",
    restaurant_id="r-1",
    amount=52_090,
    items=("2 x Lahmacun", "1 x Ayran"),
)
KNOWN = AddressRemembered(email=EMAIL)
OURS = Origin(id="m-1", source="lezzet/notification", at=NOW)
THEIRS = Origin(id="m-1", source="their shop", at=NOW)


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def prefers(**said: Any) -> PreferencesRemembered:
    return PreferencesRemembered(preferences=Preferences(**said))


def told(*events: Any, tell: OrderNews = ACCEPTED, facts: Facts = FACTS) -> tuple[Any, ...]:
    """What comes of the news, for a user of whom these events are known."""
    outcome = given(*events).when(TellOfOrder(news=tell), facts=facts)
    assert outcome.decision.rejection is None
    return outcome.decision.events


def test_a_customer_is_told_and_gets_a_mail_with_the_restaurants_name_and_its_clock() -> None:
    said, mail = told(KNOWN)
    assert isinstance(said, OrderNewsTold) and mail == MailRequested(to=EMAIL, letter=said.letter)
    assert said.letter.variables["restaurant_name"] == "Mahmut"
    assert said.letter.variables["time"] == "21:55", "18:55 UTC in Istanbul"


def test_another_day_is_said() -> None:
    (said, _) = told(KNOWN, tell=replace(ACCEPTED, at=NOW + timedelta(hours=3)))
    assert said.letter.variables["time"] == "02.03.2026 00:30"


def test_a_delay_is_said_in_minutes_and_what_the_news_do_not_have_is_empty() -> None:
    delayed = OrderNews(about="order_delayed", order_id="o-1", restaurant_id="r-1", minutes=10, reason="the oven")
    (said, _) = told(KNOWN, tell=delayed)
    assert (said.letter.template, said.letter.variables) == (
        "order_delayed",
        {
            "order_id": "o-1", "restaurant_id": "r-1", "restaurant_name": "Mahmut", "reason": "the oven", "minutes": "10",
            "time": "", "amount": "", "items": "",
        },
    )  # fmt: skip


@pytest.mark.parametrize(("language", "expected"), [(None, "tr"), ("tr", "tr"), ("en", "en")])
def test_it_is_said_in_the_users_language(language: Any, expected: str) -> None:
    known = [KNOWN] if language is None else [KNOWN, prefers(language=language)]
    said, mail = told(*known)
    assert said.letter.language == mail.letter.language == expected


@pytest.mark.parametrize(
    ("tell", "unwanted", "other"),
    [(ACCEPTED, "order_updates", "restaurant_orders"), (NEW, "restaurant_orders", "order_updates")],
)
def test_who_does_not_want_such_news_is_not_told(tell: OrderNews, unwanted: str, other: str) -> None:
    assert told(KNOWN, prefers(**{unwanted: False}), tell=tell) == ()
    assert len(told(KNOWN, prefers(**{other: False}), tell=tell)) == 2
    assert len(told(KNOWN, prefers(campaigns=False), tell=tell)) == 2


def test_who_wants_no_mails_is_told_by_other_ways_only() -> None:
    (said,) = told(KNOWN, prefers(email=False))
    assert isinstance(said, OrderNewsTold)


def test_a_mail_waits_for_the_address_and_others_hear_at_once() -> None:
    said, kept = told()
    assert kept == LetterKept(letter=said.letter)
    given(said, kept, prefers(language="en")).when(notification_commands.RememberAddress(email=EMAIL)).then(
        KNOWN, MailRequested(to=EMAIL, letter=replace(said.letter, language="en"))
    )


@pytest.mark.parametrize("unwanted", [{"email": False}, {"order_updates": False}])
def test_a_mail_that_waits_for_the_address_does_not_go_out_when_it_is_wanted_no_more(unwanted: dict[str, Any]) -> None:
    remember = notification_commands.RememberAddress(email=EMAIL)
    given(*told(), prefers(**unwanted)).when(remember).then(KNOWN)


def test_who_is_erased_is_told_nothing() -> None:
    assert told(KNOWN, prefers(language="en"), RecipientErased(erased_at=NOW)) == ()
    after = given(KNOWN, prefers(language="en"), RecipientErased(erased_at=NOW)).state
    assert after == Recipient(voided=NOW, erased=True)
    given(RecipientErased(erased_at=NOW)).when(RememberPreferences(preferences=Preferences(email=False))).then_nothing()


@pytest.mark.parametrize("command", [news(ID), SendMail(to=ID, template="order_news", variables={})])
def test_mails_that_others_publish_go_by_the_preferences_too(command: SendMail) -> None:
    unwanted = {"discount": "campaigns", "order_news": "order_updates"}[command.template]
    assert len(given(KNOWN).when(command).decision.events) == 1
    given(KNOWN, prefers(**{unwanted: False})).when(command).then_nothing()
    given(KNOWN, prefers(email=False)).when(command).then_nothing()


@pytest.mark.parametrize("template", ["verification", "password_reset", "already_registered"])
def test_mails_about_the_account_go_out_in_any_case(template: str) -> None:
    no = prefers(email=False, campaigns=False, order_updates=False, restaurant_orders=False)
    command = SendMail(to=ID, template=template, variables={"token": "t"})
    assert len(given(KNOWN, no).when(command).decision.events) == 1


def test_a_bare_address_has_no_preferences_and_gets_english_as_its_publishers_write() -> None:
    given().when(news(EMAIL)).then(MailRequested(to=EMAIL, letter=NEWS))


def test_preferences_are_remembered_once() -> None:
    said = Preferences(language="en", restaurant_orders=False)
    given().when(RememberPreferences(preferences=said)).then(PreferencesRemembered(preferences=said))
    given(PreferencesRemembered(preferences=said)).when(RememberPreferences(preferences=said)).then_nothing()
    given().when(RememberPreferences(preferences=Preferences())).then_nothing()


ON_THE_WAY: list[Any] = [PAID, CONFIRMED, sent(PAID), accepted(PAID), PREPARING, READY, TAKEN]
THIRD_TIME: list[Any] = [*ON_THE_WAY[:-1], *(TAKEN, FAILED) * (MOST_FAILURES - 1), TAKEN]
REFUSE = RefusePayment(code="card_declined", detail="your bank did not pay")


def hears(*events: Any) -> list[str]:
    """What the customer is told of the events of an order, one after the other."""
    origin = Origin(id="m-1", source="lezzet/order", at=NOW, aggregate_id="o-1")
    said: list[Any] = [KNOWN]
    for event in events:
        for each in translate(event, origin):
            if isinstance(each.message, TellOfOrder):
                said += told(*said, tell=each.message.news)
    return [event.letter.template for event in said if isinstance(event, OrderNewsTold)]


@pytest.mark.parametrize("before", [[PAID], [PAID, CONFIRMED, sent(PAID), accepted(PAID)]])
def test_a_refused_payment_is_told_and_not_that_it_cancels_the_order(before: list[Any]) -> None:
    events = scenario.given(ORDER, *before).when(REFUSE, caller=None).decision.events
    assert any(isinstance(event, OrderCancelled) for event in events)
    assert hears(*events) == ["order_payment_refused"]


@pytest.mark.parametrize(
    ("before", "end", "caller", "expected"),
    [
        (ON_THE_WAY, CancelOrder(reason="an accident"), RESTAURANTS_OWNER, ["order_cancelled"]),
        (
            THIRD_TIME,
            FailDelivery(courier_id=COURIER, reason="no one opened", at=NOW),
            None,
            ["order_delivery_failed", "order_cancelled"],
        ),
    ],
    ids=["by the owner", "brought back"],
)
def test_what_ends_an_order_after_its_payment_was_refused_on_the_way_is_told(
    before: list[Any], end: Any, caller: str | None, expected: list[str]
) -> None:
    refused = scenario.given(ORDER, *before).when(REFUSE, caller=None).decision.events
    ended = scenario.given(ORDER, *before, *refused).when(end, caller=caller, facts=ORDER_FACTS).decision.events
    assert hears(*refused, *ended) == ["order_payment_refused", *expected]


def test_a_state_that_still_remembers_refused_payments_is_read() -> None:
    assert DECIDER.form.decode('{"email":null,"refused":["o-1"]}') == Recipient()


# -- owners


def test_the_owner_of_a_restaurant_is_found_and_told() -> None:
    found = OwnerFound(owner_id=OWNER, news=NEW)
    given().when(TellOwner(news=NEW), facts=FACTS).then(found)
    meta = EventMeta("e", restaurant("r-1"), 1, NOW)
    sent = Send(notification_commands.TOPIC, OWNER, TellOfOrder(news=NEW))
    assert list(react(found, meta, Recipient())) == [sent]


@pytest.mark.parametrize("facts", [Facts(), Facts(restaurants={"r-1": replace(MAHMUT, owner_id="")})])
def test_a_restaurant_without_a_known_owner_is_refused(facts: Facts) -> None:
    given().when(TellOwner(news=NEW), facts=facts).then_rejected("not_found")


def test_an_owner_reads_what_is_ordered_and_for_how_much() -> None:
    said, _ = told(KNOWN, tell=NEW)
    assert (said.letter.variables["items"], said.letter.variables["amount"]) == ("2 x Lahmacun, 1 x Ayran", "520.90")


# -- the topic `notification`


def published(event: OrderNewsTold) -> OrderMail:
    (sent,) = react(event, EventMeta("e", ID, 3, NOW), Recipient())
    assert (sent.topic, sent.key) == (notification.TOPIC, ID)
    assert isinstance(sent.message, OrderMail)
    return sent.message


def test_others_read_the_news_in_the_shape_of_email_event() -> None:
    mail = published(told(KNOWN)[0])
    body = msgspec.json.decode(notification.TOPIC.encode(mail))
    assert (body["type"], body["to"], body["template"]) == ("order", ID, "order_accepted")
    assert body["subject"] == body["variables"]["title"] == "Siparişiniz onaylandı: Mahmut"
    assert "21:55" in body["variables"]["description"]
    assert all(isinstance(value, str) for value in body["variables"].values())
    assert (body["variables"]["order_id"], body["variables"]["news"]) == ("o-1", "order_accepted")
    assert notification.TOPIC.decode(None, notification.TOPIC.encode(mail)) == mail, "without headers, too"


def test_news_of_before_this_release_that_wait_are_published_no_more() -> None:
    kept = LetterKept(letter=CONFIRMATION)
    remembered = given(kept).when(notification_commands.RememberAddress(email=EMAIL)).decision.events
    assert [type(event) for event in remembered] == [AddressRemembered, MailRequested]


def test_the_placement_is_news_too() -> None:
    assert published(given(KNOWN).when(CONFIRM).decision.events[0]).variables.restaurant_id == "r-1"


def test_a_long_reason_is_no_message_that_nobody_can_read() -> None:
    longest = replace(ACCEPTED, about="order_rejected", reason="x" * 500)
    name = "r" * 120
    facts = Facts(restaurants={"r-1": replace(MAHMUT, name=name)})
    mail = published(told(KNOWN, tell=longest, facts=facts)[0])
    assert notification.TOPIC.decode(None, notification.TOPIC.encode(mail)) == mail


ORDER_MAIL = OrderMail(to=ID, variables=OrderVariables(title="t", description="d"))
DISCOUNT = DiscountMail(to=ID, variables=DiscountVariables(title="t", description="d"))


def test_what_this_domain_has_published_is_mailed_already() -> None:
    assert list(pass_on(ORDER_MAIL, OURS)) == []


@pytest.mark.parametrize(("message", "template"), [(ORDER_MAIL, "order_news"), (DISCOUNT, "discount")])
def test_what_others_publish_is_mailed(message: Any, template: str) -> None:
    (sent,) = pass_on(message, THEIRS)
    assert isinstance(sent.message, SendMail)
    assert (sent.key, sent.message.template) == (ID, template)
    assert sent.message.variables["title"] == "t"


def test_an_unknown_type_is_named() -> None:
    with pytest.raises(Undecodable, match="known are verification, password_reset, discount, order"):
        notification.TOPIC.decode(None, b'{"type": "rocket"}')


def test_preferences_come_from_the_users_events() -> None:
    said = Preferences(language="en")
    origin = Origin(id="m", source="lezzet/user", at=NOW, aggregate_id=ID)
    message: Message = PreferencesChanged(preferences=said, favoured=())
    expected = Send(notification_commands.TOPIC, ID, RememberPreferences(preferences=said))
    assert list(remember_preferences(message, origin)) == [expected]  # type: ignore[arg-type]
