"""Coupons over HTTP where there are none, and for sums that no order comes to."""

import time

import pytest

from http_edge.about.health import ready_keys
from http_edge.web import ROUTES
from http_edge.web.order.coupon_views import COUPON, COUPON_USE
from http_edge.web.order.own_basket import BASKET_COUPON
from tests.http_edge.conftest import World
from topics import keys


async def test_where_there_are_no_coupons_the_list_is_empty(edge: World):
    for path in ("/discounts", "/discounts?restaurant_id=r-1"):
        said = await edge.client().call("GET", path)
        assert (said.status, said.json) == (200, []), said.raw


@pytest.mark.parametrize("subtotal", ["1e300", "9" * 40, "1000000000001"])
async def test_a_sum_beyond_reckoning_is_refused_by_its_name(edge: World, subtotal: str):
    said = await edge.client().call("GET", f"/discounts/YAZ10/check?subtotal={subtotal}")
    assert said.status == 422, said.raw
    assert said.json["errors"][0]["field"] == "subtotal"


async def test_the_edge_is_not_ready_without_the_views_of_coupons(edge: World):
    assert {COUPON.ready, COUPON_USE.ready, BASKET_COUPON.ready} <= set(ready_keys(ROUTES))


async def test_coupons_that_are_over_are_passed_over(edge: World):
    now, index = time.time(), keys.index("coupon", keys.coupons(None))
    ends = {"OVER": now - 1, "SOON": now + 60, "LATER": now + 120} | {"EVER": float("inf")}
    await edge.redis.zadd(index, ends)
    await edge.redis.mset({keys.document("coupon", code): f'1\n{{"code":"{code}"}}' for code in ends})
    codes = [each["code"] for each in (await edge.client().call("GET", "/discounts")).json]
    assert codes == ["SOON", "LATER", "EVER"]
