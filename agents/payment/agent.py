"""The wiring of payment."""

from agents.payment import policy
from agents.payment.decider import DECIDER
from agents.payment.effect import Cashier
from agents.payment.projection import PAYMENT
from agents.runtime.runtime import Runtime
from stores.keyring import agent_keys
from stores.payment.http import HttpProvider
from topics.contracts import order_events, payment_commands, payment_events
from topics.contracts.payment_events import (
    AuthorizationRequested,
    CaptureRequested,
    PaymentErased,
    RefundRequested,
    VoidRequested,
)
from topics.copies import RESTAURANTS

AT_ONCE = 8  # requests to the provider, of a partition


def register(runtime: Runtime) -> None:
    settings = runtime.settings
    provider = HttpProvider(settings.provider, agent_keys(settings.keys).provider)
    cashier = Cashier(provider, runtime.store)
    runtime.decide(payment_commands.TOPIC, DECIDER, emits=payment_events.TOPIC, react=policy.react)
    runtime.intake(order_events.TOPIC, policy.erase)
    runtime.project(RESTAURANTS)
    runtime.project(PAYMENT)
    asked = (AuthorizationRequested, CaptureRequested, VoidRequested, RefundRequested, PaymentErased)
    runtime.effect(payment_events.TOPIC, asked, cashier.perform, concurrency=AT_ONCE)
