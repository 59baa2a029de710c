"""Busy mode and pause: an owner says for how long, and a timer ends them.

Whoever can compares with the moment at which they end: checkouts, and the edge for `open_now`. The timer's event is for those
who cannot: indexes of the search, and the shown prep time.
"""

from datetime import timedelta

from msgspec.structs import replace

from agents.restaurant.answer import now_shown
from agents.restaurant.house import House, Opened
from topics.contracts.restaurant_commands import BeBusy, EndBusy, PauseOrders, ResumeOrders
from topics.contracts.restaurant_events import Busy, Event, ModesChanged, Pause
from topics.deciding.decision import Context, Decision, Timer, accept, reject

_BUSY, _PAUSE = "busy", "pause"
"""Names of the timers."""


def be_busy(command: BeBusy, opened: Opened, context: Context) -> Decision[Event]:
    usual = opened.details.prep_time
    if command.prep_time <= usual:
        return reject("invalid_input", f"must be longer than the usual {usual} minutes", field="prep_time")
    until = context.now + timedelta(minutes=command.minutes)
    busy = Busy(until=until, prep_time=command.prep_time)
    return _changed(replace(opened, busy=busy), context, timers=(Timer(_BUSY, until, EndBusy()),))


def end_busy(opened: Opened, context: Context) -> Decision[Event]:
    return _ended(replace(opened, busy=None), opened, _BUSY, context)


def pause(command: PauseOrders, opened: Opened, context: Context) -> Decision[Event]:
    until = context.now + timedelta(minutes=command.minutes)
    paused = Pause(until=until, reason=command.reason)
    return _changed(replace(opened, pause=paused), context, timers=(Timer(_PAUSE, until, ResumeOrders()),))


def resume(opened: Opened, context: Context) -> Decision[Event]:
    return _ended(replace(opened, pause=None), opened, _PAUSE, context)


def changed(house: House, event: ModesChanged) -> House:
    opened = house.opened
    now = opened and replace(opened, busy=event.busy, pause=event.pause, changed_at=event.changed_at)
    return replace(house, opened=now)


def _ended(after: Opened, before: Opened, timer: str, context: Context) -> Decision[Event]:
    """One that is not on is ended without an event."""
    if after == before:
        return accept(answer=now_shown(context.aggregate_id, before, context.now))
    return _changed(after, context, cancels=() if context.fired else (timer,))


def _changed(
    opened: Opened, context: Context, *, timers: tuple[Timer, ...] = (), cancels: tuple[str, ...] = ()
) -> Decision[Event]:
    event = ModesChanged(busy=opened.busy, pause=opened.pause, prep_time=opened.prep_time, changed_at=context.now)
    answer = now_shown(context.aggregate_id, replace(opened, changed_at=context.now), context.now)
    return accept(event, answer=answer, timers=timers, cancels=cancels)
