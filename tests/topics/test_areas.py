"""Delivery areas: what polygon can be one, and what lies in an area."""

from math import cos, radians, sin

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from topics.values.areas import Corner, DeliveryArea, NoArea, check, covers, kilometres, normal, placed
from topics.values.fields import Address

TAKSIM = Corner(latitude=41.0369, longitude=28.985)


def corner(latitude: float, longitude: float) -> Corner:
    return Corner(latitude=latitude, longitude=longitude)


def polygon(*corners: tuple[float, float]) -> DeliveryArea:
    return DeliveryArea(polygon=tuple(corner(*each) for each in corners))


SQUARE = ((41.0, 29.0), (41.0, 29.1), (41.1, 29.1), (41.1, 29.0))
ARROW = ((0.0, 0.0), (2.0, 1.0), (0.0, 2.0), (1.0, 1.0))  # (1, 1) is a corner that points inwards


STRAIGHT = (
    (0.0, 0.0),
    (1.0, 0.0),
    (2.0, 0.0),
    (2.0, 1.0),
    (2.0, 2.0),
    (1.0, 1.0),
)  # corners in the middle of sides, each way


@pytest.mark.parametrize("corners", [SQUARE, SQUARE[::-1], SQUARE[:3], ARROW, STRAIGHT, STRAIGHT[::-1]])
def test_polygons_that_meet_themselves_at_their_corners_only_are_areas(
    corners: tuple[tuple[float, float], ...],
) -> None:
    check(polygon(*corners))


@pytest.mark.parametrize(
    ("corners", "field"),
    [
        ((SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]), "polygon"),  # a bow tie
        (((0, 0), (0, 2), (2, 2), (0, 1)), "polygon"),  # a corner on another side
        (((0, 0), (0, 4), (3, 4), (0, 2), (3, 0)), "polygon"),  # a corner on a side that is no neighbour
        (((3, 0), (0, 2), (3, 4), (0, 4), (0, 0)), "polygon"),
        (((0, 0), (2, 0), (1, 1), (2, 2), (0, 2), (1, 1)), "polygon"),  # two triangles with a corner in common
        (((0, 0), (0, 1), (0, 2)), "polygon"),  # a line
        (((0, 0), (0, 2), (0, 1), (1, 1)), "polygon"),  # it goes back on itself
        (((0, 0), (2, 0), (1, 0), (1, 1)), "polygon"),  # the same, to the north
        (((0, 0), (2, 2), (1, 1), (0, 1)), "polygon"),  # and across
        (((1, 0), (1, 1), (0, 0), (2, 0)), "polygon"),  # and where the last side meets the first one
        (((0, 0), (0, 1), (0, 1), (1, 1)), "polygon[2]"),
        (((0, 0), (0, 1), (0, 1.00000001)), "polygon[2]"),  # a millimetre apart
        (((0, 0), (0, 1)), "polygon"),
        (((0, 0), (0, 6), (1, 1)), "polygon"),
        (((0, -179), (0, 179), (1, 179)), "polygon"),
    ],
)  # fmt: skip
def test_a_polygon_that_crosses_or_touches_itself_is_none(corners: tuple[tuple[float, float], ...], field: str) -> None:
    with pytest.raises(NoArea) as raised:
        check(polygon(*corners))
    assert raised.value.field == field


def test_an_area_is_either_a_radius_or_a_polygon_and_a_radius_has_a_center() -> None:
    circle = DeliveryArea(radius_km=2, center=TAKSIM)
    check(circle)
    for area, field in (
        (DeliveryArea(), ""),
        (replace(circle, polygon=polygon(*SQUARE).polygon), ""),
        (replace(polygon(*SQUARE), center=TAKSIM), "center"),
        (DeliveryArea(radius_km=2), "center"),
    ):
        with pytest.raises(NoArea) as raised:
            check(area)
        assert raised.value.field == field


