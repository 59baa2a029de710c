"""Limits of fields hold for what they come to together: the largest basket that there can be still becomes an order."""

from msgspec.structs import replace

from agents.basket.limits import MAX_LINES, NOTE_BYTES, OPTION_BYTES, too_much
from agents.order.decider import Progress, evolve
from agents.runtime.sending.letters import LARGEST
from tests.agents.order.test_decider import LINE, PLACED
from tests.agents.scenario import NOW
from topics.contracts import basket_events, order_events
from topics.contracts.address_events import SavedAddress
from topics.contracts.basket_events import CheckedOut, OrderedItem
from topics.contracts.order_events import OrderDrafted, OrderRefused, PriceChange, PricedItem
from topics.deciding.choosing import ChosenOption, wished

ID, NAME, NOTE = "0" * 36, "😀" * 120, "\x01" * 500  # JSON writes \u0001
URL = "http://a/" + "\x01" * 1991
WHEN = "2027-11-26T06:55:28.271001+03:00"
FULL = replace(
    LINE,
    id=ID,
    restaurant_id=ID,
    meal_id=ID,
    quantity=99,
    name=NAME,
    price=99_999_999,
    note=NOTE,
    image_url=URL,
    schedule_date=WHEN,
)
CHOICES = OPTION_BYTES // MAX_LINES // 110
"""Options of each of so many lines: together all that a basket may have."""
CHOSEN = tuple(ChosenOption(name="o" * 30, choice=f"{n:0>30}", price=99_999_999) for n in range(CHOICES))
WISHES = wished(CHOSEN)
NOTES = [NOTE if n < NOTE_BYTES // len(NOTE) else None for n in range(MAX_LINES)]
LINES = tuple(replace(FULL, note=note, options=CHOSEN) for note in NOTES)
HEADERS = 8 * 1024  # bytes, more than the runtime writes
HOME = SavedAddress(
    id=ID, title=NAME, address="😀" * 500, city=NAME, district=NAME, full_address="😀" * 500, zip_code="😀" * 16,
    apartment=NAME, floor=NAME, door_number=NAME, latitude=12.123456789012345, longitude=12.123456789012345,
    created_at=NOW, updated_at=NOW,
)  # fmt: skip


def test_the_largest_checkout_fits_its_topic() -> None:
    items = tuple(
        OrderedItem(meal_id=ID, quantity=99, note=note, price_was=99_999_999, options=WISHES) for note in NOTES
    )
    assert too_much(items) is None and too_much(LINES) is None
    event = CheckedOut(
        order_id=ID, restaurant_id=ID, items=items, cleared=LINES, payment_method="credit_card", address_id=ID,
        note=NOTE, schedule_date=WHEN, coupon_code="A" * 32, cleared_coupon="A" * 32, at=NOW,
    )  # fmt: skip
    assert len(basket_events.TOPIC.encode(event)) + HEADERS < LARGEST


def test_the_largest_order_that_waits_for_its_coupon_fits_its_topic() -> None:
    items = tuple(
        PricedItem(meal_id=ID, name=NAME, quantity=99, price=99_999_999, total=9_899_999_901, note=note, options=CHOSEN)
        for note in NOTES
    )
    changes = (PriceChange(meal_id=ID, name=NAME, was=99_999_999, now=99_999_998),)
    order = replace(
        PLACED, items=items, changes=changes * MAX_LINES, restaurant_name=NAME, coupon_code="A" * 32,
        note=NOTE, schedule_date=WHEN, delivery_address=HOME,
    )  # fmt: skip
    drafted = OrderDrafted(order=order, restore=LINES, restore_coupon="A" * 32)
    assert len(order_events.TOPIC.encode(drafted)) + HEADERS < LARGEST


def test_a_refused_order_keeps_why_and_not_the_lines_that_went_back() -> None:
    refused = OrderRefused(user_id=ID, code="below_minimum", detail="no", restore=LINES, restore_coupon="YAZ10")
    progress = evolve(Progress(), refused)
    assert progress.refused == OrderRefused(user_id=ID, code="below_minimum", detail="no", restore=())
