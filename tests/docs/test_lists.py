"""The document about lists says what the rows of all routes say."""

from tests.docs.lists import HEADING, OF_FIELDS, OF_ROUTES, PAGE, all_rows, bound, lists_of, tables


def test_the_tables_are_those_of_the_rows() -> None:
    said = PAGE.read_text().split(HEADING)[1]
    assert said == tables(), "docs/lists.md has other tables than: .venv/bin/python -m tests.docs.lists --write"


def test_every_list_of_every_route_has_a_bound() -> None:
    for row in all_rows():
        for found in lists_of(row):
            said = bound(row, found)
            assert said is not None and said.most > 0, f"what bounds `{found.place}` of {row.name}?"


def test_no_bound_is_named_for_a_list_that_is_not_there() -> None:
    found = [(row, each) for row in all_rows() for each in lists_of(row)]
    assert OF_ROUTES.keys() <= {row.name for row, each in found if each.of is None and row.pages is None}
    assert OF_FIELDS.keys() <= {(each.of, each.field) for _, each in found}