def test_the_center_is_the_restaurants_address_where_nobody_says_another() -> None:
    area = DeliveryArea(radius_km=2)
    assert placed(area, Address(latitude=41.0369, longitude=28.985)).center == TAKSIM
    assert placed(area, Address(latitude=41.0369)).center is None
    own = replace(area, center=TAKSIM)
    assert placed(own, Address(latitude=1.0, longitude=1.0)) == own


def test_a_polygon_that_comes_back_to_its_first_corner_is_closed() -> None:
    assert normal(polygon(*SQUARE, SQUARE[0])) == polygon(*SQUARE)
    assert normal(polygon(*SQUARE)) == polygon(*SQUARE)


def test_a_radius_is_along_the_ground() -> None:
    area = DeliveryArea(radius_km=2, center=TAKSIM)
    kadikoy, besiktas = corner(40.9903, 29.0291), corner(41.0422, 29.0067)
    assert covers(area, besiktas) and not covers(area, kadikoy)
    assert kilometres(TAKSIM, besiktas) == pytest.approx(1.92, abs=0.02)


@pytest.mark.parametrize(
    ("latitude", "longitude", "inside"),
    [(0.5, 0.5, True), (1.5, 1.0, True), (1.0, 1.0, True), (0.5, 1.0, False), (0.0, 0.0, True), (1.0, 0.5, True),
     (1.0, 0.4999999, False), (2.0, 1.0, True), (2.0000001, 1.0, False), (0.0, 1.0, False)],
)  # fmt: skip
def test_a_border_is_inside_and_a_corner_that_points_inwards_leaves_out(
    latitude: float, longitude: float, inside: bool
) -> None:
    for corners in (ARROW, ARROW[::-1], ARROW[2:] + ARROW[:2]):
        assert covers(polygon(*corners), corner(latitude, longitude)) is inside


# Angles around a middle, in whole degrees so that two are never too near, each with its distance.
_SPOKES = st.dictionaries(st.integers(0, 359), st.floats(0.1, 1), min_size=3, max_size=50)


def _star(spokes: dict[int, float]) -> DeliveryArea:
    """A polygon all of which is seen from its middle, at 41 north and 29 east."""
    angles = sorted(spokes)
    gaps = [after - before for before, after in zip(angles, [*angles[1:], angles[0] + 360], strict=True)]
    assume(max(gaps) < 180)
    return polygon(*((41 + spokes[a] * sin(radians(a)), 29 + spokes[a] * cos(radians(a))) for a in angles))


@settings(deadline=None)
@given(_SPOKES, st.booleans())
def test_what_is_seen_whole_from_its_middle_never_crosses_itself(spokes: dict[int, float], turned: bool) -> None:
    area = _star(spokes)
    check(replace(area, polygon=area.polygon[::-1]) if turned else area)
    assert covers(area, corner(41, 29))


@settings(deadline=None)
@given(_SPOKES, st.integers(0, 49), st.floats(0, 1))
def test_all_between_the_middle_and_a_corner_is_inside_and_all_beyond_it_is_not(
    spokes: dict[int, float], which: int, part: float
) -> None:
    area = _star(spokes)
    end = area.polygon[which % len(area.polygon)]
    up, along = end.latitude - 41, end.longitude - 29
    assert covers(area, corner(41 + up * part * 0.9999, 29 + along * part * 0.9999))
    beyond = 1.0001 + part
    assert not covers(area, corner(41 + up * beyond, 29 + along * beyond))


@settings(deadline=None)
@given(_SPOKES, st.data())
def test_two_corners_that_change_places_cross_a_round_polygon(spokes: dict[int, float], data: st.DataObject) -> None:
    area = _star(dict.fromkeys(spokes, 1.0))  # on a circle, where every other order of the corners crosses
    count = len(area.polygon)
    assume(count > 3)
    first = data.draw(st.integers(0, count - 1))
    corners = list(area.polygon)
    second = (first + 1) % count
    corners[first], corners[second] = corners[second], corners[first]
    with pytest.raises(NoArea, match="crosses"):
        check(DeliveryArea(polygon=tuple(corners)))


# -- bounds


