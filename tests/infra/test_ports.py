import json
import socket
from pathlib import Path

import pytest

from infra.failure import CannotStart
from infra.layout import ports
from infra.layout.versions import BLOCKS, PORTS


def test_without_a_choice_the_default_ports_are_taken_and_kept(tmp_path: Path):
    kept = tmp_path / "ports.json"
    assert ports.choose(kept) == PORTS
    assert json.loads(kept.read_text()) == PORTS


def test_a_choice_holds_for_the_next_start(tmp_path: Path):
    kept = tmp_path / "ports.json"
    chosen = ports.choose(kept, offset=100)
    assert chosen["edge"] == PORTS["edge"] + 100
    assert ports.choose(kept) == chosen


def test_an_offset_must_lead_to_ports(tmp_path: Path):
    with pytest.raises(CannotStart, match="--port-offset 60000"):
        ports.choose(tmp_path / "ports.json", offset=60000)


def test_free_ports_are_free_and_differ(tmp_path: Path):
    chosen = ports.choose(tmp_path / "ports.json", free=True)
    used = [port for name, first in chosen.items() for port in range(first, first + BLOCKS.get(name, 1))]
    assert len(set(used)) == len(used)
    assert not any(ports.taken(port) for port in used)


def test_a_port_in_use_is_named_with_the_way_out():
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"kafka: port {port} \(kafka\) is in use.*--port-offset N or --free-po"):
            ports.require_free("kafka", [("kafka", port)])


def test_a_port_that_was_added_since_the_choice_has_its_default(tmp_path: Path):
    kept = tmp_path / "ports.json"
    kept.write_text(json.dumps({"edge": 9000}))
    assert ports.read(kept) == {**PORTS, "edge": 9000}
