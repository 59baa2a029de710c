"""Commands about topics where nothing is up, and addresses of servers that were not started."""

import os
import subprocess
from pathlib import Path

import pytest

from infra.cli import status
from infra.layout.folders import CHECKOUT


@pytest.mark.parametrize(
    "command",
    ["topics", "tail order_events", "trace x", "dlq list", "audit", "analytics rebuild", "baskets rebuild"],
)
def test_a_command_about_topics_names_the_folder_in_which_nothing_is_up(tmp_path: Path, command: str):
    folder = tmp_path / "none"
    ended = _lezzet(folder, command)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"lezzet {command.split()[0]}: nothing is up in {folder}, start it with ./lezzet up\n"


def test_brokers_of_elsewhere_need_no_folder(tmp_path: Path):
    ended = _lezzet(tmp_path / "none", "topics", KAFKA_BROKERS="127.0.0.1:1")
    assert ended.returncode == 1
    assert "127.0.0.1:1" in ended.stderr


def test_a_recorded_flow_is_played_where_nothing_is_up(tmp_path: Path):
    ended = _lezzet(tmp_path / "none", f"play {CHECKOUT / 'tests/recorded/refunded.jsonl'}")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "payment: 9 commands; 9 decided the same" in ended.stdout


def test_status_shows_no_address_of_what_was_not_started():
    processes = [{"name": name, "pid": 1, "state": "running"} for name in ("kafka", "mailbox", "edge-1", "agents-1")]
    endpoints = dict.fromkeys(("edge", "kafka", "mongo", "smtp", "mail"), "there")
    assert list(status.reachable(processes, endpoints)) == ["edge", "kafka", "smtp", "mail"]


def _lezzet(folder: Path, command: str, **more: str) -> "subprocess.CompletedProcess[str]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KAFKA_")}
    return subprocess.run(
        (str(CHECKOUT / "lezzet"), "--data", str(folder), *command.split()),
        env=inherited | more, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
