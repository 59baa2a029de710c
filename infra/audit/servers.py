"""The addresses that an audit needs."""

from typing import NamedTuple, Protocol

from stores.settings import Settings


class Servers(Protocol):
    """URLs with credentials; kafka is host:port, several with commas. infra.layout.site.Endpoints has them, too."""

    @property
    def kafka(self) -> str: ...
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

    kafka: str
    postgres: str
    redis: str
    redis_baskets: str
    mongo: str

    @classmethod
    def of(cls, settings: Settings) -> "Addresses":
        kafka = ",".join(settings.kafka)
        return cls(kafka, settings.postgres, settings.redis, settings.redis_baskets, settings.mongo)
