"""What the boards really measured, to compare a host with: exact mWh per register and UTC hour.

The truth file is one JSON object. ``panels.<id>`` holds ``totals`` (mWh per register over all journals),
``journals.<journal>`` with ``registers``, ``energy`` (mWh per register), ``first_hour`` (seconds UTC) and
``hours.<register>`` (a list of mWh, one for each hour from the first on), the list ``faults`` with what each power cut
took out of the registers, and the state of the board: ``newest_seq``, ``watermark``, ``newest_record``,
``acknowledged_record`` (rows as on the wire: what a host that has acknowledged them must hold, to the mWh).
``replay``, where a file is replayed, says what that file holds. ``legacy.<id>`` is the same for old devices.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from .units import HOUR, SECOND, Millis

if TYPE_CHECKING:
    from .board import Board


def iso(now: Millis) -> str:
    """An instant for people and programs."""
    return datetime.fromtimestamp(now / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class JournalTruth:
    """The energy of one journal: per hour a row of mWh, in the order of ``registers``."""

    registers: tuple[str, ...]
    hours: dict[int, list[int]] = field(default_factory=dict)

    def add(self, hour: int, energies: list[int]) -> None:
        """``hour`` is counted from 1970 UTC."""
        row = self.hours.get(hour)
        if row is None:
            self.hours[hour] = list(energies)
            return
        for index, energy in enumerate(energies):
            row[index] += energy

    def take(self, lost: list[int]) -> None:
        """Take energy out of the newest hours: the registers fell back."""
        for index, rest in enumerate(lost):
            left = rest
            for hour in sorted(self.hours, reverse=True):
                part = min(left, self.hours[hour][index])
                self.hours[hour][index] -= part
                left -= part
                if not left:
                    break

    def totals(self) -> list[int]:
        """The sums over all hours; equal to the registers."""
        return [sum(column) for column in zip(*self.hours.values(), strict=True)] or [0] * len(self.registers)


@dataclass(slots=True)
class PanelTruth:
    """Everything true about one board."""

    id: str
    journals: dict[str, JournalTruth] = field(default_factory=dict)
    faults: list[dict[str, object]] = field(default_factory=list)
    messages: dict[str, int] = field(default_factory=dict)
    #: Whatever else is true, e.g. of a replayed file.
    extra: dict[str, object] = field(default_factory=dict)

    def begin(self, journal: str, registers: tuple[str, ...]) -> None:
        """A journal that begins, or goes on."""
        self.journals.setdefault(journal, JournalTruth(registers))

    def add(self, journal: str, hour: int, energies: list[int]) -> None:
        """Energy in mWh that the registers of ``journal`` gained in an hour; the journal was begun."""
        self.journals[journal].add(hour, energies)

    def fell_back(self, journal: str, lost: list[int]) -> None:
        """The registers lost this much at a power cut."""
        self.journals[journal].take(lost)

    def fault(self, now: Millis, kind: str, **details: object) -> None:
        """Something happened."""
        self.faults.append({"time": iso(now), "kind": kind, **details})

    def reconcile(self, journal: str, now: Millis, energies: list[int]) -> None:
        """Make the sums equal to registers that were found in flash at the start of this process."""
        known = self.journals[journal]
        gained = [new - old for new, old in zip(energies, known.totals(), strict=True)]
        known.take([max(-gain, 0) for gain in gained])
        last = max(known.hours, default=now // HOUR)
        known.add(last, [max(gain, 0) for gain in gained])

    def count(self, kind: str) -> None:
        """Another message of this kind was published."""
        self.messages[kind] = self.messages.get(kind, 0) + 1

    def totals(self) -> dict[str, int]:
        """mWh per register over all journals."""
        sums: dict[str, int] = {}
        for journal in self.journals.values():
            for register, energy in zip(journal.registers, journal.totals(), strict=True):
                sums[register] = sums.get(register, 0) + energy
        return sums

    def to_json(self) -> dict[str, object]:
        """``journals.<id>.hours.<register>`` is a list of mWh, one for each hour from ``first_hour`` on."""
        return {
            "totals": self.totals(),
            "journals": {name: _journal_json(journal) for name, journal in self.journals.items()},
            "faults": self.faults,
            "messages": self.messages,
            **self.extra,
        }

    @classmethod
    def from_json(cls, id: str, source: Mapping[str, object]) -> PanelTruth:
        """What an earlier process wrote."""
        truth = cls(id)
        journals = source["journals"]
        assert isinstance(journals, dict)
        for name, journal in journals.items():
            registers = tuple(journal["registers"])
            columns = [journal["hours"][register] for register in registers]
            first = journal["first_hour"] * SECOND // HOUR
            rows = {first + place: list(row) for place, row in enumerate(zip(*columns, strict=True))}
            truth.journals[name] = JournalTruth(registers, rows)
        faults, messages = source["faults"], source["messages"]
        assert isinstance(faults, list)
        assert isinstance(messages, dict)
        truth.faults, truth.messages = faults, messages
        known = {"totals", "journals", "faults", "messages"}
        truth.extra = {key: value for key, value in source.items() if key not in known}
        return truth


def _journal_json(journal: JournalTruth) -> dict[str, object]:
    first, last = min(journal.hours, default=0), max(journal.hours, default=-1)
    none = [0] * len(journal.registers)
    rows = [journal.hours.get(hour, none) for hour in range(first, last + 1)]
    return {
        "registers": list(journal.registers),
        "energy": dict(zip(journal.registers, journal.totals(), strict=True)),
        "first_hour": first * HOUR // SECOND,
        "hours": {register: [row[index] for row in rows] for index, register in enumerate(journal.registers)},
    }


def hours_of(panel: Mapping[str, object], register: str) -> dict[int, int]:
    """mWh of a register per UTC hour (seconds since 1970), over all journals of a panel of the truth file."""
    found: dict[int, int] = {}
    journals = panel["journals"]
    assert isinstance(journals, dict)
    for journal in journals.values():
        for place, energy in enumerate(journal["hours"].get(register, ())):
            hour = journal["first_hour"] + place * 3600
            found[hour] = found.get(hour, 0) + energy
    return found


def panel_json(board: Board) -> dict[str, object]:
    """The truth about a board, with what its registers and its ring hold now."""
    ring = board.ring
    return {
        **board.truth.to_json(),
        "name": board.settings.name or board.spec.name,
        "boot": board.boot,
        "journal": ring.shape.journal,
        "registers": list(board.names),
        "energy": list(board.registers.energies),
        "interval": board.settings.interval,
        "oldest_seq": ring.oldest,
        "newest_seq": ring.newest,
        "watermark": ring.watermark,
        "newest_record": None if ring.last is None else ring.last.wire(),
        "acknowledged_record": ring.row(ring.watermark).wire() if ring.watermark >= ring.oldest else None,
        "unacknowledged": sum(each.unacknowledged for each in board.flash.rings),
        "powered": board.powered,
        "connected": board.is_connected,
    }


def write(path: Path, truth: Mapping[str, object]) -> None:
    """Replace the file at once, so that a reader never sees half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(truth, separators=(",", ":")))
    draft.replace(path)
