"""`./lezzet test`: what it runs, and what it says of it."""

import subprocess
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


def test_every_test_is_run_once():
    alone, beside = testing.parts(CHECKOUT / "tests")
    left_out = [each.removeprefix("--ignore=") for each in beside if each.startswith("--ignore=")]
    for path in (CHECKOUT / "tests").rglob("test_*.py"):
        folders = {str(each) for each in (path, *path.parents)} & {str(CHECKOUT / each) for each in (*alone, *beside)}
        is_left_out = str(path.relative_to(CHECKOUT)) in left_out
        assert len(folders) == 1 + is_left_out, f"{path} is in {folders}"


@pytest.mark.parametrize(
    ("alone", "beside", "code"), [(True, True, 0), (False, True, 1), (True, False, 1), (False, False, 1)]
)
def test_the_end_names_each_test_that_failed_in_either_process(
    alone: bool,
    beside: bool,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
):
    monkeypatch.setattr(testing, "CHECKOUT", tmp_path)
    monkeypatch.setattr(testing, "NOT_BESIDE", ())
    monkeypatch.setattr(testing, "BESIDE", ("tests/topics",))
    for folder, is_green in (("http_edge", alone), ("topics", beside)):
        (tmp_path / "tests" / folder).mkdir(parents=True)
        (tmp_path / "tests" / folder / f"test_{folder}.py").write_text(f"def test_it():\n    assert {is_green}\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -ra\n")
    assert testing.all_tests() == code
    said = capfd.readouterr().out.splitlines()
    end = said[next(n for n, line in enumerate(said) if line.startswith("== tests that need the machine: ")) :]
    for line, is_green in zip(end, (alone, beside), strict=False):
        assert f": 1 {'passed' if is_green else 'failed'} in " in line
    red = [line.split()[1] for line in said[-5:] if line.startswith("FAILED")]
    names = ("tests/http_edge/test_http_edge.py::test_it", "tests/topics/test_topics.py::test_it")
    assert red == [name for name, is_green in zip(names, (alone, beside), strict=True) if not is_green]
    assert said[-1].startswith(f"== tests: {'FAILED' if code else 'ok'} in ")


def test_a_pytest_that_was_killed_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(testing, "CHECKOUT", tmp_path)
    monkeypatch.setattr(testing, "BESIDE", ("tests/topics",))
    monkeypatch.setattr(testing, "NOT_BESIDE", ())
    for folder, does in (("http_edge", "pass"), ("topics", "os.kill(os.getpid(), 9)")):
        (tmp_path / "tests" / folder).mkdir(parents=True)
        (tmp_path / "tests" / folder / "test_it.py").write_text(f"import os\ndef test_it():\n    {does}\n")
    assert testing.all_tests() == -9
    assert "== tests beside them: ended with exit code -9 and without a summary" in capfd.readouterr().out
