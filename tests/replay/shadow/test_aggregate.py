"""An aggregate, folded from its events."""

from msgspec.structs import replace

from replay.shadow import aggregate, domains
from replay.shadow.differences import ABSENT, differences, plain
from stores.settings import load
from tests.replay.shadow.tape import Tape
from topics.contracts.address_commands import AddAddress, RemoveAddress
from topics.messages.ids import derive

ADDRESS = domains.named("address", load({}))
HOME = AddAddress(title="Home", address="Moda 12", city="İstanbul", district="Kadıköy")


def book() -> Tape:
    made = Tape()
    made.command(ADDRESS, "ada", HOME, CALLER="ada", id="first")
    made.command(ADDRESS, "ada", replace(HOME, title="Work"), CALLER="ada", id="second")
    made.command(ADDRESS, "ada", RemoveAddress(address_id=derive("first", "address")), CALLER="ada")
    return made


def test_state_and_views_are_there_at_every_version():
    found = aggregate.fold(ADDRESS, book().log.of_key("address_events", "ada"))
    assert (found.version, found.last, found.gap) == (3, 3, None)
    titles = [[each.title for each in step.state.addresses] for step in found.steps]
    assert titles == [["Home"], ["Home", "Work"], ["Work"]]
    assert [len(plain(step.views["address"])["addresses"]) for step in found.steps] == [1, 2, 1]


def test_a_gap_ends_the_fold_and_is_told():
    first, _, third = book().log.of_key("address_events", "ada")
    found = aggregate.fold(ADDRESS, [first, third])
    assert (found.version, found.last, found.gap) == (1, 3, "version 2 is missing")


def test_what_went_out_twice_counts_once():
    first, second, third = book().log.of_key("address_events", "ada")
    found = aggregate.fold(ADDRESS, [first, second, first, second, third])
    assert (found.version, found.twice, found.gap) == (3, 2, None)


def test_an_event_that_cannot_be_read_ends_the_fold_and_is_told():
    first, second, third = book().log.of_key("address_events", "ada")
    found = aggregate.fold(ADDRESS, [first, replace(second, body=b"{"), third])
    assert found.version == 1 and found.gap is not None and "cannot be read" in found.gap


def test_differences_are_told_field_by_field():
    before = {"a": 1, "b": [1, 2], "c": {"d": "x", "gone": 1}, "same": True}
    after = {"a": 1.0, "b": [1, 3], "c": {"d": "y", "new": 2}, "same": True}
    found = {(each.field, each.before, each.after) for each in differences(before, after)}
    assert found == {
        ("a", 1, 1.0), ("b.1", 2, 3), ("c.d", "x", "y"), ("c.gone", 1, ABSENT), ("c.new", ABSENT, 2),
    }  # fmt: skip
    assert differences(before, before) == []


def test_a_secret_differs_and_is_not_shown():
    (found,) = differences({"token_sha256": "aaaa"}, {"token_sha256": "bbbb"})
    assert "aaaa" not in found.line() and found.data()["before"] == found.data()["after"] == "[sealed]"
