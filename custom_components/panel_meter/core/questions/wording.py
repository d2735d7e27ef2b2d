"""How a language says things: sentences with places for values, numbers, dates and periods."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from string import Formatter
from typing import Final, Self

from ..calendar import local_day
from ..model import MILLIWATT_HOURS_PER_KWH
from ..tariff.currency import digits
from .found import Line, Number, Unit
from .model import Period, Within
from .vocabulary import WordingInvalid

#: A name from a message can be as long as it likes; nobody wants to hear all of it.
LONGEST_NAME: Final = 60
#: Looks like markup or a place for a value to whatever reads an answer next.
_HARMLESS: Final = str.maketrans({"<": "(", ">": ")", "{": "(", "}": ")", "`": "'", "|": "/"})
_PLACES: Final = {Unit.CELSIUS: 1, Unit.VOLT: 1, Unit.HERTZ: 2, Unit.KILOWATT: 2}
_MILLI: Final = 1000


def plain(name: str) -> str:
    """A name that nothing reads as markup, as a template or as more than one line."""
    flat = " ".join("".join(each if each.isprintable() else " " for each in name).split()).translate(_HARMLESS)
    return flat if len(flat) <= LONGEST_NAME else f"{flat[: LONGEST_NAME - 1]}…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The sentences of a language."""

    language: str
    answers: Mapping[str, str]
    examples: tuple[str, ...]
    decimal: str
    thousands: str
    date_form: str
    month_form: str
    months: tuple[str, ...]
    zone: tzinfo
    #: UTC seconds.
    now: int

    @classmethod
    def from_data(cls, data: Mapping[str, object], zone: tzinfo, now: int) -> Self:
        """Read the wording of a language; WordingInvalid if something of it is missing or wrong."""
        language, numerals = str(data.get("language")), data.get("numerals")
        if not isinstance(numerals, Mapping):
            raise WordingInvalid(f"The wording of '{language}' needs an object 'numerals'.")
        months, examples = numerals.get("months"), data.get("examples")
        if not isinstance(months, list) or len(months) != 12 or not isinstance(examples, list) or not examples:
            raise WordingInvalid(f"The wording of '{language}' needs twelve months in 'numerals', and 'examples'.")
        return cls(
            language=language,
            answers=_answers(language, data.get("answers")),
            examples=tuple(map(str, examples)),
            decimal=str(numerals.get("decimal", ".")),
            thousands=str(numerals.get("thousands", "")),
            date_form=str(numerals.get("date", "{day} {month} {year}")),
            month_form=str(numerals.get("month", "{month} {year}")),
            months=tuple(map(str, months)),
            zone=zone,
            now=now,
        )

    def say(self, key: str, **values: str) -> str:
        """A sentence with its values; what values hold is never read as places again."""
        return self.answers[key].format_map(values)

    # --- values ---

    def number(self, value: Number, places: int) -> str:
        """A number as people write it here."""
        text = f"{round(Decimal(value), places):,.{places}f}"
        return "".join({",": self.thousands, ".": self.decimal}.get(each, each) for each in text)

    def value(self, line: Line, number: Number | None = None) -> str:
        """The value of a line, or another number in its unit."""
        found = line.value if number is None else number
        if found is None:
            return "?"
        match line.unit:
            case Unit.WATT:
                watts = float(found)
                return f"{self.number(watts, 0)} W" if abs(watts) < _MILLI else f"{self.number(watts / _MILLI, 2)} kW"
            case Unit.ENERGY:
                return self.energy(int(found))
            case Unit.MONEY:
                return f"{self.number(found, digits(line.currency))} {line.currency}"
            case Unit.PRICE:
                return f"{self.number(found, digits(line.currency) + 2)} {line.currency}"
        return f"{self.number(found, _PLACES[line.unit])} {line.unit}"

    def energy(self, energy: int) -> str:
        """Energy of mWh in kWh."""
        kwh = Decimal(energy) / MILLIWATT_HOURS_PER_KWH
        return f"{self.number(kwh, 0 if kwh >= _MILLI else 2)} kWh"

    def share(self, value: Number, other: Number) -> str:
        """How much a value is away from another one, in percent; without another one as it is."""
        return f"{self.number(abs(Decimal(value) - Decimal(other)) * 100 / abs(Decimal(other)), 0)} %"

    # --- times ---

    def day(self, day: date) -> str:
        """A day."""
        return self.date_form.format(day=day.day, month=self.months[day.month - 1], year=day.year)

    def month(self, day: date) -> str:
        """The month of a day."""
        return self.month_form.format(month=self.months[day.month - 1], year=day.year)

    def instant(self, instant: int) -> str:
        """A time of the day, with its date unless that is today."""
        local = datetime.fromtimestamp(instant, UTC).astimezone(self.zone)
        today = self._today()
        clock = f"{local:%H:%M}"
        return clock if local.date() == today else f"{clock} ({self.day(local.date())})"

    def duration(self, seconds: int) -> str:
        """Hours and minutes."""
        return f"{seconds // 3600}:{seconds % 3600 // 60:02} h"

    def period(self, period: Period) -> str:
        """A period as it stands in a sentence."""
        key = f"period_{period.within}"
        match period.within:
            case Within.HOURS | Within.DAYS:
                return self.say(key, count=str(period.count))
            case Within.SINCE | Within.DAY:
                return self.say(key, date=self.day(period.first or self._today()))
            case Within.BETWEEN:
                first = period.first or self._today()
                return self.say(key, first=self.day(first), last=self.day(period.last or first))
            case Within.MONTH:
                return self.say(key, month=self.month(period.first or self._today()))
            case Within.YEAR:
                return self.say(key, year=str((period.first or self._today()).year))
        return self.say(key)

    def _today(self) -> date:
        return local_day(self.now, self.zone)


#: The places that a sentence may have; a contributed file cannot reach anything else.
_FIELDS: Final = frozenset(
    {
        *("before", "count", "date", "end", "examples", "first", "high", "last", "list", "low", "month", "name"),
        *("other", "period", "price", "second", "share", "start", "time", "value", "year"),
    }
)


def _answers(language: str, found: object) -> Mapping[str, str]:
    if not isinstance(found, Mapping) or not all(isinstance(each, str) for each in found.values()):
        raise WordingInvalid(f"The wording of '{language}' needs sentences in 'answers'.")
    for key, text in found.items():
        for _, field, form, conversion in Formatter().parse(text):
            if (field is not None and field not in _FIELDS) or form or conversion:
                raise WordingInvalid(f"The sentence '{key}' of '{language}' has a place that does not exist.")
    return found
