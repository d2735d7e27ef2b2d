"""Bills as JSON, to keep those of cycles that are over."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

from .bill import Bill, BilledDemand, Carry, CircuitCost, Line, LineKind
from .demand import CyclePeak, Peak

#: Rises whenever a bill would be made in another way, so that none of an older kind is believed.
FORM: Final = 1

type Json = dict[str, Any]


def to_json(bill: Bill) -> Json:
    """A bill as JSON: money, kWh and kW as strings, instants as UTC seconds."""
    return {
        "first": bill.first.isoformat(),
        "end": bill.end.isoformat(),
        "start_instant": bill.start_instant,
        "end_instant": bill.end_instant,
        "closed": bill.closed,
        "total": str(bill.total),
        "imported_kwh": str(bill.imported_kwh),
        "exported_kwh": str(bill.exported_kwh),
        "unpriced_kwh": str(bill.unpriced_kwh),
        "estimated_kwh": str(bill.estimated_kwh),
        "energy_cost": str(bill.energy_cost),
        "export_earned": str(bill.export_earned),
        "lines": [_line(line) for line in bill.lines],
        "demands": [_demand(demand) for demand in bill.demands],
        "circuits": [_circuit(circuit) for circuit in bill.circuits],
        "remainder": _circuit(bill.remainder),
        "carry": _carry(bill.carry),
    }


def from_json(data: Json) -> Bill:
    """The bill of `to_json`. ValueError, KeyError, TypeError or ArithmeticError if it is none."""
    return Bill(
        first=date.fromisoformat(data["first"]),
        end=date.fromisoformat(data["end"]),
        start_instant=int(data["start_instant"]),
        end_instant=int(data["end_instant"]),
        closed=bool(data["closed"]),
        total=_decimal(data["total"]),
        imported_kwh=_decimal(data["imported_kwh"]),
        exported_kwh=_decimal(data["exported_kwh"]),
        unpriced_kwh=_decimal(data["unpriced_kwh"]),
        estimated_kwh=_decimal(data["estimated_kwh"]),
        energy_cost=_decimal(data["energy_cost"]),
        export_earned=_decimal(data["export_earned"]),
        lines=tuple(_line_from(line) for line in data["lines"]),
        demands=tuple(_demand_from(demand) for demand in data["demands"]),
        circuits=tuple(_circuit_from(circuit) for circuit in data["circuits"]),
        remainder=_circuit_from(data["remainder"]),
        carry=_carry_from(data["carry"]),
    )


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(f"{text} is no number.")
    return number


def _entries(data: object) -> Json:
    if not isinstance(data, dict):
        raise TypeError("This is no object.")
    return data


def _number(value: str | None) -> Decimal | None:
    return None if value is None else _decimal(value)


def _line(line: Line) -> Json:
    return {
        "kind": line.kind,
        "name": line.name,
        "amount": str(line.amount),
        "quantity": _text(line.quantity),
        "unit": line.unit,
        "price": _text(line.price),
        "block": line.block,
        "included": line.included,
    }


def _line_from(data: Json) -> Line:
    return Line(
        kind=LineKind(data["kind"]),
        name=data["name"],
        amount=_decimal(data["amount"]),
        quantity=_number(data["quantity"]),
        unit=data["unit"],
        price=_number(data["price"]),
        block=data["block"],
        included=data["included"],
    )


def _demand(demand: BilledDemand) -> Json:
    return {
        "name": demand.name,
        "measured_kw": str(demand.measured_kw),
        "billed_kw": str(demand.billed_kw),
        "amount": str(demand.amount),
        "peaks": [
            {"start": peak.start, "end": peak.end, "kw": str(peak.kw), "circuits": [str(kw) for kw in peak.circuits]}
            for peak in demand.peaks
        ],
    }


def _demand_from(data: Json) -> BilledDemand:
    return BilledDemand(
        name=data["name"],
        measured_kw=_decimal(data["measured_kw"]),
        billed_kw=_decimal(data["billed_kw"]),
        amount=_decimal(data["amount"]),
        peaks=tuple(
            Peak(peak["start"], peak["end"], _decimal(peak["kw"]), tuple(_decimal(kw) for kw in peak["circuits"]))
            for peak in data["peaks"]
        ),
    )


def _circuit(circuit: CircuitCost) -> Json:
    return {"name": circuit.name, "kwh": str(circuit.kwh), "cost": str(circuit.cost), "nested": circuit.nested}


def _circuit_from(data: Json) -> CircuitCost:
    return CircuitCost(
        name=data["name"], kwh=_decimal(data["kwh"]), cost=_decimal(data["cost"]), nested=bool(data["nested"])
    )


def _carry(carry: Carry) -> Json:
    return {
        "credit": str(carry.credit),
        "kwh": {name: str(kwh) for name, kwh in carry.kwh.items()},
        "peaks": {
            name: [[peak.year, peak.month, str(peak.kw)] for peak in peaks] for name, peaks in carry.peaks.items()
        },
        "year_basis": str(carry.year_basis),
    }


def _carry_from(data: Json) -> Carry:
    return Carry(
        credit=_decimal(data["credit"]),
        kwh={name: _decimal(kwh) for name, kwh in _entries(data["kwh"]).items()},
        peaks={
            name: tuple(CyclePeak(year, month, _decimal(kw)) for year, month, kw in peaks)
            for name, peaks in _entries(data["peaks"]).items()
        },
        year_basis=_decimal(data["year_basis"]),
    )
