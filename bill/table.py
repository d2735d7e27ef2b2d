"""Bills as a table for people."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from custom_components.panel_meter.core.billing.bill import Bill, LineKind
from custom_components.panel_meter.core.tariff.document import JSON, plain

_HEADINGS: Final = (
    "from", "until", "import kWh", "export kWh", "energy", "export", "demand", "fixed", "minimum", "credit", "tax",
    "total",
)  # fmt: skip
_PARTS: Final = (
    (LineKind.ENERGY, LineKind.ADDER),
    (LineKind.EXPORT,),
    (LineKind.DEMAND,),
    (LineKind.FIXED,),
    (LineKind.MINIMUM,),
    (LineKind.CREDIT,),
    (LineKind.TAX, LineKind.ROUNDING),
)


def table(bills: Sequence[Bill], currency: str) -> str:
    """A row per bill and one with the sums."""
    rows = [[bill.first.isoformat(), bill.end.isoformat(), *map(_money, _amounts(bill))] for bill in bills]
    sums = [sum(column, Decimal(0)) for column in zip(*map(_amounts, bills), strict=True)]
    return f"Amounts in {currency}.\n{aligned([_HEADINGS, *rows, ['sum', '', *map(_money, sums)]])}"


def aligned(rows: Iterable[Sequence[str]]) -> str:
    """Columns of a table, numbers to the right."""
    lines = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _amounts(bill: Bill) -> list[Decimal]:
    parts = [bill.amount(*kinds) for kinds in _PARTS]
    return [bill.imported_kwh, bill.exported_kwh, *parts, bill.total]


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def as_json(bill: Bill) -> dict[str, JSON]:
    """A bill with all of its lines, numbers as texts."""
    return {
        "from": bill.first.isoformat(),
        "until": bill.end.isoformat(),
        "total": plain(bill.total),
        "import_kwh": plain(bill.imported_kwh),
        "export_kwh": plain(bill.exported_kwh),
        "lines": [
            {
                "kind": line.kind.value,
                "name": line.name,
                "amount": plain(line.amount),
                **({} if line.quantity is None else {"quantity": plain(line.quantity)}),
                **({} if line.unit is None else {"unit": line.unit}),
                **({} if line.price is None else {"price": plain(line.price)}),
                **({} if line.block is None else {"block": line.block}),
                **({"included": True} if line.included else {}),
            }
            for line in bill.lines
        ],
    }
