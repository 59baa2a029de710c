"""What `up` prints at its end: the addresses, and a first walk through the product to copy."""

import shlex

from infra.layout.folders import CHECKOUT
from infra.layout.site import Site

# Each command stands alone in a shell; the next ones use the variables of those before. README.md explains the same ones.
WALK = r"""
EDGE={edge}; MAIL=you$RANDOM@example.com; JSON='Content-Type: application/json'
curl -s $EDGE/auth/register -H "$JSON" -d '{{"email":"'$MAIL'","password":"correct horse 1"}}'
TOKEN=$({lezzet} mail --to $MAIL --about verify --token)
curl -s $EDGE/auth/verify-email -H "$JSON" -d '{{"token":"'$TOKEN'"}}'
ACCESS=$(curl -s $EDGE/auth/login -H "$JSON" -d '{{"email":"'$MAIL'","password":"correct horse 1"}}' \
  | sed -E 's/.*"access_token":"([^"]+)".*/\1/')
ME="Authorization: Bearer $ACCESS"
curl -s $EDGE/addresses/ -H "$JSON" -H "$ME" \
  -d '{{"title":"Ev","address":"Moda Caddesi 12","city":"İstanbul","district":"Kadıköy"}}'
curl -s "$EDGE/restaurants/search?city=istanbul&query=kebap&sort_by=delivery_fee"
RESTAURANT=$(curl -s "$EDGE/restaurants/search?city=istanbul&open_now=true&sort_by=min_order" \
  | grep -o '"id":"[^"]*"' | head -1 | cut -d'"' -f4)
curl -s $EDGE/meals/restaurant/$RESTAURANT
MEAL=$(curl -s $EDGE/meals/restaurant/$RESTAURANT | grep -o '"id":"[^"]*"' | head -1 | cut -d'"' -f4)
curl -s $EDGE/carts/add -H "$JSON" -H "$ME" \
  -d '{{"restaurant_id":"'$RESTAURANT'","meal_id":"'$MEAL'","quantity":4}}'
curl -s $EDGE/carts/get -H "$ME"
curl -s $EDGE/carts/coupon -H "$JSON" -H "$ME" -d '{{"code":"lezzet10"}}'
curl -s $EDGE/carts/checkout -H "$JSON" -H "$ME" -d '{{"payment_method":"cash"}}'
{lezzet} mail --to $MAIL --about sipariş
ORDER=$(curl -s $EDGE/orders -H "$ME" | sed -E 's/^\[\{{"id":"([^"]+)".*/\1/')
{lezzet} trace $ORDER
{lezzet} why $ORDER
{lezzet} state $ORDER
curl -s $EDGE/auth/forgot-password -H "$JSON" -d '{{"email":"'$MAIL'"}}'
TOKEN=$({lezzet} mail --to $MAIL --about reset --token)
curl -s $EDGE/auth/reset-password -H "$JSON" -d '{{"token":"'$TOKEN'","password":"battery staple 2"}}'
curl -s $EDGE/carts/get -H "$ME"
"""


def addresses(site: Site, *, product: bool = True) -> str:
    at = site.endpoints
    gateways = f"web gateway  {at.edge}\nits routes   {at.edge}/docs\nfor phones   {at.mobile}\n" if product else ""
    console = (
        f"console      {at.console}   (`{lezzet(site)} status` makes a link that lets you in)\n" if product else ""
    )
    return (
        f"{gateways}"
        f"mail page    {at.mail}\n"
        f"kafka        {at.kafka}\n"
        f"{console}more         {lezzet(site)} status   (all addresses with their passwords)\n"
        f"stop         {lezzet(site)} down"
    )


def walk(site: Site) -> str:
    return "a first walk, command by command:\n" + WALK.format(edge=site.endpoints.edge, lezzet=lezzet(site))


def lezzet(site: Site) -> str:
    """The command as a shell takes it, with this stack's folder."""
    default = site.data.root == CHECKOUT / ".lezzet"
    return "./lezzet" if default else f"./lezzet --data {shlex.quote(str(site.data.root))}"
