"""The routes of the web gateway, as contract and clients know them: one module a domain, one row a route."""

from http_edge.routes import AnyRow
from http_edge.web import (
    addresses,
    anonymous_carts,
    auth,
    campaigns,
    carts,
    discounts,
    favourites,
    meals,
    operations,
    orders,
    passwords,
    restaurants,
    search,
    sessions,
    user,
)

ROUTES: tuple[AnyRow, ...] = (
    *auth.ROUTES,
    *passwords.ROUTES,
    *sessions.ROUTES,
    *user.ROUTES,
    *favourites.ROUTES,
    *addresses.ROUTES,
    *search.ROUTES,
    *restaurants.ROUTES,
    *campaigns.ROUTES,
    *meals.ROUTES,
    *carts.ROUTES,
    *anonymous_carts.ROUTES,
    *discounts.ROUTES,
    *orders.ROUTES,
    *operations.ROUTES,
)
