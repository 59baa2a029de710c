"""Where a restaurant delivers: all within some kilometres of a place, or within a polygon. Pure.

Polygons are compared as flat shapes of degrees, in whole numbers of 1e-7 degrees (a centimetre), so that every answer is exact.
They are small (FURTHEST_APART), so none reaches around the earth.
"""

from collections.abc import Sequence
from itertools import combinations, pairwise
from math import asin, cos, radians, sin, sqrt
from typing import Annotated, NamedTuple, Protocol

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from topics.values.fields import Address, Latitude, Longitude

FURTHEST_APART = 5
"""Degrees of latitude or longitude between two corners of a polygon, some 500 km."""

EARTH_RADIUS = 6371.0088
"""Kilometres; as in stores/redis/search_distance.py."""

_UNITS = 10**7


class Corner(msgspec.Struct, frozen=True, kw_only=True):
    latitude: Latitude
    longitude: Longitude


Corners = Annotated[tuple[Corner, ...], Meta(max_length=50)]


class DeliveryArea(msgspec.Struct, frozen=True, kw_only=True):
    """Either radius_km or polygon. center: of the radius; None: the restaurant's address. polygon: its corners in their order,
    without the first one again at the end."""

    radius_km: Annotated[float, Meta(ge=0.1, le=100)] | None = None
    center: Corner | None = None
    polygon: Corners = ()


class Place(Protocol):
    """Degrees, WGS 84."""

    @property
    def latitude(self) -> float: ...
    @property
    def longitude(self) -> float: ...


class NoArea(ValueError):
    """Such an area cannot be. field: of the area, empty for the whole. The message says why, for whoever drew it."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


class _Dot(NamedTuple):
    """x: to the east, y: to the north."""

    x: int
    y: int


_Side = tuple[_Dot, _Dot]


def normal(area: DeliveryArea) -> DeliveryArea:
    """Without the first corner again at the end, as many programs close a polygon."""
    closed = len(area.polygon) > 1 and area.polygon[0] == area.polygon[-1]
    return replace(area, polygon=area.polygon[:-1]) if closed else area


def placed(area: DeliveryArea, address: Address) -> DeliveryArea:
    """With a center, where it has a radius and the address has coordinates."""
    if area.radius_km is None or area.center or address.latitude is None or address.longitude is None:
        return area
    return replace(area, center=Corner(latitude=address.latitude, longitude=address.longitude))


def check(area: DeliveryArea) -> None:
    """area: normal and placed. Raises NoArea."""
    if (area.radius_km is None) == (not area.polygon):
        raise NoArea("", "needs either radius_km or polygon")
    if area.radius_km is None and area.center is not None:
        raise NoArea("center", "belongs to a radius")
    if area.radius_km is not None:
        if area.center is None:
            raise NoArea("center", "is needed, since the address has no coordinates")
        return
    if len(area.polygon) < 3:
        raise NoArea("polygon", "needs 3 corners and more")
    if max(_extent(area.polygon, "latitude"), _extent(area.polygon, "longitude")) > FURTHEST_APART:
        raise NoArea("polygon", f"has corners that are more than {FURTHEST_APART} degrees apart")
    _check_sides(_sides(area.polygon))


def covers(area: DeliveryArea, place: Place) -> bool:
    """area: as check() let it pass. What lies on its border is inside."""
    if area.radius_km is not None:
        return area.center is not None and kilometres(area.center, place) <= area.radius_km
    dot, inside = _dot(place), False
    for begin, end in _sides(area.polygon):
        if _lies_on(dot, (begin, end)):
            return True
        # a ray from the dot to the east passes from one side of the border to the other each time it meets it
        if (begin.y > dot.y) != (end.y > dot.y) and (_turn(begin, end, dot) > 0) == (end.y > begin.y):
            inside = not inside
    return inside


def kilometres(one: Place, other: Place) -> float:
    """Along the great circle."""
    up, along = radians(other.latitude - one.latitude) / 2, radians(other.longitude - one.longitude) / 2
    square = sin(up) ** 2 + cos(radians(one.latitude)) * cos(radians(other.latitude)) * sin(along) ** 2
    return 2 * EARTH_RADIUS * asin(min(1.0, sqrt(square)))


def _check_sides(sides: Sequence[_Side]) -> None:
    """Raises NoArea where two sides have more in common than the corner of two neighbours."""
    for number, (begin, end) in enumerate(sides):
        if begin == end:
            raise NoArea(f"polygon[{(number + 1) % len(sides)}]", "is where the corner before it is")
    for (first, one), (second, other) in combinations(enumerate(sides), 2):
        if one[1] == other[0] and second == first + 1:
            touches = _folds_back(one, other)
        elif other[1] == one[0] and (first, second) == (0, len(sides) - 1):
            touches = _folds_back(other, one)
        else:
            touches = _meet(one, other)
        if touches:
            raise NoArea("polygon", f"crosses or touches itself: {_named(first, sides)} and {_named(second, sides)}")


def _named(side: int, sides: Sequence[_Side]) -> str:
    return f"the side between [{side}] and [{(side + 1) % len(sides)}]"


def _folds_back(one: _Side, following: _Side) -> bool:
    (begin, corner), (_, end) = one, following
    ahead = (corner.x - begin.x) * (end.x - corner.x) + (corner.y - begin.y) * (end.y - corner.y)
    return _turn(begin, corner, end) == 0 and ahead < 0


def _meet(one: _Side, other: _Side) -> bool:
    ways = [_sign(_turn(*one, dot)) for dot in other], [_sign(_turn(*other, dot)) for dot in one]
    if all(first * second < 0 for first, second in ways):
        return True
    return any(_lies_on(dot, one) for dot in other) or any(_lies_on(dot, other) for dot in one)


def _lies_on(dot: _Dot, side: _Side) -> bool:
    begin, end = side
    return (
        _turn(begin, end, dot) == 0
        and min(begin.x, end.x) <= dot.x <= max(begin.x, end.x)
        and min(begin.y, end.y) <= dot.y <= max(begin.y, end.y)
    )


def _turn(begin: _Dot, end: _Dot, dot: _Dot) -> int:
    """More than 0 where the dot is to the left of the way from begin to end, 0 where it is straight ahead or behind."""
    return (end.x - begin.x) * (dot.y - begin.y) - (end.y - begin.y) * (dot.x - begin.x)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _sides(corners: Sequence[Corner]) -> list[_Side]:
    dots = [_dot(each) for each in corners]
    return list(pairwise([*dots, dots[0]]))


def _dot(place: Place) -> _Dot:
    return _Dot(round(place.longitude * _UNITS), round(place.latitude * _UNITS))


def _extent(corners: Sequence[Corner], of: str) -> float:
    values = [getattr(corner, of) for corner in corners]
    return max(values) - min(values)