@pytest.mark.parametrize("radius", [0.1, 100.0])
def test_a_radius_may_be_as_short_and_as_long_as_its_bounds(radius: float) -> None:
    assert msgspec.convert({"radius_km": radius}, DeliveryArea).radius_km == radius


@pytest.mark.parametrize("radius", [0.0999, 100.001, 0, -1])
def test_a_radius_outside_of_its_bounds_is_none(radius: float) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"radius_km": radius}, DeliveryArea)


def test_a_polygon_has_fifty_corners_at_most() -> None:
    corners = [{"latitude": 41.0, "longitude": 29 + n / 100} for n in range(51)]
    assert len(msgspec.convert({"polygon": corners[:50]}, DeliveryArea).polygon) == 50
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"polygon": corners}, DeliveryArea)


@pytest.mark.parametrize("swapped", [False, True])
def test_corners_may_be_five_degrees_apart_and_no_more(swapped: bool) -> None:
    """In each of both directions."""

    def triangle(far: float) -> DeliveryArea:
        corners = ((0.0, 0.0), (0.0, far), (1.0, 1.0))
        return polygon(*((y, x) if swapped else (x, y) for x, y in corners))

    check(triangle(5.0))
    with pytest.raises(NoArea, match="more than 5 degrees apart") as raised:
        check(triangle(5.0001))
    assert raised.value.field == "polygon"


@pytest.mark.parametrize("corners", [SQUARE[:1], SQUARE[:2]])
def test_fewer_than_three_corners_are_no_polygon(corners: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(NoArea, match="needs 3 corners and more"):
        check(polygon(*corners))


def test_a_single_corner_is_not_closed() -> None:
    assert normal(polygon(SQUARE[0])) == polygon(SQUARE[0])
    assert normal(polygon(SQUARE[0], SQUARE[0])) == polygon(SQUARE[0])
    assert normal(polygon()) == polygon()


def test_the_first_corner_again_at_the_end_is_named_where_nobody_took_it_away() -> None:
    with pytest.raises(NoArea, match="is where the corner before it is") as raised:
        check(polygon(*SQUARE, SQUARE[0]))
    assert raised.value.field == "polygon[0]"


def test_the_sides_that_cross_are_named_by_their_corners() -> None:
    bow_tie = polygon(SQUARE[0], SQUARE[1], SQUARE[3], SQUARE[2])
    with pytest.raises(NoArea) as raised:
        check(bow_tie)
    assert str(raised.value).endswith("the side between [1] and [2] and the side between [3] and [0]")


def test_the_end_of_a_radius_is_inside() -> None:
    besiktas = corner(41.0422, 29.0067)
    far = kilometres(TAKSIM, besiktas)
    assert covers(DeliveryArea(radius_km=far, center=TAKSIM), besiktas)
    assert not covers(DeliveryArea(radius_km=far - 1e-9, center=TAKSIM), besiktas)
    assert not covers(DeliveryArea(radius_km=far), besiktas), "nobody knows from where"


def test_distances_are_those_of_a_globe() -> None:
    assert kilometres(TAKSIM, TAKSIM) == 0
    degree = 111.195  # kilometres
    assert kilometres(corner(0, 0), corner(0, 1)) == pytest.approx(degree, abs=0.001)
    assert kilometres(corner(60, 29), corner(60, 30)) == pytest.approx(degree / 2, rel=1e-3)
    assert kilometres(corner(0, 0), corner(0, 180)) == pytest.approx(180 * degree, abs=0.1)
    assert kilometres(corner(52.1, 13.3), corner(-52.1, -166.7)) == pytest.approx(180 * degree), ()


def test_corners_are_told_apart_by_a_centimetre() -> None:
    inside, outside = corner(0.5, 0.0000001), corner(0.5, -0.0000001)
    area = polygon((0, 0), (0, 1), (1, 1), (1, 0))
    assert covers(area, inside) and covers(area, corner(0.5, 0)) and not covers(area, outside)
    check(polygon((0, 0), (0, 1), (0.0000001, 1)))
    assert not covers(polygon((0, 0), (0, 1), (0.0000001, 1)), corner(0.0000001, 0.5))
