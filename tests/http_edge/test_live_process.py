"""An edge process that is stopped lets go of its streams: their clients come back to another one."""

import dataclasses
import signal
import time

from http_edge.serving import SHUTDOWN_SECONDS
from infra.bench.servers import free_port, server
from tests.deadline import within
from tests.http_edge.conftest import World
from tests.http_edge.events import CANCELLED, Order, ended, follow


async def test_streams_end_when_their_process_stops_and_go_on_elsewhere(edge: World):
    order, port = Order(edge), free_port()
    await order.becomes("placed")
    here = edge.client(order.user)
    there = dataclasses.replace(here, base=f"http://127.0.0.1:{port}")
    environment = edge.servers.environment() | {"EDGE_PORT": str(port)}
    async with server(environment, port, "http_edge") as process, follow(there, order.id) as events:
        first = await events.hears("the first moment", 20)
        assert [first] == order.happened()
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert await events.rest() == [ended("restart")]
        assert await within("the process to end", process.wait()) == 0
        assert time.monotonic() - began < SHUTDOWN_SECONDS, "it waits for no stream: that would take all of its time"
    await order.becomes("cancelled", CANCELLED)
    async with follow(here, order.id, last="1") as events:
        assert await events.rest() == [*order.happened(since=1), ended("complete")]
