"""What the tests of the ledger feed it with."""

from collections.abc import Sequence

from custom_components.panel_meter.core.model import Direction, Interval, Journal, Panel, Register
from custom_components.panel_meter.ledger import Change, Ledger

MAIN = Register("main", Direction.IMPORT)
BACK = Register("main", Direction.EXPORT)
KITCHEN = Register("c1", Direction.IMPORT)
REGISTERS = (MAIN, BACK, KITCHEN)
JOURNAL = "5c1e90aa"
#: A full hour: 2026-11-20 12:00 UTC.
NOON = 1795176000


def interval(seq: int, start: int, end: int, *energy: int, quality: int = 0, checksum: int = 0) -> Interval:
    """An interval in one line."""
    return Interval(seq=seq, start=start, end=end, energy=energy, quality=quality, checksum=checksum)


def row(seq: int, *energy: int, start: int = NOON) -> Interval:
    """The five minutes of that number after noon."""
    return interval(seq, start + 300 * (seq - 1), start + 300 * seq, *energy)


def change(
    *intervals: Interval, panel: str = "apt-1", journal: str = JOURNAL, registers: Sequence[Register] = REGISTERS
) -> Change:
    """A change whose journal ends with the last of the intervals."""
    last = intervals[-1]
    return Change(
        panel=panel,
        journal=Journal(
            id=journal,
            registers=tuple(registers),
            watermark=last.seq,
            last_end=last.end,
            last_energy=last.energy,
        ),
        intervals=intervals,
    )


def panel(panel_id: str = "apt-1") -> Panel:
    """A small announcement."""
    return Panel(id=panel_id, name="Wohnung „Süd“", codec="native", channels=(), registers=REGISTERS)


def sums(ledger: Ledger, panel_id: str = "apt-1") -> dict[Register, int]:
    """Energy of each register over all time, from the intervals alone."""
    total: dict[Register, int] = {}
    for key, stored in ledger.intervals(panel_id, 0, 2**40):
        for register, amount in zip(key.registers, stored.energy, strict=True):
            total[register] = total.get(register, 0) + amount
    return total
