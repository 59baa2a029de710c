"""Where Kafka is, and how to get in: everything that a client of it has to know."""

import ssl
from dataclasses import dataclass, field
from typing import Any

PROTOCOLS = ("PLAINTEXT", "SASL_PLAINTEXT", "SSL", "SASL_SSL")
"""As Kafka names them: SASL asks who is there, SSL encrypts."""

MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")
"""How a user proves its password."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the brokers. mechanism: of MECHANISMS."""

    mechanism: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Brokers:
    """addresses: host:port of some of them; they name the others. tls: None where connections are not encrypted. account: None
    where nobody is asked who they are, or where a client certificate in `tls` says it."""

    addresses: tuple[str, ...]
    tls: ssl.SSLContext | None = None
    account: Account | None = None

    @classmethod
    def at(cls, addresses: str) -> "Brokers":
        """addresses: host:port, several with commas."""
        return cls(tuple(addresses.split(",")))

    def __str__(self) -> str:
        """Their addresses, with commas."""
        return ",".join(self.addresses)

    @property
    def protocol(self) -> str:
        """Of PROTOCOLS."""
        return PROTOCOLS[(self.account is not None) + 2 * (self.tls is not None)]

    def arguments(self) -> dict[str, Any]:
        """For any of aiokafka's clients."""
        found: dict[str, Any] = {"bootstrap_servers": str(self), "security_protocol": self.protocol}
        if self.tls is not None:
            found["ssl_context"] = self.tls
        if self.account is not None:
            found["sasl_mechanism"] = self.account.mechanism
            found |= {"sasl_plain_username": self.account.user, "sasl_plain_password": self.account.password}
        return found
