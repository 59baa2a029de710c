"""The wiring of analytics."""

from agents.analytics.analyst import Analyst
from agents.analytics.decider import DECIDER
from agents.analytics.known import FORM, INDEX, ORDER_FACTS
from agents.analytics.retention import Retention
from agents.analytics.watch import Watch
from agents.runtime.beside import Beside
from agents.runtime.runtime import Runtime
from stores.elastic.connection import Connection
from stores.elastic.daily import Daily
from stores.elastic.documents import Documents
from stores.settings import Settings
from topics.contracts import analytics_commands, analytics_events
from topics.copies import RESTAURANTS


def order_facts(settings: Settings) -> Daily:
    """Nothing is opened yet."""
    return Daily(Documents(Connection(settings.elastic)), INDEX, FORM, settings.analytics_days)


def register(runtime: Runtime) -> None:
    facts = order_facts(runtime.settings)
    watch = Watch(facts)
    analyst = Analyst(facts, runtime.store, lambda: watch.days)
    runtime.decide(analytics_commands.TOPIC, DECIDER, emits=analytics_events.TOPIC, prepare=analyst)
    runtime.project(RESTAURANTS)
    runtime.index(ORDER_FACTS, facts)
    runtime.sweep(Retention(facts).round)
    runtime.beside(Beside("order facts", watch.run, watch.away))
