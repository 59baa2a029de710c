"""`./lezzet test`: what it runs, and what it says of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra import __main__ as command_line
from infra.cli import testing
from infra.layout.folders import CHECKOUT


def test_what_stands_behind_two_dashes_reaches_pytest(monkeypatch: pytest.MonkeyPatch):
    given: list[tuple[str | Path, ...]] = []

    def run(argv: tuple[str | Path, ...], **options: object) -> "subprocess.CompletedProcess[str]":
        given.append(argv)
        return subprocess.CompletedProcess(argv, 0)

    monkeypatch.setenv("LEZZET_DATA", "")  # --data sets it, and it goes back with this test
    monkeypatch.setattr(testing.subprocess, "run", run)
    assert command_line.main(["--data", "test", "test", "--", "-q", "tests/topics"]) == 0
    assert given[-1][-2:] == ("-q", "tests/topics")
    assert [Path(argv[0]).name for argv in given] == ["ruff", "ruff", "pyright", "lint-imports", "pytest"]


def test_what_is_run_apart_is_there():
    """Whatever is not named is run with the first process, so every test is run once."""
    apart = [CHECKOUT / each for each in testing.apart()]
    assert all(path.exists() for path in apart)
    assert not [(one, two) for one in apart for two in apart if one in two.parents], "one would be run twice"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a test in each part. Its pytests look for no plugins: these take a second to import."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setattr(testing, "CHECKOUT", tmp_path)
    monkeypatch.setattr(testing, "BESIDE", {"beside": ("tests/topics",), "faults": ("tests/infra/fault",)})
    monkeypatch.setattr(testing, "ALONE", ("tests/infra/bench",))
    for name in PARTS.values():
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text("def test_it():\n    pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -ra\n")
    return tmp_path


PARTS = {
    "first": "tests/http_edge/test_first.py",
    "beside": "tests/topics/test_beside.py",
    "faults": "tests/infra/fault/test_faults.py",
    "alone": "tests/infra/bench/test_alone.py",
}


@pytest.mark.parametrize("red", [(), ("alone",), ("first", "beside"), ("faults",)])
def test_the_end_names_each_test_that_failed_in_any_process(
    tree: Path, red: tuple[str, ...], capfd: pytest.CaptureFixture[str]
):
    for part in red:
        (tree / PARTS[part]).write_text("def test_it():\n    assert False, 'why ' * 10_000\n")
    assert testing.all_tests(os.environ) == (1 if red else 0)
    *parts, end = capfd.readouterr().out.splitlines()[-1 - len(PARTS) - len(red) :]
    parts, named = parts[: len(PARTS)], parts[len(PARTS) :]
    assert [line.split()[1] for line in named] == [f"{PARTS[part]}::test_it" for part in red]
    assert all(len(line) <= testing.RED_CHARACTERS for line in named)
    for line, part in zip(parts, PARTS, strict=True):
        assert line.startswith(f"== tests {part}: 1 {'failed' if part in red else 'passed'} in "), line
    assert end.startswith(f"== tests: {'FAILED' if red else 'ok'} in ")


def test_a_pytest_that_was_killed_is_no_success(tree: Path, capfd: pytest.CaptureFixture[str]):
    (tree / PARTS["beside"]).write_text("import os\ndef test_it():\n    os.kill(os.getpid(), 9)\n")
    assert testing.all_tests(os.environ) == -9
    assert "== tests beside: ended with exit code -9 and without a summary" in capfd.readouterr().out


def test_bytecode_is_kept_until_the_tests_end_where_none_may_stay(tree: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(testing, "CHECKS", ())
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    for path in PARTS.values():
        (tree / path).write_text(
            "import pathlib, sys\n"
            "def test_it():\n"
            "    assert not sys.dont_write_bytecode\n"
            "    assert any(pathlib.Path(sys.pycache_prefix).rglob(f'{pathlib.Path(__file__).stem}*.pyc'))\n"
            "    pathlib.Path('kept in').write_text(sys.pycache_prefix)\n"
        )
    assert testing.main([]) == 0
    assert not Path((tree / "kept in").read_text()).exists()
    assert not list(tree.rglob("__pycache__"))
