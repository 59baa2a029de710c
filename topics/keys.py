"""Names of the Redis keys that domains write and the edge reads.

A view document is `<version>\\n<json>`: the version of the aggregate that it shows, then the JSON that a client gets;
an empty JSON part means that the aggregate is no longer shown.
"""

DENY_READY = "deny:ready"
"""Stands once the token deny-list is complete; without it protected routes answer 503."""

VIEW_SHAPES = "views:shapes"
"""JSON: view → the form in which it stands in Redis (topics.deciding.projection.View.form)."""

OF_VIEWS = (DENY_READY, "views:ready:*", "view:*", "index:*", "caught_up:*", "floor:*", "missed:*")
"""Patterns of all keys of views. Side keys are left out: a view that is built again writes them again, or they expire."""


CHANGES = "views:changes"
"""Channel: which documents have changed, of the views that tell (topics.deciding.projection.View.live)."""


def view_ready(view: str) -> str:
    """Stands once the view has caught up with its topic."""
    return f"views:ready:{view}"


def document(view: str, aggregate_id: str) -> str:
    """aggregate_id: empty for what the keys of all documents of the view begin with."""
    return f"view:{view}:{aggregate_id}"


def index(name: str) -> str:
    """A sorted set of aggregate ids, or of part(). name: as the functions below give it."""
    return f"index:{name}"


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


def orders(user_id: str) -> str:
    """Name of the index of a user's orders, by when they were placed."""
    return f"orders:{user_id}"


def coupons(restaurant_id: str | None) -> str:
    """Name of the index of a restaurant's listed coupons, by when they were made; None: of those that are valid everywhere."""
    return f"coupons:{restaurant_id or 'everywhere'}"


SEARCH_ROWS = "index:search:rows"
"""Sorted set: restaurant id → its row, which is its bit in every bitmap. Rows are given once, from 0 on, and kept."""

SEARCH_TRAITS = "index:search:traits"
"""Sorted set of the names of all traits that anybody has, for lookups by their beginning."""

SEARCH_PLACES = "index:search:places"
"""String: for each row the unit vector from the middle of the earth, three doubles; zeros where there are no coordinates."""

SEARCH_SCRATCH = "index:search:scratch:"
"""Bitmaps of one search; gone when it ends."""


def search_trait(name: str) -> str:
    """Bitmap: who has the trait."""
    return f"index:search:trait:{name}"


def search_shared(restaurant_id: str) -> str:
    """Hash: trait → how many documents give it to this restaurant."""
    return f"index:search:shared:{restaurant_id}"


def floor(group: str, topic: str, partition: int) -> str:
    """Next offset that the projection has to do."""
    return f"floor:{group}:{topic}:{partition}"


def missed(group: str, topic: str, partition: int) -> str:
    """`<offset> <code>`: the first event that the projection could not apply, and which code could not."""
    return f"missed:{group}:{topic}:{partition}"


def caught_up(view: str) -> str:
    """Set of the partitions that have been read up to where the log ended when they were opened."""
    return f"caught_up:{view}"


def reply(operation_id: str) -> str:
    return f"reply:{operation_id}"


def operation_owner(operation_id: str) -> str:
    """Caller of a command that was answered 202, until its reply says it."""
    return f"operation:{operation_id}"


def reply_channel(edge_id: str) -> str:
    return f"replies:{edge_id}"


def wrote(caller: str, domain: str) -> str:
    """`<aggregate id>@<version>;` appended for each write of this caller, kept for some seconds."""
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
    """Holds the user id of an address (SHA-256 hex of its normal form)."""
    return f"login:{email_sha256}"


def verification(token: str) -> str:
    """Holds the user id of a mail token: its SHA-256 hex, the token itself under EMAIL_EVENT_TOKENS=plain."""
    return f"verify:{token}"


def password_reset(token: str) -> str:
    """As verification(), for a token that resets the password."""
    return f"reset:{token}"


def pending_user(user_id: str) -> str:
    """Stands while an account waits for its profile, 15 minutes at most. A view, never a condition."""
    return f"pending_user:{user_id}"


def coupon_share(code: str, user_id: str) -> str:
    """Aggregate id of a user's share of a coupon. A code holds no colon."""
    return f"{code}:{user_id}"
