"""How far a restaurant is from where somebody is."""

import msgspec

from topics.search_index import Point
from topics.values.areas import kilometres


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
