"""Decides the commands of a round one after the other, and collects the changes for the store, which writes all of them or
none. No I/O but log lines and counters.

A message that cannot be decided parks its key, and changes nothing else.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import structlog

from agents.runtime import metrics
from agents.runtime.arrivals import Arrival
from agents.runtime.deciding import consequences, outcomes
from agents.runtime.deciding.consequences import Consequences, Roles
from agents.runtime.deciding.timing import Timing
from agents.runtime.deciding.working_set import WorkingSet
from agents.runtime.sending import letters
from stores.protocol import Changes, ClaimKey, InboxKey, Moment, OutboxRow, RowId, Source
from topics.deciding.decision import Context, Decision, Fired, Rejection, StalePreparation
from topics.messages import headers
from topics.messages.redrive import Redrive

log = structlog.get_logger()

NEWER = "newer code"
"""How the reason begins where a key is parked because this code does not know the command. agents/newer.py redrives such a key
in a process whose code knows it."""

_ROW_BITS = 20  # lowest bits of RowId.n: the number of a row among those of its message, which never has 2**20

_EXPIRED: Decision[Any] = Decision(rejection=Rejection("expired", "the command came after its deadline"))


class UnitOfWork:
    """All that one round of commands changes. Its partitions are decided one after the other: begin_partition, then
    begin_message and handle (or handle_parked) for each message, then end_partition, which returns the changes.

    parked: keys that are parked. parked_here: those of which a message was parked in this round. released: claims that were
    released in this round. raised: whether deciding the last message raised, None if it was not decided. weight: bytes that
    will be written. changes: of the partition that is being decided.
    """

    def __init__(self, roles: Roles, moment: Moment) -> None:
        self._roles = roles
        self._moment = moment
        self._outcomes = dict(moment.known)
        self._granted: dict[ClaimKey, str] = {}
        self.released: set[ClaimKey] = set()
        self.parked_here: set[str] = set()
        self.raised: bool | None = None
        self.working_set = WorkingSet(roles.decider, moment.states)
        self.timing = Timing(moment.timers)
        self.parked = set(moment.parked)
        self.weight = 0

    def begin_partition(self, source: Source, incarnation: int) -> None:
        """incarnation: of the topic."""
        self._source = source
        self.changes = Changes(next=0)
        self._changed_before = len(self.working_set.writes)
        self._incarnation, self._offset, self._row = incarnation, 0, 0

    def begin_message(self, arrival: Arrival) -> None:
        """Called for each message of the log before it is handled: the ids of its outbox rows hold its offset."""
        self._offset, self._row = arrival.offset, 0

    def end_partition(self, after: int) -> Changes:
        """after: the floor of the partition when the changes are written."""
        self.changes.next = after
        self.changes.states = self.working_set.writes[self._changed_before :]
        self.changes.timers = self.timing.writes()
        return self.changes

    def knows(self, arrival: Arrival) -> bool:
        """Whether it is done, by an earlier round or in this one, or an earlier attempt of the same request is (header
        EARLIER)."""
        return self._known_as(arrival) is not None

    def _known_as(self, arrival: Arrival) -> InboxKey | None:
        """The inbox entry that holds its outcome: its own, or that of an earlier attempt. An attempt that came too late has no
        outcome that stands: the next one is decided."""
        if arrival.inbox_key in self._outcomes:
            return arrival.inbox_key
        told = ((id, self._outcomes.get(id)) for id in arrival.earlier)
        return next((id for id, outcome in told if outcome is not None and outcomes.stands(outcome)), None)

    def mark_done(self, arrival: Arrival) -> None:
        """Enters it into the inbox without an outcome: nobody asks for one."""
        self._enter(arrival, None)

    def handle(self, arrival: Arrival, poison: str | None = None) -> None:
        """Does what is to be done for one message of the log: decides it, parks it, answers it again, forwards it, or makes a
        dead letter of it. Raises StalePreparation: it changes nothing yet, and has to be prepared or read for again.

        poison: why the store can never take what it leads to; None if that is not known.
        """
        self.raised = None
        if (arrival.error is not None or arrival.message is None) and not (arrival.unknown and arrival.key):
            return self._bury(arrival)
        if arrival.astray:
            return self._forward(arrival)
        if self.knows(arrival):
            return self._answer_again(arrival)
        if arrival.expired:
            metrics.EXPIRED.labels(self._source.topic).inc()
            return self._conclude(arrival, _EXPIRED)
        key = arrival.key or ""
        if key in self.parked:
            metrics.PARKED.labels(self._source.topic).inc()
            self._park(key, arrival, "behind a parked message of its key")
            return None
        if arrival.unknown:
            return self._park_key(key, arrival, f"{NEWER}: {arrival.error}")
        if poison is not None:
            return self._park_poison(arrival, poison)
        if self.timing.is_out_of_date(key, arrival):
            return self._drop(arrival)
        self._decide_or_park(key, arrival)

    def handle_parked(self, key: str, arrival: Arrival, seq: int) -> bool:
        """Does what is to be done for a parked message that is redriven. False: it failed again, and stays parked. Raises
        StalePreparation, see handle.

        seq: see ParkedRow.
        """
        # The outbox rows of all messages that a redrive leads to have the offset of the redrive. The upper bits of RowId.n
        # hold `seq`: so ids are unique, over several writes too, and in the order in which the messages are decided.
        self._row = (seq + 1) << _ROW_BITS
        if not self._redrive(key, arrival):
            return False
        self.changes.unpark.append(seq)
        return True

    def _redrive(self, key: str, arrival: Arrival) -> bool:
        if self.knows(arrival):
            return True
        if arrival.expired:
            self._conclude(arrival, _EXPIRED)
            return True
        if self.timing.is_out_of_date(key, arrival):
            self._drop(arrival)
            return True
        try:
            if arrival.message is None:
                raise ValueError(str(arrival.error))
            self._decide(key, arrival)
        except StalePreparation:
            raise
        except Exception as error:
            log.warning("redrive_refused", topic=self._source.topic, key=key, id=arrival.id, why=_why(error))
            return False
        return True

    def give_up(self, key: str, id: str, seq: int) -> None:
        """Deletes a parked message without effect, and its timer if it is the command of one. id: of the message."""
        self.changes.unpark.append(seq)
        self.timing.forget(key, id)

    def _drop(self, arrival: Arrival) -> None:
        """Ends the command of a timer that was moved, cancelled or done: it has no effect."""
        metrics.TIMERS_OUT_OF_DATE.labels(self._source.topic).inc()
        self.mark_done(arrival)

    def _park(self, key: str, arrival: Arrival, why: str) -> None:
        self.parked_here.add(key)
        self.changes.park.append(letters.parked(key, arrival, why))
        self.weight += len(arrival.body or b"")

    def _park_poison(self, arrival: Arrival, why: str) -> None:
        """Parks the key of a message that cannot be decided or stored. A dead letter says why."""
        self.raised = True
        self._park_key(arrival.key or "", arrival, why)

    def _park_key(self, key: str, arrival: Arrival, why: str) -> None:
        log.warning("key_parked", topic=self._source.topic, key=key, id=arrival.id, why=why[:200])
        self.parked.add(key)
        metrics.PARKED.labels(self._source.topic).inc()
        self._park(key, arrival, why)
        self._send(letters.dead(self._source, self._roles.commands, arrival, why, parked=True))

    def _decide_or_park(self, key: str, arrival: Arrival) -> None:
        try:
            self._decide(key, arrival)
            self.raised = False
        except StalePreparation:
            raise
        except Exception as error:
            log.exception("message_parked", topic=self._source.topic, key=key, id=arrival.id)
            self._park_poison(arrival, _why(error))

    def _decide(self, key: str, arrival: Arrival) -> None:
        if arrival.broken is not None:
            raise arrival.broken
        if not self.working_set.has_facts_for(arrival):
            # A message before it, handled since the facts were read, has changed the state and so which facts this one needs.
            raise StalePreparation
        version, state = self.working_set.state(key)
        facts = self.working_set.read_for(arrival)
        fired = self.timing.fired(key, arrival)
        if fired is not None:
            arrival.at = max(
                arrival.at, fired.due
            )  # the broker's clock, which gives `at`, may be behind the agents' one
        context = self._context(key, arrival, fired)
        decision = self._roles.decider.decide(arrival.message, state, self.working_set.facts, context)
        made = consequences.of(self._roles, arrival, decision, key, version, state, facts)
        timers = self.timing.changed_by(decision, self._roles.commands, key, arrival, fired)
        encoded = self.working_set.encoded(key, made.state, decision.events) if made.version > version else None
        self._conclude(arrival, decision, made)
        if facts is not None and not decision.events:
            self.changes.facts_read[arrival.inbox_key] = (
                facts  # where there are events, the first one has it in a header
            )
        if encoded is not None:
            self.working_set.write(key, made.version, made.state, encoded)
            self.weight += len(encoded.body)
        if timers is not None:
            self.weight += self.timing.apply(timers)
        if decision.rejection is None:
            taken = context.claims if decision.takes is None else {c: context.claims[c] for c in decision.takes}
            self._grant(taken, key)
            self._release(decision.releases, key)

    def _context(self, key: str, arrival: Arrival, fired: Fired | None) -> Context:
        return Context(
            command_id=arrival.id,
            aggregate_id=key,
            now=arrival.at,
            caller=arrival.headers.get(headers.CALLER),
            correlation_id=letters.correlation_of(arrival),
            claims={
                claim: self._owner(claim) or key
                for claim in self._roles.claims(arrival)
                if claim in self._moment.owners
            },
            prepared=arrival.prepared,
            fired=fired,
        )

    def _owner(self, claim: ClaimKey) -> str | None:
        return self._granted.get(claim) or self._moment.owners[claim]

    def _grant(self, claims: Mapping[ClaimKey, str], key: str) -> None:
        """Free claims become the aggregate's. Called for accepted commands only: a refused one leaves them free."""
        for claim, owner in claims.items():
            if owner == key and self._owner(claim) is None:
                self._granted[claim] = self.changes.claims[claim] = key

    def _release(self, claims: Iterable[ClaimKey], key: str) -> None:
        for claim in claims:
            if self._granted.get(claim) == key:  # granted in this round: the store knows nothing of it
                del self._granted[claim], self.changes.claims[claim]
            else:
                self.released.add(claim)
                self.changes.release[claim] = key

    def wants_what_was_released(self, arrival: Arrival) -> bool:
        """Whether it wants a claim that an earlier message of this round has released: that is free only after the write."""
        if not self.will_decide(arrival) or arrival.key is None:
            return False
        return not self.released.isdisjoint(self._roles.claims(arrival))

    def _conclude(self, arrival: Arrival, decision: Decision[Any], made: Consequences | None = None) -> None:
        """Ends a message that was decided: outcome into the inbox, what follows and the answer into the outbox."""
        answer = letters.outcome(arrival, decision, made.wrote if made else ())
        asked = headers.OPERATION in arrival.headers
        handed_on = made.handed_on if made and decision.handed_on and asked else ()
        self._enter(arrival, outcomes.remembered(answer, handed_on))
        if made:
            self._send(*made.rows)
        if answer is not None:
            self._send(letters.reply(arrival, answer))

    def _enter(self, arrival: Arrival, outcome: str | None) -> None:
        self._outcomes[arrival.inbox_key] = self.changes.inbox[arrival.inbox_key] = outcome
        self.weight += len(outcome or "")

    def _send(self, *rows: OutboxRow) -> None:
        for channel, target, key, named_as_text, body, _, named in rows:
            id = RowId(self._incarnation, self._offset, self._row)
            self.changes.outbox.append(OutboxRow(channel, target, key, named_as_text, body, id, named))
            self.weight += len(body or b"") + len(named_as_text)
            self._row += 1

    def _answer_again(self, arrival: Arrival) -> None:
        """It was done before: it has no effect again, but its sender is told the outcome if it asks for one."""
        metrics.DUPLICATES.labels(self._source.group).inc()
        known_as = self._known_as(arrival) or arrival.inbox_key
        told = self._outcomes[known_as]
        if known_as != arrival.inbox_key:
            self._enter(arrival, told)
        if told is not None and headers.OPERATION in arrival.headers:
            self._send(*outcomes.told_again(arrival, told))

    def _forward(self, arrival: Arrival) -> None:
        """Sends a message of another partition's key to that partition, which decides it: so all events of an aggregate come
        from one partition, in the order of their versions. It is not entered into the inbox: there the other partition would
        find its id, and take it for done."""
        metrics.FORWARDED.labels(self._source.topic).inc()
        self._send(letters.forwarded(self._roles.commands, arrival))

    def _bury(self, arrival: Arrival) -> None:
        """Makes a dead letter of a message that cannot be read, and refuses it to its sender. Its key is not parked. It is not
        entered into the inbox, so that a repaired one can be sent under the same id."""
        why = str(arrival.error)
        log.warning("dead_letter", topic=self._source.topic, offset=arrival.offset, why=why)
        self._send(letters.dead(self._source, self._roles.commands, arrival, why, parked=False))
        if headers.OPERATION in arrival.headers and not arrival.expired:
            refused = Decision[Any](rejection=Rejection("invalid_command", why))
            answer = letters.outcome(arrival, refused, ())
            if answer is not None:
                self._send(letters.reply(arrival, answer))

    def will_decide(self, arrival: Arrival) -> bool:
        """Whether it will be decided, as far as can be told before the messages that come before it are."""
        if arrival.message is None or arrival.key is None or arrival.broken is not None:
            return False
        return not (isinstance(arrival.message, Redrive) or arrival.expired or arrival.inbox_key in self._moment.known)


def _why(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
