"""The numbers that stand for panels, registers and journals in the rows, remembered between transactions."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, ScalarSelect, Table, func, insert, select

from ..core.model import Direction, Journal, Register
from . import schema
from .errors import LedgerRefused


@dataclass(slots=True)
class JournalEntry:
    """A journal's row."""

    id: int
    #: Its registers and their row ids, by position.
    registers: list[Register] = field(default_factory=list)
    register_ids: list[int] = field(default_factory=list)
    #: Highest sequence number that the ledger holds, accepted or rejected: above it nothing can be there already.
    newest: int = 0


@dataclass(slots=True)
class PanelEntry:
    """A panel's row."""

    id: int
    registers: dict[Register, int] = field(default_factory=dict)
    journals: dict[str, JournalEntry] = field(default_factory=dict)


class Directory:
    """Looks rows up by name and makes them. Valid as long as only its owner writes and no transaction fails."""

    def __init__(self, panels: dict[str, PanelEntry]) -> None:
        self._panels = panels

    @classmethod
    def load(cls, connection: Connection) -> Directory:
        """Read all names."""
        panels = {row.id: PanelEntry(row.id) for row in connection.execute(select(schema.panel))}
        names = connection.execute(select(schema.panel.c.name, schema.panel.c.id)).tuples()
        registers: dict[int, Register] = {}
        for row in connection.execute(select(schema.register)):
            registers[row.id] = Register(row.channel, Direction(row.direction))
            panels[row.panel].registers[registers[row.id]] = row.id
        journals: dict[int, JournalEntry] = {}
        newest = (_newest(schema.interval).label("accepted"), _newest(schema.rejected).label("rejected"))
        for row in connection.execute(select(schema.journal, *newest).order_by(schema.journal.c.id)):
            entry = JournalEntry(row.id, newest=max(row.accepted or 0, row.rejected or 0))
            journals[row.id] = panels[row.panel].journals[row.name] = entry
        for row in connection.execute(select(schema.place).order_by(schema.place.c.journal, schema.place.c.position)):
            journals[row.journal].registers.append(registers[row.register])
            journals[row.journal].register_ids.append(row.register)
        return cls({name: panels[number] for name, number in names})

    def panel(self, connection: Connection, name: str) -> PanelEntry:
        """The panel's row, made if it is new."""
        entry = self._panels.get(name)
        if entry is None:
            entry = self._panels[name] = PanelEntry(_insert(connection, schema.panel, name=name))
        return entry

    def register(self, connection: Connection, panel: PanelEntry, register: Register) -> int:
        """Row id of a register, made if it is new."""
        number = panel.registers.get(register)
        if number is None:
            number = panel.registers[register] = _insert(
                connection,
                schema.register,
                panel=panel.id,
                channel=register.channel,
                direction=register.direction.value,
                total=0,
            )
        return number

    def journal(self, connection: Connection, panel: PanelEntry, journal: Journal) -> JournalEntry:
        """The journal's row, made if it is new, with all its registers.

        LedgerRefused if its registers do not begin with those that the ledger knows: older rows would change meaning.
        """
        entry = panel.journals.get(journal.id)
        if entry is None:
            number = _insert(connection, schema.journal, panel=panel.id, name=journal.id, watermark=0)
            entry = panel.journals[journal.id] = JournalEntry(number)
        if (known := len(entry.registers)) != len(journal.registers) or tuple(entry.registers) != journal.registers:
            if tuple(entry.registers) != journal.registers[:known]:
                raise LedgerRefused(f"The registers of journal {journal.id} do not continue those in the ledger.")
            self._append(connection, panel, entry, journal.registers[known:])
        return entry

    def forget(self, name: str) -> None:
        """Drop a panel whose rows were deleted."""
        self._panels.pop(name, None)

    def _append(
        self, connection: Connection, panel: PanelEntry, entry: JournalEntry, registers: Sequence[Register]
    ) -> None:
        for register in registers:
            number = self.register(connection, panel, register)
            place = {"journal": entry.id, "position": len(entry.registers), "register": number}
            connection.execute(insert(schema.place), place)
            entry.registers.append(register)
            entry.register_ids.append(number)


def _newest(table: Table) -> ScalarSelect[int | None]:
    return select(func.max(table.c.seq)).where(table.c.journal == schema.journal.c.id).scalar_subquery()


def _insert(connection: Connection, table: Table, **values: str | int) -> int:
    result = connection.execute(insert(table).values(**values))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])
