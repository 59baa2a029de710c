"""What a restaurant's owner may announce, and for how long."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from agents.restaurant.house import House
from agents.restaurant.projection import campaign
from topics.contracts.restaurant_commands import BeginCampaign, StartCampaign
from topics.contracts.restaurant_events import CampaignBegan, CampaignDetails, CampaignStarted, Event
from topics.deciding import schedule
from topics.deciding.decision import Context, Decision, Rejection, Timer, accept, reject

MOST = 20
"""Campaigns of a restaurant that are not over."""

FURTHEST = timedelta(days=2 * 365)
"""A campaign ends at most so long after it was started."""

_LAST_OF_A_DAY = time(23, 59, 59)


def start(command: StartCampaign, house: House, context: Context) -> Decision[Event]:
    """The same campaign started again, while the first is not over, answers with the first: nobody gets a second mail."""
    opened = house.opened
    if opened is None or opened.owner_id != context.caller:
        return reject("not_found", "you have no such restaurant")
    times = _times(command, opened.details.time_zone, context.now)
    if isinstance(times, Rejection):
        return Decision(rejection=times)
    details = CampaignDetails(
        id=context.new_id("campaign"),
        title=command.title,
        description=command.description,
        start_date=times[0],
        end_date=times[1],
        created_at=context.now,
    )
    known = not_over(house, context.now)
    same = next((each for each in known if _says_the_same(each, details)), None)
    name = opened.details.name
    if same is not None:
        return accept(answer=campaign(same, context.aggregate_id, name))
    if len(known) >= MOST:
        return reject("too_many_campaigns", f"a restaurant has {MOST} campaigns at most that are not over")
    started = CampaignStarted(campaign=details, restaurant_name=name)
    answer = campaign(details, context.aggregate_id, name)
    if details.start_date <= context.now:
        return accept(started, answer=answer)
    begins = Timer(f"campaign:{details.id}", details.start_date, BeginCampaign(campaign_id=details.id))
    return accept(started, answer=answer, timers=(begins,))


def begin(command: BeginCampaign, house: House, context: Context) -> Decision[Event]:
    """One that is over by now, since the timer was late, is told to nobody."""
    found = next((each for each in not_over(house, context.now) if each.id == command.campaign_id), None)
    if house.opened is None or found is None:
        return accept()
    return accept(CampaignBegan(campaign=found, restaurant_name=house.opened.details.name))


def started(house: House, event: CampaignStarted) -> House:
    kept = not_over(house, event.campaign.created_at)
    return replace(house, campaigns=(*kept, event.campaign))


def not_over(house: House, at: datetime) -> tuple[CampaignDetails, ...]:
    return tuple(each for each in house.campaigns if not each.is_over(at))


def _says_the_same(one: CampaignDetails, other: CampaignDetails) -> bool:
    return replace(one, id="", created_at=other.created_at) == replace(other, id="")


def _times(command: StartCampaign, zone: str, now: datetime) -> tuple[datetime, datetime] | Rejection:
    """(begin, last moment), UTC. A start that is past is fine: many clients name today by its midnight."""
    begins = _moment(command.start_date, zone, time())
    if begins is None:
        return Rejection("invalid_input", "there is no such day or time", "start_date")
    ends = _moment(command.end_date, zone, _LAST_OF_A_DAY)
    if ends is None:
        return Rejection("invalid_input", "there is no such day or time", "end_date")
    if ends <= begins:
        return Rejection("invalid_input", "must be after start_date", "end_date")
    if ends <= now:
        return Rejection("invalid_input", "is in the past", "end_date")
    if ends > now + FURTHEST:
        return Rejection("invalid_input", f"is more than {FURTHEST.days} days away", "end_date")
    return begins, ends


def _moment(said: str, zone: str, of_a_day: time) -> datetime | None:
    """In UTC. of_a_day: the time that is meant where only a day was said. None: there is no such day or moment, or UTC
    has none for it, as at the very ends of the calendar."""
    try:
        found = schedule.day_or_moment(said, zone)
        moment = found if isinstance(found, datetime) else datetime.combine(found, of_a_day, ZoneInfo(zone))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
