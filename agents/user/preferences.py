"""Which mails a user wants."""

from typing import Any

from msgspec.structs import asdict, replace

from agents.user.person import Person
from topics.contracts.user_commands import ChangePreferences
from topics.contracts.user_events import Event, PreferencesChanged
from topics.deciding.decision import Decision, accept


def change(command: ChangePreferences, person: Person) -> Decision[Event]:
    """Whoever says a language for the first time chooses it, also the one that everybody begins with."""
    said: dict[str, Any] = {name: value for name, value in asdict(command).items() if value is not None}
    preferences = replace(person.preferences, **said)
    chosen = command.language is not None and not person.has_preferences
    if preferences == person.preferences and not chosen:
        return accept(answer=preferences)
    favoured = tuple(each.restaurant_id for each in person.restaurants)
    return accept(PreferencesChanged(preferences=preferences, favoured=favoured), answer=preferences)
