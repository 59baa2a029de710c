"""Baskets of visitors who are not logged in. They live for 30 days after their last change.

Their aggregate id is `anonymous:<cart id>`, so no cart id names a user's basket. The cart id is the permission: it is in no
log (stores/telemetry.py) and no metric. It is in the keys of Kafka and of the stores, which cannot be avoided.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from topics.contracts.basket_commands import (
    AddItem,
    ChangeItem,
    Clear,
    Command,
    EndBasket,
    Extend,
    HandOver,
    RemoveItem,
    TakeBack,
)
from topics.contracts.basket_events import Cleared, Event, Expired, HandedOver, Kept, Life, LineRemoved, LineSet
from topics.deciding.decision import Context, Decision, Rejection, Timer, accept, reject
from topics.documents.anonymous import ExtendedBasket
from topics.messages.ids import cart_of, is_anonymous

LIFETIME = timedelta(days=30)

OVER = "over"
"""Name of the timer that ends a basket whose time has passed."""

_ONLY_ANONYMOUS = (Extend, EndBasket, HandOver, TakeBack)
_ANONYMOUS = (AddItem, ChangeItem, RemoveItem, Clear, *_ONLY_ANONYMOUS)

NO_BASKET = "there is no such anonymous basket"


def refusal(command: Command, aggregate_id: str) -> Rejection | None:
    """None where a basket of this kind may be asked for it. What is not named above needs a user."""
    if is_anonymous(aggregate_id):
        allowed = isinstance(command, _ANONYMOUS)
        return None if allowed else Rejection("login_needed", "log in first, an anonymous basket only holds meals")
    return Rejection("not_found", NO_BASKET) if isinstance(command, _ONLY_ANONYMOUS) else None


def is_over(life: Life | None, now: datetime) -> bool:
    return life is not None and life.expires_at <= now


def kept(decision: Decision[Event], life: Life | None, now: datetime) -> Decision[Event]:
    """The decision, and what it means for how long the basket lives. life: before it."""
    events = decision.events
    if not events:
        return decision
    over = is_over(life, now)
    if any(isinstance(event, LineSet | LineRemoved | Cleared) for event in events):
        events = (*events, Kept(life=_longer(None if over else life, now, now + LIFETIME)))
    lives = [event.life for event in events if isinstance(event, Kept)]
    return replace(
        decision,
        events=(Expired(), *events) if over else events,
        timers=ends(lives[-1] if lives else None),
        cancels=(OVER,) if any(isinstance(event, HandedOver) for event in events) else (),
    )


def ends(life: Life | None) -> tuple[Timer, ...]:
    """The timer of a basket that lives."""
    return () if life is None else (Timer(OVER, life.expires_at, EndBasket()),)


def extend(command: Extend, life: Life | None, context: Context) -> Decision[Event]:
    """Never shortens."""
    if life is None:
        return reject("not_found", NO_BASKET)
    longer = _longer(life, life.updated_at, context.now + timedelta(days=command.days))
    answer = ExtendedBasket(
        cart_id=cart_of(context.aggregate_id),
        message="The basket is kept for longer.",
        expires_at=longer.expires_at,
    )
    return accept(answer=answer) if longer == life else accept(Kept(life=longer), answer=answer)


def _longer(life: Life | None, updated_at: datetime, until: datetime) -> Life:
    if life is None:
        return Life(created_at=updated_at, updated_at=updated_at, expires_at=until)
    return replace(life, updated_at=updated_at, expires_at=max(life.expires_at, until))
