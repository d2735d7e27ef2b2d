"""What a case says beside its rate. The names of options vary, so they are known by the words in them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from custom_components.panel_meter.core.tariff.document import decimal_of, shown

from .errors import Unusable

#: Fields of a case that are no options.
_KNOWN: Final = {
    "id", "description", "source", "load", "generation", "interval_minutes", "calendar", "currency", "metering",
    "tier_allocation", "options", "rate", "expected", "max_abs_diff_pysam_vs_exact_oracle", "peak_diff",
    "kwh_by_period_tier_diff", "peak_kw_note", "notes", "note", "comment",
}  # fmt: skip


@dataclass(slots=True)
class Options:
    """Options of a case; None: not given."""

    settle_price: Decimal | None = None
    settle_month: int | None = None
    #: Highest kW of January to December of the year before.
    peaks_before: tuple[Decimal, ...] = ()
    monthly_minimum: Decimal | None = None
    annual_minimum: Decimal | None = None
    monthly_fixed: Decimal | None = None
    lookback_percent: Decimal | None = None
    #: How many months before the present one count, or a flag for each month of a year.
    lookback_months: int | None = None
    lookback_chosen: Sequence[object] = ()
    minimum_kw: Decimal | None = None
    #: Options that nobody understood.
    unknown: tuple[str, ...] = ()


def options_of(case: Mapping[str, object]) -> Options:
    """The options of a case, wherever they stand."""
    inner = case.get("options")
    given = dict(inner) if isinstance(inner, dict) else {}
    given |= {key: value for key, value in case.items() if key not in _KNOWN}
    found = Options()
    found.unknown = tuple(words for words, value in _flattened(given) if not _take(found, words, value))
    return found


def _flattened(given: Mapping[str, object], before: str = "") -> Iterator[tuple[str, object]]:
    """Options in small letters; the names of options inside of one are joined to its own."""
    for key, value in given.items():
        words = f"{before}{str(key).lower().replace('-', '_')}"
        if isinstance(value, dict) and not before:
            yield from _flattened(value, f"{words}_")
        elif value is not None:
            yield words, value


def _take(found: Options, words: str, value: object) -> bool:
    """Put one option where it belongs; False if it means nothing here."""
    for fits, take in _TAKERS:
        if fits(words):
            take(found, words, value)
            return True
    # What is switched off needs no understanding, and modes stand elsewhere in the case.
    return value in (False, 0, "", [], {}) or words in ("ur_metering_option", "metering_option", "description")


def _has(*all_of: Sequence[str]) -> Callable[[str], bool]:
    """Whether a name has one word of each group."""
    return lambda words: all(any(word in words for word in group) for group in all_of)


def _sell(found: Options, words: str, value: object) -> None:
    found.settle_price = _number(words, value)


def _credit_month(found: Options, words: str, value: object) -> None:
    month = _number(words, value)
    # Where the name is that of PySAM, months count from 0.
    found.settle_month = int(month) + words.startswith(("ur_", "nm_"))
    if not 1 <= found.settle_month <= 12:
        raise Unusable(f"The option {words} is no month.")


def _peaks(found: Options, words: str, value: object) -> None:
    values = value if isinstance(value, list) else []
    if len(values) != 12:
        raise Unusable(f"The option {words} needs 12 values.")
    found.peaks_before = tuple(_number(words, each[0] if isinstance(each, list) and each else each) for each in values)


def _monthly_minimum(found: Options, words: str, value: object) -> None:
    found.monthly_minimum = _number(words, value)


def _annual_minimum(found: Options, words: str, value: object) -> None:
    found.annual_minimum = _number(words, value)


def _monthly_fixed(found: Options, words: str, value: object) -> None:
    found.monthly_fixed = _number(words, value)


def _minimum_kw(found: Options, words: str, value: object) -> None:
    found.minimum_kw = _number(words, value)


def _percent(found: Options, words: str, value: object) -> None:
    if isinstance(value, list):
        rows = {_number(words, each[0] if isinstance(each, list) and each else each) for each in value}
        if len(rows) != 1:
            raise Unusable(f"The option {words} must be the same in every month.")
        found.lookback_percent = rows.pop()
        return
    number = _number(words, value)
    found.lookback_percent = number * 100 if number <= 1 else number


def _range(found: Options, words: str, value: object) -> None:
    if isinstance(value, list):
        found.lookback_chosen = value
        return
    found.lookback_months = int(_number(words, value))


def _number(words: str, value: object) -> Decimal:
    number = decimal_of(value)
    if number is None:
        raise Unusable(f"The option {words} is {shown(value)}, which is no number.")
    return number


_YEAR_BEFORE: Final = ("yearzero", "year_zero", "yr0", "year0", "previous", "prior", "before")
#: The first whose words are in the name of an option takes it.
_TAKERS: Final = (
    (_has(("sell",), ("year", "end", "nm")), _sell),
    (_has(("credit_month", "true_up_month", "settle_month", "trueup_month")), _credit_month),
    (_has(_YEAR_BEFORE, ("peak", "usage", "demand", "kw")), _peaks),
    (_has(("annual", "year"), ("min",)), _annual_minimum),
    (_has(("lookback", "ratchet", "billing_demand"), ("percent", "pct")), _percent),
    (_has(("lookback", "ratchet", "billing_demand"), ("range", "period", "months")), _range),
    (_has(("billing_demand", "demand_min", "min_kw"), ("min",)), _minimum_kw),
    (_has(("month", "min_charge", "mincharge", "minimum"), ("min",)), _monthly_minimum),
    (_has(("month",), ("fixed",)), _monthly_fixed),
)
