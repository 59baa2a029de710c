"""The documents tell of things that are there: tests, files, commands, settings."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from agents.__main__ import compose
from agents.domains import DOMAINS
from infra.cli.commands import COMMANDS
from infra.cli.walk import WALK
from stores.keyring import make_keys
from stores.settings import load

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md"))]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))

NAMED_TEST = re.compile(r"\b(tests/[\w/]+\.py)(?:::(\w+))?")
FILE_OF_A_GUIDE = re.compile(r"^```\w+ \S+\n.*?^```$", re.DOTALL | re.MULTILINE)  # one that its reader makes or changes
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
COMMAND = re.compile(r"\./lezzet(?: --data \S+)? ([a-z]+)")
VARIABLE = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)
READ_BY_SETTINGS = re.compile(r'"([A-Z]+(?:_[A-Z]+)+)"')


@cache
def names_in(path: Path) -> set[str]:
    """Names of its test functions, those in classes too."""
    tree = ast.parse(path.read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, functions) and node.name.startswith("test_")}


def anchors(page: Path) -> set[str]:
    """Of a page's headings, as they are made from their words."""
    words = (re.sub(r"[^\w\s-]", "", heading.lower()).strip() for heading in HEADING.findall(page.read_text()))
    return {word.replace(" ", "-") for word in words}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    named = NAMED_TEST.findall(FILE_OF_A_GUIDE.sub("", page.read_text()))
    gone = [path for path, _ in named if not (ROOT / path).is_file()]
    assert gone == [], "these test files are not there"
    missing = [f"{path}::{test}" for path, test in named if test and test not in names_in(ROOT / path)]
    assert missing == [], "these tests are not there"


def test_the_argument_names_tests_at_all() -> None:
    assert NAMED_TEST.search((ROOT / "docs" / "runtime.md").read_text())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{target} leads nowhere"
        assert not anchor or anchor in anchors(there), f"{target}: there is no such heading"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_names_is_one(page: Path) -> None:
    unknown = set(COMMAND.findall(page.read_text())) - {command.name for command in COMMANDS}
    assert unknown == set(), "./lezzet does not know these"


def test_the_readme_names_every_command() -> None:
    assert {command.name for command in COMMANDS} - set(COMMAND.findall(README.read_text())) == set()


def test_the_readme_names_every_setting_and_no_other() -> None:
    read = set(READ_BY_SETTINGS.findall((ROOT / "stores" / "settings.py").read_text()))
    assert set(VARIABLE.findall(README.read_text())) == read


def test_no_two_decisions_have_one_number() -> None:
    numbers = [page.name[:3] for page in DECISIONS]
    assert len(set(numbers)) == len(numbers)


def test_the_list_of_decisions_has_each_of_them_once_by_its_title() -> None:
    listed = re.findall(r"^- \[(.+)\]\((.+)\)$", (ROOT / "docs" / "decisions" / "README.md").read_text(), re.MULTILINE)
    there = [(page.read_text().splitlines()[0].removeprefix("# "), page.name) for page in DECISIONS]
    assert sorted(listed) == sorted(there)
    assert [name for title, name in there if title[:4] != f"{name[:3]} "] == [], "a title begins with its number"


def test_every_page_is_in_the_list_of_documents() -> None:
    """Those in folders, too, but for decisions, which have a list of their own."""
    named = {target.partition("#")[0] for target in LINK.findall((ROOT / "docs" / "README.md").read_text())}
    pages = {str(page.relative_to(ROOT / "docs")) for page in PAGES[1:] if page not in DECISIONS}
    assert pages - named == {"README.md"}


def test_the_readmes_diagram_names_every_domain() -> None:
    (named,) = re.findall(r"agents\[agents: ([a-z, ]+)\]", README.read_text())
    assert sorted(named.split(", ")) == list(DOMAINS)


async def test_the_table_of_groups_has_every_group_with_the_topics_that_it_reads(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    rows = re.findall(r"^\| `(\w+\.\w+)` \| ((?:`\w+`(?:, )?)+) \|", page, re.MULTILINE)
    said = {group: set(re.findall(r"`(\w+)`", topics)) for group, topics in rows}
    make_keys(tmp_path)
    wired = await compose(load({"KEYS_DIR": str(tmp_path)}), DOMAINS)
    assert said == {group.name: set(group.leases.works) for runtime in wired for group in runtime.groups()}


def test_the_readmes_first_walk_is_the_one_that_up_prints() -> None:
    """The printed one is run by tests/journeys/orders/test_order.py."""
    section = README.read_text().split("## A first walk")[1].split("\n## ")[0]
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", section, re.DOTALL))
    told = blocks.replace("./lezzet up --detach\n", "").replace("http://127.0.0.1:8080", "{edge}").split("\n")
    printed = WALK.format(edge="{edge}", lezzet="./lezzet").split("\n")
    assert [line for line in told if line] == [line for line in printed if line]
