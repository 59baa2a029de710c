"""View documents as projections write them."""

import json
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

import topics
from agents.order.projection import order
from topics.contracts.order_events import OrderPlaced
from topics.documents.order import Order

_PLACED = Path(topics.__file__).parent / "examples" / "order_events" / "OrderPlaced.json"

_AT = "2026-01-01T12:00:00Z"


def line(meal: str, **more: Any) -> dict[str, Any]:
    """A line of a basket."""
    return {
        "id": f"line-{meal}", "user_id": "u", "restaurant_id": "r", "meal_id": meal, "quantity": 2, "note": None,
        "schedule_date": None, "created_at": _AT, "name": "Lahmacun", "price": 9_000, "image_url": "", "is_available": True,
        **more,
    }  # fmt: skip


def meal(id: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id, "restaurant_id": "r", "name": "Lahmacun", "description": "", "isAvailable": True, "price": 9_000,
        "image_url": "", "cuisine": "turkish", "complementary_ids": [], "options": [], "created_at": _AT,
        "updated_at": _AT, **more,
    }  # fmt: skip


def delivery(order_id: str, **more: Any) -> dict[str, Any]:
    """One that was just offered."""
    return {
        "order_id": order_id, "restaurant_id": "r", "restaurant_name": "Mahmut Usta", "status": "offered",
        "courier_id": "deniz", "city": "İstanbul", "district": "Kadıköy", "address": None, "offered_at": _AT,
        "offer_ends_at": _AT, "accepted_at": None, "picked_up_at": None, "ended_at": None, "reason": None,
        "owner_id": "owner", "restaurant_spot": {"latitude": 40.99, "longitude": 29.03}, **more,
    }  # fmt: skip


def placed_order(id: str, user: str) -> Order:
    return order(id, replace(msgspec.json.decode(_PLACED.read_bytes(), type=OrderPlaced), user_id=user))


def stored(version: int, document: Any) -> str:
    return f"{version}\n" + json.dumps(document, separators=(",", ":"))
