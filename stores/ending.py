"""How what would run for ever ends: a process by a signal, a task by whoever has started it."""

import asyncio
import signal

CANCEL_AGAIN_SECONDS = 0.1


def told_to_end() -> asyncio.Event:
    """For processes with one event loop: it is set at SIGTERM or SIGINT."""
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    return told


async def end(task: "asyncio.Task[None]") -> None:
    """Cancels the task until it has ended: one that comes as a driver or `wait_for` gets its answer is lost."""
    while not task.done():
        task.cancel()
        await asyncio.wait((task,), timeout=CANCEL_AGAIN_SECONDS)
    await asyncio.gather(task, return_exceptions=True)
