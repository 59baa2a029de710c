"""The Python environment that `./lezzet` sees to, in a checkout of its own, with stand-ins for uv and Python."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from infra.layout.folders import CHECKOUT

UV = """#!/bin/sh
[ "$1" = pip ] && echo sync >> "{asked}"
[ "$1" = --version ] || exec {ends}
"""


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def test_an_environment_that_was_half_changed_is_made_whole_also_for_the_lock_of_before(tmp_path: Path):
    asked, lock = tmp_path / "asked", tmp_path / "requirements.lock"

    def run(ends: str) -> int:
        _program(tmp_path / "uv" / "uv", UV.format(asked=asked, ends=ends))
        path = f"{tmp_path / 'uv'}:{os.environ['PATH']}"
        return subprocess.run((tmp_path / "lezzet",), env={**os.environ, "PATH": path}, check=False).returncode

    shutil.copy(CHECKOUT / "lezzet", tmp_path)
    _program(tmp_path / ".venv" / "bin" / "python", "#!/bin/sh\n")
    lock.write_text("first\n")
    (tmp_path / ".venv" / ".requirements.sha256").write_text(f"{hashlib.sha256(lock.read_bytes()).hexdigest()}  -\n")
    assert (run("false"), asked.exists()) == (0, False)

    lock.write_text("second\n")
    assert run("false") == 1  # as if it were killed
    lock.write_text("first\n")
    assert run("true") == 0
    assert asked.read_text() == "sync\nsync\n"
