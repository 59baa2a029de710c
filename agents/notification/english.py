"""The mails in English."""

from agents.notification.wording import Link, Mail, Wording

_RESET = Link("Choose a new password", "/reset-password?token={token}")
_ORDER = "Order {order_id}"

ENGLISH = Wording(
    restaurant="The restaurant",
    comma=".",
    mails={
        "verification": Mail(
            "Verify your e-mail address",
            (
                "Welcome to Lezzet. Please verify your e-mail address with the link below.",
                "It is valid for 15 minutes. If you did not register, ignore this mail.",
            ),
            Link("Verify my address", "/auth/verify-email?token={token}"),
        ),
        "password_reset": Mail(
            "Reset your password",
            (
                "Somebody, hopefully you, asked to reset the password of your Lezzet account.",
                "The link below is valid for 15 minutes. If it was not you, ignore this mail.",
            ),
            _RESET,
        ),
        "already_registered": Mail(
            "You have an account already",
            (
                "Somebody, hopefully you, registered this address at Lezzet, which has an account already.",
                "You can log in with it, or choose a new password with the link below. It is valid for 15 minutes.",
                "If it was not you, ignore this mail: nothing has changed.",
            ),
            _RESET,
        ),
        "discount": Mail("{title}", ("{title}", "{description}"), Link("To Lezzet", "")),
        "order_news": Mail("{title}", ("{title}", "{description}")),
        "order_confirmation": Mail(
            "Your order at {restaurant_name}",
            ("{restaurant_name} has your order {order_id}.", "Total: {total} TL. Afiyet olsun!"),
        ),
        "order_payment_refused": Mail(
            "Your payment was refused: {restaurant_name}",
            (
                "The payment of your order at {restaurant_name} was refused.",
                "Reason: {reason}",
                "Unless the order is on its way already, it is cancelled. You can order again with another card, or pay at"
                " the door.",
                _ORDER,
            ),
        ),
        "order_accepted": Mail(
            "Your order is accepted: {restaurant_name}",
            ("{restaurant_name} has accepted your order.", "It will be ready at about {time}.", _ORDER),
        ),
        "order_delayed": Mail(
            "Your order takes longer: {restaurant_name}",
            (
                "{restaurant_name} needs more time for your order: {minutes} min.",
                "Reason: {reason}",
                "It will be ready at about {time}.",
                _ORDER,
            ),
        ),
        "order_ready": Mail(
            "Your order is ready: {restaurant_name}",
            ("Your order at {restaurant_name} is ready. You can pick it up.", _ORDER),
        ),
        "order_on_the_way": Mail(
            "Your order is on the way: {restaurant_name}",
            ("The courier has your order from {restaurant_name} and is on the way to you.", _ORDER),
        ),
        "order_delivered": Mail(
            "Your order is delivered: {restaurant_name}",
            (
                "Your order from {restaurant_name} is delivered. Afiyet olsun!",
                "How was it? You can review the order in Lezzet.",
                _ORDER,
            ),
        ),
        "order_picked_up": Mail(
            "You have picked up your order: {restaurant_name}",
            (
                "You have picked up your order at {restaurant_name}. Afiyet olsun!",
                "How was it? You can review the order in Lezzet.",
                _ORDER,
            ),
        ),
        "order_delivery_failed": Mail(
            "Your order could not be delivered: {restaurant_name}",
            (
                "The courier could not hand over your order from {restaurant_name}.",
                "Reason: {reason}",
                "Please call the restaurant.",
                _ORDER,
            ),
        ),
        "order_rejected": Mail(
            "Your order was not accepted: {restaurant_name}",
            (
                "{restaurant_name} could not accept your order.",
                "Reason: {reason}",
                "If you have paid by card, you get the amount back.",
                _ORDER,
            ),
        ),
        "order_expired": Mail(
            "Your order was not answered: {restaurant_name}",
            (
                "{restaurant_name} did not answer your order in time, so it is cancelled.",
                "If you have paid by card, you get the amount back.",
                _ORDER,
            ),
        ),
        "order_cancelled": Mail(
            "Your order is cancelled: {restaurant_name}",
            (
                "Your order at {restaurant_name} is cancelled.",
                "Reason: {reason}",
                "If you have paid by card, you get the amount back.",
                _ORDER,
            ),
        ),
        "order_refunded": Mail(
            "Your money was paid back: {restaurant_name}",
            (
                "{amount} TL of your order at {restaurant_name} were paid back.",
                "If you have paid by card, your bank may need some days to show it. If you have paid at the door, the"
                " restaurant gives it back to you.",
                _ORDER,
            ),
        ),
        "restaurant_order_new": Mail(
            "New order for {restaurant_name}",
            (
                "{restaurant_name} has a new order, which waits for your answer.",
                "{items}",
                "Total: {amount} TL",
                "Wanted at: {time}",
                _ORDER,
            ),
        ),
        "restaurant_order_taken": Mail(
            "New order for {restaurant_name}",
            (
                "{restaurant_name} has a new order, which is accepted for you as you have chosen.",
                "{items}",
                "Total: {amount} TL",
                "Wanted at: {time}",
                _ORDER,
            ),
        ),
        "restaurant_order_reminder": Mail(
            "An order waits for your answer: {restaurant_name}",
            (
                "An order for {restaurant_name} still waits for your answer.",
                "Without one it will be cancelled at {time}.",
                _ORDER,
            ),
        ),
        "restaurant_order_cancelled": Mail(
            "An order was cancelled: {restaurant_name}",
            ("The customer has cancelled an order for {restaurant_name}.", _ORDER),
        ),
    },
)
