"""Names of the Redis keys that domains write and the edge reads.

What belongs to a view has the name `<kind>:<view>:<rest>`, its place. A view may stand in Redis in two generations at once, so
the key has the tag of the generation behind the view: `view:basket@3:<user>` (in_generation). The ready key of the view holds
the tag that readers use. The functions here give places; who reads or writes adds the tag.

A view document is `<version>\\n<json>`: the version of the aggregate that it shows, then the JSON that a client gets;
an empty JSON part means that the aggregate is no longer shown.
"""

from datetime import date
from functools import lru_cache
from typing import NamedTuple

DENY_READY = "deny:ready"
"""Stands once the token deny-list is complete; without it protected routes answer 503."""

CHANGES = "views:changes"
"""Channel: which documents have changed, of the views that tell (topics.deciding.projection.View.live)."""


_READY = "views:ready:"


def view_ready(view: str) -> str:
    """Holds the tag of the generation that readers use. Stands once the view has caught up with its topic."""
    return DENY_READY if view == "deny" else _READY + view


def view_of_ready(key: str) -> str | None:
    """The view of a ready key; None for any other key."""
    if key == DENY_READY:
        return "deny"
    return key.removeprefix(_READY) if key.startswith(_READY) else None


def generations(view: str) -> str:
    """JSON: which generations of the view there are (stores/redis/generations.py)."""
    return _GENERATIONS + view


_GENERATIONS = "views:generations:"
GENERATIONS = _GENERATIONS + "*"
"""Pattern of the keys above."""


def running(view: str) -> str:
    """Sorted set: forms of the view that running processes write, by when they said so last."""
    return f"views:running:{view}"


def grace(view: str) -> str:
    """Stands while reads that began before a switch may still read the generation before."""
    return f"views:grace:{view}"


def previous(view: str) -> str:
    """Stands while the generation that readers used before the last switch is kept for the way back."""
    return f"views:previous:{view}"


def removing(view: str) -> str:
    """Stands while a process removes a generation of the view."""
    return f"views:removing:{view}"


_OF_GENERATIONS = ("view:", "index:", "side:")


class Placed(NamedTuple):
    """A place, taken apart."""

    kind: str
    view: str
    rest: str


@lru_cache(20_000)
def placed(place: str) -> Placed | None:
    """None for a key that is of no generation. Remembered: an edge asks for the same places again and again."""
    return Placed(*place.split(":", 2)) if place.startswith(_OF_GENERATIONS) else None


def view_of(place: str) -> str | None:
    """The view that a place belongs to; None for a key that is of no generation."""
    found = placed(place)
    return None if found is None else found.view


def in_generation(place: str, tag: str) -> str:
    """The key of a place in a generation. Other keys stay as they are."""
    found = placed(place)
    return place if found is None else f"{found.kind}:{found.view}{tag}:{found.rest}"


BEFORE_GENERATIONS = "views:shapes"
"""Stands where a release without generations has written views."""


def is_untagged(name: str) -> bool:
    """Whether it is a key of a view that such a release wrote."""
    kind, _, rest = name.partition(":")
    return kind == "login" or (kind in ("view", "index", "caught_up", "floor") and "@" not in rest.partition(":")[0])


def document(view: str, aggregate_id: str) -> str:
    """aggregate_id: empty for what the keys of all documents of the view begin with."""
    return f"view:{view}:{aggregate_id}"


def index(view: str, name: str) -> str:
    """A sorted set of aggregate ids, or of part(). name: as the functions below give it."""
    return f"index:{view}:{name}"


def part(aggregate_id: str, name: str) -> str:
    """Member of an index: one part of the aggregate's document. Ids hold no slash."""
    return f"{aggregate_id}/{name}"


def name_of_part(member: str) -> str:
    return member.partition("/")[2]


RESTAURANTS = "restaurants"
"""Name of the index of all restaurants, by when they were opened."""


def campaigns(restaurant_id: str | None) -> str:
    """Name of the index of a restaurant's campaigns, by when they end; None: of those of all. Its members are parts."""
    return f"campaigns:{restaurant_id or 'everywhere'}"


def menu(restaurant_id: str) -> str:
    """Name of the index of a restaurant's meals, by when they were added."""
    return f"meals:{restaurant_id}"


def reviews(restaurant_id: str) -> str:
    """Name of the index of a restaurant's reviews, by when they were given."""
    return f"reviews:{restaurant_id}"


def orders(user_id: str) -> str:
    """Name of the index of a user's orders, by when they were placed."""
    return f"orders:{user_id}"


def running_orders(user_id: str) -> str:
    """Name of the index of those of a user's orders of which something more becomes, by when they were placed."""
    return f"running:{user_id}"


def deliveries(courier_id: str, phase: str) -> str:
    """Name of the index of a courier's deliveries in this phase (topics/documents/courier.py), by when they were offered."""
    return f"deliveries:{courier_id}:{phase}"


BOARD_ALL, BOARD_RUNNING, BOARD_SCHEDULED, BOARD_LATEST = "all", "running", "scheduled", "latest"
"""Parts of a board besides those by status. running: of which something more becomes. scheduled: for later, before they come to
the kitchen. latest: those that changed last."""


