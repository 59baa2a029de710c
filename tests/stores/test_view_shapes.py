"""Views of another form than the code's are removed, so that they are built again; all else in Redis stays."""

from collections.abc import AsyncGenerator
from dataclasses import replace

import msgspec
import pytest_asyncio
from redis.asyncio import Redis

from agents.basket.projection import BASKET
from agents.provision import views
from infra.stack.stack import Stack
from stores.redis.connection import connect
from stores.redis.shapes import ViewShapes
from topics import keys

FORMS = {"basket": "a", "order": "b"}
OF_VIEWS = (
    keys.DENY_READY, "views:ready:basket", keys.document("basket", "u-1"), keys.index("orders:u-1"),
    keys.caught_up("basket"), keys.floor("basket.project", "basket_events", 0), keys.SEARCH_ROWS,
)  # fmt: skip
OTHERS = (keys.reply("o-1"), keys.fate("c-1"), keys.denied_token("j-1"), keys.login("0a"), keys.operation("o-1"))


@pytest_asyncio.fixture
async def redis(servers: Stack) -> AsyncGenerator[Redis]:
    """A database of its own."""
    made = connect(servers.endpoints.redis.rpartition("/")[0] + "/5")
    await made.flushdb()
    await made.mset(dict.fromkeys((*OF_VIEWS, *OTHERS), "1"))
    yield made
    await made.flushdb()
    await made.aclose()


async def test_views_of_another_form_are_removed_and_nothing_else(redis: Redis):
    shapes = ViewShapes(redis)
    assert await shapes.settle(FORMS) == len(OF_VIEWS), "nobody has said in which form these stand"
    await redis.mset(dict.fromkeys(OF_VIEWS, "1"))
    assert await shapes.settle(FORMS) == 0
    assert await redis.exists(*OF_VIEWS) == len(OF_VIEWS), "views of this form stay"
    assert await shapes.settle(FORMS | {"order": "c"}) == len(OF_VIEWS)
    assert await shapes.settle(FORMS | {"order": "c", "coupon": "d"}) == 0
    assert await redis.exists(*OTHERS) == len(OTHERS)


def test_every_view_of_every_domain_has_a_form_of_its_own():
    found = {view.name: view.form for view in views()}
    assert {"basket", "restaurant", "campaigns", "coupon", "login", "deny", "address", "order", "meal", "user"} <= set(
        found
    )
    assert len(set(found.values())) == len(found) == len(views())


def test_a_reworded_docstring_is_no_other_form_and_a_field_is_one():
    class Shown(msgspec.Struct):
        """As it was."""

        description: str

    class Reworded(msgspec.Struct):
        """In other words."""

        description: str

    class More(msgspec.Struct):
        """As it was."""

        description: str
        price: float = 0

    Reworded.__name__ = More.__name__ = "Shown"
    forms = [replace(BASKET, document=document).form for document in (Shown, Reworded, More)]
    assert forms[0] == forms[1] != forms[2]
