"""Careful reading of a document of OpenEI's Utility Rate Database (URDB)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
import re
from typing import Final

from .document import decimal_of, shown
from .model import ZERO, Block, BlockPer
from .problems import Problem, TariffInvalid, problem
from .urdb_schedule import HOURS, MONTHS, Schedule

#: Limits from here on stand for none.
_ENDLESS: Final = Decimal("1e15")
_MAX_PERIODS: Final = 600
_MAX_TIERS: Final = 50
_PER: Final = {
    "kwh": BlockPer.CYCLE,
    "kwh daily": BlockPer.DAY,
    "kwh/kw": BlockPer.KW,
    "kwh/kw daily": BlockPer.KW_DAY,
}
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tier:
    """A row of a rate structure: price, limit and what exported energy earns."""

    price: Decimal
    sell: Decimal
    block: Block


type Structure = tuple[tuple[Tier, ...], ...]


@dataclass(slots=True)
class Source:
    """The fields of a document, whatever their case, and what is wrong with them."""

    fields: dict[str, object]
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def refuse(self, code: str, key: str, **values: object) -> None:
        """Note why the document cannot be imported."""
        self.errors.append(problem(code, key, **values))

    def warn(self, code: str, key: str, **values: object) -> None:
        """Note what was left out without changing a bill."""
        self.warnings.append(problem(code, key, **values))

    def finish(self) -> None:
        """TariffInvalid if anything was refused."""
        if self.errors:
            raise TariffInvalid(self.errors)

    def has(self, key: str) -> bool:
        """Whether a field says something."""
        return self.fields.get(key) not in (None, "", [], {})

    def number(self, key: str) -> Decimal | None:
        """An optional number."""
        return self._number(self.fields.get(key), key) if self.has(key) else None

    def whole(self, key: str) -> int | None:
        """An optional whole number."""
        number = self.number(key)
        if number is not None and number != int(number):
            self.refuse("T24f", key, field=key, x=shown(self.fields[key]))
            return None
        return None if number is None else int(number)

    def text(self, key: str) -> str:
        """An optional text; "" if there is none."""
        value = self.fields.get(key)
        if value is None or isinstance(value, str):
            return value or ""
        self.refuse("T24f", key, field=key, x=shown(value))
        return ""

    def twelve(self, key: str) -> tuple[int, ...] | None:
        """An optional list of a whole number per month; true is 1."""
        if not self.has(key):
            return None
        value = self.fields[key]
        found = [_whole(each) for each in value] if isinstance(value, list) and len(value) == len(MONTHS) else []
        whole = tuple(each for each in found if each is not None)
        if len(whole) == len(MONTHS):
            return whole
        self.refuse("T24f", key, field=key, x=shown(value))
        return None

    def is_nothing(self, key: str) -> bool:
        """Whether a field is missing or holds nothing but zeros, however deep."""
        return all(_is_zero(each) for each in _leaves(self.fields.get(key)))

    def _number(self, value: object, path: str) -> Decimal:
        number = decimal_of(value)
        if number is None:
            self.refuse("T24f", path, field=path, x=shown(value))
            return ZERO
        return number

    def start(self) -> date | None:
        """The day from which the rates apply."""
        value = self.fields.get("startdate")
        if not self.has("startdate"):
            return None
        try:
            if isinstance(value, str) and _DATE.match(value):
                return date.fromisoformat(value[:10])
            if (seconds := decimal_of(value)) is not None:
                return datetime.fromtimestamp(int(seconds), UTC).date()
        except ValueError, OverflowError, OSError:
            pass
        self.refuse("T24f", "startdate", field="startdate", x=shown(value))
        return None

    # --- structures and schedules ---

    def structure(self, key: str, *, power: bool) -> Structure:
        """Tiers of each period; ``power``: limits and prices are for kW."""
        value = self.fields.get(key)
        if not self.has(key):
            return ()
        if not isinstance(value, list) or len(value) > _MAX_PERIODS:
            self.refuse("T24f", key, field=key, x=shown(value))
            return ()
        return tuple(self._period(each, f"{key}.{number}", power=power) for number, each in enumerate(value))

    def _period(self, value: object, path: str, *, power: bool) -> tuple[Tier, ...]:
        if not isinstance(value, list) or not 0 < len(value) <= _MAX_TIERS:
            self.refuse("T24f", path, field=path, x=shown(value))
            return ()
        return tuple(self._tier(each, f"{path}.{number}", power=power) for number, each in enumerate(value))

    def _tier(self, value: object, path: str, *, power: bool) -> Tier:
        if not isinstance(value, dict):
            self.refuse("T24f", path, field=path, x=shown(value))
            return Tier(ZERO, ZERO, Block())
        row = {str(key).lower(): each for key, each in value.items() if each is not None}
        numbers = {
            key: self._number(row[key], f"{path}.{key}") if key in row else ZERO for key in ("rate", "adj", "sell")
        }
        limit = self._number(row["max"], f"{path}.max") if "max" in row else None
        if limit is not None and limit >= _ENDLESS:
            limit = None
        per = self._per(row.get("unit", "kW" if power else "kWh"), path, power=power)
        block = Block() if limit is None else Block(upto=limit, per=per)
        return Tier(numbers["rate"] + numbers["adj"], numbers["sell"], block)

    def _per(self, unit: object, path: str, *, power: bool) -> BlockPer:
        known = {"kw": BlockPer.CYCLE} if power else _PER
        per = known.get(unit.strip().lower()) if isinstance(unit, str) else None
        if per is None:
            self.refuse("T24a", f"{path}.unit", u=shown(unit))
        return per or BlockPer.CYCLE

    def schedule(self, weekday: str, weekend: str, periods: int) -> Schedule | None:
        """Two schedules of 12 by 24; None if they are unusable. A single period needs none."""
        if not self.has(weekday) and not self.has(weekend) and periods == 1:
            rows = tuple((0,) * HOURS for _ in MONTHS)
            return Schedule(rows, rows)
        found = [self._matrix(key, periods) for key in (weekday, weekend)]
        return None if found[0] is None or found[1] is None else Schedule(found[0], found[1])

    def _matrix(self, key: str, periods: int) -> tuple[tuple[int, ...], ...] | None:
        if not self.has(key):
            self.refuse("T24e", key, field=key)
            return None
        value = self.fields[key]
        if not isinstance(value, list) or len(value) != len(MONTHS):
            self.refuse("T24b", key)
            return None
        rows: list[tuple[int, ...]] = []
        for row in value:
            found = [_whole(each) for each in row] if isinstance(row, list) and len(row) == HOURS else []
            whole = tuple(each for each in found if each is not None)
            if len(whole) != HOURS:
                self.refuse("T24b", f"{key}.{len(rows)}")
                return None
            rows.append(whole)
        return tuple(rows) if self._all_known(rows, key, periods) else None

    def _all_known(self, rows: list[tuple[int, ...]], key: str, periods: int) -> bool:
        unknown = sorted({each for row in rows for each in row if not 0 <= each < periods})
        for index in unknown[:1]:
            self.refuse("T24c", key, i=index)
        return not unknown


def source_of(document: object) -> Source:
    """The one rate of a document, which may be wrapped in ``items``; TariffInvalid if there is not exactly one."""
    rates = document
    if isinstance(rates, dict) and "items" in rates:
        rates = rates["items"]
    if isinstance(rates, list):
        if len(rates) != 1:
            raise TariffInvalid((problem("T24h", "items", n=len(rates)),))
        rates = rates[0]
    if not isinstance(rates, dict):
        raise TariffInvalid((problem("T32", "", x=shown(rates), expected="a rate of the URDB"),))
    return Source({str(key).lower(): value for key, value in rates.items()})


def _whole(value: object) -> int | None:
    number = decimal_of(int(value) if isinstance(value, bool) else value)
    return None if number is None or number != int(number) else int(number)


def _is_zero(value: object) -> bool:
    return value in (None, "", False) or decimal_of(value) == 0


def _leaves(value: object) -> Iterator[object]:
    """What lists and objects hold in the end. What is nested too deep to be a rate counts as something."""
    level = [value]
    for _ in range(8):
        following: list[object] = []
        for each in level:
            if isinstance(each, list):
                following += each
            elif isinstance(each, dict):
                # A row may name a unit; without a price that is nothing.
                following += [part for key, part in each.items() if key in ("rate", "adj")]
            else:
                yield each
        level = following
    yield from level
