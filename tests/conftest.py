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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow."""
    tests = Path(__file__).parent
    for item in items:
        if item.path.relative_to(tests).as_posix().startswith(SLOW):
            item.add_marker(pytest.mark.slow)
