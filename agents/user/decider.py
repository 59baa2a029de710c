"""What a user may do. The profile may be complete before `user_created` arrives: topics have no order between them. An erased
user takes nothing in any more, whatever comes late."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, assert_never

from msgspec.structs import asdict, replace

from agents.user import favourites, preferences
from agents.user.facts import RESTAURANTS, Facts
from agents.user.person import Person
from topics.contracts.user_commands import (
    ChangePreferences,
    ChangeProfile,
    Command,
    CompleteProfile,
    CreatePending,
    EraseUser,
    FavourCuisine,
    FavourRestaurant,
    UnfavourCuisine,
    UnfavourRestaurant,
)
from topics.contracts.user_events import (
    CuisineFavoured,
    CuisineUnfavoured,
    EmailLearned,
    Event,
    PendingCreated,
    PersonErased,
    PreferencesChanged,
    Profile,
    ProfileChanged,
    ProfileCompleted,
    RestaurantFavoured,
    RestaurantUnfavoured,
)
from topics.deciding.decision import Context, Decider, Decision, Rejection, accept, reject
from topics.deciding.refusals import ERASED
from topics.documents.account import User
from topics.values.fields import normal_email

PENDING_LIFE = timedelta(minutes=15)
EARLIEST_BIRTH = date(1900, 1, 1)


def decide(command: Command, person: Person, facts: Facts, context: Context) -> Decision[Event]:
    if isinstance(command, EraseUser):
        return accept() if person.erased else accept(PersonErased(favoured=_favoured(person)))
    if person.erased:
        return Decision(rejection=ERASED)
    match command:
        case CreatePending():
            return _create_pending(command, person, context)
        case CompleteProfile():
            return _complete(command, person, context)
        case ChangeProfile():
            return _change(command, person, context)
        case FavourRestaurant() | UnfavourRestaurant() | FavourCuisine() | UnfavourCuisine():
            return favourites.decide(command, person, facts, context)
        case ChangePreferences():
            return preferences.change(command, person)
        case _:
            assert_never(command)


def _favoured(person: Person) -> tuple[str, ...]:
    return tuple(each.restaurant_id for each in person.restaurants)


def _create_pending(command: CreatePending, person: Person, context: Context) -> Decision[Event]:
    email = normal_email(command.email) if command.email else None
    if person.profile is None and not person.pending:
        return accept(PendingCreated(email=email, expires_at=context.now + PENDING_LIFE))
    if email is None or email == person.email:
        return accept()
    return accept(EmailLearned(email=email))


def _complete(command: CompleteProfile, person: Person, context: Context) -> Decision[Event]:
    profile = Profile(
        full_name=command.full_name.strip(),
        born_date=command.born_date,
        gender=command.gender,
        phone=command.phone,
    )
    if person.profile == profile and person.since is not None:
        return accept(answer=_user(context, person.email, profile, person.since))
    if person.profile is not None:
        return reject("profile_exists", "the profile is complete already, change it instead")
    if (refused := _impossible_birth(profile, context.now)) is not None:
        return Decision(rejection=refused)
    completed = ProfileCompleted(email=person.email, profile=profile, completed_at=context.now)
    return accept(completed, answer=_user(context, person.email, profile, context.now))


def _change(command: ChangeProfile, person: Person, context: Context) -> Decision[Event]:
    if person.profile is None or person.since is None:
        return reject("not_found", "there is no profile yet, complete it first")
    said: dict[str, Any] = {name: value for name, value in asdict(command).items() if value is not None}
    profile = replace(person.profile, **said)
    if (refused := _impossible_birth(profile, context.now)) is not None:
        return Decision(rejection=refused)
    answer = _user(context, person.email, profile, person.since)
    if profile == person.profile:
        return accept(answer=answer)
    return accept(ProfileChanged(profile=profile, changed_at=context.now), answer=answer)


def _impossible_birth(profile: Profile, now: datetime) -> Rejection | None:
    if EARLIEST_BIRTH <= profile.born_date < now.date():
        return None
    return Rejection("invalid_born_date", "nobody is born on that day", "born_date")


def _user(context: Context, email: str | None, profile: Profile, since: datetime) -> User:
    return User(
        id=context.aggregate_id,
        email=email,
        full_name=profile.full_name,
        born_date=profile.born_date,
        gender=profile.gender,
        phone=profile.phone,
        created_at=since,
        updated_at=context.now,
    )


def evolve(person: Person, event: Event) -> Person:
    match event:
        case PendingCreated():
            return replace(person, email=event.email or person.email, pending=True)
        case EmailLearned():
            return replace(person, email=event.email)
        case ProfileCompleted():
            return replace(person, profile=event.profile, since=event.completed_at)
        case ProfileChanged():
            return replace(person, profile=event.profile)
        case RestaurantFavoured() | RestaurantUnfavoured() | CuisineFavoured() | CuisineUnfavoured():
            return favourites.evolve(person, event)
        case PreferencesChanged():
            return replace(person, preferences=event.preferences, has_preferences=True)
        case PersonErased():
            return Person(erased=True)
        case _:
            assert_never(event)


def needs(command: Command, person: Person) -> Iterable[tuple[str, str]]:
    if isinstance(command, FavourRestaurant):
        yield RESTAURANTS.name, command.restaurant_id


DECIDER = Decider[Command, Event, Person, Facts](
    state=Person,
    decide=decide,
    evolve=evolve,
    facts=Facts,
    fact_tables=(RESTAURANTS,),
    needs=needs,
)
