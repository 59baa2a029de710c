"""Every planned command has exactly one effect: one inbox outcome and, where it was accepted, one event."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from agents.runtime.deciding.outcomes import Outcome, read
from infra.audit.findings import Findings
from infra.fault.evidence import Evidence
from infra.fault.plans.plan import SOURCE
from infra.fault.plans.planned import Planned
from stores.technologies import technology
from topics.contracts import all_topics
from topics.contracts.basket_events import CheckedOut
from topics.messages.reply import Reply


def audit(plan: Sequence[Planned], evidence: Evidence, findings: Findings) -> None:
    commands = [each for each in plan if each.id is not None and each.topic.name.endswith("_commands")]
    outcomes = [(each, *_outcome(each, evidence)) for each in commands]
    findings.breaks("lost: no inbox outcome", (_name(each) for each, known, _ in outcomes if not known))
    findings.breaks(
        "another outcome than the plan's",
        (f"{_name(each)}: {said}" for each, known, said in outcomes if known and not _as_planned(each, said)),
    )
    made = _made(evidence)
    findings.breaks("doubled: several events of one command", _several(commands, made))
    findings.breaks("lost: accepted, but no event", (_name(e) for e in commands if e.code is None and not made[_id(e)]))
    findings.breaks("a refused command has an event", (_name(e) for e in commands if e.code and made[_id(e)]))
    findings.breaks("effects of a key out of order", _swapped(commands, evidence))
    findings.breaks("checkouts without exactly one order", _orders(evidence))
    stores = Counter(technology(each.topic.domain).server for each in commands)
    findings.measured(
        commands=len(commands), of_stores=dict(stores), refused=sum(each.code is not None for each in commands)
    )


def _outcome(each: Planned, evidence: Evidence) -> tuple[bool, Outcome | None]:
    inbox = evidence.stores[each.topic.domain].inbox
    said = inbox.get((SOURCE, _id(each)))
    return (SOURCE, _id(each)) in inbox, None if said is None else read(said)


def _as_planned(each: Planned, said: Outcome | None) -> bool:
    if each.handed_on or not isinstance(said, Reply):
        return each.handed_on and isinstance(said, tuple)
    return said.code == each.code and (said.status == "done") == (each.code is None)


def _made(evidence: Evidence) -> defaultdict[str, set[tuple[str, int]]]:
    """Command id → (aggregate, version) of its events."""
    made: defaultdict[str, set[tuple[str, int]]] = defaultdict(set)
    for domain in evidence.stores:
        for event in evidence.events(domain):
            made[event.cause].add((event.aggregate, event.version))
    return made


def _several(commands: Iterable[Planned], made: defaultdict[str, set[tuple[str, int]]]) -> Iterable[str]:
    """Each planned command that is accepted makes one event."""
    return (f"{_name(each)}: {sorted(made[_id(each)])}" for each in commands if len(made[_id(each)]) > 1)


def _swapped(commands: Sequence[Planned], evidence: Evidence) -> list[str]:
    """Events of an aggregate stand in the order in which their commands were first sent."""
    place = {_id(each): n for n, each in enumerate(commands)}
    last: dict[tuple[str, str], int] = {}
    wrong: list[str] = []
    for domain in evidence.stores:
        for event in evidence.distinct(domain):
            if event.cause in place:
                before = last.get((domain, event.aggregate), -1)
                if place[event.cause] < before:
                    wrong.append(f"{domain} {event.aggregate} version {event.version}")
                last[domain, event.aggregate] = place[event.cause]
    return wrong


def _orders(evidence: Evidence) -> list[str]:
    """A checked out basket becomes one order, placed or refused, under the id that the basket drew."""
    topic = all_topics()["basket_events"]
    left = [
        topic.decode(event.type, event.body, event.schema_version)
        for event in evidence.distinct("basket")
        if event.type == "CheckedOut"
    ]
    ended = ("OrderPlaced", "OrderRefused")
    orders = Counter(event.aggregate for event in evidence.distinct("order") if event.type in ended)
    return [
        f"{each}: {orders[each.order_id]}"
        for each in left
        if isinstance(each, CheckedOut) and orders[each.order_id] != 1
    ]


def _id(each: Planned) -> str:
    return each.id or ""


def _name(each: Planned) -> str:
    return f"{type(each.message).__name__} {each.id} of {each.key}"
