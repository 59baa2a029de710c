import dataclasses
import os
import subprocess
import sys

from infra import processes
from tests.infra.programs import until


def test_a_pid_that_was_given_away_is_not_the_process():
    myself = processes.mark(os.getpid())
    assert myself is not None
    assert processes.alive(myself)
    assert not processes.alive(dataclasses.replace(myself, started=myself.started - 1))
    assert processes.session(dataclasses.replace(myself, started=myself.started - 1)) == []


async def test_a_zombie_is_gone():
    child = subprocess.Popen((sys.executable, "-S", "-c", ""))  # noqa: ASYNC220 - asyncio would wait for it
    await until(lambda: processes.mark(child.pid) is None, "a child that ended counts as gone before it was waited for")
    assert child.wait() == 0


def test_descendants_are_found_when_their_leader_has_died():
    script = (
        "import subprocess as s, sys\n"
        "print(s.Popen(['sleep', '600'], stdout=s.DEVNULL).pid, flush=True)\n"
        "sys.stdin.read()"
    )
    leader = subprocess.Popen(
        (sys.executable, "-S", "-c", script), start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert leader.stdin and leader.stdout
    descendant = int(leader.stdout.readline())
    known = processes.mark(leader.pid)
    assert known is not None
    leader.communicate()
    assert processes.session(known) == [descendant]
    processes.end(known, patience=5.0)
    assert processes.mark(descendant) is None
