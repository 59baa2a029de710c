"""Which mails a user wants."""

from typing import Any

from msgspec.structs import asdict, replace

from agents.user.person import Person
from topics.decision import Decision, accept
from topics.user_commands import ChangePreferences
from topics.user_events import Event, PreferencesChanged


def change(command: ChangePreferences, person: Person) -> Decision[Event]:
    said: dict[str, Any] = {name: value for name, value in asdict(command).items() if value is not None}
    preferences = replace(person.preferences, **said)
    if preferences == person.preferences:
        return accept(answer=preferences)
    favoured = tuple(each.restaurant_id for each in person.restaurants)
    return accept(PreferencesChanged(preferences=preferences, favoured=favoured), answer=preferences)
