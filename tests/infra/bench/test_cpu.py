"""The CPU time of a process is that of all that descend from it."""

import asyncio
import os
import sys

from infra.process import cpu

PARENT = """
import subprocess, sys
def burn(seconds): return [sys.executable, "-c", "import time\\nwhile time.process_time() < %s: pass\\nprint(flush=True)\\n"
                           "import sys; sys.stdin.read()" % seconds]
ended = subprocess.run(burn(0.3), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
child = subprocess.Popen(burn(0.3), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
child.stdout.readline()
print("both burnt", flush=True)
sys.stdin.read()
child.communicate()
"""


async def test_children_count_while_they_run_and_after_their_end():
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdin and parent.stdout
    try:
        assert await asyncio.wait_for(parent.stdout.readline(), 30) == b"both burnt\n"
        assert cpu.seconds(parent.pid) >= 0.58  # two times 0.3, and each count is cut to 10 ms
    finally:
        parent.stdin.close()
        await parent.wait()


def test_a_clock_counts_from_when_it_was_made():
    clock = cpu.Clock({"this": os.getpid()})
    end = cpu.seconds(os.getpid()) + 0.1
    while cpu.seconds(os.getpid()) < end:
        pass
    assert 0.09 <= clock.used()["this"] < 5.0  # the kernel counts in 10 ms
