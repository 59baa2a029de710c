"""`python -m agents [domain …]`: runs the given domains, all by default. Any number of copies may run side by side."""

import asyncio
import sys
from collections.abc import Sequence

import structlog
import uvloop

from agents.address import agent as address
from agents.auth import agent as auth
from agents.auth.passwords import Passwords
from agents.auth.preparation import AccountPreparation
from agents.basket import agent as basket
from agents.catalog import agent as catalog
from agents.discount import agent as discount
from agents.notification import agent as notification
from agents.notification.effect import Courier
from agents.order import agent as order
from agents.restaurant import agent as restaurant
from agents.runtime.health import Health
from agents.runtime.process import Process, leave
from agents.runtime.publisher import Publisher
from agents.runtime.runtime import Resources, Runtime
from agents.runtime.sweeping import sweep
from agents.user import agent as user
from agents.waiting import servers_are_up
from stores import telemetry
from stores.keyring import agent_keys
from stores.mail.smtp import Mailer
from stores.postgres.store import PostgresStore, connect
from stores.redis.connection import connect as connect_redis
from stores.redis.fates import Fates
from stores.redis.projection import ProjectionStore
from stores.redis.replies import Replies
from stores.settings import BadSetting, Settings, exit_with, load_or_exit

_ALONE = {
    "user": user.register,
    "address": address.register,
    "restaurant": restaurant.register,
    "catalog": catalog.register,
    "basket": basket.register,
    "discount": discount.register,
    "order": order.register,
}
DOMAINS = ("auth", *_ALONE, "notification")

log = structlog.get_logger()


async def run(settings: Settings, domains: Sequence[str]) -> int:
    """Returns the exit code."""
    runtimes = await compose(settings, domains)
    process = Process([group for runtime in runtimes for group in runtime.groups()])
    process.listen()
    health = Health(process)
    try:
        port = await health.start("127.0.0.1", settings.agents_health_port)
    except OSError as error:
        raise BadSetting("AGENTS_HEALTH_PORT", f"cannot listen on it: {error.strerror}") from error
    log.info("agents_starting", domains=list(domains), health_port=port)
    if not await process.unless_stopped(asyncio.ensure_future(servers_are_up(settings))):
        return 0
    sweeping = asyncio.create_task(sweep([runtime.store for runtime in runtimes]))
    code = await process.run()
    sweeping.cancel()
    return code


async def compose(settings: Settings, domains: Sequence[str]) -> list[Runtime]:
    """The domains as they are wired, not connected to anything yet."""
    redis = connect_redis(settings.redis)
    publisher = Publisher(settings.kafka)
    resources = Resources(settings, publisher, Replies(redis), Fates(redis), ProjectionStore(redis))
    return [await _runtime(domain, resources) for domain in domains]


async def _runtime(domain: str, resources: Resources) -> Runtime:
    store = PostgresStore(await connect(resources.settings.postgres, domain), domain)
    runtime = Runtime(domain, store, resources)
    _register(runtime)
    return runtime


def _register(runtime: Runtime) -> None:
    """Gives each domain what it needs besides its store: the only place that chooses."""
    settings = runtime.settings
    match runtime.domain:
        case "auth":
            keys = agent_keys(settings.keys)
            auth.register(runtime, AccountPreparation(keys, Passwords(), plain_tokens=settings.plain_tokens))
        case "notification":
            courier = Courier(Mailer(settings.smtp), agent_keys(settings.keys).mail_tokens, settings.client_origin)
            notification.register(runtime, courier)
        case domain:
            _ALONE[domain](runtime)


def main(arguments: Sequence[str]) -> None:
    unknown = [name for name in arguments if name not in DOMAINS]
    if unknown:
        sys.stderr.write(f"agents: no domain {unknown[0]!r}; there are {', '.join(DOMAINS)}\n")
        raise SystemExit(2)
    settings = load_or_exit()
    telemetry.configure("agents", settings.log_level)
    try:
        uvloop.run(leave(run(settings, arguments or DOMAINS)))
    except BadSetting as error:
        exit_with(error)


if __name__ == "__main__":
    main(sys.argv[1:])
