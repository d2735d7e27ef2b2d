"""Words, names and periods at their edges."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.panel_meter.core.questions.marks import Names
from custom_components.panel_meter.core.questions.model import Period, Subject, SubjectKind, Topic, Within
from custom_components.panel_meter.core.questions.spans import bounds, days
from custom_components.panel_meter.core.questions.understand import understand
from custom_components.panel_meter.core.questions.words import corrected, words_of

from .house import LANGUAGES, TODAY, names, vocabulary, written

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What's the Küche's USAGE?!", ("what", "s", "the", "kuche", "s", "usage")),
        ("on 3rd of May, 3/5 or 2026-05-03.", ("on", "3", "of", "may", "3/5", "or", "2026-05-03")),
        ("qu'est-ce que", ("qu", "est", "ce", "que")),
        ("\x00 \u202e --- ", ()),
    ],
)
def test_words(text: str, words: tuple[str, ...]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("word", "mended"),
    [
        ("elecricity", "electricity"),
        ("electriicty", "electricity"),
        ("elektricity", "electricity"),
        ("lectricity", None),
        ("tower", None),
        ("usagee", None),
        ("12345678", None),
    ],
)
def test_slips(word: str, mended: str | None) -> None:
    assert corrected(word, {"electricity", "power", "usage"}) == mended


def test_a_slip_of_two_words_is_of_none() -> None:
    assert corrected("heaterr", {"heaters", "heatern"}) is None


def subject(kind: SubjectKind, name: str, id: str = "x", panel: str = "p") -> Subject:
    return Subject(kind=kind, panel=panel, id=id, name=name)


def asked(text: str, *subjects: Subject) -> str:
    return written(understand(text, vocabulary("en"), Names(subjects), TODAY))


def test_the_longest_name_is_meant() -> None:
    pump, heat = subject(SubjectKind.CHANNEL, "Pump", "pump"), subject(SubjectKind.CHANNEL, "Heat pump", "heat")
    assert asked("heat pump usage today", pump, heat) == "usage; heat; today"
    assert asked("pump usage today", pump, heat) == "usage; pump; today"


def test_two_things_of_one_name_are_both_meant() -> None:
    one, two = (subject(SubjectKind.CHANNEL, "Kitchen", "k", panel) for panel in ("a", "b"))
    assert asked("kitchen usage today", one, two) == "usage; k k; today"


def test_a_circuit_goes_before_an_area_of_its_name() -> None:
    circuit, area = subject(SubjectKind.CHANNEL, "Kitchen", "c"), subject(SubjectKind.AREA, "kitchen", "a")
    assert asked("kitchen usage", area, circuit) == "usage; c"


@pytest.mark.parametrize("name", ["Power", "Today", "the", "Yesterday", "Cost", "5", "?", "", "\u202e"])
def test_a_name_that_is_a_word_changes_no_other_question(name: str) -> None:
    assert asked("how much power did we use yesterday", subject(SubjectKind.CHANNEL, name)) == "usage; ; yesterday"


@given(st.text(max_size=400))
def test_no_text_breaks_anything(text: str) -> None:
    for language in LANGUAGES:
        understand(text, vocabulary(language), names(language), TODAY)


@given(
    st.lists(
        st.sampled_from([*sorted(vocabulary("en").single), "1", "31", "2026", "kitchen", "2026-02-30"]), max_size=12
    )
)
def test_no_order_of_words_breaks_anything(words: list[str]) -> None:
    query = understand(" ".join(words), vocabulary("en"), names("en"), TODAY)
    if query is not None and query.period is not None and query.topic is not Topic.COMPARE:
        begin, end = bounds(query.period, int(datetime(2026, 11, 18, 12, tzinfo=UTC).timestamp()), BERLIN)
        assert begin <= end


@pytest.mark.parametrize("today", [date(2024, 2, 29), date(2026, 1, 1), date(2026, 12, 31), date(2026, 3, 29)])
@pytest.mark.parametrize("within", [each for each in Within if each is not Within.HOURS])
def test_every_period_is_a_stretch_of_days(today: date, within: Within) -> None:
    period = Period(within=within, first=date(2023, 2, 1), last=date(2023, 2, 28), count=3)
    first, after = days(period, today)
    assert first < after


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 5, 3), 24)])
def test_a_day_has_the_hours_that_it_has(day: date, hours: int) -> None:
    begin, end = bounds(Period(within=Within.DAY, first=day, last=day), 2**31, BERLIN)
    assert end - begin == hours * 3600


def test_what_is_to_come_is_left_out() -> None:
    now = int(datetime(2026, 11, 18, 12, tzinfo=UTC).timestamp())
    assert bounds(Period(within=Within.TODAY), now, BERLIN) == (now - 13 * 3600, now)
    assert bounds(Period(within=Within.HOURS, count=5), now, BERLIN) == (now - 5 * 3600, now)


def test_a_billing_cycle_is_that_of_the_tariff() -> None:
    cycles = date(2026, 11, 15), date(2026, 10, 15)
    assert days(Period(within=Within.LAST_CYCLE), TODAY, cycles) == (date(2026, 10, 15), date(2026, 11, 15))
    assert days(Period(within=Within.LAST_CYCLE), TODAY) == (date(2026, 10, 1), date(2026, 11, 1))
