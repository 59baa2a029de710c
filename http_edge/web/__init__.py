"""The routes of the web gateway, as contract and clients know them: one row a route.

In three packages: account (who somebody is), browse (what there is to eat), order (from a basket to an order).
"""

from http_edge.routing.routes import AnyRow
from http_edge.web import operations
from http_edge.web.account import addresses, auth, erasure, export, favourites, passwords, sessions, user
from http_edge.web.browse import campaigns, meals, menu_export, menu_import, photos, restaurants, reviews, search
from http_edge.web.order import (
    acts,
    analytics,
    anonymous_carts,
    board,
    carts,
    couriers,
    deliveries,
    discounts,
    orders,
    payments,
    positions,
    summary,
)

ROUTES: tuple[AnyRow, ...] = (
    *auth.ROUTES,
    *passwords.ROUTES,
    *sessions.ROUTES,
    *user.ROUTES,
    *export.ROUTES,
    *erasure.ROUTES,
    *favourites.ROUTES,
    *addresses.ROUTES,
    *search.ROUTES,
    *restaurants.ROUTES,
    *reviews.ROUTES,
    *campaigns.ROUTES,
    *meals.ROUTES,
    *photos.ROUTES,
    *menu_import.ROUTES,
    *menu_export.ROUTES,
    *carts.ROUTES,
    *summary.ROUTES,
    *anonymous_carts.ROUTES,
    *discounts.ROUTES,
    *orders.ROUTES,
    *acts.ROUTES,
    *board.ROUTES,
    *payments.ROUTES,
    *analytics.ROUTES,
    *couriers.ROUTES,
    *deliveries.ROUTES,
    *positions.ROUTES,
    *operations.ROUTES,
)
