import base64
from pathlib import Path
from threading import Thread

import pytest

from stores import keyring
from stores.keyring import agent_keys, edge_keys, make_keys, share_with_edge
from stores.settings import BadSetting


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


def test_an_edge_gets_what_it_needs_and_no_private_key(tmp_path: Path):
    make_keys(tmp_path / "keys")
    for _ in range(2):
        share_with_edge(tmp_path / "keys", tmp_path / "edge")
    assert edge_keys(tmp_path / "edge") == edge_keys(tmp_path / "keys")
    with pytest.raises(BadSetting, match=r"jwt\.seed is missing"):
        agent_keys(tmp_path / "edge")
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "edge").iterdir()} == {0}


def test_an_edge_with_keys_of_another_deployment_is_refused(tmp_path: Path):
    for name in ("mine", "another"):
        make_keys(tmp_path / name)
    share_with_edge(tmp_path / "another", tmp_path / "edge")
    with pytest.raises(BadSetting, match=r"KEYS_DIR: jwt\.public is another key than .*/edge/jwt\.public"):
        share_with_edge(tmp_path / "mine", tmp_path / "edge")
