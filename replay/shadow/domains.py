"""A domain's own functions, without what it is wired to: they are found by the names of its modules.

`agents.<domain>.agent` would open nothing either, but it makes clients and reads keys, and imports Faust.
"""

from dataclasses import dataclass
from typing import Any

from agents.domains import DOMAINS, decider_of, module_of, views_of
from replay.failure import BadArgument, no_such
from stores.settings import Settings
from topics.contracts import all_topics
from topics.deciding.decision import Decider, React
from topics.deciding.projection import View
from topics.messages.topic import Topic


@dataclass(frozen=True, slots=True)
class Domain:
    """react: its policy; None: nothing follows from its events elsewhere. views: of its own events."""

    name: str
    commands: Topic
    events: Topic
    decider: Decider[Any, Any, Any, Any]
    react: React[Any, Any] | None
    views: tuple[View[Any, Any], ...]


def named(name: str, settings: Settings) -> Domain:
    """As the agents with these settings decide. Raises BadArgument."""
    if name not in DOMAINS:
        raise BadArgument(no_such("domain", name, DOMAINS, "none"))
    topics, policy = all_topics(), module_of(name, "policy")
    return Domain(
        name,
        topics[f"{name}_commands"],
        topics[f"{name}_events"],
        decider_of(name, settings),
        getattr(policy, "react", None),
        tuple(views_of(name)),
    )


def every(settings: Settings) -> list[Domain]:
    return [named(name, settings) for name in DOMAINS]


def view_named(name: str, settings: Settings) -> View[Any, Any]:
    """Raises BadArgument."""
    views = {view.name: view for domain in every(settings) for view in domain.views}
    if name not in views:
        raise BadArgument(no_such("view", name, views, "none"))
    return views[name]
