from agents.courier.projection import COURIER
from agents.courier.registry import RESIGNED
from tests.agents.courier.scene import given
from tests.agents.scenario import ID, LATER, NOW, shown
from topics.contracts.courier_commands import EraseCourier, RegisterCourier, ResignCourier
from topics.contracts.courier_events import CourierErased, CourierRegistered, CourierResigned

DENIZ = CourierRegistered(user_id=ID, name="Deniz", at=NOW)


def test_whoever_registers_as_a_courier_is_one() -> None:
    given().when(RegisterCourier(name="Deniz")).then(DENIZ).answering(id=ID, name="Deniz")
    assert shown(COURIER, DENIZ).name == "Deniz"


def test_said_again_it_changes_the_name_and_nothing_else() -> None:
    given(DENIZ).when(RegisterCourier(name="Deniz"), now=LATER).then_nothing().answering(name="Deniz")
    renamed = CourierRegistered(user_id=ID, name=None, at=NOW)
    given(DENIZ).when(RegisterCourier(), now=LATER).then(renamed).answering(name=None, since="2026-03-01T18:30:00Z")


def test_who_resigns_is_one_no_longer_and_twice_is_fine() -> None:
    outcome = given(DENIZ).when(ResignCourier()).then(CourierResigned())
    assert outcome.decision.releases == (("courier", ID),)
    assert given().when(ResignCourier()).then_nothing().decision.answer == RESIGNED
    assert shown(COURIER, DENIZ, CourierResigned()) is None


def test_who_is_erased_leaves_no_name_and_becomes_none_again() -> None:
    outcome = given(DENIZ).when(EraseCourier(), caller=None).then(CourierErased())
    assert outcome.decision.releases == (("courier", ID),)
    assert "Deniz" not in repr(outcome.state)
    given(DENIZ, CourierErased()).when(RegisterCourier(name="Deniz")).then_rejected("not_found")
    given(DENIZ, CourierErased()).when(EraseCourier(), caller=None).then_nothing()
    given().when(EraseCourier(), caller=None).then(CourierErased())
    assert shown(COURIER, DENIZ, CourierErased()) is None
