import errno
import json
import os
import socket
import subprocess
import sys
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


def test_a_disk_without_room_leaves_the_choice_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    kept = tmp_path / "ports.json"
    chosen = ports.choose(kept, offset=100)
    write_text = Path.write_text

    def half(path: Path, text: str) -> None:
        write_text(path, text[: len(text) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(CannotStart, match=r"ports\.json cannot be written: No space left on device"):
        ports.choose(kept, offset=200)
    assert ports.choose(kept) == chosen


def test_an_offset_must_lead_to_ports(tmp_path: Path):
    with pytest.raises(CannotStart, match="--port-offset 60000"):
        ports.choose(tmp_path / "ports.json", offset=60000)


def test_free_ports_are_free_and_differ(tmp_path: Path):
    chosen = ports.choose(tmp_path / "ports.json", free=True)
    used = [port for name, first in chosen.items() for port in range(first, first + BLOCKS.get(name, 1))]
    assert len(set(used)) == len(used)
    assert not any(ports.taken(port) for port in used)


def every(chosen: ports.Ports) -> set[int]:
    return {port for name, first in chosen.items() for port in range(first, first + BLOCKS.get(name, 1))}


ANOTHER = """
import json, sys
from pathlib import Path
from infra.layout import ports
ports.FREE_FROM, ports.FREE_TO = int(sys.argv[2]), int(sys.argv[3])
print(json.dumps(dict(ports.choose(Path(sys.argv[1]), free=True))), flush=True)
"""


def test_nobody_chooses_ports_that_another_stack_has_chosen_and_does_not_use_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Of so few ports that without more some would be chosen twice."""
    most = 20 * sum(BLOCKS.get(name, 1) for name in PORTS)
    monkeypatch.setattr(ports, "FREE_TO", ports.FREE_FROM + most)
    first = every(ports.choose(tmp_path / "first.json", free=True))
    second = every(ports.choose(tmp_path / "second.json", free=True))
    argv = (sys.executable, "-c", ANOTHER, str(tmp_path / "third.json"), str(ports.FREE_FROM), str(ports.FREE_TO))
    third = every(json.loads(subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout))
    assert not first & second and not first & third and not second & third


def test_ports_of_a_stack_that_is_gone_may_be_chosen_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    most = 6 * sum(BLOCKS.get(name, 1) for name in PORTS)
    monkeypatch.setattr(ports, "FREE_FROM", ports.FREE_TO - most)
    for _ in range(5):
        ports.choose(tmp_path / "ports.json", free=True)
        (tmp_path / "ports.json").unlink()


def test_a_port_in_use_is_named_with_the_way_out():
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"kafka: port {port} \(kafka\) is in use.*--port-offset N or --free-po"):
            ports.require_free("kafka", [("kafka", port)])


def test_a_port_that_was_added_since_the_choice_has_its_default(tmp_path: Path):
    kept = tmp_path / "ports.json"
    kept.write_text(json.dumps({"edge": 9000}))
    assert ports.read(kept) == {**PORTS, "edge": 9000}