def board(restaurant_id: str, part: str) -> str:
    """Name of an index of a restaurant's orders."""
    return f"board:{restaurant_id}:{part}"


def coupons(restaurant_id: str | None) -> str:
    """Name of the index of a restaurant's listed coupons, by when they were made; None: of those that are valid everywhere."""
    return f"coupons:{restaurant_id or 'everywhere'}"


SEARCH_ROWS = "search:rows"
"""Sorted set: restaurant id → its row, which is its bit in every bitmap. Rows are given once, from 0 on, and kept; they are the
same for all views and generations."""

SEARCH_SCRATCH = "search:scratch:"
"""Bitmaps of one search; gone when it ends."""


def search_traits(view: str) -> str:
    """Sorted set of the names of all traits that documents of the view give to anybody, for lookups by their beginning."""
    return index(view, "search:traits")


def search_places(view: str) -> str:
    """String: for each row the unit vector from the middle of the earth, three doubles; zeros for no coordinates."""
    return index(view, "search:places")


def search_trait(view: str, name: str) -> str:
    """Bitmap: to whom documents of the view give the trait."""
    return index(view, f"search:trait:{name}")


def search_shared(view: str, restaurant_id: str) -> str:
    """Hash: trait → how many documents of the view give it to this restaurant."""
    return index(view, f"search:shared:{restaurant_id}")


def floor(view: str, tag: str, group: str, topic: str, partition: int) -> str:
    """Next offset that the projection has to do for this generation of the view."""
    return f"{FLOOR}{view}{tag}:{group}:{topic}:{partition}"


FLOOR = "floor:"


def missed(view: str, tag: str, group: str, topic: str, partition: int) -> str:
    """`<offset> <code>`: the first event that could not be applied to this generation of the view, and which code could not."""
    return f"missed:{view}{tag}:{group}:{topic}:{partition}"


def shown_up_to(view: str, tag: str, group: str, topic: str, partition: int) -> str:
    """Where the floor of this generation stood when it went back for missed events: its documents show what came before."""
    return f"shown_up_to:{view}{tag}:{group}:{topic}:{partition}"


def caught_up(view: str, tag: str) -> str:
    """Set of the partitions that have been read up to where the log ended when they were opened."""
    return f"caught_up:{view}{tag}"


def reply(operation_id: str) -> str:
    return f"reply:{operation_id}"


def operation(operation_id: str) -> str:
    """Caller of a command that was answered 202; below it, once there is one, the Outcome (topics/messages/reply.py)."""
    return f"operation:{operation_id}"


def reply_channel(edge_id: str) -> str:
    return f"replies:{edge_id}"


def wrote(caller: str, domain: str) -> str:
    """`<aggregate id>@<version>;` for each aggregate that this caller wrote lately, the last one last. Some seconds; see
    stores/redis/write_notes.py."""
    return f"wrote:{caller}:{domain}"


TAKEN, WITHDRAWN = b"taken", b"withdrawn"
TAKEN_SECONDS = 600  # the edge, if it withdraws at all, does so seconds after the request


def fate(command_id: str) -> str:
    """TAKEN by its domain or WITHDRAWN by the edge (503: it takes no effect); whoever comes first has decided it."""
    return f"fate:{command_id}"


def denied_token(jti: str) -> str:
    return f"blacklist:{jti}"


def split(value: bytes) -> tuple[int, bytes]:
    """(version, json) of a stored document."""
    version, _, body = value.partition(b"\n")
    return int(version), body


def login(email_sha256: str) -> str:
    """Side key of the view `login`: holds the user id of an address (SHA-256 hex of its normal form)."""
    return f"side:login:{email_sha256}"


def failed_logins(account_id: str) -> str:
    """How many log-ins to the account had a wrong password since the last one that had not. The edge counts them; other systems
    read it."""
    return f"login_fail:{account_id}"


def verification(token: str) -> str:
    """Holds the user id of a mail token: its SHA-256 hex, the token itself under EMAIL_EVENT_TOKENS=plain."""
    return f"verify:{token}"


def password_reset(token: str) -> str:
    """As verification(), for a token that resets the password."""
    return f"reset:{token}"


def pending_user(user_id: str) -> str:
    """Stands while an account waits for its profile, 15 minutes at most. A view, never a condition."""
    return f"pending_user:{user_id}"


def slots(restaurant_id: str, day: date) -> str:
    """Aggregate id of a restaurant's slots of a day (topics/deciding/slots.py)."""
    return f"{restaurant_id}:slots:{day}"


def review(order_id: str) -> str:
    """Aggregate id of the review of an order."""
    return f"review:{order_id}"


def coupon_share(code: str, user_id: str) -> str:
    """Aggregate id of a user's share of a coupon. A code holds no colon."""
    return f"{code}:{user_id}"


def courier(user_id: str) -> str:
    """Aggregate id of a user as a courier."""
    return f"courier:{user_id}"


def position(order_id: str) -> str:
    """`<at>\\n<json>`: where the courier of an order is. at: ms since the epoch, by the courier's clock. Some minutes."""
    return f"position:{order_id}"
