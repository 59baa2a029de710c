"""Views = states = what the events say: each aggregate's events, folded anew, must give its row and its document."""

from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from agents.address.decider import DECIDER as BOOKS
from agents.address.projection import ADDRESS
from agents.basket.decider import DECIDER as BASKETS
from agents.basket.projection import BASKET, BASKET_COUPON
from agents.catalog.decider import DECIDER as DISHES
from agents.catalog.projection import MEAL
from agents.courier.decider import DECIDER as DELIVERIES
from agents.courier.projection import COURIER, DELIVERY
from agents.discount.decider import DECIDER as COUPONS
from agents.discount.projection import COUPON, COUPON_USE
from agents.notification.decider import DECIDER as RECIPIENTS
from agents.order.decider import DECIDER as ORDERS
from agents.order.projection import ORDER, ORDER_TIMELINE
from agents.photo.decider import DECIDER as PHOTOS
from agents.photo.projection import PHOTO
from agents.restaurant.decider import DECIDER as RESTAURANTS
from agents.restaurant.projection import CAMPAIGNS, RESTAURANT, RESTAURANT_OWNER
from agents.user.decider import DECIDER as PEOPLE
from agents.user.projection import FAVOURITES, PREFERENCES, USER
from infra.audit.findings import Findings
from infra.audit.topic_log import Entry
from infra.fault.evidence import Evidence, documents
from infra.layout.site import Endpoints
from topics import keys
from topics.contracts import all_topics
from topics.deciding.decision import Decider
from topics.deciding.projection import View
from topics.messages import headers
from topics.messages.event import EventMeta


class Row(NamedTuple):
    """auth is not among them: its events keep secrets back, so its states cannot be folded from the topic."""

    domain: str
    decider: Decider[Any, Any, Any, Any]
    view: View[Any, Any] | None


ROWS = (
    Row("address", BOOKS, ADDRESS),
    Row("basket", BASKETS, BASKET),
    Row("basket", BASKETS, BASKET_COUPON),
    Row("courier", DELIVERIES, DELIVERY),
    Row("courier", DELIVERIES, COURIER),
    Row("discount", COUPONS, COUPON),
    Row("discount", COUPONS, COUPON_USE),
    Row("catalog", DISHES, MEAL),
    Row("notification", RECIPIENTS, None),
    Row("order", ORDERS, ORDER),
    Row("order", ORDERS, ORDER_TIMELINE),
    Row("photo", PHOTOS, PHOTO),
    Row("restaurant", RESTAURANTS, RESTAURANT),
    Row("restaurant", RESTAURANTS, RESTAURANT_OWNER),
    Row("restaurant", RESTAURANTS, CAMPAIGNS),
    Row("user", PEOPLE, USER),
    Row("user", PEOPLE, FAVOURITES),
    Row("user", PEOPLE, PREFERENCES),
)

Folded = dict[str, tuple[int, Any, Any]]  # aggregate → (version, state, document)


async def audit(endpoints: Endpoints, evidence: Evidence, findings: Findings) -> None:
    compared = 0
    for row in ROWS:
        folded = _fold(row, evidence.distinct(row.domain))
        stored = evidence.stores[row.domain].states
        findings.breaks("states are not what the events say", _states(row, folded, stored))
        if row.view is not None:
            shown = await documents(endpoints.redis, [keys.document(row.view.name, key) for key in folded])
            findings.breaks("views are not the states", _documents(row.view, folded, shown))
            compared += len(shown)
    findings.measured(documents_compared=compared)


def _fold(row: Row, events: list[Entry]) -> Folded:
    topic, folded = all_topics()[f"{row.domain}_events"], Folded()
    for entry in events:
        event = topic.decode(entry.type, entry.body, entry.schema_version)
        meta = EventMeta(entry.id, entry.aggregate, entry.version, _at(entry), entry.correlation)
        _, state, document = folded.get(entry.aggregate) or (0, row.decider.state(), None)
        document = row.view.show(document, event, meta).document if row.view else None
        folded[entry.aggregate] = entry.version, row.decider.evolve(state, event), document
    return folded


def _at(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry.headers[headers.TIME])


def _states(row: Row, folded: Folded, stored: dict[str, tuple[int, str]]) -> list[str]:
    wrong = [f"{row.domain} {key}: no events" for key in stored.keys() - folded.keys()]
    for key, (version, state, _) in folded.items():
        has, body = stored.get(key, (0, ""))
        if has != version or not _is(row.decider, body, state):
            wrong.append(f"{row.domain} {key}: the state has version {has}, the topic {version}")
    return wrong


def _is(decider: Decider[Any, Any, Any, Any], body: str, state: Any) -> bool:
    return msgspec.json.decode(decider.form.plain(body)) == msgspec.json.decode(msgspec.json.encode(state))


def _documents(view: View[Any, Any], folded: Folded, shown: list[bytes | None]) -> list[str]:
    wrong: list[str] = []
    for (key, (version, _, document)), value in zip(folded.items(), shown, strict=True):
        has, body = (0, b"") if value is None else keys.split(value)
        wanted = b"" if document is None else msgspec.json.encode(document)
        if (has, body) != (version, wanted):
            wrong.append(f"{view.name} {key}: shows version {has}, the state has {version}")
    return wrong
