"""Where no collector is named, the work on a batch is not looked at for spans."""

from typing import Any, cast

from agents.runtime.transport import carrying
from agents.runtime.transport.lease import Batch
from stores import tracing


class _Untouched:
    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was read")


def test_nothing_of_a_batch_is_read_and_nothing_is_made() -> None:
    assert tracing.active is None
    batch = cast(Batch, _Untouched())
    first = carrying._told("basket.decide", batch)  # pyright: ignore[reportPrivateUsage]
    assert first is carrying._told("order.decide", batch)  # pyright: ignore[reportPrivateUsage]
    assert tracing.around_call("look") is tracing.around_call("write")
