"""What holds for all tests."""

import logging
from pathlib import Path

from hypothesis import settings
import pytest

# The same examples in every run: who changes something learns what the change does. New examples are searched for by
# hand, with --hypothesis-profile=default or scripts/fuzz.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

# Every test keeps all that is logged, and the recorder and the bus tell of every statement and every event.
for talkative in ("homeassistant.components.recorder", "homeassistant.core"):
    logging.getLogger(talkative).setLevel(logging.INFO)

#: Folders and files whose tests build programs, or play for tens of seconds: `scripts/test --fast` leaves them out.
SLOW = ("conformance", "firmware", "frontend", "fuzz", "ledger/test_kill.py", "core/billing/test_properties.py")


#: What takes longest begins first, so that nobody waits for it at the end.
LONGEST = (
    "e2e/test_whole_path.py",
    "e2e/test_dashboard.py",
    "conformance/test_simulator.py",
    "firmware/test_journal.py",
    "conformance",
    "frontend",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow, and let it begin early; the order within a file stays."""
    tests = Path(__file__).parent
    for item in items:
        if item.path.relative_to(tests).as_posix().startswith(SLOW):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: _rank(item.path.relative_to(tests).as_posix()))


def _rank(path: str) -> int:
    return next((rank for rank, begin in enumerate(LONGEST) if path.startswith(begin)), len(LONGEST))
