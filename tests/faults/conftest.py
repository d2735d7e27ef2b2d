"""The short rows start real programs: they may use sockets, and they bring their own event loop."""

from pathlib import Path

import pytest
import pytest_socket


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(autouse=True)
def verify_cleanup() -> None:
    """Nothing to verify; but sockets, which the test tools forbid, are allowed again (to this machine only)."""
    pytest_socket.enable_socket()


@pytest.fixture(autouse=True)
def configure_event_loop() -> None:
    """Nothing to configure."""


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Nothing to debug."""
