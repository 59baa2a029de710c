"""A request that each route accepts: for tests that go over all rows."""

import base64
import re
import uuid
from typing import Any

import msgspec
from redis.asyncio import Redis

from http_edge import mobile, web
from http_edge.routing.routes import AnyRow
from tests.http_edge.documents import placed_order
from topics import keys

ROUTES: tuple[AnyRow, ...] = (*web.ROUTES, *mobile.ROUTES)
"""Of both gateways; tests/http_edge/client.py finds the one of a path."""

_TOKEN = base64.urlsafe_b64encode(bytes(range(48))).decode()

_ADDRESS = {
    "title": "Ev",
    "address": "Moda Caddesi 12",
    "city": "İstanbul",
    "district": "Kadıköy",
    "full_address": "Moda Caddesi 12, 34710 Kadıköy/İstanbul",
    "zip_code": "34710",
    "latitude": 40.98,
    "longitude": 29.02,
    "is_default": True,
}

BODIES: dict[str, Any] = {
    "POST /auth/register": {"email": "ayse@example.com", "password": "correct horse"},
    "POST /auth/verify-email": {"token": _TOKEN},
    "POST /auth/resend-verification": {"email": "ayse@example.com"},
    "POST /auth/login": {"email": "ayse@example.com", "password": "correct horse"},
    "POST /auth/forgot-password": {"email": "ayse@example.com"},
    "POST /auth/reset-password": {"token": _TOKEN, "password": "correct horse"},
    "POST /auth/refresh": {"refresh_token": _TOKEN},
    "POST /users/register/complete": {
        "full_name": "Ayşe Yılmaz",
        "born_date": "1990-05-01",
        "gender": "female",
        "phone": "+905551112233",
    },
    "PUT /users/me": {"full_name": "Ayşe Kaya"},
    "PUT /users/me/notification-preferences": {"campaigns": False},
    "POST /favorites/restaurant": {"restaurant_id": "r-1"},
    "POST /favorites/cuisine": {"cuisine": "Ege mutfağı"},
    "POST /addresses/": _ADDRESS,
    "PUT /addresses/{address_id}": _ADDRESS,
    "POST /restaurants": {"name": "Lokanta"},
    "PUT /restaurants/{id}": {"name": "Lokanta 2"},
    "PUT /restaurants/{id}/busy": {"minutes": 45, "prep_time": 60},
    "PUT /restaurants/{id}/pause": {"minutes": 30, "reason": "Fırın arızalı"},
    "POST /restaurants/{id}/reviews": {
        "order_id": "0b9f8a52-6a3e-4d1c-9a77-3f2e1d0c5b4a",
        "rating": 5,
        "comment": "Sıcak geldi",
    },
    "POST /campaigns": {
        "restaurant_id": "r-1",
        "title": "Yarım fiyat",
        "description": "Bugün",
        "start_date": "2026-11-26",
        "end_date": "2026-11-29",
    },
    "POST /meals/": {"restaurant_id": "r-1", "name": "Lahmacun", "price": 90.5},
    "PUT /meals/{id}": {"price": 95},
    "PATCH /meals/{id}/availability": {"isAvailable": False},
    "POST /meals/restaurant/{restaurant_id}/import": {"meals": [{"name": "Lahmacun", "price": 90.5}]},
    "POST /carts/add": {"restaurant_id": "r-1", "meal_id": "m-1", "quantity": 1},
    "PATCH /carts/update/{meal_id}": {"quantity": 2},
    "POST /carts/anonymous/add": {
        "cart_id": "0b9f8a52-6a3e-4d1c-9a77-3f2e1d0c5b4a",
        "restaurant_id": "r-1",
        "meal_id": "m-1",
        "quantity": 1,
    },
    "PATCH /carts/anonymous/{cart_id}/items/{meal_id}": {"quantity": 2},
    "POST /carts/anonymous/merge": {
        "anonymous_cart_id": "0b9f8a52-6a3e-4d1c-9a77-3f2e1d0c5b4a",
        "merge_strategy": "replace",
    },
    "POST /carts/checkout": {"payment_method": "cash"},
    "POST /m/basket": {"meal_id": "m-1", "quantity": 1},
    "POST /m/checkout": {"payment_method": "cash"},
    "POST /payments/callback": {
        "id": "5b0e6d1f2c3a4b5c6d7e8f9012345678",
        "reference": "0b9f8a52-6a3e-4d1c-9a77-3f2e1d0c5b4a",
        "sequence": 2,
        "status": "authorized",
        "amount": 36000,
    },
    "POST /payments/{order_id}/refund": {"amount": 12.5, "reason": "Ayran gelmedi"},
    "POST /orders/{id}/cancel": {"reason": "too late"},
    "POST /couriers": {"name": "Deniz"},
    "POST /orders/{id}/courier": {"courier_id": "7d0e1c52-9f0a-4c5e-8a31-5b1f0c2d3e4f"},
    "POST /deliveries/{order_id}/accept": {"at": "2026-11-26T18:30:00Z"},
    "POST /deliveries/{order_id}/pickup": {"at": "2026-11-26T18:40:00Z"},
    "POST /deliveries/{order_id}/delivered": {"at": "2026-11-26T18:55:00Z"},
    "POST /deliveries/{order_id}/failed": {"reason": "Kimse açmadı", "at": "2026-11-26T18:55:00Z"},
    "POST /deliveries/{order_id}/position": {"latitude": 40.98, "longitude": 29.02, "at": "2026-11-26T18:50:00Z"},
    "POST /orders/{id}/accept": {"prep_time": 25},
    "POST /orders/{id}/reject": {"reason": "Malzeme bitti"},
    "POST /orders/{id}/delay": {"minutes": 15, "reason": "Fırın dolu"},
    "POST /carts/coupon": {"code": "YAZ10"},
    "POST /discounts": {"code": "YAZ10", "kind": "percent", "value": 10, "restaurant_id": "r-1"},
}

PICTURES = {"POST /meals/{id}/photo": "meal", "POST /restaurants/{id}/logo": "restaurant"}
"""Rows whose body is a picture, and the view of what it is a picture of."""

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(40)
"""As much of one as the edge looks at."""


SHOWN_MEAL = {
    "name": "Adana", "description": "", "isAvailable": True, "price": 24550, "image_url": "", "cuisine": "kebap",
    "complementary_ids": [], "options": [], "created_at": "2026-11-26T18:30:00Z", "updated_at": "2026-11-26T18:30:00Z",
}  # fmt: skip
"""A meal's document, but for whose it is."""


def path_of(row: AnyRow) -> str:
    """With an id that nobody has."""
    return re.sub(r"\{\w+\}", lambda _: str(uuid.uuid4()), row.path)


async def prepared_path(redis: Redis, row: AnyRow, user: str) -> str:
    """With an id of something that the user has, where the edge makes the command out of what a view shows of it."""
    path = path_of(row)
    if row.name == "POST /orders/{id}/reorder":
        order_id = path.split("/")[2]
        await redis.set(keys.document("order", order_id), b"1\n" + msgspec.json.encode(placed_order(order_id, user)))
    if row.name in PICTURES:
        name = path.split("/")[2]
        document = {"id": name, "restaurant_id": name, **SHOWN_MEAL}
        await redis.set(keys.document(PICTURES[row.name], name), b"1\n" + msgspec.json.encode(document))
    return path
