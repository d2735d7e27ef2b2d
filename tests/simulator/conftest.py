"""A broker of the tests' own."""

from collections.abc import Iterator
from contextlib import closing
import os
from pathlib import Path
import shutil
import socket
import subprocess
import time

import pytest
import pytest_socket

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@pytest.fixture
def network() -> Iterator[None]:
    """Sockets to this machine, which the plugin for Home Assistant forbids."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1"])
    yield
    pytest_socket.disable_socket(allow_unix_socket=True)


class OwnBroker:
    """A mosquitto on a free port."""

    def __init__(self, folder: Path) -> None:
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._config = folder / "mosquitto.conf"
        self._config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert MOSQUITTO is not None
        self._process = subprocess.Popen([MOSQUITTO, "-c", self._config], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("mosquitto does not answer")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def broker(tmp_path: Path, network: None) -> Iterator[OwnBroker]:
    """A broker that runs."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    own = OwnBroker(tmp_path)
    own.start()
    yield own
    own.stop()
