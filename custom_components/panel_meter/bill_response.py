"""Bills as actions return them: plain numbers, local times and names that people gave."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from .core.billing.bill import Bill, BilledDemand, Line
from .core.billing.demand import Peak
from .core.billing.rounding import shared
from .core.tariff.currency import smallest
from .core.tariff.model import Tariff

_DIGITS: Final = 6


def bill_response(bill: Bill, tariff: Tariff, names: Mapping[str, str]) -> JsonObjectType:
    """A bill. ``names`` are those of the circuits by channel id.

    The costs of circuits, and of what no circuit measured, are rounded so that they add up to the energy cost.
    """
    direct = [circuit for circuit in bill.circuits if not circuit.nested]
    step = tariff.rounding.total or smallest(tariff.currency)
    amounts = shared(bill.energy_cost, [*(each.cost for each in direct), bill.remainder.cost], step)
    rounded = {circuit.name: amount for circuit, amount in zip(direct, amounts, strict=False)}
    return {
        "tariff": tariff.name,
        "currency": tariff.currency,
        "first_day": bill.first.isoformat(),
        "next_bill": bill.end.isoformat(),
        "complete": bill.closed,
        "total": _number(bill.total),
        "imported_kwh": _number(bill.imported_kwh),
        "exported_kwh": _number(bill.exported_kwh),
        "unpriced_kwh": _number(bill.unpriced_kwh),
        "estimated_kwh": _number(bill.estimated_kwh),
        "lines": [_line(line) for line in bill.lines],
        "demands": [_demand(demand, [circuit.name for circuit in bill.circuits], names) for demand in bill.demands],
        "energy_cost": _number(sum(amounts, Decimal(0))),
        "circuits": [
            {
                "name": names.get(circuit.name, circuit.name),
                "kwh": _number(circuit.kwh),
                "cost": _number(rounded.get(circuit.name, round(circuit.cost, 2))),
                "part_of_another": circuit.nested,
            }
            for circuit in bill.circuits
        ],
        "not_metered": {"kwh": _number(bill.remainder.kwh), "cost": _number(amounts[-1])},
        "earned_by_export": _number(bill.export_earned),
    }


def _line(line: Line) -> JsonObjectType:
    found: JsonObjectType = {"kind": line.kind.value, "name": line.name, "amount": _number(line.amount)}
    optional: dict[str, JsonValueType | Decimal] = {"quantity": line.quantity, "unit": line.unit, "price": line.price}
    if line.block is not None:
        found["block"] = line.block + 1
    for key, value in optional.items():
        if value is not None:
            found[key] = _number(value) if isinstance(value, Decimal) else value
    if line.included:
        found["included"] = True
    return found


def _demand(demand: BilledDemand, circuits: list[str], names: Mapping[str, str]) -> JsonObjectType:
    return {
        "name": demand.name,
        "measured_kw": _number(demand.measured_kw),
        "billed_kw": _number(demand.billed_kw),
        "amount": _number(demand.amount),
        "peaks": [_peak(peak, [names.get(circuit, circuit) for circuit in circuits]) for peak in demand.peaks],
    }


def _peak(peak: Peak, circuits: list[str]) -> JsonObjectType:
    made = sorted(zip(circuits, peak.circuits, strict=False), key=lambda each: -each[1])
    return {
        "start": _local(peak.start),
        "end": _local(peak.end),
        "kw": _number(peak.kw),
        "circuits": [{"name": name, "kw": _number(kw)} for name, kw in made if kw],
    }


def _local(instant: int) -> str:
    return dt_util.as_local(datetime.fromtimestamp(instant, UTC)).isoformat()


def _number(value: Decimal) -> float:
    return float(round(value, _DIGITS))
