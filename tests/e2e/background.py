"""An event loop in a thread of its own, so that programs and the browser live on between the tests."""

import asyncio
from collections.abc import Coroutine
import threading


class Background:
    """Runs coroutines for tests that are ordinary functions."""

    def __init__(self) -> None:
        """Start the thread."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="e2e", daemon=True)
        self._thread.start()

    def run[T](self, work: Coroutine[object, object, T], timeout: float = 900) -> T:
        """Run the coroutine and return its result; its exceptions come through."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(timeout)
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
