"""Checks of a host: the kit plays boards."""

from typing import Final

from . import acks, books, endurance, hostile, posts, records, watch
from .collection import HOST

#: Statements, or parts of them, that nobody can see from outside.
UNSEEN: Final = {
    "1.6": "Says what a host does not need; the kit's boards speak MQTT 3.1.1 with a clean session.",
    "H3": "The repair issue when a commit fails needs a broken disk.",
    "H6": "How a long row is spread, and which tariff rates it, stands in the host's books and not on the wire.",
}

__all__ = ["HOST", "UNSEEN", "acks", "books", "endurance", "hostile", "posts", "records", "watch"]
