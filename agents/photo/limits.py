"""How many photos of an owner wait to be checked, and how long what is not shown stays."""

from datetime import timedelta

from topics.deciding.seats import Seats

WAITING = Seats("waiting_photo", 10)
"""Of one owner. Their bytes are in quarantine, up to 10 MiB each."""

STAYS = timedelta(hours=1)
"""A photo that another one has replaced: whoever has a page with it open still sees it."""

TOLD = timedelta(days=1)
"""Why a photo was refused."""
