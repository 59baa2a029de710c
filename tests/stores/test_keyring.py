import base64
from pathlib import Path
from threading import Thread

import pytest

from stores import keyring
from stores.keyring import agent_keys, edge_keys, make_keys


def test_keys_that_two_make_at_once_belong_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The second one begins when the first has seen that there is no key, and goes on as far as it can."""
    second, encode = Thread(target=make_keys, args=(tmp_path,)), base64.b64encode

    def encoded(value: bytes) -> bytes:
        if second.ident is None:
            second.start()
            second.join(timeout=0.3)
        return encode(value)

    monkeypatch.setattr(keyring.base64, "b64encode", encoded)
    make_keys(tmp_path)
    second.join()
    agents, edge = agent_keys(tmp_path), edge_keys(tmp_path)
    assert edge.jwt == agents.jwt.verify_key
    assert edge.auth_box == agents.auth_box.public_key


def test_keys_that_are_there_stay(tmp_path: Path):
    make_keys(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    make_keys(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert len(before) == 9 + 1  # the lock
