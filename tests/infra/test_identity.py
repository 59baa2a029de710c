import asyncio
import dataclasses
import os
import signal
import subprocess
import sys

import pytest

from infra.layout.folders import CHECKOUT
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


async def test_who_leads_no_session_is_waited_for_all_the_same():
    script = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.stdin.read() and sys.exit(0))\n"
        "print('up', flush=True)\n"
        "while True: time.sleep(600)"
    )
    argv = (sys.executable, "-S", "-c", script)
    asked = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: ASYNC220 - as above
    assert asked.stdin and asked.stdout and asked.stdout.readline() == b"up\n"
    known = identity.mark(asked.pid)
    assert known is not None and os.getsid(asked.pid) != asked.pid
    ending = asyncio.create_task(asyncio.to_thread(identity.end, known, patience=60.0))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(ending), 0.3)
    asked.stdin.write(b"end")
    asked.stdin.close()
    await ending
    assert identity.mark(asked.pid) is None
    assert asked.wait() == 0


def test_who_leads_no_session_and_does_not_obey_is_killed():
    script = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    )
    stubborn = subprocess.Popen((sys.executable, "-S", "-c", script), stdout=subprocess.PIPE)
    assert stubborn.stdout and stubborn.stdout.readline() == b"up\n"
    known = identity.mark(stubborn.pid)
    assert known is not None
    identity.end(known, patience=0.1)
    try:
        assert stubborn.wait(timeout=10) == -signal.SIGKILL
    finally:
        stubborn.kill()


# Runs a program to its end, in a process of its own, to be killed.
RUNS = """
import asyncio, sys
from infra.process.shell import run
script = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
asyncio.run(run((sys.executable, "-S", "-c", script), what="sleeper", heard=lambda line: print(line, flush=True)))
"""


async def test_what_is_run_to_its_end_ends_with_who_runs_it():
    argv = (sys.executable, "-c", RUNS)
    runner = subprocess.Popen(argv, cwd=CHECKOUT, stdout=subprocess.PIPE)  # noqa: ASYNC220 - it is killed
    assert runner.stdout
    known = identity.mark(int(runner.stdout.readline()))
    assert known is not None
    runner.kill()
    runner.wait()
    await until(lambda: not identity.alive(known), "it hears from the kernel that nobody waits for it any more")


def test_a_session_of_another_boot_is_none_of_ours():
    """A daemon of today whose leader has died, and a record of before the machine was restarted with the same number."""
    script = "import subprocess as s; print(s.Popen(['sleep', '600'], stdout=s.DEVNULL).pid, flush=True)"
    leader = subprocess.Popen((sys.executable, "-S", "-c", script), start_new_session=True, stdout=subprocess.PIPE)
    said, _ = leader.communicate()
    daemon = int(said)
    try:
        assert os.getsid(daemon) == leader.pid
        before = identity.Mark(leader.pid, started=1, boot="of before")
        identity.end(before, patience=0)
        assert identity.session(before) == []
        assert identity.mark(daemon) is not None
    finally:
        os.kill(daemon, signal.SIGKILL)
