"""The kit runs event loops and programs of its own, which the tools for testing Home Assistant would object to."""

from pathlib import Path

import pytest
import pytest_socket

from demo.broker import mosquitto

ARTIFACTS = Path(__file__).parent.parent / "artifacts"


@pytest.fixture(autouse=True)
def verify_cleanup() -> None:
    """Nothing to verify; but sockets, which are forbidden anew before each test, are allowed (to this machine)."""
    pytest_socket.enable_socket()


@pytest.fixture(autouse=True)
def configure_event_loop() -> None:
    """Nothing to configure."""


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Nothing to debug."""


@pytest.fixture(scope="module")
def own_broker() -> None:
    """mosquitto is there, and may be spoken to."""
    if mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    pytest_socket.enable_socket()
