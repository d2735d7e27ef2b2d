"""Bills of a case by the conventions of the cases, in fractions, sharing no code with the engine.

Months are calendar months of 2018 in UTC, its weekend is Saturday and Sunday, and everything begins anew on the 1st.
Energies are kWh as Fraction. It is slow and obvious on purpose.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

ZERO = Fraction(0)
START = datetime(2018, 1, 1, tzinfo=UTC)
DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

type Cells = dict[tuple[int, int], Fraction]


def exact(number: object) -> Fraction:
    """A JSON number as it is written."""
    return Fraction(str(number))


@dataclass
class Month:
    """What came in and went out in a month, in the order of time: period and kWh of each interval."""

    number: int
    imported: list[tuple[int, Fraction]] = field(default_factory=list)
    exported: list[tuple[int, Fraction]] = field(default_factory=list)
    peak: Fraction = ZERO
    #: Highest kW inside each period of the demand schedule.
    peaks: dict[int, Fraction] = field(default_factory=lambda: defaultdict(Fraction))


def bills(case: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of the bill of each month, with the keys of the cases."""
    months = split(case)
    rate, options, mode = case["rate"], case["options"], case["metering"]
    credit, kwh_left, basis_of_year = ZERO, defaultdict[int, Fraction](Fraction), ZERO
    found = []
    for month in months:
        demand, billed = demand_charges(case, months, month)
        bounds = limits(rate, month, billed)
        imported, earned = month.imported, ZERO
        if mode == "net_metering_kwh":
            imported = []
            for period in sorted({period for period, _ in month.imported + month.exported}):
                used = sum((kwh for each, kwh in month.imported if each == period), ZERO)
                used -= sum((kwh for each, kwh in month.exported if each == period), ZERO) + kwh_left[period]
                kwh_left[period] = max(-used, ZERO)
                imported.append((period, max(used, ZERO)))
        else:
            earned = cost(cells(month.exported, bounds, case["tier_allocation"]), rate, sells=True)
        kwh = cells(imported, bounds, case["tier_allocation"])
        energy = cost(kwh, rate)
        if mode == "net_billing_carryover":
            used_credit = min(credit, max(energy, ZERO))
            credit += earned - used_credit
            energy -= used_credit
        else:
            energy -= earned
        fixed = fixed_charge(rate, month)
        basis = max(ZERO, energy + demand["demand_flat"] + demand["demand_tou"] + fixed)
        minimum = max(ZERO, exact(options.get("monthly_min_charge", 0)) - basis)
        basis_of_year += basis
        true_up = ZERO
        if month.number == 12:
            minimum += max(ZERO, exact(options.get("annual_min_charge", 0)) - basis_of_year)
            true_up = credit + sum(kwh_left.values()) * exact(options.get("nm_yearend_sell_rate", 0))
        found.append(
            {
                "bill": energy + demand["demand_flat"] + demand["demand_tou"] + fixed + minimum - true_up,
                "energy_charge": energy,
                "fixed": fixed,
                "minimum": minimum,
                **demand,
                "true_up_credit": true_up,
                "month": month.number,
                "import_kwh": sum((each for _, each in month.imported), ZERO),
                "export_kwh": sum((each for _, each in month.exported), ZERO),
                "peak_kw": None if mode == "buy_all_sell_all" else month.peak,
                "export_credit_earned": earned,
                "kwh_by_period_tier": {f"{period},{tier}": each for (period, tier), each in kwh.items() if each},
                "billing_demand_kw": billed,
            }
        )
    return found


def split(case: dict[str, Any]) -> list[Month]:
    """Loads by month and period."""
    step = case["interval_minutes"]
    load = [exact(value) for value in case["load"]["values"]]
    made = [exact(value) for value in (case.get("generation") or {"values": [0] * len(load)})["values"]]
    months = [Month(number) for number in range(1, 13)]
    for number, (used, generated) in enumerate(zip(load, made, strict=True)):
        begin = START + timedelta(minutes=step * number)
        month = months[begin.month - 1]
        period = scheduled(case["rate"], "energy", begin)
        net = used - generated
        both = case["metering"] == "buy_all_sell_all"
        month.imported.append((period, used if both else max(net, ZERO)))
        month.exported.append((period, generated if both else max(-net, ZERO)))
        kw = max(net, ZERO) * 60 / step
        month.peak = max(month.peak, kw)
        if "demandratestructure" in case["rate"]:
            place = scheduled(case["rate"], "demand", begin)
            month.peaks[place] = max(month.peaks[place], kw)
    return months


