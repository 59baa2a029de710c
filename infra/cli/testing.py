"""`./lezzet test [-- PYTEST ARGUMENTS]`: every check and every test. Stops at the first step that fails."""

import argparse
import os
import queue
import re
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager

from infra.cli.arguments import parser
from infra.layout.folders import CHECKOUT

BIN = CHECKOUT / ".venv" / "bin"

CHECKS = (
    ("format", "ruff", "format", "--check"),
    ("lint", "ruff", "check"),
    ("types", "pyright"),
    ("imports", "lint-imports"),
)

# Beside the others, each in a process of its own with its own servers: tests wait much, and fewer processes leave cores idle.
BESIDE = {
    "agents": ("tests/agents",),
    "journeys": ("tests/journeys", "tests/replay"),
    "faults": (
        *(
            f"tests/infra/fault/test_{name}.py"
            for name in ("coupons", "ending", "greed", "guards", "orders", "rolling", "timers", "workers")
        ),
        "tests/infra/bench/test_reports.py",
    ),
}
# After all of these, with nothing beside them: they compare what was measured one moment with what was measured another, or
# stop servers and bound how long everything takes to come back.
ALONE = (
    "tests/infra/bench/test_benches.py",
    *(f"tests/infra/fault/test_{name}.py" for name in ("clients", "outages")),
)

RED_CHARACTERS = 600  # of a line at the end that names a test which failed, and why

_RED = re.compile(r"(FAILED|ERROR) tests/")
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
    with _with_bytecode() as environment:
        if rest_of_pytest:
            print(f"== tests: pytest {' '.join(rest_of_pytest)}", flush=True)
            argv = (BIN / "pytest", *rest_of_pytest)
            return subprocess.run(argv, cwd=CHECKOUT, env=environment, check=False).returncode
        return all_tests(environment)


@contextmanager
def _with_bytecode() -> Generator[Mapping[str, str]]:
    """The environment of the tests. Where PYTHONDONTWRITEBYTECODE is set, bytecode is kept in a folder that goes when they end:
    else each of the hundreds of Python processes that they start compiles all that it imports again."""
    if not sys.dont_write_bytecode:
        yield os.environ
        return
    with tempfile.TemporaryDirectory(prefix="lezzet-bytecode-", ignore_cleanup_errors=True) as folder:
        yield os.environ | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": folder}


class _Part:
    """A pytest in a process of its own. Its output is kept until `show` prints it.

    red: lines that name tests which failed. code: its exit code, 0 before it has one.
    """

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self.red: list[str] = []
        self.last_word = ""
        self.code = 0
        self._arguments = arguments
        self._environment = environment
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        argv = (BIN / "pytest", *self._arguments)
        self._process = subprocess.Popen(
            argv, cwd=CHECKOUT, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace",
        )  # fmt: skip
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()

    def _read(self, process: "subprocess.Popen[str]") -> None:
        for line in process.stdout or ():
            self._lines.put(line)
        self._lines.put(None)

    def show(self) -> None:
        """Prints what it says, until it has ended."""
        assert self._process is not None
        print(f"== tests {self.name}: pytest {' '.join(self._arguments)}", flush=True)
        for line in iter(self._lines.get, None):
            print(line, end="", flush=True)
            if _RED.match(line):
                self.red.append(line)
            if said := _LAST_WORD.match(line.rstrip()):
                self.last_word = said[1]
        self.code = self._process.wait()
        self.last_word = self.last_word or f"ended with exit code {self.code} and without a summary"

    def end(self) -> None:
        if self._process is not None:
            self._process.terminate()


def apart() -> list[str]:
    """What the first process leaves to the others."""
    return [*(path for paths in BESIDE.values() for path in paths), *ALONE]


def all_tests(environment: Mapping[str, str]) -> int:
    """Runs every test once. Returns the exit code. environment: of every pytest."""
    begun = time.monotonic()
    parts = {"first": ("tests", *(f"--ignore={each}" for each in apart())), **BESIDE, "alone": ALONE}
    print(
        f"== tests: pytest, {len(parts) - 1} processes side by side and then one; each one's lines come after those before",
        flush=True,
    )
    *beside, alone = (_Part(name, arguments, environment) for name, arguments in parts.items())
    ended = [*_together(*beside), *_together(alone)]
    for part in ended:
        print(f"== tests {part.name}: {part.last_word}")
    for line in (line for part in ended for line in part.red):
        print(textwrap.shorten(line, RED_CHARACTERS))
    code = next((part.code for part in ended if part.code), 0)
    print(f"== tests: {'FAILED' if code else 'ok'} in {time.monotonic() - begun:.1f} s", flush=True)
    return code


def _together(*parts: _Part) -> Sequence[_Part]:
    """The parts, when they have ended."""
    try:
        for part in parts:
            part.start()
        for part in parts:
            part.show()
    finally:
        for part in parts:
            part.end()
    return parts
