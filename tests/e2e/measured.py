"""A made-up file of measured powers whose energy is known by hand."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_BEGIN = datetime(2014, 3, 30, 22, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Measured:
    """Mean powers in W per minute; None is a hole in the file, which counts as 0 W."""

    powers: dict[str, tuple[int | None, ...]]

    def as_csv(self) -> str:
        """The file."""
        lines = [",".join(["time", *(f"{name}_w" for name in self.powers)])]
        for minute, values in enumerate(zip(*self.powers.values(), strict=True)):
            fields = ("" if value is None else str(value) for value in values)
            lines.append(",".join([(_BEGIN + timedelta(minutes=minute)).isoformat(), *fields]))
        return "\n".join(lines) + "\n"

    def energy(self, name: str) -> int:
        """The energy of a column in mWh, rounded down as a register counts it."""
        return sum(watts or 0 for watts in self.powers[name]) * 1000 // 60


_MINUTES = range(400)
MEASURED = Measured(
    {
        "aggregate": tuple(None if 100 <= minute < 130 else 300 + 7 * (minute % 60) for minute in _MINUTES),
        "kettle": tuple(None if 100 <= minute < 130 else 1999 if minute % 45 < 3 else 0 for minute in _MINUTES),
    }
)
