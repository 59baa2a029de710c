"""What becomes of photos and of the frames that show them."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from agents.photo.decider import DECIDER, DROP
from agents.photo.facts import MEALS, Facts, OnMenu
from agents.photo.limits import STAYS, TOLD, WAITING
from agents.photo.picture import Kept
from agents.photo.policy import react, remove_frame
from agents.photo.projection import PHOTO
from agents.photo.reasons import SAYS
from tests.agents import scenario
from tests.agents.scenario import ID, LATER, NOW, evolved, shown
from topics.contracts import catalog_commands, photo_commands, restaurant_commands
from topics.contracts.catalog_commands import ShowPhoto
from topics.contracts.catalog_events import AvailabilityChanged, MealAdded, MealDetails, MealRemoved
from topics.contracts.photo_commands import (
    AddPhoto,
    DropPhoto,
    RecordAccepted,
    RecordRefused,
    RemoveFrame,
    RetirePhoto,
    ShowInFrame,
)
from topics.contracts.photo_events import (
    FrameRemoved,
    PhotoAccepted,
    PhotoAdded,
    PhotoDropped,
    PhotoFile,
    PhotoRefused,
    PhotoShown,
    PhotoSuperseded,
    Reason,
)
from topics.contracts.restaurant_commands import SetLogo
from topics.contracts.restaurant_events import RestaurantDetails, RestaurantOpened
from topics.copies import RESTAURANTS, RestaurantCopy
from topics.deciding.decision import Origin, Send, Timer
from topics.documents.photo import is_same, path_of
from topics.messages.event import EventMeta

META = EventMeta("event-1", ID, 1, NOW)
OWNER, MAHMUT, ADANA, UPLOAD = "owner-1", "mahmut", "adana", "65a1b2c3d4e5f60718293a4b"


def owned(by: str) -> RestaurantCopy:
    opened = RestaurantOpened(owner_id=by, details=RestaurantDetails(name="Mahmut"), opened_at=NOW)
    copy = RESTAURANTS.show(None, opened, META).document
    assert copy is not None
    return copy


KNOWN = Facts(
    restaurants={MAHMUT: owned(OWNER), "tokyo": owned("another")},
    meals={ADANA: OnMenu(restaurant_id=MAHMUT), "sushi": OnMenu(restaurant_id="tokyo")},
)
ADD = AddPhoto(upload=UPLOAD, subject="meal", subject_id=ADANA, restaurant_id=MAHMUT)
LOGO = replace(ADD, subject="restaurant", subject_id=MAHMUT)
ADDED = PhotoAdded(
    owner_id=OWNER,
    subject="meal",
    subject_id=ADANA,
    restaurant_id=MAHMUT,
    upload=UPLOAD,
    added_at=NOW,
    seat=f"{OWNER}:0",
)
FILES = (PhotoFile(size="card", type="image/webp", sha256="a" * 64, bytes=9, width=640, height=480),)
ACCEPTED = PhotoAccepted(upload=UPLOAD, width=4000, height=3000, files=FILES)
REFUSED = PhotoRefused(upload=UPLOAD, reason="unreadable")
RECORD = RecordAccepted(width=4000, height=3000, files=FILES)
SHOW = ShowInFrame(owner_id=OWNER, photo_id=ID, subject="meal", subject_id=ADANA, added_at=NOW)
SHOWN = PhotoShown(owner_id=OWNER, photo_id=ID, subject="meal", subject_id=ADANA, added_at=NOW)


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


# -- add


def test_an_owner_adds_a_photo_of_a_meal_or_of_the_restaurant() -> None:
    outcome = given().when(ADD, facts=KNOWN, caller=OWNER).then(ADDED)
    outcome.answering(id=ID, status="pending", image_url=f"/photos/{ID}", subject="meal", subject_id=ADANA)
    assert outcome.decision.takes == ((WAITING.kind, f"{OWNER}:0"),)
    given().when(LOGO, facts=KNOWN, caller=OWNER).then(replace(ADDED, subject="restaurant", subject_id=MAHMUT))


@pytest.mark.parametrize(
    ("command", "caller"),
    [
        (ADD, "another"),
        (ADD, None),
        (LOGO, "another"),
        (replace(ADD, subject_id="sushi"), OWNER),
        (replace(ADD, subject_id="sushi", restaurant_id="tokyo"), OWNER),
        (replace(ADD, subject_id="unknown"), OWNER),
        (replace(LOGO, subject_id="tokyo"), OWNER),
        (replace(LOGO, subject_id="tokyo", restaurant_id="tokyo"), OWNER),
    ],
    ids=str,
)
def test_what_belongs_to_others_or_does_not_exist_is_not_found(command: AddPhoto, caller: str | None) -> None:
    given().when(command, facts=KNOWN, caller=caller).then_rejected("not_found")


def test_so_many_photos_of_an_owner_wait_and_no_more() -> None:
    full = dict.fromkeys(WAITING.of(OWNER), "another photo")
    given().when(ADD, facts=KNOWN, caller=OWNER, claims=full).then_rejected("too_many_photos_wait")
    for outcome in (RECORD, RecordRefused(reason="unreadable")):
        assert given(ADDED).when(outcome).decision.releases == ((WAITING.kind, f"{OWNER}:0"),)


# -- the outcome of the check


def test_an_accepted_photo_goes_to_its_frame() -> None:
    given(ADDED).when(RECORD).then(ACCEPTED)
    sends = list(react(ACCEPTED, META, evolved(DECIDER, Kept(), (ADDED, ACCEPTED))))
    assert sends == [Send(photo_commands.TOPIC, f"meal:{ADANA}", SHOW)]


def test_why_a_photo_was_refused_is_told_for_a_day() -> None:
    outcome = given(ADDED).when(RecordRefused(reason="unreadable"), now=LATER).then(REFUSED)
    outcome.setting(Timer(DROP, LATER + TOLD, DropPhoto()))


@pytest.mark.parametrize(
    "before", [(ADDED, ACCEPTED), (ADDED, REFUSED), (ADDED, ACCEPTED, PhotoDropped()), ()], ids=len
)
def test_only_the_first_outcome_counts(before: tuple[Any, ...]) -> None:
    for outcome in (RECORD, RecordRefused(reason="took_too_long")):
        assert given(*before).when(outcome).then_nothing().decision.releases == ()


# -- frames


def test_a_frame_shows_the_photo_that_was_accepted() -> None:
    given().when(SHOW).then(SHOWN)
    given(SHOWN).when(SHOW).then_nothing()


def test_what_a_frame_shows_the_meal_or_the_restaurant_shows() -> None:
    meal = ShowPhoto(owner_id=OWNER, photo_id=ID, image_url=f"/photos/{ID}")
    assert list(react(SHOWN, META, Kept())) == [Send(catalog_commands.TOPIC, ADANA, meal)]
    logo = replace(SHOWN, subject="restaurant", subject_id=MAHMUT)
    assert list(react(logo, META, Kept())) == [Send(restaurant_commands.TOPIC, MAHMUT, SetLogo(photo_id=ID))]


def test_a_later_upload_replaces_it() -> None:
    later = replace(SHOW, photo_id="later", added_at=LATER)
    given(SHOWN).when(later).then(PhotoSuperseded(photo_id=ID), replace(SHOWN, photo_id="later", added_at=LATER))


def test_an_earlier_upload_that_took_longer_is_not_shown() -> None:
    earlier = replace(SHOW, photo_id="earlier", added_at=NOW - timedelta(seconds=1))
    given(SHOWN).when(earlier).then(PhotoSuperseded(photo_id="earlier"))


def test_a_meal_that_is_gone_shows_nothing_and_one_that_comes_back_what_is_uploaded_then() -> None:
    removed = FrameRemoved(removed_at=LATER)
    given(SHOWN).when(RemoveFrame(), now=LATER).then(PhotoSuperseded(photo_id=ID), removed)
    given().when(RemoveFrame(), now=LATER).then(removed)
    before, after = given(SHOWN, PhotoSuperseded(photo_id=ID), removed), replace(SHOW, added_at=LATER)
    before.when(SHOW).then(PhotoSuperseded(photo_id=ID))
    before.when(after).then(replace(SHOWN, added_at=LATER))


@pytest.mark.parametrize(
    ("message", "sends"),
    [
        (MealRemoved(restaurant_id=MAHMUT), [Send(photo_commands.TOPIC, f"meal:{ADANA}", RemoveFrame())]),
        (AvailabilityChanged(restaurant_id=MAHMUT, is_available=False), []),
    ],
)
def test_a_removed_meal_removes_its_frame(message: Any, sends: list[Send]) -> None:
    assert list(remove_frame(message, Origin("id", "catalog", NOW, ADANA))) == sends


def test_what_is_not_shown_any_more_stays_for_an_hour() -> None:
    assert list(react(PhotoSuperseded(photo_id="old"), META, Kept())) == [
        Send(photo_commands.TOPIC, "old", RetirePhoto())
    ]
    retired = given(ADDED, ACCEPTED).when(RetirePhoto(), now=LATER).then_nothing()
    retired.setting(Timer(DROP, LATER + STAYS, DropPhoto()))
    given(ADDED, ACCEPTED).when(DropPhoto()).then(PhotoDropped())
    given(ADDED, ACCEPTED, PhotoDropped()).when(DropPhoto()).then_nothing()


# -- what is shown


def test_the_document_tells_what_became_of_the_photo() -> None:
    assert shown(PHOTO, ADDED).status == "pending" and shown(PHOTO, ADDED).files == ()
    accepted = shown(PHOTO, ADDED, ACCEPTED, at=LATER)
    assert (accepted.status, accepted.files, accepted.width, accepted.updated_at) == ("accepted", FILES, 4000, LATER)
    refused = shown(PHOTO, ADDED, REFUSED)
    assert (refused.status, refused.reason, refused.detail) == ("refused", "unreadable", "This picture is damaged.")
    assert shown(PHOTO, ADDED, ACCEPTED, PhotoDropped()) is None
    assert shown(PHOTO, SHOWN, PhotoSuperseded(photo_id=ID), FrameRemoved(removed_at=LATER)) is None, (
        "frames have no document"
    )


def test_every_reason_is_said_as_a_sentence() -> None:
    assert set(SAYS) == set(get_args(Reason)) and all(said.endswith(".") for said in SAYS.values())


def test_files_are_named_until_the_photo_is_dropped() -> None:
    def names(*events: Any) -> Iterable[PhotoFile]:
        picture = evolved(DECIDER, Kept(), events).picture
        assert picture is not None
        return picture.files

    assert names(ADDED, ACCEPTED) == FILES
    assert names(ADDED, ACCEPTED, PhotoDropped()) == ()


def test_the_domain_knows_where_meals_are() -> None:
    added = MealAdded(restaurant_id=MAHMUT, details=MealDetails(name="Adana", price=1), added_at=NOW)
    meal = MEALS.show(None, added, META).document
    assert meal == OnMenu(restaurant_id=MAHMUT)
    assert MEALS.show(meal, AvailabilityChanged(restaurant_id=MAHMUT, is_available=False), META).document == meal
    assert MEALS.show(meal, MealRemoved(restaurant_id=MAHMUT), META).document is None


# -- how a client names the photo that is shown


@pytest.mark.parametrize(
    ("said", "path", "same"),
    [
        (f"https://api.lezzet.example{path_of(ID)}", path_of(ID), True),
        (f"http://localhost:8080{path_of(ID)}?size=card", path_of(ID), True),
        ("https://cdn.example/adana.jpg", path_of(ID), False),
        ("", path_of(ID), False),
        ("https://cdn.example/adana.jpg", "https://cdn.example/adana.jpg", False),
        ("", "", False),
    ],
)
def test_a_client_that_sends_back_what_it_was_given_changes_nothing(said: str, path: str, same: bool) -> None:
    assert is_same(said, path) is same
