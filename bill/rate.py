"""Rating of a load with the engine of the integration."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from typing import Final

from custom_components.panel_meter.core.billing.account import Account
from custom_components.panel_meter.core.billing.bill import Bill, Carry
from custom_components.panel_meter.core.billing.usage import Usage
from custom_components.panel_meter.core.tariff.model import ZERO, ExportMode, Tariff
from custom_components.panel_meter.core.tariff.rulebook import Rulebook

from .errors import Unusable
from .loads import Load, whole

_HOUR: Final = 3600
_MWH: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Rated:
    """Bills of all cycles that a load touches, and the highest net import of each in kW."""

    bills: tuple[Bill, ...]
    peaks_kw: tuple[Decimal, ...]


def rate(tariff: Tariff, zone: tzinfo, load: Load, carry: Carry | None = None) -> Rated:
    """Rate a load. Generation is set off against the load of its interval, unless all of both is bought and sold."""
    dynamic = [
        version
        for version in tariff.versions
        if version.energy.dynamic is not None or (version.export is not None and version.export.dynamic is not None)
    ]
    if dynamic:
        raise Unusable("The tariff has dynamic prices, and no file says what they were.")
    apart = any(
        version.export is not None and version.export.mode is ExportMode.BUY_ALL_SELL_ALL for version in tariff.versions
    )
    try:
        book = Rulebook(tariff, zone)
    except (KeyError, OSError, ValueError) as error:
        raise Unusable(f"{tariff.time_zone} is no time zone such as Asia/Jakarta.") from error
    account = Account(book, load.starts[0], carry=carry)
    peaks: dict[int, Decimal] = {}
    for usage in usages(load, apart=apart):
        account.close_until(usage.start)
        kw = Decimal(usage.imported) * _HOUR / ((usage.end - usage.start) * _MWH)
        peaks[account.cycle.start] = max(kw, peaks.get(account.cycle.start, ZERO))
        account.add(usage)
    account.close_until(load.starts[-1])
    if account.cycle.start < load.starts[-1]:
        account.close()
    return Rated(tuple(account.bills), tuple(peaks.get(bill.start_instant, ZERO) for bill in account.bills))


def usages(load: Load, *, apart: bool) -> Iterator[Usage]:
    """What was imported and exported in each interval."""
    generated = load.generation or (ZERO,) * len(load.kwh)
    exported = load.export or (ZERO,) * len(load.kwh)
    if apart:
        imports, exports = list(load.kwh), [sum(pair, ZERO) for pair in zip(generated, exported, strict=True)]
    else:
        net = [used - made for used, made in zip(load.kwh, generated, strict=True)]
        imports = [max(each, ZERO) for each in net]
        exports = [max(-each, ZERO) + out for each, out in zip(net, exported, strict=True)]
    ends = load.starts[1:]
    energies = zip(load.starts, ends, whole(imports), whole(exports), whole(load.kwh), strict=False)
    for start, end, imported, out, consumed in energies:
        yield Usage(start, end, imported=imported, exported=out, consumed=consumed)
