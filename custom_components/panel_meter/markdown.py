"""Names come from boards; Home Assistant renders texts as Markdown."""

from typing import Final

_SPECIAL: Final = frozenset(r"\`*_{}[]()#+-.!|<>&~")


def escaped(name: str) -> str:
    """A name that is shown as it is, never as markup, a link or a picture."""
    plain = "".join(f"\\{character}" if character in _SPECIAL else character for character in name)
    # An address by itself becomes a link.
    return plain.replace("://", "\\://")
