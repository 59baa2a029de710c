"""The routes of the web gateway, as contract and clients know them: one module a domain, one row a route."""

from http_edge.routes import AnyRow
from http_edge.web import auth, carts, meals, operations, orders, restaurants, search, user

ROUTES: tuple[AnyRow, ...] = (
    *auth.ROUTES,
    *user.ROUTES,
    *search.ROUTES,
    *restaurants.ROUTES,
    *meals.ROUTES,
    *carts.ROUTES,
    *orders.ROUTES,
    *operations.ROUTES,
)
