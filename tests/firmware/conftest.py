"""These tests build and run programs, which the tools for testing Home Assistant would object to."""

from tests.conformance.conftest import (
    configure_event_loop,
    enable_event_loop_debug,
    own_broker,
    verify_cleanup,
)

__all__ = ["configure_event_loop", "enable_event_loop_debug", "own_broker", "verify_cleanup"]
