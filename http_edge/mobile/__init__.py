"""The routes of the mobile gateway: few requests with compact answers, one row a route, like the web's."""

from http_edge.mobile import basket, home, orders, restaurant
from http_edge.routing.routes import AnyRow

ROUTES: tuple[AnyRow, ...] = (*home.ROUTES, *restaurant.ROUTES, *basket.ROUTES, *orders.ROUTES)
