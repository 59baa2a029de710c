"""`./lezzet test [-- PYTEST ARGUMENTS]`: every check and every test. Stops at the first step that fails."""

import argparse
import subprocess
import time

from infra.cli.arguments import parser
from infra.layout.folders import CHECKOUT

BIN = CHECKOUT / ".venv" / "bin"

# pytest comes last, so that its summary stands in the last lines.
STEPS = (
    ("format", "ruff", "format", "--check"),
    ("lint", "ruff", "check"),
    ("types", "pyright"),
    ("imports", "lint-imports"),
    ("tests", "pytest"),
)


def main(arguments: list[str]) -> int:
    said = parser("test", __doc__)
    said.add_argument("pytest", nargs=argparse.REMAINDER, help="-- and arguments for pytest")
    chosen = said.parse_args(arguments)
    rest_of_pytest = chosen.pytest[1:] if chosen.pytest[:1] == ["--"] else chosen.pytest
    for name, program, *rest in STEPS:
        more = rest_of_pytest if program == "pytest" else []
        print(f"== {name}: {' '.join((program, *rest, *more))}", flush=True)
        begun = time.monotonic()
        code = subprocess.run((BIN / program, *rest, *more), cwd=CHECKOUT, check=False).returncode
        if program != "pytest":
            print(f"== {name}: {'ok' if code == 0 else 'FAILED'} in {time.monotonic() - begun:.1f} s", flush=True)
        if code:
            return code
    return 0
