"""One stack: its data folder, its ports, and the addresses and environment that follow from them."""

import os
from dataclasses import dataclass
from pathlib import Path

from infra.layout.folders import SOCKET, DataFolder, cache_folder
from infra.layout.ports import Ports, choose, read
from stores.kafka.brokers import Brokers

MONGO_REPLICA_SET = "secantus"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """URLs as clients use them, with credentials; kafka is host:port."""

    edge: str
    mobile: str
    kafka: str
    postgres: str
    redis: str
    redis_baskets: str
    mongo: str
    rabbit: str
    elastic: str
    smtp: str
    mail: str
    provider: str
    console: str

    @property
    def brokers(self) -> Brokers:
        return Brokers.at(self.kafka)


@dataclass(frozen=True, slots=True)
class Site:
    data: DataFolder
    ports: Ports
    cache: Path

    @staticmethod
    def make(data: DataFolder, *, offset: int | None = None, free: bool = False) -> "Site":
        """Makes the data folder and settles its ports. Raises CannotStart."""
        data.make()
        return Site(data, choose(data.ports, offset=offset, free=free), cache_folder())

    @staticmethod
    def of(data: DataFolder) -> "Site":
        """The site as it was made."""
        return Site(data, read(data.ports), cache_folder())

    @property
    def endpoints(self) -> Endpoints:
        port, password = self.ports, self.data.password
        return Endpoints(
            edge=f"http://127.0.0.1:{port['edge']}",
            mobile=f"http://127.0.0.1:{port['mobile']}",
            kafka=f"127.0.0.1:{port['kafka']}",
            postgres=f"postgresql://lezzet:{password('postgres')}@127.0.0.1:{port['postgres']}/lezzet",
            redis=f"redis://:{password('redis')}@127.0.0.1:{port['redis']}/0",
            redis_baskets=f"redis://:{password('redis-baskets')}@127.0.0.1:{port['redis_baskets']}/0",
            mongo=f"mongodb://lezzet:{password('mongo')}@127.0.0.1:{port['mongo']}/lezzet"
            f"?authSource=admin&replicaSet={MONGO_REPLICA_SET}&directConnection=true",
            rabbit=f"amqp://lezzet:{password('rabbit')}@127.0.0.1:{port['rabbit']}/",
            elastic=f"http://127.0.0.1:{port['elastic']}",
            smtp=f"smtp://127.0.0.1:{port['smtp']}",
            mail=f"http://127.0.0.1:{port['mail']}",
            provider=f"http://127.0.0.1:{port['provider']}",
            console=f"http://127.0.0.1:{port['console']}",
        )

    def environment(self) -> dict[str, str]:
        """What a process of the product gets: the caller's environment with this stack's addresses.

        How to get into other brokers goes, and REDIS_HOST and the like: with REDIS_URL set they could only agree or contradict.
        """
        at = self.endpoints
        foreign = ("KAFKA_", "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD", "REDIS_DB")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return inherited | {
            "KAFKA_BROKERS": at.kafka,
            "POSTGRES_URL": at.postgres,
            "REDIS_URL": at.redis,
            "REDIS_BASKETS_URL": at.redis_baskets,
            "RABBITMQ_URL": at.rabbit,
            "MONGO_URL": at.mongo,
            "ELASTICSEARCH_URL": at.elastic,
            "SMTP_URL": at.smtp,
            "MAIL_PAGE_URL": at.mail,
            "PROVIDER_URL": at.provider,
            "KEYS_DIR": str(self.data.keys),
            "EDGE_HOST": "127.0.0.1",
            "EDGE_PORT": str(self.ports["edge"]),
            "EDGE_MOBILE_PORT": str(self.ports["mobile"]),
            "CONSOLE_PORT": str(self.ports["console"]),
            "SUPERVISOR_SOCKET": str(self.data.run / SOCKET),
            "LEZZET_DATA": str(self.data.root),
        }
