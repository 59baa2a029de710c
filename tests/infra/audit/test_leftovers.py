"""The check of what is left lying sees it."""

from datetime import UTC, datetime, timedelta

from infra.audit.books import TimerLeft
from infra.audit.leftovers import OVERDUE, LeftoversCheck
from tests.infra.audit.events import Held, Log, found


def test_nothing_left_lying_and_a_timer_that_waits_are_clean():
    later = datetime.now(UTC) + timedelta(hours=1)
    findings = found(LeftoversCheck(), Log(), order=Held(left=[TimerLeft("o", "expiry", later)]))
    assert findings.clean, findings.wrong
    assert findings.figures == {"timers_waiting": 1}


def test_what_is_left_lying_is_seen():
    late = (datetime.now(UTC) - OVERDUE - timedelta(seconds=1)).replace(microsecond=0)
    basket = Held(rows=["a row", "another"], parks=1, aside=2, left=[TimerLeft("b", "expiry", late)])
    assert found(LeftoversCheck(), Log(), basket=basket).cases == {
        "outbox rows left": ["basket: a row", "basket: another"],
        "messages parked": ["basket: 1"],
        "events set aside": ["basket: 2"],
        "timers overdue": [f"basket: expiry of b, {late:%F %T}"],
    }
