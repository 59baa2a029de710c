"""Ends a task that would run for ever."""

import asyncio

CANCEL_AGAIN_SECONDS = 0.1


async def end(task: "asyncio.Task[None]") -> None:
    """Cancels the task until it has ended: one that comes as a driver or `wait_for` gets its answer is lost."""
    while not task.done():
        task.cancel()
        await asyncio.wait((task,), timeout=CANCEL_AGAIN_SECONDS)
    await asyncio.gather(task, return_exceptions=True)
