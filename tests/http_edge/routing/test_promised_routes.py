"""The routes that known clients call are there, whatever else there is. Names in their paths mean nothing."""

import re

import pytest

from tests.http_edge.requests import ROUTES

PROMISED = """
POST /auth/register
POST /auth/verify-email
POST /auth/resend-verification
POST /auth/login
POST /auth/refresh
POST /auth/forgot-password
POST /auth/reset-password
POST /auth/logout
POST /auth/logout-all
GET /auth/sessions
DELETE /auth/sessions/{id}
GET /auth/health
GET /.well-known/jwks.json
POST /users/register/complete
GET|PUT|DELETE /users/me
GET /users/me/export
GET|PUT /users/me/notification-preferences
GET /favorites
POST /favorites/restaurant
DELETE /favorites/restaurant/{id}
POST /favorites/cuisine
DELETE /favorites/cuisine/{cuisine}
POST|GET /addresses
GET|PUT|DELETE /addresses/{id}
GET|POST /restaurants
GET|PUT /restaurants/{id}
POST /restaurants/{id}/logo
GET /restaurants/search
GET|POST /campaigns
POST /restaurants/{id}/reviews
GET /meals/restaurant/{restaurant_id}
POST /meals
GET|PUT|DELETE /meals/{id}
POST /meals/{id}/photo
GET /meals/{id}/complementary
PATCH /meals/{id}/availability
GET /photos/{id}
POST /carts/add
GET /carts/get
PATCH /carts/update/{meal_id}
DELETE /carts/remove/{meal_id}
DELETE /carts/clear
POST|DELETE /carts/coupon
POST /carts/checkout
GET /carts/orders
POST /carts/anonymous/generate-id
POST /carts/anonymous/add
GET /carts/anonymous/{cart_id}
PATCH|DELETE /carts/anonymous/{cart_id}/items/{meal_id}
DELETE /carts/anonymous/{cart_id}/clear
GET /carts/anonymous/{cart_id}/validate
POST /carts/anonymous/merge
POST /carts/anonymous/{cart_id}/extend
GET /orders
GET /orders/{id}
GET /orders/{id}/timeline
GET /orders/{id}/events
POST /orders/{id}/cancel
POST /orders/{id}/reorder
GET /restaurants/{id}/orders
POST /orders/{id}/accept
POST|GET /discounts
GET /discounts/{code}/check
GET /operations/{id}
GET /m/home
GET /m/restaurants/{id}
GET|POST /m/basket
POST /m/checkout
GET /m/orders/{id}
POST /orders/{id}/reject
POST /orders/{id}/delay
POST /orders/{id}/ready
POST /orders/{id}/deliver
"""
"""Methods and path; a slash more or less at its end is the same route."""


def _plain(method: str, path: str) -> tuple[str, str]:
    return method, re.sub(r"\{\w+\}", "{}", path).rstrip("/")


@pytest.mark.parametrize("promised", PROMISED.split("\n")[1:-1])
def test_a_route_that_clients_call_is_there(promised: str) -> None:
    methods, path = promised.split(" ")
    there = {_plain(row.method, row.path) for row in ROUTES}
    assert [method for method in methods.split("|") if _plain(method, path) not in there] == []
