"""Which of several sets of rules applies when, as spans between instants."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from .clock import WallClock
from .days import applies, kinds_of, season_of
from .times import MINUTES_PER_DAY, Calendar, DayKind, Rule, Season

type DayKey = tuple[frozenset[DayKind], str | None]


@dataclass(frozen=True, slots=True)
class Span:
    """An interval of time ``[start, end)`` in which the rules of one place apply."""

    start: int
    end: int
    index: int


class Timetable:
    """Sets of rules in their order: the first that applies counts; none is the place after the last."""

    def __init__(
        self, sets: Sequence[Sequence[Rule]], seasons: Sequence[Season], calendar: Calendar, clock: WallClock
    ) -> None:
        """Nothing is worked out before it is asked for."""
        self._sets = tuple(tuple(rules) for rules in sets)
        self._seasons = tuple(seasons)
        self._calendar = calendar
        self._clock = clock
        self._pattern = lru_cache(maxsize=256)(self._make_pattern)
        self._spans_of = lru_cache(maxsize=512)(self._make_spans)

    def at(self, instant: int) -> Span:
        """The span that holds an instant, cut at local midnight."""
        spans = self._spans_of(self._clock.day_at(instant).date)
        return spans[bisect_right(spans, instant, key=lambda span: span.start) - 1]

    def of_day(self, day: date) -> tuple[Span, ...]:
        """All spans of a local day; neighbours differ."""
        return self._spans_of(day)

    def next_change(self, instant: int, days: int = 8) -> Span | None:
        """The next span with another place, if one begins within so many days."""
        here = self.at(instant).index
        day = self._clock.day_at(instant).date
        for number in range(days + 1):
            for span in self._spans_of(day + timedelta(days=number)):
                if span.start > instant and span.index != here:
                    return span
        return None

    def _make_spans(self, day: date) -> tuple[Span, ...]:
        this = self._clock.day(day)
        pattern = self._pattern(self._key(day), self._key(day - timedelta(days=1)))
        edges = {this.start, *(stretch.start for stretch in this.stretches)}
        for minute, _ in pattern:
            edges.update(this.edges(minute))
        spans: list[Span] = []
        for start, end in zip(sorted(edges), [*sorted(edges)[1:], this.end], strict=True):
            index = _at_minute(pattern, this.minute(start))
            if spans and spans[-1].index == index:
                spans[-1] = Span(spans[-1].start, end, index)
            else:
                spans.append(Span(start, end, index))
        return tuple(spans)

    def _key(self, day: date) -> DayKey:
        return kinds_of(day, self._calendar), season_of(day, self._seasons)

    def _make_pattern(self, today: DayKey, yesterday: DayKey) -> tuple[tuple[int, int], ...]:
        """Minutes at which another place begins, with that place."""
        minutes = {0}
        for rules in self._sets:
            for rule in rules:
                minutes.update({rule.begin % MINUTES_PER_DAY, rule.end % MINUTES_PER_DAY})
        found: list[tuple[int, int]] = []
        for minute in sorted(minutes):
            index = self._first(minute, today, yesterday)
            if not found or found[-1][1] != index:
                found.append((minute, index))
        return tuple(found)

    def _first(self, minute: int, today: DayKey, yesterday: DayKey) -> int:
        for index, rules in enumerate(self._sets):
            if any(_holds(rule, minute, today, yesterday) for rule in rules):
                return index
        return len(self._sets)


def _holds(rule: Rule, minute: int, today: DayKey, yesterday: DayKey) -> bool:
    wraps = rule.end <= rule.begin
    if applies(rule, *today) and rule.begin <= minute and (wraps or minute < rule.end):
        return True
    return wraps and minute < rule.end and applies(rule, *yesterday)


def _at_minute(pattern: Sequence[tuple[int, int]], minute: int) -> int:
    return pattern[bisect_right(pattern, minute, key=lambda each: each[0]) - 1][1]