def scheduled(rate: dict[str, Any], kind: str, begin: datetime) -> int:
    """The period of an interval by its begin."""
    name = "weekend" if begin.weekday() >= 5 else "weekday"
    period: int = rate[f"{kind}{name}schedule"][begin.month - 1][begin.hour]
    return period


def limits(rate: dict[str, Any], month: Month, billed: Fraction) -> list[Fraction | None]:
    """Bounds of the tiers in kWh since the begin of the month, from the period with the most tiers."""
    used = {period for period, _ in month.imported}
    tiers = max((rate["energyratestructure"][period] for period in used), key=len)
    days = DAYS[month.number - 1]
    factors = {"kWh": 1, "kWh daily": days, "kWh/kW": billed, "kWh/kW daily": billed * days}
    return [exact(tier["max"]) * factors[tier.get("unit", "kWh")] if "max" in tier else None for tier in tiers]


def cells(flows: list[tuple[int, Fraction]], bounds: list[Fraction | None], allocation: str) -> Cells:
    """kWh of each period and tier."""
    found: Cells = defaultdict(Fraction)
    if allocation == "chronological":
        count = ZERO
        for period, kwh in flows:
            for tier, part in cut(count, count + kwh, bounds):
                found[period, tier] += part
            count += kwh
        return found
    total = sum((kwh for _, kwh in flows), ZERO)
    for tier, part in cut(ZERO, total, bounds):
        for period, kwh in flows:
            found[period, tier] += part * kwh / total
    return found


def cut(lower: Fraction, upper: Fraction, bounds: list[Fraction | None]) -> list[tuple[int, Fraction]]:
    """The parts of a count that fall into each tier."""
    found, begin = [], ZERO
    for tier, bound in enumerate(bounds):
        end = upper if bound is None else bound
        part = min(end, upper) - max(begin, lower)
        if part > 0:
            found.append((tier, part))
        begin = end
    return found


def cost(kwh: Cells, rate: dict[str, Any], *, sells: bool = False) -> Fraction:
    """What energy costs, or earns."""
    total = ZERO
    for (period, tier), each in kwh.items():
        tiers = rate["energyratestructure"][period]
        row = tiers[min(tier, len(tiers) - 1)]
        total += each * (exact(row.get("sell", 0)) if sells else exact(row["rate"]) + exact(row.get("adj", 0)))
    return total


def demand_charges(case: dict[str, Any], months: list[Month], month: Month) -> tuple[dict[str, Fraction], Fraction]:
    """Flat and time-of-use demand, and the billing demand in kW."""
    rate = case["rate"]
    billed = month.peak
    percent, span = exact(rate.get("lookbackpercent", 0)), rate.get("lookbackrange", 0)
    for back in range(1, span + 1):
        place = month.number - 1 - back
        earlier = months[place].peak if place >= 0 else exact(case["options"]["yearzero_peaks"][place])
        billed = max(billed, earlier * percent)
    flat = ZERO
    if "flatdemandstructure" in rate:
        tiers = rate["flatdemandstructure"][rate["flatdemandmonths"][month.number - 1]]
        flat = in_tiers(tiers, billed)
    timed = sum(
        (in_tiers(rate["demandratestructure"][period], kw) for period, kw in month.peaks.items()),
        ZERO,
    )
    return {"demand_flat": flat, "demand_tou": timed}, billed


def in_tiers(tiers: list[dict[str, Any]], kw: Fraction) -> Fraction:
    """What kW come to in blocks, each with a price of its own."""
    bounds = [exact(tier["max"]) if "max" in tier else None for tier in tiers]
    return sum((part * exact(tiers[tier]["rate"]) for tier, part in cut(ZERO, kw, bounds)), ZERO)


def fixed_charge(rate: dict[str, Any], month: Month) -> Fraction:
    """The fixed amount of a month."""
    amount = exact(rate.get("fixedchargefirstmeter", 0))
    return amount * DAYS[month.number - 1] if rate.get("fixedchargeunits") == "$/day" else amount
