"""A sentence becomes a query, or nothing: what is not wholly understood is not guessed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from .marks import Mark, Names, marks_of
from .model import Measure, Period, Query, Subject, SubjectKind, Topic, Within
from .periods import periods_of
from .vocabulary import Sense, Vocabulary

S = Sense
_ALWAYS: Final = frozenset({S.FILLER, S.HOUSE, S.ELECTRIC})
_ENERGY: Final = frozenset({S.USE, S.USE_NOW, S.PAST, S.POWER, S.KWH, S.WATT})
#: What else a question of a topic may hold.
_ALLOWED: Final[Mapping[Topic, frozenset[Sense]]] = {
    Topic.POWER: _ENERGY - {S.KWH} | {S.NOW, S.SOLAR},
    Topic.USAGE: _ENERGY | {S.SO_FAR, S.SOLAR},
    Topic.COST: _ENERGY | {S.COST, S.SO_FAR, S.SOLAR},
    Topic.TOP: _ENERGY | {S.MOST, S.NOW, S.COST},
    Topic.COMPARE: _ENERGY | {S.COMPARE, S.MORE, S.THAN, S.COST, S.SOLAR},
    Topic.TEMPERATURE: frozenset({S.TEMPERATURE, S.NOW}),
    Topic.VOLTAGE: frozenset({S.VOLTAGE, S.NOW}),
    Topic.FREQUENCY: frozenset({S.FREQUENCY, S.NOW}),
    Topic.ALERTS: frozenset({S.ALERTS, S.NOW, S.POWER}),
    Topic.BILL: frozenset({S.BILL, S.COST, S.SO_FAR, S.NOW, S.PAST, S.POWER, S.HELP}),
    Topic.PROJECTION: frozenset({S.BILL, S.COST, S.FUTURE, S.POWER, S.USE}),
    Topic.PRICE: frozenset({S.PRICE, S.COST, S.PER_UNIT, S.KWH, S.NOW, S.CHEAP, S.POWER}),
    Topic.CHEAPEST: frozenset(
        {S.CHEAP, S.CHEAPEST, S.PRICE, S.COST, S.WHEN, S.POWER, S.USE, S.USE_NOW, S.PER_UNIT, S.FUTURE}
    ),
    Topic.DEMAND: frozenset({S.DEMAND, S.MOST, S.SO_FAR, S.POWER, S.PAST, S.USE, S.WATT, S.WHEN}),
    Topic.WHY: frozenset({S.WHY, S.BILL, S.COST, S.MORE, S.USE, S.POWER, S.PAST, S.HELP, S.THAN}),
    Topic.EXPORT: frozenset({S.EXPORT, S.KWH, S.POWER, S.WATT, S.NOW, S.PAST, S.SOLAR, S.SO_FAR, S.PRODUCE}),
    Topic.PRODUCTION: frozenset({S.PRODUCE, S.SOLAR, S.KWH, S.POWER, S.WATT, S.NOW, S.PAST, S.SO_FAR}),
    Topic.HELP: frozenset({S.HELP, S.USE, S.POWER, S.COST}),
}
_MONTHS: Final = frozenset({Within.THIS_MONTH, Within.LAST_MONTH, Within.THIS_CYCLE, Within.LAST_CYCLE})
_NONE: Final[frozenset[Within]] = frozenset()
#: Periods that a topic can be asked for; a topic that is not here takes any.
_PERIODS: Final[Mapping[Topic, frozenset[Within]]] = {
    Topic.POWER: _NONE,
    Topic.TEMPERATURE: _NONE,
    Topic.VOLTAGE: _NONE,
    Topic.FREQUENCY: _NONE,
    Topic.ALERTS: _NONE,
    Topic.BILL: _MONTHS | {Within.MONTH},
    Topic.PROJECTION: frozenset({Within.THIS_MONTH, Within.THIS_CYCLE}),
    Topic.PRICE: _NONE,
    Topic.CHEAPEST: frozenset({Within.TODAY}),
    Topic.DEMAND: _MONTHS | {Within.MONTH},
    Topic.WHY: frozenset({Within.THIS_MONTH, Within.THIS_CYCLE}),
    Topic.HELP: _NONE,
}
_ALL_KINDS: Final = frozenset(SubjectKind)
_OF_PANELS: Final = frozenset({SubjectKind.PANEL})
#: What a question of a topic can be about; a topic that is not here takes anything.
_KINDS: Final[Mapping[Topic, frozenset[SubjectKind]]] = {
    Topic.TOP: frozenset({SubjectKind.PANEL, SubjectKind.AREA}),
    Topic.TEMPERATURE: _OF_PANELS,
    Topic.VOLTAGE: _OF_PANELS,
    Topic.FREQUENCY: _OF_PANELS,
    Topic.ALERTS: frozenset({SubjectKind.PANEL, SubjectKind.CHANNEL}),
    Topic.BILL: _OF_PANELS,
    Topic.PROJECTION: _OF_PANELS,
    Topic.PRICE: _OF_PANELS,
    Topic.CHEAPEST: frozenset({SubjectKind.PANEL, SubjectKind.CHANNEL}),
    Topic.DEMAND: _OF_PANELS,
    Topic.WHY: _OF_PANELS,
    Topic.EXPORT: frozenset({SubjectKind.PANEL, SubjectKind.CHANNEL}),
    Topic.PRODUCTION: frozenset({SubjectKind.PANEL, SubjectKind.CHANNEL}),
    Topic.HELP: frozenset(),
}
#: With "more than yesterday" today is meant.
_BESIDE: Final = {
    Within.YESTERDAY: Within.TODAY,
    Within.LAST_WEEK: Within.THIS_WEEK,
    Within.LAST_MONTH: Within.THIS_MONTH,
    Within.LAST_YEAR: Within.THIS_YEAR,
    Within.LAST_CYCLE: Within.THIS_CYCLE,
}


@dataclass(frozen=True, slots=True)
class _Said:
    """What a sentence holds."""

    senses: frozenset[Sense]
    subjects: tuple[Subject, ...]
    periods: tuple[Period, ...]

    def has(self, *senses: Sense) -> bool:
        return not self.senses.isdisjoint(senses)

    @property
    def produces(self) -> bool:
        """Whether it names channels that produce, and no others."""
        return bool(self.subjects) and all(each.produces for each in self.subjects)

    @property
    def compares(self) -> bool:
        """Whether two things are set side by side."""
        two = len(self.periods) == 2 or len(self.subjects) == 2
        return self.has(S.COMPARE) or self.has(S.THAN) or (two and self.has(S.MORE))


def understand(text: str, vocabulary: Vocabulary, names: Names, today: date) -> Query | None:
    """What a sentence asks; None if any of it is not understood. ``today`` is the local day."""
    dated = periods_of(marks_of(text, vocabulary, names), today)
    if not dated.rest or not all(_is_plain(mark) for mark in dated.rest):
        return None
    said = _most_or_more(
        _Said(
            senses=frozenset(sense for mark in dated.rest for sense in _meant(mark, dated.rest)),
            subjects=tuple(dict.fromkeys(subject for mark in dated.rest for subject in mark.subjects)),
            periods=dated.periods,
        )
    )
    if (topic := next((topic for topic, fits in _TOPICS if fits(said)), None)) is None:
        return None
    return _checked(said, topic)


def _is_plain(mark: Mark) -> bool:
    """Whether a mark means something beside a period: a number that is left over means what nobody understood."""
    return bool(mark.senses or mark.subjects)


def _meant(mark: Mark, marks: Sequence[Mark]) -> frozenset[Sense]:
    """Of a word with more than one sense those that the rest of the sentence speaks for."""
    if len(mark.senses) < 2 or mark.senses <= _ALWAYS:
        return mark.senses
    others = frozenset(sense for other in marks if other is not mark for sense in other.senses)
    if S.FILLER in mark.senses:
        useful = mark.senses - {S.FILLER}
        return useful if useful & _wanted(others) else frozenset({S.FILLER})
    return mark.senses


def _most_or_more(said: _Said) -> _Said:
    """Where one word says both, such as French "plus", the rest of the sentence decides which one is meant.

    What takes the most of two circuits is what takes more.
    """
    if S.MOST in said.senses and [each.kind for each in said.subjects] == 2 * [SubjectKind.CHANNEL]:
        return replace(said, senses=said.senses - {S.MOST} | {S.MORE})
    if not {S.MOST, S.MORE} <= said.senses:
        return said
    more = said.has(S.WHY) or said.compares
    return replace(said, senses=said.senses - {S.MOST if more else S.MORE})


def _wanted(others: frozenset[Sense]) -> frozenset[Sense]:
    """Senses that a word with another, empty one takes beside these."""
    found: set[Sense] = set()
    if others & {S.BILL, S.COST}:
        found.add(S.FUTURE)
    if others & {S.CHEAP, S.CHEAPEST, S.PRICE}:
        found.add(S.WHEN)
    if others & {S.MORE, S.COMPARE}:
        found.add(S.THAN)
    return frozenset(found)


def _checked(said: _Said, topic: Topic) -> Query | None:
    allowed = _ALLOWED[topic] | _ALWAYS
    if not said.senses <= allowed or not {each.kind for each in said.subjects} <= _KINDS.get(topic, _ALL_KINDS):
        return None
    if topic is Topic.COMPARE:
        return _compared(said)
    if len(said.periods) > 1:
        return None
    period = said.periods[0] if said.periods else None
    if period is not None and topic in _PERIODS and period.within not in _PERIODS[topic]:
        return None
    measure = _measure(said) if topic is Topic.TOP else None
    return (
        None
        if measure is Measure.POWER and period
        else Query(topic=topic, measure=measure, subjects=said.subjects, period=period)
    )


def _measure(said: _Said) -> Measure:
    if said.has(S.COST):
        return Measure.COST
    if said.has(S.NOW) or (not said.periods and said.has(S.WATT, S.USE_NOW) and not said.has(S.PAST)):
        return Measure.POWER
    return Measure.USAGE


def _compared(said: _Said) -> Query | None:
    """Two periods of the same, or two things of the same period."""
    measure = Measure.COST if said.has(S.COST) else Measure.USAGE
    periods = said.periods
    if len(periods) == 1 and len(said.subjects) < 2 and said.has(S.THAN):
        beside = _BESIDE.get(periods[0].within)
        periods = () if beside is None else (Period(within=beside), periods[0])
    if len(periods) == 2 and len(said.subjects) < 2 and periods[0] != periods[1]:
        return Query(topic=Topic.COMPARE, measure=measure, subjects=said.subjects, period=periods[0], other=periods[1])
    if len(said.subjects) == 2 and len(periods) < 2:
        period = periods[0] if periods else None
        return Query(topic=Topic.COMPARE, measure=measure, subjects=said.subjects, period=period)
    return None


# --- topics: the first that fits is meant ---


def _is_price(said: _Said) -> bool:
    if said.has(S.PRICE, S.CHEAP):
        return True
    return not said.has(S.PAST) and not said.periods and _asks_unit_price(said)


def _asks_unit_price(said: _Said) -> bool:
    if not said.has(S.COST):
        return False
    return said.has(S.PER_UNIT) or (not said.subjects and said.has(S.NOW) and said.has(S.ELECTRIC, S.KWH, S.POWER))


def _is_usage(said: _Said) -> bool:
    if said.has(S.WATT, S.NOW) and not said.periods:
        return False
    return said.has(S.USE, S.USE_NOW, S.KWH) or said.has(S.POWER) or (said.has(S.ELECTRIC) and bool(said.periods))


def _is_power(said: _Said) -> bool:
    # French writes "consomme" and "consommé" alike once accents are gone: "now" decides.
    if said.periods or said.has(S.KWH) or (said.has(S.PAST) and not said.has(S.NOW)):
        return False
    present = said.has(S.WATT, S.USE_NOW) or (said.has(S.POWER) and not said.has(S.USE))
    return present or (said.has(S.NOW) and said.has(S.USE, S.POWER, S.ELECTRIC))


def _is_help(said: _Said) -> bool:
    return said.has(S.HELP) and not said.periods and not said.subjects


_TOPICS: Final[tuple[tuple[Topic, Callable[[_Said], bool]], ...]] = (
    (Topic.WHY, lambda said: said.has(S.WHY) and said.has(S.BILL, S.COST)),
    (Topic.ALERTS, lambda said: said.has(S.ALERTS)),
    (Topic.VOLTAGE, lambda said: said.has(S.VOLTAGE)),
    (Topic.FREQUENCY, lambda said: said.has(S.FREQUENCY)),
    (Topic.TEMPERATURE, lambda said: said.has(S.TEMPERATURE)),
    (Topic.CHEAPEST, lambda said: said.has(S.CHEAPEST) or (said.has(S.CHEAP) and said.has(S.WHEN))),
    (Topic.DEMAND, lambda said: said.has(S.DEMAND)),
    (Topic.PROJECTION, lambda said: said.has(S.FUTURE) and said.has(S.BILL, S.COST)),
    (Topic.COMPARE, lambda said: said.compares),
    (Topic.BILL, lambda said: said.has(S.BILL)),
    (Topic.EXPORT, lambda said: said.has(S.EXPORT)),
    (Topic.PRODUCTION, lambda said: said.has(S.PRODUCE) or (said.has(S.SOLAR) and not said.subjects)),
    (Topic.PRODUCTION, lambda said: said.produces and not said.has(S.USE, S.USE_NOW, S.COST)),
    (Topic.TOP, lambda said: said.has(S.MOST) and said.has(S.ELECTRIC, S.COST, *_ENERGY)),
    (Topic.PRICE, _is_price),
    (Topic.COST, lambda said: said.has(S.COST)),
    (Topic.HELP, _is_help),
    (Topic.POWER, _is_power),
    (Topic.USAGE, _is_usage),
)
