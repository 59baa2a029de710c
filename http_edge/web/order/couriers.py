"""Who delivers orders, and to whom restaurants offer them."""

from http_edge.routing.asked import Asked, parameter
from http_edge.routing.routes import CUSTOMER, RESTAURANT_OWNER, Nothing, command, shown, view
from topics import keys
from topics.contracts.courier_commands import TOPIC, OfferDelivery, RegisterCourier, ResignCourier, WithdrawCourier
from topics.documents import Done
from topics.documents.courier import Courier, Delivery

COURIER = shown("courier", "courier")


def _me(asked: Asked) -> str:
    return keys.courier(asked.me)


ROUTES = (
    view("/couriers", COURIER, key=_me, who=CUSTOMER, gives=Courier, says="The caller as a courier; 404 for who is none."),
    command(
        "POST", "/couriers", RegisterCourier, to=TOPIC, key=_me, who=CUSTOMER, success=201, gives=Courier,
        says="Become a courier: restaurants may offer one their orders. Said again, it changes the name.",
    ),
    command(
        "DELETE", "/couriers", ResignCourier, to=TOPIC, takes=Nothing, key=_me, who=CUSTOMER, gives=Done,
        says="Be a courier no longer. What the caller has accepted stays theirs.",
    ),
    command(
        "POST", "/orders/{id}/courier", OfferDelivery, to=TOPIC, key=parameter("id"), who=RESTAURANT_OWNER, gives=Delivery,
        answers={
            409: (
                "order_not_accepted", "offer_open", "courier_taken", "delivery_ended", "too_many_offers",
            ),
            422: "no_courier",
        },
        says="Offer an order of one's restaurant to a courier, who has a minute to accept. One is asked at a time.",
    ),
    command(
        "DELETE", "/orders/{id}/courier", WithdrawCourier, to=TOPIC, takes=Nothing, key=parameter("id"),
        who=RESTAURANT_OWNER, gives=Delivery, answers={409: ("picked_up", "delivery_ended")},
        says="Take an order back from its courier, or an offer, until it is picked up.",
    ),
)  # fmt: skip
