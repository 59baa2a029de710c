"""What Redis holds of users: the profile, once complete, and for 15 minutes that an account waits for one."""

from typing import assert_never

import msgspec
from msgspec.structs import asdict, replace

from topics import keys, user_events
from topics.decision import EventMeta, Shown, SideKey, View
from topics.documents import User
from topics.user_created import UserCreated
from topics.user_events import EmailLearned, Event, PendingCreated, ProfileChanged, ProfileCompleted


def show(before: User | None, event: Event, meta: EventMeta) -> Shown[User]:
    match event:
        case PendingCreated():
            return Shown(before, put=(_pending(event, meta.aggregate_id),))
        case EmailLearned():
            return Shown(before and replace(before, email=event.email))
        case ProfileCompleted():
            completed = User(
                id=meta.aggregate_id,
                email=event.email,
                created_at=event.completed_at,
                updated_at=event.completed_at,
                **asdict(event.profile),
            )
            return Shown(completed, drop=(keys.pending_user(meta.aggregate_id),))
        case ProfileChanged():
            changed = before and replace(before, updated_at=event.changed_at, **asdict(event.profile))
            return Shown(changed)
        case _:
            assert_never(event)


def _pending(event: PendingCreated, user_id: str) -> SideKey:
    """Holds what `user_created` said."""
    said = msgspec.json.encode(UserCreated(id=user_id, user_id=user_id, email=event.email)).decode()
    return SideKey(keys.pending_user(user_id), said, expires_at=event.expires_at)


USER = View[User, Event](name="user", topic=user_events.TOPIC, document=User, show=show)
