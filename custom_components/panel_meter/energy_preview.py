"""What a set-up of the Energy dashboard changes, told to a person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from homeassistant.util.json import JsonObjectType

from .core.energy_merge import Difference, Entry, Identity
from .core.energy_plan import EntryKind, LeftOut, LeftOutReason

_KIND: Final[Mapping[str, str]] = {
    EntryKind.GRID: "grid connection",
    EntryKind.SOLAR: "solar production",
    EntryKind.BATTERY: "battery",
    EntryKind.DEVICE: "device",
}
_REASON: Final[Mapping[LeftOutReason, str]] = {
    LeftOutReason.NO_ENERGY_ENTITY: "Home Assistant has no enabled energy entity for it.",
    LeftOutReason.ONE_WAY_BATTERY: "It counts only one direction; the dashboard needs both charge and discharge.",
    LeftOutReason.USED_ELSEWHERE: "The dashboard already uses its energy in another entry, which stays as it is.",
    LeftOutReason.OWN_SOURCE: (
        "The dashboard already has a {kind} of yours. If both measure the same electricity, it would count twice."
    ),
}
_MARKDOWN: Final = str.maketrans({character: f"\\{character}" for character in "\\`*_{}[]()<>#+-.!|~&"} | {"\n": " "})


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the dashboard."""

    kind: str
    name: str
    statistic: str

    def as_dict(self) -> JsonObjectType:
        """The line for the response of the action."""
        return {"type": self.kind, "name": self.name, "statistic": self.statistic}


@dataclass(frozen=True, slots=True)
class Omission:
    """A channel that was left out, and a sentence that says why."""

    kind: str
    name: str
    reason: LeftOutReason
    sentence: str

    def as_dict(self) -> JsonObjectType:
        """The omission for the response of the action."""
        return {"type": self.kind, "name": self.name, "reason": str(self.reason), "sentence": self.sentence}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What was changed, or would be."""

    sentence: str
    added: tuple[Line, ...] = ()
    changed: tuple[Line, ...] = ()
    removed: tuple[Line, ...] = ()
    left_out: tuple[Omission, ...] = ()

    @property
    def changes_anything(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.added or self.changed or self.removed)

    def as_response(self) -> JsonObjectType:
        """The response of the action."""
        return {
            "sentence": self.sentence,
            "added": [line.as_dict() for line in self.added],
            "changed": [line.as_dict() for line in self.changed],
            "removed": [line.as_dict() for line in self.removed],
            "left_out": [omission.as_dict() for omission in self.left_out],
        }


def preview_of(changes: Difference, left_out: Iterable[LeftOut], *, done: bool, undo: bool) -> Preview:
    """Tell a difference of preferences; ``done`` if it was made already, ``undo`` if it takes our entries back."""
    return Preview(
        sentence=_sentence(changes, done=done, undo=undo),
        added=_lines(changes.added),
        changed=_lines(changes.changed),
        removed=_lines(changes.removed),
        left_out=tuple(
            Omission(left.kind, left.name, left.reason, _REASON[left.reason].format(kind=_kind(left.kind)))
            for left in left_out
        ),
    )


def _sentence(changes: Difference, *, done: bool, undo: bool) -> str:
    if not changes:
        return (
            "The Energy dashboard has nothing of Panel Meter to take back."
            if undo
            else "The Energy dashboard needs no change."
        )
    counts = (("added", changes.added), ("changed", changes.changed), ("removed", changes.removed))
    parts = [f"{_counted(len(entries))} {'' if done else 'would be '}{verb}" for verb, entries in counts if entries]
    return f"Energy dashboard: {', '.join(parts)}."


def _counted(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def _lines(entries: Mapping[Identity, Entry]) -> tuple[Line, ...]:
    return tuple(
        Line(kind, str(entry.get("name") or statistic), statistic) for (kind, statistic), entry in entries.items()
    )


def _kind(kind: str) -> str:
    return _KIND.get(kind, kind)
