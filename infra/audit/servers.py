"""The addresses that an audit needs."""

from typing import NamedTuple, Protocol

from stores.kafka.brokers import Brokers
from stores.settings import Settings


class Servers(Protocol):
    """URLs with credentials. infra.layout.site.Endpoints has them, too."""

    @property
    def brokers(self) -> Brokers: ...
    @property
    def postgres(self) -> str: ...
    @property
    def redis(self) -> str: ...
    @property
    def redis_baskets(self) -> str: ...
    @property
    def mongo(self) -> str: ...


class Addresses(NamedTuple):
    """Servers, as settings have them."""

    brokers: Brokers
    postgres: str
    redis: str
    redis_baskets: str
    mongo: str

    @classmethod
    def of(cls, settings: Settings) -> "Addresses":
        return cls(settings.kafka, settings.postgres, settings.redis, settings.redis_baskets, settings.mongo)
