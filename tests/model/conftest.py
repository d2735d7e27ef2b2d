"""Where the machines keep their ledgers."""

from collections.abc import Iterator
import logging
from pathlib import Path
import tempfile

import pytest

from custom_components.panel_meter.ledger import Ledger, sqlite_url, writer as writer_module

from .host import BATCH
from .running import is_thorough


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with an empty ledger to copy, ``empty.db``, in memory where the machine has such a place."""
    monkeypatch.setattr(writer_module, "BATCH", BATCH)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        Ledger.open(sqlite_url(Path(name) / "empty.db")).close()
        yield Path(name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A long run takes as long as it takes."""
    if is_thorough():
        for item in items:
            item.add_marker(pytest.mark.timeout(0))
