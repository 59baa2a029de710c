"""Each guide does what it says: its blocks, applied to a copy of the tree one after the other, make a product that works."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))
COPIED = ("agents", "http_edge", "infra", "replay", "stores", "tests", "topics", "docs", "pyproject.toml", "README.md")
WITHIN = 120.0  # seconds a command; 1-15 on two cores

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NEXT_PLACE = "@@\n"


class Block(NamedTuple):
    """path: of the file that it is or changes, empty for commands."""

    kind: str
    path: str
    text: str


def blocks(page: Path) -> list[Block]:
    return [Block(*found) for found in BLOCK.findall(page.read_text())]


def patched(text: str, diff: str) -> str:
    """Each part of the diff, without line numbers, stands in the text exactly once."""
    for part in diff.split(NEXT_PLACE):
        lines = part.splitlines(keepends=True)
        before = "".join(_rest(line) for line in lines if not line.startswith("+"))
        after = "".join(_rest(line) for line in lines if not line.startswith("-"))
        assert text.count(before) == 1, f"stands {text.count(before)} times in the file, not once:\n{before}"
        text = text.replace(before, after)
    return text


def _rest(line: str) -> str:
    assert line[:1] in ("+", "-", " ", "\n"), f"a line of a diff begins with '+', '-' or ' ': {line!r}"
    return line if line == "\n" else line[1:]


def follow(page: Path, tree: Path) -> None:
    for block in blocks(page):
        file = tree / block.path
        if block.kind == "diff":
            file.write_text(patched(file.read_text(), block.text))
        elif block.path:
            assert not file.exists(), f"{block.path} is there already"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text)
        elif block.kind == "sh":
            for line in block.text.splitlines():
                call(tree, *line.split())


def call(tree: Path, *argv: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(argv, cwd=tree, env=environment, capture_output=True, text=True, timeout=WITHIN, check=False)
    assert done.returncode == 0, f"{' '.join(argv)}:\n{done.stdout[-5000:]}{done.stderr[-5000:]}"


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    for name in COPIED:
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    yield tmp_path
    shutil.rmtree(tmp_path)


def test_there_is_a_guide_for_each_thing_that_is_done_often() -> None:
    added = [f"adding-a-{what}" for what in ("command", "domain", "topic", "view")]
    assert [page.stem for page in GUIDES] == [*added, "changing-an-event"]


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_a_guide_leads_to_where_it_says(page: Path, tree: Path) -> None:
    follow(page, tree)
    call(tree, ".venv/bin/ruff", "format", "--check", "-q", ".")
    call(tree, ".venv/bin/ruff", "check", "-q", ".")


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_a_guide_names_every_file_that_it_touches_and_runs_its_tests(page: Path) -> None:
    text = page.read_text()
    table = text.split("|---|---|---|\n")[1].split("\n\n")[0]
    named = re.findall(r"`([\w/.]+)`", table)
    for block in blocks(page):
        if block.path:
            assert any(block.path.startswith(name) for name in named), f"{block.path} is not in the list of files"
    new = [block.path for block in blocks(page) if re.search(r"tests/.*/test_\w+\.py", block.path)]
    commands = "".join(block.text for block in blocks(page) if block.kind == "sh")
    assert new and all(any(part in path for part in commands.split() if part.startswith("tests/")) for path in new)


def test_a_change_that_fits_nowhere_or_twice_is_an_error() -> None:
    with pytest.raises(AssertionError, match="stands 0 times"):
        patched("a\nb\n", " c\n+d\n")
    with pytest.raises(AssertionError, match="stands 2 times"):
        patched("a\na\n", " a\n+b\n")
    assert patched("a\n\nb\nc\n", " a\n\n-b\n+B\n@@\n c\n+d\n") == "a\n\nB\nc\nd\n"
