"""What says who somebody is is masked in states, in documents of views and in what differs between two of them."""

import msgspec

from replay.questions.state import state_of
from replay.shadow import aggregate, domains
from replay.shadow.differences import as_shown, differences
from stores.settings import load
from tests.replay.shadow.tape import Tape
from topics import keys
from topics.contracts.courier_commands import RegisterCourier
from topics.documents.courier import Courier

COURIER = domains.named("courier", load({}))
ID = keys.courier("can")


def registered_twice() -> aggregate.Aggregate:
    tape = Tape()
    for name in ("Can Yılmaz", "Can Demir"):
        tape.command(COURIER, ID, RegisterCourier(name=name), CALLER="can")
    return aggregate.fold(COURIER, tape.log.of_key("courier_events", ID))


def test_the_name_of_a_courier_is_masked_in_state_view_and_changes():
    found = state_of(COURIER, ID, registered_twice(), None)
    for said in ("\n".join(found.lines()), msgspec.json.encode(found.data()).decode()):
        assert "Can" not in said and said.count("[personal]") > 3, said
    assert found.data()["views"]["courier"]["id"] == "can"


def test_a_field_in_a_list_is_masked_by_the_mark_of_its_struct():
    class Crew(msgspec.Struct):
        couriers: tuple[Courier, ...]

    (found,) = differences({"couriers": [{"name": "Can"}]}, {"couriers": [{"name": "Ece"}]}, Crew)
    assert found.field == "couriers.0.name" and found.shown == ("[personal]", "[personal]")


def test_nothing_is_shown_of_what_is_not_shown():
    assert as_shown(None) is None
