"""What answers at a port of ours may be another program, or one that dies in the middle of its answer."""

import json
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from infra.process.answers import answers
from infra.process.health import Health, health_of, needs_no_more_waiting

NO_HTTP = b"-ERR unknown command\r\n\r\n"
CUT = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 50\r\n\r\n{"


@contextmanager
def _answering(said: bytes) -> Generator[str]:
    """The URL of what answers one request with these bytes."""

    def answer() -> None:
        client, _ = listener.accept()
        with client:
            client.recv(1000)
            client.sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/health/ready"


@pytest.mark.parametrize("said", [NO_HTTP, CUT])
async def test_such_an_answer_is_none(said: bytes):
    with _answering(said) as url:
        assert health_of(url) == Health()
    with _answering(said) as url:
        assert not await answers(url)
    with _answering(said) as url:
        assert not await needs_no_more_waiting(url)


@pytest.mark.parametrize(
    ("status", "lacks", "stands", "expected"),
    [
        ("200 OK", [], [], True),
        ("503 Service Unavailable", ["the start of its groups"], [], False),
        ("503 Service Unavailable", ["tally:3 of tally.decide, which stands still"], None, False),  # an older release
        ("503 Service Unavailable", ["tally:3 of tally.decide"], ["tally:3 of tally.decide"], True),
        ("503 Service Unavailable", ["tally:3 of tally.decide", "view tally"], ["tally:3 of tally.decide"], False),
    ],
)
async def test_who_only_lacks_what_stands_still_needs_no_more_waiting(
    status: str, lacks: list[str], stands: list[str] | None, expected: bool
):
    body = json.dumps({"lacks": lacks} | ({} if stands is None else {"stands": stands}))
    with _answering(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()) as url:
        assert await needs_no_more_waiting(url) == expected
