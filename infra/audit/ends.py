"""How an order goes, by the types of its events."""

PLACED, REFUSED = "OrderPlaced", "OrderRefused"
HANDED_OVER = frozenset({"OrderDelivered", "OrderPickedUp"})
CAME_TO_NOTHING = frozenset({"OrderRejected", "OrderExpired", "OrderCancelled"})
"""Ends after which nobody is charged, and a coupon may be used again."""
ENDS = HANDED_OVER | CAME_TO_NOTHING
COURSE = frozenset({
    PLACED, "OrderSentToKitchen", "OrderAccepted", "OrderPreparing", "OrderDelayed", "OrderReady", "OrderOnTheWay",
    "DeliveryFailed",
})  # fmt: skip
"""What cannot happen to an order that has ended."""
