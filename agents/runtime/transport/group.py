"""A consumer group: one faust.App for one shape of a domain's work. For its settings see the traps in docs/runtime.md."""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import faust
import structlog
from faust.app import BootStrategy
from faust.auth import Credentials, SASLCredentials, SSLCredentials
from mode import ServiceT

from agents.runtime import metrics
from agents.runtime.transport import passing
from agents.runtime.transport.carrying import carry
from agents.runtime.transport.lease import TP, Batch, Lease
from agents.runtime.transport.leases import IDLE, Leases
from agents.runtime.transport.transport import BatchSchema, Consumer, Transport
from agents.runtime.transport.work import Work
from stores.errors import Doubt
from stores.kafka.brokers import Brokers
from stores.log_repeats import Counted

log = structlog.get_logger()

_SETTINGS: dict[str, Any] = {
    "web_enabled": False,  # listens on 0.0.0.0:6066 otherwise
    "topic_disable_leader": True,
    "topic_allow_declare": False,
    "table_standby_replicas": 0,
    "worker_redirect_stdouts": False,
    "stream_wait_empty": False,  # else a handler that waits hangs the revoke, and the broker evicts its worker
    "stream_buffer_maxsize": 64,  # counts events, and each is a batch
    "broker_session_timeout": 6.0,
    "broker_heartbeat_interval": 1.0,
    "broker_rebalance_timeout": 6.0,
    "broker_request_timeout": 10.0,
    "broker_commit_interval": 2.0,
    "consumer_metadata_max_age_ms": 10_000,  # so soon a topic that was made anew is noticed; five minutes otherwise
    "broker_max_poll_interval": 30.0,  # the broker's guard against a fetch loop that hangs while heartbeats go on
}


class _Boot(BootStrategy):
    """Leaves out what is not used: the producer, since a process has one of its own, and Faust's monitor, which wakes up every
    second and looks at each event (metrics.py says what is measured)."""

    enable_kafka_producer = False
    enable_sensors = False


class _App(faust.App):
    logger = logging.getLogger("faust.app")  # else its lines would bear the name of this module
    BootStrategy = _Boot

    def on_init_dependencies(self) -> Iterable[ServiceT]:
        services = super().on_init_dependencies()
        self.sensors.remove(self.monitor)
        return services

    def on_rebalance_start(self) -> None:
        super().on_rebalance_start()
        # Faust warns at the end of each rebalance where this is empty, as it is without sensors.
        self._rebalancing_sensor_state = {"without sensors": None}

    def _create_directories(self) -> None:
        """Does nothing: Faust's folders are for its tables, which are not used."""


def _credentials(brokers: Brokers) -> Credentials | None:
    """As Faust takes them."""
    if brokers.account is not None:
        account = brokers.account
        return SASLCredentials(
            username=account.user, password=account.password, mechanism=account.mechanism, ssl_context=brokers.tls
        )
    return None if brokers.tls is None else SSLCredentials(brokers.tls)


def _named(tp: TP) -> str:
    """TOPIC:PARTITION. What the consumer was assigned is Faust's TP, which equals ours and has another text."""
    return f"{tp.topic}:{tp.partition}"


