"""Cases: a rate of the URDB, a load of a year, and how the utility counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeGuard
from zoneinfo import ZoneInfo

from custom_components.panel_meter.core.billing.bill import Bill, Carry, LineKind
from custom_components.panel_meter.core.billing.demand import CyclePeak
from custom_components.panel_meter.core.tariff.document import JSON, shown
from custom_components.panel_meter.core.tariff.model import (
    ZERO,
    Allocation,
    ExportMode,
    FixedPer,
    Minimum,
    Tariff,
    Version,
)
from custom_components.panel_meter.core.tariff.times import Calendar
from custom_components.panel_meter.core.tariff.urdb import Choices, from_urdb
from custom_components.panel_meter.core.tariff.urdb_charges import BY_PERIOD, FLAT

from .errors import Unusable
from .loads import Load, load_of, read_load
from .options import Options, options_of
from .rate import Rated, rate

#: Words for what becomes of exported energy, and the numbers that PySAM has for it.
_MODES: Final[Mapping[str, ExportMode]] = {
    "net_billing": ExportMode.NET_BILLING,
    "net_billing_carryover": ExportMode.CARRYOVER,
    "carryover": ExportMode.CARRYOVER,
    "net_metering_kwh": ExportMode.NET_METERING_KWH,
    "net_metering": ExportMode.NET_METERING_KWH,
    "buy_all_sell_all": ExportMode.BUY_ALL_SELL_ALL,
    "0": ExportMode.NET_METERING_KWH,
    "2": ExportMode.NET_BILLING,
    "3": ExportMode.CARRYOVER,
    "4": ExportMode.BUY_ALL_SELL_ALL,
}
#: A demand interval that the model knows, for loads of any interval.
_INTERVALS: Final = (60, 30, 20, 15, 10, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case that is ready to be rated."""

    name: str
    tariff: Tariff
    zone: tzinfo
    load: Load
    carry: Carry
    #: The minimum charge of the year, where there is one of the month, too.
    annual: Minimum | None
    has_demand: bool
    #: Everything is bought and everything sold, so there is no net import.
    apart: bool
    unknown_options: tuple[str, ...]


def is_case(document: object) -> TypeGuard[dict[str, object]]:
    """Whether a document is a case, and not a load or a tariff."""
    return isinstance(document, dict) and "rate" in document and "load" in document


def read_case(document: Mapping[str, object], path: Path) -> Case:
    """A case with the loads that it names, relative to its file; Unusable or TariffInvalid say what is wrong."""
    options = options_of(document)
    calendar = document.get("calendar")
    days = calendar if isinstance(calendar, dict) else {}
    zone = zone_of(days.get("tz") or "UTC")
    minutes = document.get("interval_minutes")
    if minutes is not None and (not isinstance(minutes, int) or not 1 <= minutes <= 1440):
        raise Unusable(f"{path}: an interval of {shown(minutes)} minutes is not possible.")
    load = _load(document.get("load"), path, zone, minutes)
    made = document.get("generation")
    if made is not None:
        generation = _load(made, path, zone, minutes)
        if generation.starts != load.starts:
            raise Unusable(f"{path}: load and generation are not of the same intervals.")
        load = replace(load, generation=generation.kwh)
    rates, mode = _rates(document, options), _mode(document.get("metering"))
    step = (load.starts[1] - load.starts[0]) // 60
    tariff = from_urdb(
        rates,
        tariff_id="case",
        name=_text(document.get("id")) or path.stem,
        currency=_text(document.get("currency")) or "USD",
        choices=Choices(
            export=mode,
            netting=0,
            settle_price=options.settle_price or ZERO,
            allocation=_allocation(document.get("tier_allocation")),
            interval_min=next((each for each in _INTERVALS if step % each == 0), 5),
        ),
    )
    first = datetime.fromtimestamp(load.starts[0], zone)
    version, annual = _with_options(tariff.versions[0], options)
    return Case(
        name=tariff.name,
        tariff=replace(tariff, versions=(version,), calendar=Calendar(holidays=_holidays(days.get("holidays"), path))),
        zone=zone,
        load=load,
        carry=_carry(version, options, first.year),
        annual=annual,
        has_demand=_has_demand(rates),
        apart=mode is ExportMode.BUY_ALL_SELL_ALL,
        unknown_options=options.unknown,
    )


def zone_of(name: object) -> ZoneInfo:
    """A time zone by its name."""
    try:
        return ZoneInfo(_text(name))
    except (KeyError, OSError, ValueError) as error:
        raise Unusable(f"{shown(name)} is no time zone such as Asia/Jakarta.") from error


def _text(value: object) -> str:
    return value[:64] if isinstance(value, str) else ""


def _load(value: object, path: Path, zone: tzinfo, minutes: int | None) -> Load:
    if isinstance(value, str):
        return read_load(path.parent / value, zone, minutes)
    return load_of(value, path, zone, minutes)


def _mode(value: object) -> ExportMode:
    word = str(value).lower() if isinstance(value, str | int) else "net_billing"
    if word not in _MODES:
        raise Unusable(f"The metering {shown(value)} is not known; known are {', '.join(list(_MODES)[:6])}.")
    return _MODES[word]


def _allocation(value: object) -> Allocation:
    word = str(value or "chronological").lower().replace("-", "").replace("_", "")
    if word not in tuple(Allocation):
        raise Unusable(f"The tier_allocation {shown(value)} is not known; known are {', '.join(Allocation)}.")
    return Allocation(word)


