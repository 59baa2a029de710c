"""GET /m/restaurants/{id}: a restaurant with its menu, in one request."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, Raw, UnsetType

from http_edge.mobile import cards, texts
from http_edge.mobile.blocks import Block, dependencies_of, json_of, shows_own_writes, within_time
from http_edge.mobile.cards import RestaurantCard
from http_edge.mobile.code_version import CODE_VERSION
from http_edge.reads.lists import Listed, read_page
from http_edge.routing.asked import Asked
from http_edge.routing.composed import Composed, FirstLook
from http_edge.routing.pages import Pages
from http_edge.routing.paging import link_to
from http_edge.routing.routes import PUBLIC, ComposedRow, ViewOf
from http_edge.web.browse.meals import MEAL
from http_edge.web.browse.restaurants import RESTAURANT
from http_edge.wire.amounts import Documents, lira_of
from http_edge.wire.preferences import Language
from http_edge.wire.problems import not_found
from http_edge.wire.remembered import Remembered
from stores.errors import Unavailable
from stores.listed import Span
from topics import keys
from topics.contracts.catalog_commands import Allergens, Diets, Options
from topics.values.fields import Address
from topics.values.kurus import Kurus

MENU = Pages(default=300, most=300)
LONGEST = 320  # bytes of a meal's description; all of it is at /meals/{id}
MOST_BYTES = 24 * 2**20  # of the meals whose JSON is remembered


class MealCard(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    description: str
    is_available: bool
    price: Kurus
    price_text: str
    image_url: str
    cuisine: str
    options: Options
    allergens: Allergens
    diets: Diets


class RestaurantPage(RestaurantCard, frozen=True, kw_only=True):
    """menu: in the order in which the meals were added; it is left out, and named in `missing`, where it cannot be read now."""

    description: str
    phone_number: str | None
    address_text: str
    missing: tuple[str, ...]
    menu: tuple[MealCard, ...] | UnsetType = UNSET


class _More(msgspec.Struct, frozen=True):
    """What is shown of a restaurant besides its card, or whole instead of cut."""

    description: str = ""
    logo: str = ""
    cuisines: tuple[str, ...] = ()
    phone_number: str | None = None
    address: Address = Address()


class _Meal(msgspec.Struct, frozen=True):
    """What is shown of a meal here."""

    id: str
    name: str
    price: Kurus
    description: str = ""
    is_available: bool = msgspec.field(name="isAvailable", default=True)
    image_url: str = ""
    cuisine: str = ""
    options: Options = ()
    allergens: Allergens = ()
    diets: Diets = ()


_more = msgspec.json.Decoder(_More)
_meal = Documents(_Meal)
_lira = lira_of(MealCard)
_fields = msgspec.json.Decoder(dict[str, Raw])
_known: Remembered[tuple[bytes, Language], bytes] = Remembered(MOST_BYTES)


def _documents(asked: Asked) -> Sequence[tuple[ViewOf, str]]:
    return [(RESTAURANT, asked.parameters["id"])]


async def _page(asked: Asked, look: FirstLook) -> Composed:
    """Raises Problem 404."""
    (restaurant,) = look.documents
    if restaurant is None or not restaurant.body:
        raise not_found("There is no such restaurant.")
    card = cards.card(restaurant.body, asked.edge.clock(), asked.language)
    menu = await within_time("menu", _menu(asked, look))
    page: Listed | None = menu.value if menu is not None else None
    blocks = {"menu": menu and menu._replace(value=[Raw(each) for each in menu.value.items])}

    def body() -> bytes:
        told = msgspec.structs.asdict(_more.decode(restaurant.body))
        place: Address = told.pop("address")
        where = texts.address(place.address, place.district, place.city)
        return json_of(blocks, {**_fields.decode(card.json), **told, "address_text": where})

    following = None if page is None else page.following
    depends_on = (
        restaurant.at_version,
        card.opening_text,
        *dependencies_of(blocks),
        "the end" if following is None else "a part",
    )
    headers = None if following is None else link_to(ROW, asked, following)
    return Composed(depends_on, body, headers, in_lira=True)


async def _menu(asked: Asked, look: FirstLook) -> Block:
    """value: Listed. Raises Unavailable."""
    if not await shows_own_writes(asked, look, (MEAL,)):
        raise Unavailable("redis", "a view is not up to date")
    page = await read_page(asked, Span("", MEAL.name), (keys.menu(asked.parameters["id"]),), _card)
    return Block([f"{each.member}@{each.version}" for each in page.entries], page)


def _card(document: bytes, member: str, asked: Asked) -> bytes:
    key = document, asked.language
    known = _known.get(key)
    if known is None:
        known = _read_card(document, asked.language)
        _known.keep(key, known, len(document) + len(known))
    return known


def _read_card(document: bytes, language: Language) -> bytes:
    said = _meal.decode(document)
    made = MealCard(
        id=said.id,
        name=said.name,
        description=texts.cut(said.description, LONGEST),
        is_available=said.is_available,
        price=said.price,
        price_text=texts.money(said.price, language),
        image_url=said.image_url,
        cuisine=said.cuisine,
        options=said.options,
        allergens=said.allergens,
        diets=said.diets,
    )
    return _lira(msgspec.json.encode(made))


ROW = ComposedRow(
    method="GET", path="/m/restaurants/{id}", who=PUBLIC, gives=RestaurantPage, documents=_documents, compose=_page,
    code_version=CODE_VERSION, needs=(RESTAURANT,), beside=(MEAL,), pages=MENU, speaks=True,
    says="A restaurant with its menu. A menu that cannot be read now is left out and named in `missing`.",
)  # fmt: skip

ROUTES = (ROW,)
