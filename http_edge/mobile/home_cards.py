"""The blocks of a phone's home as it shows them: what fits on a card, and the texts beside the numbers."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from http_edge.mobile import texts
from http_edge.mobile.cards import NAME, RestaurantCard
from http_edge.wire.preferences import Language
from topics.documents.browse import Campaign
from topics.values.fields import LAST_STATUSES, OrderStatus
from topics.values.kurus import KurusSum

LONGEST = 260  # bytes of a text on a card

BlockName = Literal["profile", "address", "favourites", "campaigns", "restaurants", "order", "basket"]


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    full_name: str
    email: str | None


class AddressCard(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    title: str
    text: str


class FavouriteCards(msgspec.Struct, frozen=True, kw_only=True):
    """The latest ones first."""

    restaurants: tuple[RestaurantCard, ...]
    cuisines: tuple[str, ...]


class CampaignCard(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    restaurant_id: str
    restaurant_name: str
    title: str
    text: str
    end_date: datetime
    end_text: str


class OrderCard(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    restaurant_id: str
    restaurant_name: str
    status: OrderStatus
    status_text: str
    item_count: int
    item_text: str
    total: KurusSum
    total_text: str
    ready_at: datetime | None
    ready_text: str
    created_at: datetime


class BasketCard(msgspec.Struct, frozen=True, kw_only=True):
    """item_count: with their quantities."""

    restaurant_id: str | None
    item_count: int
    item_text: str


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """missing: blocks that cannot be read now; they are left out. null: there is none. restaurants: the nearest ones."""

    missing: tuple[BlockName, ...]
    profile: Profile | UnsetType | None = UNSET
    address: AddressCard | UnsetType | None = UNSET
    favourites: FavouriteCards | UnsetType = UNSET
    campaigns: tuple[CampaignCard, ...] | UnsetType = UNSET
    restaurants: tuple[RestaurantCard, ...] | UnsetType = UNSET
    order: OrderCard | UnsetType | None = UNSET
    basket: BasketCard | UnsetType = UNSET


class Address(msgspec.Struct, frozen=True):
    """What is read here of an address: what is shown, and where it is."""

    id: str
    title: str
    address: str
    city: str
    district: str
    is_default: bool
    latitude: float | None = None
    longitude: float | None = None


class Line(msgspec.Struct, frozen=True):
    """What is read here of a line of a basket or an order."""

    restaurant_id: str = ""
    quantity: int = 0


class Order(msgspec.Struct, frozen=True):
    """What is read here of an order."""

    id: str
    restaurant_id: str
    restaurant_name: str
    items: tuple[Line, ...]
    status: OrderStatus
    total: KurusSum
    created_at: datetime
    ready_at: datetime | None = None

    @property
    def runs(self) -> bool:
        """Whether the order can still change."""
        return self.status not in LAST_STATUSES


def address_card(address: Address | None) -> AddressCard | None:
    if address is None:
        return None
    text = texts.address(address.address, address.district, address.city)
    return AddressCard(id=address.id, title=texts.cut(address.title, LONGEST), text=texts.cut(text, LONGEST))


def campaign_card(campaign: Campaign, language: Language) -> CampaignCard:
    return CampaignCard(
        id=campaign.id,
        restaurant_id=campaign.restaurant_id,
        restaurant_name=texts.cut(campaign.restaurant_name, NAME),
        title=texts.cut(campaign.title, LONGEST),
        text=texts.cut(campaign.description, LONGEST),
        end_date=campaign.end_date,
        end_text=texts.last_day(campaign.end_date, language),
    )


def order_card(order: Order, language: Language) -> OrderCard:
    count = sum(each.quantity for each in order.items)
    return OrderCard(
        id=order.id,
        restaurant_id=order.restaurant_id,
        restaurant_name=order.restaurant_name,
        status=order.status,
        status_text=texts.status(order.status, language),
        item_count=count,
        item_text=texts.items(count, language),
        total=order.total,
        total_text=texts.money(order.total, language),
        ready_at=order.ready_at,
        ready_text=texts.ready(order.ready_at, order.status, language),
        created_at=order.created_at,
    )


def basket_card(lines: tuple[Line, ...], language: Language) -> BasketCard:
    count = sum(each.quantity for each in lines)
    restaurant_id = lines[0].restaurant_id if lines else None
    return BasketCard(restaurant_id=restaurant_id, item_count=count, item_text=texts.items(count, language))
