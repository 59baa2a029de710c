"""How far a restaurant is from where somebody is."""

from math import asin, cos, radians, sin, sqrt

import msgspec

from topics.search_index import Point

_RADIUS = 6371.0088  # kilometres, as in stores/redis/search_distance.py


class _Coordinates(msgspec.Struct, frozen=True):
    latitude: float | None = None
    longitude: float | None = None


class _Placed(msgspec.Struct, frozen=True):
    address: _Coordinates


_placed = msgspec.json.Decoder(_Placed)


def with_distance(document: bytes, near: Point) -> bytes:
    """The JSON of a restaurant with `distance_km` as its last member, null where it has no coordinates."""
    place = _placed.decode(document).address
    if place.latitude is None or place.longitude is None:
        return document[:-1] + b',"distance_km":null}'
    return document[:-1] + b',"distance_km":%.3f}' % kilometres(near, Point(place.latitude, place.longitude))


def kilometres(one: Point, other: Point) -> float:
    """Along the great circle."""
    up, along = radians(other.latitude - one.latitude) / 2, radians(other.longitude - one.longitude) / 2
    square = sin(up) ** 2 + cos(radians(one.latitude)) * cos(radians(other.latitude)) * sin(along) ** 2
    return 2 * _RADIUS * asin(min(1.0, sqrt(square)))
