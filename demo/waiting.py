"""Waiting for a condition, never for an amount of time."""

import asyncio
from collections.abc import Awaitable, Callable
import time

from .errors import DemoError


async def until[T](probe: Callable[[], Awaitable[T | None]], what: str, timeout: float, pause: float = 0.25) -> T:
    """Ask ``probe`` again and again until it answers something true, and return that answer.

    ``what`` ends the sentence of the DemoError that is raised after ``timeout`` seconds: "gave up waiting for ...".
    """
    end = time.monotonic() + timeout
    while True:
        answer = await probe()
        if answer:
            return answer
        if time.monotonic() > end:
            raise DemoError(f"Gave up after {timeout:.0f} s of waiting for {what}.")
        await asyncio.sleep(pause)
