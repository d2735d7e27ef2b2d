"""What every program that a test starts has in common."""

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1
# Loaded here: loading anything between fork and exec may dead-lock.
_LIBRARY = ctypes.CDLL(None) if sys.platform.startswith("linux") else None


def die_with_parent() -> None:
    """Run first in a new process, so that it never outlives the tests; Linux only."""
    if _LIBRARY is not None:
        _LIBRARY.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
