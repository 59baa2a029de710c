"""Where a phone is: by its own word, else by the default address of its user."""

from typing import NamedTuple

import msgspec

from http_edge.mobile.home_cards import Address
from http_edge.wire.problems import all_invalid
from topics.search_index import Point
from topics.values.faults import Fault, Invalid
from topics.values.fields import Latitude, Longitude

CELL_DIGITS = 3  # of a degree: some 100 m, within which all phones find the same restaurants


class Here(msgspec.Struct, frozen=True, kw_only=True):
    """Where the phone is, if it says so; else the default address counts."""

    lat: Latitude | None = None
    lon: Longitude | None = None


class Where(NamedTuple):
    """A point, else a city, else nothing is known."""

    point: Point | None
    city: str

    @property
    def cell(self) -> "Where":
        if self.point is None:
            return self
        return Where(Point(*(round(each, CELL_DIGITS) for each in self.point)), "")


def point(said: Here) -> Point | None:
    """Raises Problem 422."""
    if said.lat is not None and said.lon is not None:
        return Point(said.lat, said.lon)
    if said.lat is None and said.lon is None:
        return None
    raise all_invalid(Invalid([Fault("lat" if said.lat is None else "lon", "lat and lon go together")]))


def where(here: Point | None, address: Address | None) -> Where:
    """here: as the phone says. address: the default one."""
    if here is not None or address is None:
        return Where(here, "")
    if address.latitude is None or address.longitude is None:
        return Where(None, address.city)
    return Where(Point(address.latitude, address.longitude), address.city)