class Group:
    """works: topic name → its work. Can be started once. `stop` is bounded and does not need Kafka.

    awaited: whether the process is ready only where this group has done what there is.
    """

    def __init__(self, name: str, brokers: Brokers, works: Mapping[str, Work], *, awaited: bool = True) -> None:
        self.name = name
        self.awaited = awaited
        self.leases = Leases(name, works)
        self._works = works
        self._app = _App(
            name, broker=[f"kafka://{each}" for each in brokers.addresses], broker_credentials=_credentials(brokers),
            **_SETTINGS,
        )  # fmt: skip
        self._app.transport = Transport(self._app.conf.broker_consumer, self._app, self.leases)
        self._running: set[asyncio.Task[None]] = set()
        self._idle_round: asyncio.Future[Any] | None = None
        self._catching_up: asyncio.TimerHandle | None = None
        self._put_off = Counted()
        topic = self._app.topic(*works, schema=BatchSchema())
        self._app.agent(topic, name=f"{name}.dispatch")(self._dispatch)

    async def start(self) -> None:
        """Raises if Kafka is away: Faust's `app.start()` does not wait for it, so the caller has to."""
        self._app.finalize()
        await self._app.start()

    @property
    def crashed(self) -> BaseException | None:
        return self._app.crash_reason if self._app.crashed else None

    @property
    def consumer(self) -> Consumer:
        return cast(Consumer, self._app.consumer)

    def stuck(self, seconds: float) -> bool:
        """Whether the fetch loop has not turned for so long, since it or a callback of Faust's hangs.

        A wait for Kafka or for another member of the group does not count: to restart this process would not end it.
        """
        seen = self.consumer.seen_alive_at
        return bool(seen) and time.monotonic() - seen > seconds

    def lag(self) -> int:
        lag = self.consumer.lag()
        metrics.LAG.labels(self.name).set(lag)
        return lag

    def stopped(self) -> dict[str, str]:
        """TOPIC:PARTITION → why it stands still."""
        return {_named(tp): why for tp, why in self.leases.stopped.items()}

    def behind(self) -> dict[str, str]:
        """TOPIC:PARTITION → why some of its aggregates stay behind."""
        return {_named(tp): lease.missed for tp, lease in self.leases.held.items() if lease.missed}

    def held_back(self) -> list[str]:
        """TOPIC:PARTITION of those whose commands raise one after the other."""
        found = [_named(tp) for tp, lease in self.leases.held.items() if lease.held_back]
        metrics.HELD_BACK_NOW.labels(self.name).set(len(found))
        return sorted(found)

    def since(self) -> dict[str, datetime]:
        """TOPIC:PARTITION of those that are stopped or held back → since when, as far as this process knows. UTC."""
        held = {tp: lease.held_since for tp, lease in self.leases.held.items() if lease.held_since is not None}
        return {_named(tp): at for tp, at in (held | self.leases.stopped_since).items()}

    @property
    def settled(self) -> bool:
        """Whether partitions were assigned and all of them are open."""
        return self.leases.was_assigned and len(self.leases.held) == len(self.consumer.assignment())

    async def _dispatch(self, stream: Any) -> None:
        # A task for each batch: a partition has at most one in flight, so a key keeps its order. Faust's own ways to run
        # agents side by side reorder a key, or restart into SystemExit (docs/runtime.md).
        async for event in stream.events():
            batches: Sequence[Batch] = event.value
            for batch in batches:
                self._runs(asyncio.create_task(self._carry(batch)))

    def _runs(self, task: asyncio.Task[None]) -> None:
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _carry(self, batch: Batch) -> None:
        await carry(self.leases, self._works[batch.lease.tp.topic], batch)
        if batch.lease.floor_is_behind:
            self._catch_up_soon()

    def _catch_up_soon(self) -> None:
        if self._catching_up is None:
            self._catching_up = asyncio.get_running_loop().call_later(passing.SOON, self._catch_up)

    def _catch_up(self) -> None:
        """Begins to look after partitions whose floors are behind. One with a batch in flight comes again after it."""
        self._catching_up = None
        free = dict[str, list[Lease]]()
        for lease in self.leases.ready():
            if lease.floor_is_behind:
                free.setdefault(lease.tp.topic, []).append(lease)
        for topic, leases in free.items():
            self._runs(asyncio.create_task(self._idle(topic, leases)))

    def look_after_idle(self) -> None:
        """Begins to look after the partitions without messages, unless the round before is still under way. Does not wait."""
        if self._idle_round is not None and not self._idle_round.done():
            return
        since, idle = asyncio.get_running_loop().time() - IDLE, dict[str, list[Lease]]()
        for lease in self.leases.ready():
            if lease.active_at <= since:
                idle.setdefault(lease.tp.topic, []).append(lease)
        if idle:
            self._idle_round = asyncio.gather(*(self._idle(topic, leases) for topic, leases in idle.items()))

    async def _idle(self, topic: str, leases: Sequence[Lease]) -> None:
        end = asyncio.Event()
        for lease in leases:
            lease.idle_work = end
        try:
            for lease, why in (await self._works[topic].idle(leases)).items():
                log.info("reopened", group=self.name, source=lease.source, why=why)
                if self.leases.is_current(
                    lease
                ):  # else it has ended meanwhile, and a newer lease must not be closed for it
                    self.leases.reopen(lease.tp)
        except Doubt as doubt:
            if count := self._put_off.due(topic):
                log.info("idle_work_put_off", group=self.name, topic=topic, count=count, why=str(doubt)[:200])
        except Exception:
            log.exception("idle_work_failed", group=self.name, topic=topic)
        finally:
            for lease in leases:
                lease.idle_work = None
            end.set()
            self.consumer.poke_for([lease.tp for lease in leases])

    async def stop(self, seconds: float) -> None:
        """Ends the leases and leaves the group, within about `seconds`. Faust's app.stop() is not called: it waits for ever for
        a stuck handler, and a minute for a dead broker."""
        consumer = self.consumer
        consumer.stop_flow()
        await self.leases.shut(seconds / 2)
        if self._catching_up is not None:
            self._catching_up.cancel()
        for task in self._running:
            task.cancel()
        if self._idle_round is not None:
            self._idle_round.cancel()
        await consumer.leave(seconds / 2)
