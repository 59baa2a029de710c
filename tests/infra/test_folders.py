import os
from pathlib import Path

import pytest

from infra.failure import CannotStart
from infra.layout.folders import MARKER, DataFolder, cache_folder, data_folder


def test_purge_removes_what_up_made(tmp_path: Path):
    data = DataFolder(tmp_path / "data")
    data.make()
    (data.of("kafka") / "log").touch()
    data.purge()
    assert not data.root.exists()


def test_purge_leaves_a_folder_that_is_not_ours(tmp_path: Path):
    treasure = tmp_path / "thesis.txt"
    treasure.touch()
    with pytest.raises(CannotStart, match=f"no file {MARKER}"):
        DataFolder(tmp_path).purge()
    assert treasure.exists()


def test_purge_of_a_folder_that_lies_on_another_disk_empties_it(tmp_path: Path):
    elsewhere = tmp_path / "large disk"
    elsewhere.mkdir()
    data = DataFolder(tmp_path / "data")
    data.root.symlink_to(elsewhere)
    data.make()
    data.purge()
    assert list(elsewhere.iterdir()) == []
    data.make()
    assert (elsewhere / "run").is_dir()


def test_purge_does_not_follow_links(tmp_path: Path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    data = DataFolder(tmp_path / "data")
    data.make()
    (data.root / "link").symlink_to(elsewhere)
    data.purge()
    assert (elsewhere / "kept").exists()


def test_a_folder_with_other_files_is_not_taken(tmp_path: Path):
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(CannotStart, match="holds other files"):
        DataFolder(tmp_path).make()


def test_a_file_is_no_data_folder(tmp_path: Path):
    (tmp_path / "file").touch()
    for impossible in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/lezzet")):
        with pytest.raises(CannotStart, match=f"^no data folder {impossible} .*--data"):
            DataFolder(impossible).make()


def test_a_cache_that_cannot_be_had_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("LEZZET_CACHE", str(tmp_path / "file"))
    with pytest.raises(CannotStart, match=r"^no folder .*LEZZET_CACHE"):
        cache_folder()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user for a moment")
def test_another_users_stack_is_left_alone(data: DataFolder):
    (data.root / "closed").mkdir(mode=0o700)
    os.seteuid(65534)
    try:
        with pytest.raises(CannotStart, match="is another user's"):
            data_folder(data.root)
        with pytest.raises(CannotStart, match=r"^no data folder .*Permission denied"):
            data_folder(data.root / "closed" / "data")
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("marked", [True, False])
def test_root_takes_no_folder_that_somebody_else_has_made_beforehand(tmp_path: Path, marked: bool):
    folder = tmp_path / "data"
    folder.mkdir()
    if marked:
        (folder / MARKER).touch()
    os.chown(folder, 65534, 65534)
    with pytest.raises(CannotStart, match="is another user's: name a folder of your own"):
        DataFolder(folder).make()
    assert not (folder / "run").exists()


def test_passwords_stay_the_same_and_are_for_the_owner_only(tmp_path: Path):
    data = DataFolder(tmp_path / "data")
    data.make()
    password = data.password("redis")
    assert len(password) >= 32
    assert data.password("redis") == password
    assert (data.root / "passwords" / "redis").stat().st_mode & 0o077 == 0
    assert data.keys.parent.stat().st_mode & 0o066 == 0
