import dataclasses
import os
import subprocess
import sys

from infra.process import identity
from tests.infra.programs import until


def test_a_pid_that_was_given_away_is_not_the_process():
    myself = identity.mark(os.getpid())
    assert myself is not None
    assert identity.alive(myself)
    assert not identity.alive(dataclasses.replace(myself, started=myself.started - 1))
    assert identity.session(dataclasses.replace(myself, started=myself.started - 1)) == []


async def test_a_zombie_is_gone():
    child = subprocess.Popen((sys.executable, "-S", "-c", ""))  # noqa: ASYNC220 - asyncio would wait for it
    await until(lambda: identity.mark(child.pid) is None, "a child that ended counts as gone before it was waited for")
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
    known = identity.mark(leader.pid)
    assert known is not None
    leader.communicate()
    assert identity.session(known) == [descendant]
    identity.end(known, patience=5.0)
    assert identity.mark(descendant) is None
