"""Demand, fixed amounts and minimum charges of a URDB document."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from .model import Demand, Fixed, FixedPer, Minimum, Ratchet
from .times import Rule
from .urdb_schedule import MONTHS, Group, Schedule, rules
from .urdb_source import Source, Structure, Tier

#: Names of demands in an imported tariff; parts of a year or day are added in brackets.
FLAT: Final = "flat demand"
BY_PERIOD: Final = "demand period"

_PER: Final = {"": FixedPer.MONTH, "month": FixedPer.MONTH, "day": FixedPer.DAY, "year": FixedPer.YEAR}
#: Charges that no part of a tariff stands for. They may be there with zeros.
_UNKNOWN: Final = (
    "coincidentratestructure",
    "fueladjustmentsmonthly",
    "demandreactivepowercharge",
    "demandratchetpercentage",
)
#: What is for other meters than the one that is billed.
_ELSEWHERE: Final = ("fixedchargeeaaddl",)
_UNITS_OF_DEMAND: Final = ("demandunits", "demandrateunit", "flatdemandunit")
#: A ratchet over the months of a year looks at the eleven before this one.
_YEAR: Final = 11


def refuse_unknown(source: Source) -> None:
    """Note charges that cannot be billed, and what is left out."""
    for key in _UNKNOWN:
        if not source.is_nothing(key):
            source.refuse("T24g", key, field=key)
    for key in _ELSEWHERE:
        if not source.is_nothing(key):
            source.warn("T24i", key, field=key)
    for key in _UNITS_OF_DEMAND:
        if source.text(key).strip().lower() not in ("", "kw"):
            source.refuse("T24a", key, u=source.text(key))


# --- fixed amounts and minimum ---


def fixed(source: Source) -> tuple[Fixed, ...]:
    """The charge for the meter, or its old name for a month."""
    return tuple(
        Fixed(name="fixed charge", amount=amount, per=per)
        for amount, per in _amounts(source, "fixedchargefirstmeter", "fixedchargeunits", ("fixedmonthlycharge",))
    )


def minimum(source: Source) -> Minimum | None:
    """The minimum charge, or one of its old names for a month and a year."""
    found = _amounts(source, "mincharge", "minchargeunits", ("minmonthlycharge", "annualmincharge"))
    if len(found) > 1:
        source.refuse("T24k", "minmonthlycharge", field="minmonthlycharge", other="annualmincharge")
    return Minimum(amount=found[0][0], per=found[0][1]) if found else None


def _amounts(source: Source, key: str, units: str, old: Sequence[str]) -> list[tuple[Decimal, FixedPer]]:
    """Amounts that are not 0, and how often they are due."""
    found: list[tuple[Decimal, FixedPer]] = []
    if (amount := source.number(key)) is not None:
        unit = source.text(units).strip().lower().removeprefix("$/")
        if unit not in _PER:
            source.refuse("T24a", units, u=source.text(units))
        found.append((amount, _PER.get(unit, FixedPer.MONTH)))
    for name in old:
        per = FixedPer.YEAR if name.startswith("annual") else FixedPer.MONTH
        if (amount := source.number(name)) is None:
            continue
        if found and amount and (key in source.fields) and (amount, per) != found[0]:
            source.warn("T24j", name, field=key, other=name)
        elif not source.has(key):
            found.append((amount, per))
    return [each for each in found if each[0]]


# --- demand ---


@dataclass(frozen=True, slots=True)
class FlatDemand:
    """Demand that counts all day: its prices, and which of them each month has."""

    structure: Structure
    months: tuple[int, ...]

    def index(self, month: int) -> int:
        """The number of the prices of a month."""
        return self.months[month - 1] if self.months else 0


def flat_demand(source: Source) -> FlatDemand:
    """The flat demand of a document; without prices if there is none."""
    structure = source.structure("flatdemandstructure", power=True)
    months = source.twelve("flatdemandmonths") or ()
    if len(structure) > 1 and not source.has("flatdemandmonths"):
        source.refuse("T24e", "flatdemandmonths", field="flatdemandmonths")
    for index in sorted({each for each in months if structure and not 0 <= each < len(structure)})[:1]:
        source.refuse("T24c", "flatdemandmonths", i=index)
    return FlatDemand(structure, months if structure else ())


def demands(
    source: Source, flat: FlatDemand, structure: Structure, schedule: Schedule | None, parts: Sequence[Group],
    interval_min: int,
) -> tuple[Demand, ...]:  # fmt: skip
    """All demands. ``parts`` are groups of months within which nothing changes."""
    interval = source.whole("demandwindow") or interval_min
    ratchet = _ratchet(source)
    found = _flat_demands(flat, parts, interval, ratchet) if flat.structure else []
    if schedule is not None:
        found += _by_period(structure, schedule, parts, interval)
    return tuple(found)


def _flat_demands(flat: FlatDemand, parts: Sequence[Group], interval: int, ratchet: Ratchet | None) -> list[Demand]:
    used = sorted({flat.index(month) for month in MONTHS})
    costly = [index for index in used if _costs(flat.structure[index])]
    if not costly:
        return []
    if len(used) == 1:
        return [_demand(FLAT, flat.structure[used[0]], interval, ratchet=ratchet)]
    # Demands of one name share the earlier cycles that a ratchet looks back on; without one, months without a price
    # need no demand.
    return [
        _demand(FLAT, flat.structure[index], interval, season=part.name, ratchet=ratchet)
        for part in parts
        if (index := flat.index(part.months[0])) in costly or ratchet is not None
    ]


def _by_period(structure: Structure, schedule: Schedule, parts: Sequence[Group], interval: int) -> list[Demand]:
    order = schedule.periods()
    windows = rules(schedule, parts, exact=True)
    return [
        _demand(f"{BY_PERIOD} {index}", structure[index], interval, window=windows[index] if len(order) > 1 else ())
        for index in sorted(order)
        if _costs(structure[index])
    ]


def _demand(
    name: str, tiers: Sequence[Tier], interval: int, *, window: tuple[Rule, ...] = (), season: str | None = None,
    ratchet: Ratchet | None = None,
) -> Demand:  # fmt: skip
    return Demand(
        name=name,
        price=tuple(tier.price for tier in tiers),
        blocks=tuple(tier.block for tier in tiers),
        window=window,
        interval_min=interval,
        ratchet=ratchet,
        season=season,
    )


def _costs(tiers: Sequence[Tier]) -> bool:
    return any(tier.price for tier in tiers)


def _ratchet(source: Source) -> Ratchet | None:
    percent = source.number("lookbackpercent")
    months = source.twelve("lookbackmonths") or ()
    chosen = frozenset(month for month, counts in zip(MONTHS, months, strict=False) if counts)
    cycles = source.whole("lookbackrange") or (_YEAR if chosen else 0)
    if not percent or not cycles:
        return None
    # The field is a fraction; whole per cents are found in documents, too.
    whole = percent * 100 if percent <= 1 else percent
    return Ratchet(percent=whole, cycles=cycles, months=frozenset() if len(chosen) == len(MONTHS) else chosen)
