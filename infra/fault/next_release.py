"""The next release of the address domain, in a copy of the tree: a state has a field more, and there is an event type more.

What it counts are the writes that it decides itself, so code that does not know the field can be found to have kept it.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

from infra.layout.folders import CHECKOUT

PACKAGES = ("agents", "stores", "topics")
COUNTED = "counted"
"""How the title of an address begins for whose change the next release publishes the new event, too."""
EVENT = "ChangesCounted"

_EVENTS = """

class ChangesCounted(Message, frozen=True, kw_only=True):
    changes: int


Event = AddressAdded | AddressReplaced | AddressRemoved | BookErased | ChangesCounted
"""

# File → (what stands there once, what takes its place).
CHANGES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "topics/contracts/address_events.py": (
        ("\nEvent = AddressAdded | AddressReplaced | AddressRemoved | BookErased\n", _EVENTS),
        ("messages=(AddressAdded, AddressReplaced, AddressRemoved, BookErased)",
         "messages=(AddressAdded, AddressReplaced, AddressRemoved, BookErased, ChangesCounted)"),
    ),
    "agents/address/decider.py": (
        ("    BookErased,\n    Event,", "    BookErased,\n    ChangesCounted,\n    Event,"),
        ("    erased: bool = False\n", "    erased: bool = False\n    changes: int = 0\n"),
        ("    return accept(AddressReplaced(address=address, default_id=default_id), answer=answer)\n",
         "    replaced = AddressReplaced(address=address, default_id=default_id)\n"
         f"    if not command.title.startswith({COUNTED!r}):\n"
         "        return accept(replaced, answer=answer)\n"
         "    return accept(replaced, ChangesCounted(changes=book.changes + 1), answer=answer)\n"),
        ("def evolve(book: Book, event: Event) -> Book:\n",
         "def evolve(book: Book, event: Event) -> Book:\n"
         "    if isinstance(event, ChangesCounted):\n"
         "        return replace(book, changes=event.changes)\n"
         "    return replace(_evolve(book, event), changes=book.changes)\n\n\n"
         "def _evolve(book: Book, event: Event) -> Book:\n"),
    ),
    "agents/address/projection.py": (
        ("    BookErased,\n    Event,", "    BookErased,\n    ChangesCounted,\n    Event,"),
        ("        case BookErased():\n            return Shown(None)\n",
         "        case BookErased():\n            return Shown(None)\n"
         "        case ChangesCounted():\n            return Shown(before)\n"),
    ),
    "topics/copies.py": (
        ("import AddressAdded, AddressRemoved, AddressReplaced, BookErased, SavedAddress",
         "import AddressAdded, AddressRemoved, AddressReplaced, BookErased, ChangesCounted, SavedAddress"),
        ("        case BookErased():\n            return Shown(None)\n",
         "        case BookErased():\n            return Shown(None)\n"
         "        case ChangesCounted():\n            return Shown(before)\n"),
    ),
}  # fmt: skip


def make(folder: Path) -> Path:
    """Copies the packages that agents run from into the folder, and changes them. Raises ValueError for a change that does not
    fit once."""
    for package in PACKAGES:
        shutil.copytree(CHECKOUT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, changes in CHANGES.items():
        file = folder / name
        text = file.read_text()
        for before, after in changes:
            if text.count(before) != 1:
                raise ValueError(f"{name}: stands {text.count(before)} times, not once: {before!r}")
            text = text.replace(before, after)
        file.write_text(text)
    return folder
