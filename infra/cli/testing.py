"""`./lezzet test [-- PYTEST ARGUMENTS]`: every check and every test. Stops at the first step that fails."""

import argparse
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from infra.cli.arguments import parser
from infra.layout.folders import CHECKOUT

BIN = CHECKOUT / ".venv" / "bin"

CHECKS = (
    ("format", "ruff", "format", "--check"),
    ("lint", "ruff", "check"),
    ("types", "pyright"),
    ("imports", "lint-imports"),
)

# These tests are pure, or wait for servers most of their time. So they run beside the others, whose edges must answer and
# whose figures must hold while hostile clients and benches take the processor.
BESIDE = ("tests/agents", "tests/docs", "tests/replay", "tests/stores", "tests/topics")
# ... but for these: what does not answer within seconds counts as dead here.
NOT_BESIDE = ("tests/agents/runtime/test_liveness.py",)

_RED = re.compile(r"(FAILED|ERROR) ")
_LAST_WORD = re.compile(r"=+ (.* in [\d.]+s.*?) =+$")


def main(arguments: list[str]) -> int:
    said = parser("test", __doc__)
    said.add_argument("pytest", nargs=argparse.REMAINDER, help="-- and arguments for one pytest, in place of all tests")
    chosen = said.parse_args(arguments)
    rest_of_pytest = chosen.pytest[1:] if chosen.pytest[:1] == ["--"] else chosen.pytest
    for name, program, *rest in CHECKS:
        print(f"== {name}: {' '.join((program, *rest))}", flush=True)
        begun = time.monotonic()
        code = subprocess.run((BIN / program, *rest), cwd=CHECKOUT, check=False).returncode
        print(f"== {name}: {'ok' if code == 0 else 'FAILED'} in {time.monotonic() - begun:.1f} s", flush=True)
        if code:
            return code
    # The tests come last, so that their summary stands in the last lines.
    if rest_of_pytest:
        print(f"== tests: pytest {' '.join(rest_of_pytest)}", flush=True)
        return subprocess.run((BIN / "pytest", *rest_of_pytest), cwd=CHECKOUT, check=False).returncode
    return all_tests()


def parts(tests: Path) -> tuple[list[str], list[str]]:
    """What is given to the pytest that needs the machine, and to the one beside it. Together: every test, once.

    tests: the folder of all tests.
    """
    there = [each for each in sorted(tests.iterdir()) if each.match("test_*.py") or any(each.glob("**/test_*.py"))]
    others = [name for each in there if (name := f"tests/{each.name}") not in BESIDE]
    # NOT_BESIDE first: these stop the servers of their session, and what others share is started after them.
    alone = [*NOT_BESIDE, *others]
    return alone, [*BESIDE, *(f"--ignore={each}" for each in NOT_BESIDE)]


class _Part:
    """A pytest in a process of its own. Its output is kept until `show` prints it. red: lines that name tests which failed."""

    def __init__(self, name: str, argv: Sequence[str | Path]) -> None:
        self.name = name
        self.red: list[str] = []
        self.last_word = ""
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            argv, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._lines.put(line)
        self._lines.put(None)

    def show(self) -> int:
        """Prints what it says, to its end, and returns its exit code."""
        print(f"== tests {self.name}", flush=True)
        for line in iter(self._lines.get, None):
            print(line, end="", flush=True)
            if _RED.match(line):
                self.red.append(line)
            if said := _LAST_WORD.match(line.rstrip()):
                self.last_word = said[1]
        code = self._process.wait()
        self.last_word = self.last_word or f"ended with exit code {code} and without a summary"
        return code

    def end(self) -> None:
        self._process.terminate()


def all_tests() -> int:
    alone, beside = parts(CHECKOUT / "tests")
    print(
        "== tests: pytest, in two processes side by side; the second one's lines come after the first one's", flush=True
    )
    begun = time.monotonic()
    pytest = BIN / "pytest"
    running = [
        _Part("that need the machine", (pytest, *alone)),
        _Part("beside them", ("nice", pytest, *beside)),
    ]
    try:
        codes = [part.show() for part in running]
    finally:
        for part in running:
            part.end()
    sys.stdout.writelines(_summary(running))
    code = next((code for code in codes if code), 0)
    print(f"== tests: {'FAILED' if code else 'ok'} in {time.monotonic() - begun:.1f} s", flush=True)
    return code


def _summary(ended: Sequence[_Part]) -> Iterator[str]:
    for part in ended:
        yield from part.red
    for part in ended:
        yield f"== tests {part.name}: {part.last_word}\n"
