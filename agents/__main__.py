"""`python -m agents [domain …]`: runs the given domains, all by default. Any number of copies may run side by side."""

import asyncio
import sys
from collections.abc import Sequence

import structlog
import uvloop

from agents.domains import DOMAINS, exit_without_upcasters, register
from agents.newer import Freeing
from agents.partitions import know_counts, refuse_other_counts
from agents.runtime import metrics
from agents.runtime.beside import keep_running
from agents.runtime.health import Health
from agents.runtime.metrics import BASKETS_MEMORY
from agents.runtime.process import Process, leave
from agents.runtime.readiness import Readiness, unready_views
from agents.runtime.runtime import Resources, Runtime
from agents.runtime.sweeping import sweep
from agents.runtime.tending import tend
from agents.waiting import servers_are_up
from stores import telemetry, tracing
from stores.kafka.growth import Counts
from stores.logs.lines import Lines
from stores.logs.shipping import shipping
from stores.redis.connection import connect
from stores.redis.memory import Memory
from stores.settings import BadSetting, Settings, exit_with, load_or_exit
from stores.technologies import REDIS, open_store, technology
from topics.contracts import all_topics

log = structlog.get_logger()


async def run(settings: Settings, domains: Sequence[str]) -> int:
    """Returns the exit code."""
    counts = Counts()
    runtimes = await compose(settings, domains, counts)
    process = Process([group for runtime in runtimes for group in runtime.groups()])
    process.listen()
    besides = [each for runtime in runtimes for each in runtime.besides]
    tended = [each for runtime in runtimes for each in runtime.tended]
    readiness = Readiness(process, besides, unready_views(runtimes[0].generations, tended))
    health = Health(process, readiness)
    try:
        port = await health.start("127.0.0.1", settings.agents_health_port)
    except OSError as error:
        raise BadSetting("AGENTS_HEALTH_PORT", f"cannot listen on it: {error.strerror}") from error
    log.info("agents_starting", domains=list(domains), health_port=port)
    if not await process.unless_stopped(asyncio.ensure_future(servers_are_up(settings))):
        return 0
    await know_counts(settings, counts)
    await refuse_other_counts(settings, all_topics().values(), counts)
    beside = [
        asyncio.create_task(sweep([each for runtime in runtimes for each in runtime.sweeps])),
        asyncio.create_task(tend(runtimes[0].generations, tended)),
        asyncio.create_task(readiness.tell()),
        asyncio.create_task(Freeing(runtimes[0].publisher, domains).run(settings)),
        *(asyncio.create_task(keep_running(each)) for each in besides),
    ]
    if any(technology(domain) is REDIS for domain in domains):
        _watch_memory(settings)
    code = await process.run()
    for task in beside:
        task.cancel()
    tracing.close()
    return code


def _watch_memory(settings: Settings) -> None:
    """Until the process ends, which does not wait for it."""
    memory = Memory(connect(settings.redis_baskets, connections=1), "redis-baskets", tries=False)
    BASKETS_MEMORY.set_function(lambda: memory.share)
    memory.start()


async def compose(settings: Settings, domains: Sequence[str], counts: Counts | None = None) -> list[Runtime]:
    """The domains as they are wired, not connected to anything yet. counts: of the partitions, known before they start."""
    resources = Resources.of(settings, counts)
    return [await _runtime(domain, resources) for domain in domains]


async def _runtime(domain: str, resources: Resources) -> Runtime:
    runtime = Runtime(domain, await open_store(resources.settings, domain), resources)
    register(runtime)
    return runtime


def main(arguments: Sequence[str]) -> None:
    unknown = [name for name in arguments if name not in DOMAINS]
    if unknown:
        sys.stderr.write(f"agents: no domain {unknown[0]!r}; there are {', '.join(DOMAINS)}\n")
        raise SystemExit(2)
    exit_without_upcasters()
    settings, lines = load_or_exit(), Lines()
    telemetry.configure("agents", settings.log_level, lines)
    tracing.configure(settings.otlp, "agents")
    metrics.log_lines(lines)
    try:
        uvloop.run(leave(run(settings, arguments or DOMAINS), shipping(settings.rabbit, "agents", lines)))
    except BadSetting as error:
        exit_with(error)


if __name__ == "__main__":
    main(sys.argv[1:])