def _holidays(value: object, path: Path) -> frozenset[date]:
    try:
        return frozenset(date.fromisoformat(str(each)) for each in value) if isinstance(value, list) else frozenset()
    except ValueError as error:
        raise Unusable(f"{path}: holidays are dates such as 2018-12-25.") from error


def _rates(case: Mapping[str, object], options: Options) -> dict[str, object]:
    """The rate of a case, with options that the URDB has fields for. Minimum charges stand elsewhere."""
    rate = case["rate"]
    if not isinstance(rate, dict):
        raise Unusable("The field 'rate' of the case holds no rate.")
    rates = {str(key).lower(): value for key, value in rate.items()}
    if options.lookback_percent is not None and "lookbackpercent" not in rates:
        rates["lookbackpercent"] = str(options.lookback_percent / 100)
    if options.lookback_months is not None and "lookbackrange" not in rates:
        rates["lookbackrange"] = options.lookback_months
    if options.lookback_chosen and "lookbackmonths" not in rates:
        rates["lookbackmonths"] = list(options.lookback_chosen)
    if options.monthly_fixed is not None and "fixedchargefirstmeter" not in rates:
        rates["fixedchargefirstmeter"] = str(options.monthly_fixed)
    # A month and a year may each have a minimum: the one of the year is put aside.
    if options.annual_minimum is None and "annualmincharge" in rates:
        options.annual_minimum = options_of({"annual_min": rates["annualmincharge"]}).annual_minimum
    if options.annual_minimum is not None:
        rates.pop("annualmincharge", None)
    return rates


def _with_options(version: Version, options: Options) -> tuple[Version, Minimum | None]:
    """The version with the options of the case, and the minimum charge of a year that does not fit into it."""
    minimum = version.minimum
    if options.monthly_minimum and (minimum is None or minimum.per is not FixedPer.YEAR):
        minimum = minimum or Minimum(amount=options.monthly_minimum, per=FixedPer.MONTH)
    annual = Minimum(amount=options.annual_minimum, per=FixedPer.YEAR) if options.annual_minimum else None
    if minimum is not None and minimum.per is FixedPer.YEAR and options.monthly_minimum:
        minimum, annual = Minimum(amount=options.monthly_minimum, per=FixedPer.MONTH), minimum
    if minimum is None:
        minimum, annual = annual, None
    export = version.export
    if export is not None and options.settle_month is not None:
        export = replace(export, settle_month=options.settle_month)
    demand = version.demand
    if options.minimum_kw is not None:
        demand = tuple(replace(each, min_kw=options.minimum_kw) if _is_flat(each.name) else each for each in demand)
    return replace(version, minimum=minimum, export=export, demand=demand), annual


def _carry(version: Version, options: Options, year: int) -> Carry:
    peaks = tuple(CyclePeak(year - 1, month + 1, kw) for month, kw in enumerate(options.peaks_before))
    return Carry(peaks={each.name: peaks for each in version.demand if _is_flat(each.name)} if peaks else {})


def _has_demand(rates: Mapping[str, object]) -> bool:
    structure = rates.get("energyratestructure")
    per_kw = "/kw" in str(structure).lower() if isinstance(structure, list) else False
    return per_kw or any(rates.get(key) for key in ("flatdemandstructure", "demandratestructure"))


def _is_flat(name: str) -> bool:
    return name.startswith(FLAT)


# --- what it comes to ---


def rate_case(case: Case) -> list[dict[str, JSON]]:
    """The parts of the bill of each month."""
    rated = rate(case.tariff, case.zone, case.load, case.carry)
    top_ups = _top_ups(case, len(rated.bills))
    return [
        _month(case, bill, peak, top_up)
        for bill, peak, top_up in zip(rated.bills, rated.peaks_kw, top_ups, strict=True)
    ]


def _top_ups(case: Case, number: int) -> Sequence[Decimal]:
    """What the minimum charge of the year adds to each bill. It does not count what that of the month added."""
    if case.annual is None:
        return [ZERO] * number
    version = replace(case.tariff.versions[0], minimum=case.annual)
    rated: Rated = rate(replace(case.tariff, versions=(version,)), case.zone, case.load, case.carry)
    return [bill.amount(LineKind.MINIMUM) for bill in rated.bills]


def _month(case: Case, bill: Bill, peak: Decimal, top_up: Decimal) -> dict[str, JSON]:
    flat = [each for each in bill.demands if _is_flat(each.name)]
    timed = [each for each in bill.demands if each.name.startswith(BY_PERIOD)]
    month: dict[str, JSON] = {
        "bill": float(bill.total + top_up),
        "energy_charge": float(bill.amount(LineKind.ENERGY, LineKind.ADDER, LineKind.EXPORT)),
        "fixed": float(bill.amount(LineKind.FIXED)),
        "minimum": float(bill.amount(LineKind.MINIMUM) + top_up),
        "demand_flat": float(sum((each.amount for each in flat), ZERO)),
        "demand_tou": float(sum((each.amount for each in timed), ZERO)),
        "true_up_credit": float(-bill.amount(LineKind.CREDIT)),
        "month": bill.first.month,
        "import_kwh": float(bill.imported_kwh),
        "export_kwh": float(bill.exported_kwh),
        "peak_kw": None if case.apart else float(peak),
        "export_credit_earned": float(bill.export_earned),
        "kwh_by_period_tier": {
            f"{line.name.removeprefix('period ')},{line.block or 0}": float(line.quantity)
            for line in bill.lines
            if line.kind is LineKind.ENERGY and line.quantity
        },
    }
    if case.has_demand:
        month["billing_demand_kw"] = float(max([peak, *(each.billed_kw for each in flat)]))
    return month
