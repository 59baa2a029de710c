"""Servers that speak TLS and ask who is there, with certificates of an authority of our own."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infra.layout.site import Site
from infra.process.program import Program
from infra.servers.kafka import Kafka
from infra.servers.postgres import Postgres
from infra.servers.rabbit import Rabbit
from infra.servers.redis import Redis, RedisBaskets
from stores.kafka.brokers import MECHANISMS

USER, PASSWORD = "lezzet", "correct horse = 1"

# Ports of the stack that nothing of it listens on here.
LISTENERS = {"SASL_SSL": "elastic", "SSL": "elastic_transport", "SASL_PLAINTEXT": "console"}
_REDIS, _RABBIT = {"redis": "logs_health", "redis_baskets": "rabbit_management"}, "mobile"


class Authority:
    """Its files, PEM: `ca.pem`, and of what it certifies `NAME.pem` (certificate, then key), `NAME.crt` and `NAME.key`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o755)
        self._key, self._name = ec.generate_private_key(ec.SECP256R1()), _named("an authority of the tests")
        made = self._certificate(self._name, self._key.public_key())
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        (folder / "ca.pem").write_bytes(_pem(made.sign(self._key, hashes.SHA256())))

    @property
    def file(self) -> Path:
        return self.folder / "ca.pem"

    def certify(self, name: str, *, owner: int | None = None) -> Path:
        """For a server at localhost and 127.0.0.1, or a client. owner: whose the key's file is. Returns NAME.pem."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._certificate(_named(name), key.public_key())
        names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
        certificate = _pem(made.add_extension(names, critical=False).sign(self._key, hashes.SHA256()))
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        for ending, content in ((".crt", certificate), (".key", secret), (".pem", certificate + secret)):
            path = self.folder / f"{name}{ending}"
            path.write_bytes(content)
            path.chmod(0o600 if ending == ".key" else 0o644)
            if owner is not None:
                os.chown(path, owner, -1)
        return self.folder / f"{name}.pem"

    def _certificate(self, name: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder().subject_name(name).issuer_name(self._name).public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        )  # fmt: skip


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


class _Certified:
    """Of a server that has certificates of the authority."""

    def __init__(self, site: Site, authority: Authority) -> None:
        super().__init__(site)  # type: ignore[call-arg] - of the server beside it
        self._authority = authority


class SecuredKafka(_Certified, Kafka):
    """As many listeners as there are ways in. Through SSL a client shows a certificate."""

    async def prepare(self) -> None:
        await super().prepare()
        port = self._site.ports
        plain = f"PLAINTEXT://127.0.0.1:{port['kafka']}"
        inside = f"{plain},CONTROLLER://127.0.0.1:{port['kafka_controller']}"
        lines = [
            "",  # the last of a name counts
            ",".join((f"listeners={inside}", *(f"{name}://127.0.0.1:{port[of]}" for name, of in LISTENERS.items()))),
            ",".join(
                (f"advertised.listeners={plain}", *(f"{name}://localhost:{port[of]}" for name, of in LISTENERS.items()))
            ),
            f"listener.security.protocol.map=CONTROLLER:PLAINTEXT,{','.join(f'{n}:{n}' for n in ('PLAINTEXT', *LISTENERS))}",
            "ssl.keystore.type=PEM", f"ssl.keystore.location={self._authority.certify('kafka')}",
            "ssl.truststore.type=PEM", f"ssl.truststore.location={self._authority.file}",
            "listener.name.ssl.ssl.client.auth=required",
            f"sasl.enabled.mechanisms={','.join(MECHANISMS)}",
        ]  # fmt: skip
        of_scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        of_plain = f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'
        for listener in ("sasl_ssl", "sasl_plaintext"):
            for mechanism in MECHANISMS:
                how = of_plain if mechanism == "PLAIN" else of_scram
                lines.append(f"listener.name.{listener}.{mechanism.lower()}.sasl.jaas.config={how}")
        with self._settings.open("a") as file:
            file.write("\n".join(lines) + "\n")

    def add_user(self) -> None:
        """With the tool of operators, while Kafka runs. It takes one way of proving the password at a time."""
        servers = f"127.0.0.1:{self._site.ports['kafka']}"
        for mechanism in (each for each in MECHANISMS if each != "PLAIN"):
            argv = (
                *self._command(), "kafka.admin.ConfigCommand", "--bootstrap-server", servers, "--alter",
                "--entity-type", "users", "--entity-name", USER, "--add-config", f"{mechanism}=[password={PASSWORD}]",
            )  # fmt: skip
            subprocess.run(argv, check=True, capture_output=True, timeout=60)


class SecuredPostgres(_Certified, Postgres):
    def program(self) -> Program:
        made, account = super().program(), self._account
        self._authority.certify("postgres", owner=account.user if account else None)
        files = {"ssl_cert_file": "postgres.crt", "ssl_key_file": "postgres.key"}
        more = [f"{name}={self._authority.folder / file}" for name, file in files.items()]
        return replace(made, argv=(*made.argv, *(part for each in ("ssl=on", *more) for part in ("-c", each))))


class SecuredRedis(_Certified, Redis):
    async def prepare(self) -> None:
        await super().prepare()
        self._authority.certify(self.port)
        at = self._authority.folder / self.port
        with self._settings.open("a") as file:
            file.write(
                f"tls-port {self._site.ports[_REDIS[self.port]]}\ntls-cert-file {at}.crt\ntls-key-file {at}.key\n"
                f"tls-ca-cert-file {self._authority.file}\ntls-auth-clients no\n"
            )


class SecuredBaskets(SecuredRedis, RedisBaskets):
    pass


class SecuredRabbit(_Certified, Rabbit):
    async def prepare(self) -> None:
        await super().prepare()
        self._authority.certify("rabbit")
        at = self._authority.folder
        path = self._folder / "rabbitmq.conf"
        kept = [line for line in path.read_text().splitlines() if not line.startswith("management.")]
        path.write_text("\n".join([
            *kept, f"listeners.ssl.1 = 127.0.0.1:{self._site.ports[_RABBIT]}",
            f"ssl_options.cacertfile = {self._authority.file}", f"ssl_options.certfile = {at / 'rabbit.crt'}",
            f"ssl_options.keyfile = {at / 'rabbit.key'}", "ssl_options.verify = verify_none", "",
        ]))  # fmt: skip
        (self._folder / "enabled_plugins").write_text("[].\n")

    def program(self) -> Program:
        made = super().program()
        return replace(made, ports=tuple(each for each in made.ports if each[0] != "rabbit_management"))


def environment(site: Site, authority: Authority) -> Mapping[str, str]:
    """What a process needs to go through TLS wherever it can. MongoDB's stand-in, mailbox and provider have none."""
    at, port, password = site.endpoints, site.ports, site.data.password
    trusts = authority.file
    return {
        **kafka_environment(site, authority, "SASL_SSL"),
        "POSTGRES_URL": f"{at.postgres}?sslmode=verify-full&sslrootcert={trusts}",
        "REDIS_URL": f"rediss://:{password('redis')}@localhost:{port[_REDIS['redis']]}/0?ssl_ca_certs={trusts}",
        "REDIS_BASKETS_URL": f"rediss://:{password('redis-baskets')}@localhost:{port[_REDIS['redis_baskets']]}/0"
        f"?ssl_ca_certs={trusts}",
        "RABBITMQ_URL": f"amqps://lezzet:{password('rabbit')}@localhost:{port[_RABBIT]}/?cafile={trusts}",
    }


def kafka_environment(
    site: Site, authority: Authority, protocol: str, mechanism: str = "SCRAM-SHA-512"
) -> dict[str, str]:
    found = {
        "KAFKA_BROKERS": f"localhost:{site.ports[LISTENERS[protocol]]}", "KAFKA_BOOTSTRAP_SERVERS": "",
        "KAFKA_SECURITY_PROTOCOL": protocol,
    }  # fmt: skip
    if protocol.endswith("SSL"):
        found["KAFKA_SSL_CAFILE"] = str(authority.file)
    if protocol == "SSL":
        found["KAFKA_SSL_CERTFILE"] = str(authority.certify("client"))
    if protocol.startswith("SASL"):
        found |= {"KAFKA_SASL_MECHANISM": mechanism, "KAFKA_SASL_USERNAME": USER, "KAFKA_SASL_PASSWORD": PASSWORD}
    return found
