"""A basket as a phone shows it: its lines, and what they would cost."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import asdict

from http_edge.mobile import texts
from http_edge.mobile.blocks import Block, json_of
from http_edge.wire.preferences import Language
from topics.deciding.choosing import Chosen
from topics.deciding.pricing import Totals
from topics.documents.order import Notices
from topics.values.kurus import Kurus, KurusSum


class BasketLine(msgspec.Struct, frozen=True, kw_only=True):
    """price: of one with its options, as the menu has it now. notices: what the menu has changed since the line was set."""

    meal_id: str
    name: str
    quantity: int
    price: KurusSum
    price_text: str
    total: KurusSum
    total_text: str
    note: str | None
    schedule_date: str | None
    image_url: str
    is_available: bool
    options: Chosen
    notices: Notices


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkout would probably cost. coupon_text: why the coupon takes nothing off, else empty. missing_to_minimum: what
    the meals lack to the restaurant's minimum."""

    subtotal: KurusSum
    subtotal_text: str
    discount: KurusSum
    discount_text: str
    delivery_fee: Kurus
    delivery_fee_text: str
    total: KurusSum
    total_text: str
    coupon_code: str | None
    coupon_text: str
    missing_to_minimum: Kurus
    minimum_text: str


class BasketPage(msgspec.Struct, frozen=True, kw_only=True):
    """sums: null for an empty basket; left out, and named in `missing`, where they cannot be told now."""

    restaurant_id: str | None
    restaurant_name: str
    items: tuple[BasketLine, ...]
    item_count: int
    item_text: str
    missing: tuple[str, ...]
    sums: Sums | UnsetType | None = UNSET


class Line(msgspec.Struct, frozen=True):
    """What is read here of a line of a basket, with the menu of now."""

    meal_id: str
    restaurant_id: str
    name: str
    quantity: int
    price: KurusSum
    note: str | None = None
    schedule_date: str | None = None
    image_url: str = ""
    is_available: bool = True
    options: Chosen = ()
    notices: Notices = ()


class Seller(msgspec.Struct, frozen=True):
    """What is read here of the restaurant whose meals are in the basket."""

    name: str
    delivery_fee: Kurus = 0
    min_order_price: Kurus = 0


def page(lines: Sequence[Line], seller: Seller | None, blocks: Mapping[str, Block | None], language: Language) -> bytes:
    """JSON of a BasketPage. lines: with the menu of now."""
    count = sum(each.quantity for each in lines)
    more = {
        "restaurant_id": lines[0].restaurant_id if lines else None,
        "restaurant_name": seller.name if seller is not None else "",
        "items": [line(each, language) for each in lines],
        "item_count": count,
        "item_text": texts.items(count, language),
    }
    return json_of(blocks, more)


def line(each: Line, language: Language) -> BasketLine:
    said = asdict(each)
    del said["restaurant_id"]
    total = each.price * each.quantity
    return BasketLine(
        **said, price_text=texts.money(each.price, language), total=total, total_text=texts.money(total, language)
    )


def sums(made: Totals, seller: Seller, code: str | None, refused: str, language: Language) -> Sums:
    """refused: why the coupon is worth nothing, else empty."""
    missing = max(0, seller.min_order_price - made.subtotal)
    return Sums(
        subtotal=made.subtotal,
        subtotal_text=texts.money(made.subtotal, language),
        discount=made.discount,
        discount_text=texts.money(made.discount, language),
        delivery_fee=made.delivery_fee,
        delivery_fee_text=texts.fee(made.delivery_fee, language),
        total=made.total,
        total_text=texts.money(made.total, language),
        coupon_code=code,
        coupon_text=refused,
        missing_to_minimum=missing,
        minimum_text=texts.to_minimum(missing, language) if missing else "",
    )
