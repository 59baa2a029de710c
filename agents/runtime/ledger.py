"""What one batch of commands does, decided message by message in order, in memory: pure but for its counters.

The unit of the store commits it whole. A message that cannot be decided parks its key and touches nothing else.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import structlog

from agents.runtime import consequences, letters, metrics, outcomes
from agents.runtime.arrivals import Arrival
from agents.runtime.consequences import Consequences, Roles
from agents.runtime.working_set import WorkingSet
from stores.protocol import Changes, ClaimKey, Snapshot, Source
from topics import headers
from topics.decision import Context, Decision, Rejection, StalePreparation
from topics.redrive import Redrive

log = structlog.get_logger()

_EXPIRED: Decision[Any] = Decision(rejection=Rejection("expired", "the command came after its deadline"))


class Ledger:
    """set: aggregates and facts. parked: keys that wait. changes: what the batch will write."""

    def __init__(self, roles: Roles, source: Source, snapshot: Snapshot, owners: Mapping[ClaimKey, str]) -> None:
        self._roles = roles
        self._source = source
        self._owners = owners
        self._known = snapshot.known
        self._kept_claims: set[ClaimKey] = set()
        self._parked_here: dict[str, list[Arrival]] = {}
        self.set = WorkingSet(roles.decider, snapshot.states)
        self.parked = set(snapshot.parked)
        self.changes = Changes(next=0, states=self.set.writes)

    def knows(self, arrival: Arrival) -> bool:
        """It was done before, or has been in this batch."""
        return arrival.inbox_key in self._known or arrival.inbox_key in self.changes.inbox

    def note(self, arrival: Arrival) -> None:
        """Done, and nobody will ask for an outcome."""
        self.changes.inbox[arrival.inbox_key] = None

    def take(self, arrival: Arrival, poison: str | None = None) -> None:
        """Decides one message, or says why not. poison: why it can never be stored. Raises StalePreparation."""
        if arrival.error is not None or arrival.message is None:
            return self._bury(arrival)
        if self.knows(arrival):
            return self._answer_again(arrival)
        if arrival.expired:
            metrics.EXPIRED.labels(self._source.topic).inc()
            return self._enter(arrival, _EXPIRED)
        key = arrival.key or ""
        if key in self.parked:
            metrics.PARKED.labels(self._source.topic).inc()
            self._park(key, arrival, "behind a parked message of its key")
            return None
        if poison is not None:
            return self.poison(arrival, poison)
        self._decide_or_park(key, arrival)

    def take_parked(self, key: str, arrival: Arrival, seq: int | None) -> bool:
        """A parked message, on redrive. False: it stays, and so does all behind it."""
        known = self.knows(arrival)
        if known or arrival.expired:
            if not known:
                self._enter(arrival, _EXPIRED)
        else:
            try:
                if arrival.message is None:
                    raise ValueError(str(arrival.error))
                self._decide(key, arrival)
            except StalePreparation:
                raise
            except Exception as error:
                log.warning("redrive_refused", topic=self._source.topic, key=key, id=arrival.id, why=_why(error))
                return False
        self.unpark(key, arrival, seq)
        return True

    def parked_here(self, key: str) -> list[Arrival]:
        """What this very batch has parked of a key: behind all that the store knows."""
        return list(self._parked_here.get(key, ()))

    def unpark(self, key: str, arrival: Arrival, seq: int | None) -> None:
        """seq None: parked by this batch, so it never comes into the store."""
        if seq is not None:
            self.changes.unpark.append(seq)
        else:
            self._parked_here[key].remove(arrival)
            self.changes.park = [row for row in self.changes.park if row.offset != arrival.offset]

    def _park(self, key: str, arrival: Arrival, why: str) -> None:
        self._parked_here.setdefault(key, []).append(arrival)
        self.changes.park.append(letters.parked(key, arrival, why))

    def poison(self, arrival: Arrival, why: str) -> None:
        """This message can never be stored: park its key."""
        key = arrival.key or ""
        self.parked.add(key)
        metrics.PARKED.labels(self._source.topic).inc()
        self._park(key, arrival, why)
        self.changes.outbox.append(letters.dead(self._source, self._roles.commands, arrival, why, parked=True))

    def _decide_or_park(self, key: str, arrival: Arrival) -> None:
        try:
            self._decide(key, arrival)
        except StalePreparation:
            raise
        except Exception as error:
            log.exception("message_parked", topic=self._source.topic, key=key, id=arrival.id)
            self.poison(arrival, _why(error))

    def _decide(self, key: str, arrival: Arrival) -> None:
        if arrival.broken is not None:
            raise arrival.broken
        if not self.set.has_facts_for(arrival):
            raise StalePreparation  # a redriven message before it changed what it needs
        version, state = self.set.state(key)
        context = self._context(key, arrival)
        decision = self._roles.decider.decide(arrival.message, state, self.set.facts, context)
        made = consequences.of(self._roles, arrival, decision, key, version, state)
        encoded = self.set.encoded(made.state) if made.version > version else None
        self._enter(arrival, decision, made)
        if encoded is not None:
            self.set.write(key, made.version, made.state, encoded)
        if decision.rejection is None:
            self._kept_claims.update(claim for claim, owner in context.claims.items() if owner == key)
            self.changes.release.extend(decision.releases)

    def _context(self, key: str, arrival: Arrival) -> Context:
        wanted = self._roles.decider.claims(arrival.message, key)
        return Context(
            command_id=arrival.id,
            aggregate_id=key,
            now=arrival.at,
            caller=arrival.headers.get(headers.CALLER),
            correlation_id=letters.correlation_of(arrival),
            claims={claim: self._owners[claim] for claim in wanted if claim in self._owners},
            prepared=arrival.prepared,
        )

    def _enter(self, arrival: Arrival, decision: Decision[Any], made: Consequences | None = None) -> None:
        """Into the inbox with its outcome; rows and answer into the outbox."""
        answer = letters.outcome(arrival, decision, made.wrote if made else ())
        asked = headers.OPERATION in arrival.headers
        handed_on = made.handed_on if made and decision.handed_on and asked else ()
        self.changes.inbox[arrival.inbox_key] = outcomes.remembered(answer, handed_on)
        if made:
            self.changes.outbox.extend(made.rows)
        if answer is not None:
            self.changes.outbox.append(letters.reply(arrival, answer))

    def _answer_again(self, arrival: Arrival) -> None:
        """Done before: no effect, but whoever asks hears the outcome."""
        metrics.DUPLICATES.labels(self._source.group).inc()
        key = arrival.inbox_key
        told = self.changes.inbox[key] if key in self.changes.inbox else self._known[key]
        if told is None or headers.OPERATION not in arrival.headers:
            return
        self.changes.outbox.extend(outcomes.told_again(arrival, told))

    def _bury(self, arrival: Arrival) -> None:
        """Nothing to decide on: dead-lettered singly. Not in the inbox, so the mended bytes may come under the same id."""
        why = str(arrival.error)
        log.warning("dead_letter", topic=self._source.topic, offset=arrival.offset, why=why)
        self.changes.outbox.append(letters.dead(self._source, self._roles.commands, arrival, why, parked=False))
        if headers.OPERATION in arrival.headers and not arrival.expired:
            refused = Decision[Any](rejection=Rejection("invalid_command", why))
            answer = letters.outcome(arrival, refused, ())
            if answer is not None:
                self.changes.outbox.append(letters.reply(arrival, answer))

    def will_decide(self, arrival: Arrival) -> bool:
        """As far as can be told before its turn."""
        if arrival.message is None or arrival.key is None or arrival.broken is not None:
            return False
        return not (isinstance(arrival.message, Redrive) or arrival.expired or arrival.inbox_key in self._known)

    def wants_a_claim_given_back(self, arrival: Arrival, fresh: set[ClaimKey]) -> bool:
        """Somebody before it in this batch claimed the value and was refused, or owned and released it: it is free, but not
        before the commit."""
        if not self.will_decide(arrival) or arrival.key is None:
            return False
        wanted = [c for c in self._roles.decider.claims(arrival.message, arrival.key) if self._owners[c] != arrival.key]
        return any(c in self.changes.release or (c in fresh and c not in self._kept_claims) for c in wanted)

    def release_claims(self, fresh: Iterable[ClaimKey]) -> None:
        """Gives back what was claimed for commands that were then refused."""
        self.changes.release.extend(key for key in fresh if key not in self._kept_claims)


def _why(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
