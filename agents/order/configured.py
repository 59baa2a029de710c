"""The decider of order as a deployment's settings want it. For the agents, and for engineers who ask what it decides."""

from datetime import timedelta
from typing import Any

from agents.order.decider import decider
from agents.order.times import Times
from stores.settings import Settings
from topics.deciding.decision import Decider


def configured(settings: Settings) -> Decider[Any, Any, Any, Any]:
    return decider(
        Times(
            answer=timedelta(seconds=settings.order_answer_seconds),
            payment=timedelta(seconds=settings.order_payment_seconds),
            completion=timedelta(seconds=settings.order_completion_seconds),
        )
    )
