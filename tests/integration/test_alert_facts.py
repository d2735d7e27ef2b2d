"""What the rules of alerts are told once a minute, and what the ledger tells of habits."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from unittest.mock import patch
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.panel_meter.alerts.habits import last_night, read_highest, read_nights
from custom_components.panel_meter.core.alerts.finding import Finding, SlowFacts
from custom_components.panel_meter.core.alerts.model import Kind, Severity
from custom_components.panel_meter.core.alerts.watch import PanelWatch
from custom_components.panel_meter.core.model import Interval, Journal, Quality, Register
from custom_components.panel_meter.ledger import Change, LedgerUnavailable
from tests.core.protocol import JOURNAL, PANEL, live

from .alerts import PANEL_ID, START, later, spoken
from .conftest import Say
from .costs import settled, tariff, with_tariff

MAIN = Register.parse("main.import")
OVEN = Register.parse("c1.import")
DAY = 86_400


@pytest.fixture(autouse=True)
async def _clock(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to(datetime.fromtimestamp(START, UTC))


@pytest.fixture
def looks() -> Iterator[list[SlowFacts]]:
    """What the rules are told."""
    seen: list[SlowFacts] = []

    def look(_watch: PanelWatch, slow: SlowFacts, _now: float) -> Sequence[Finding]:
        seen.append(slow)
        return ()

    with patch.object(PanelWatch, "look", look):
        yield seen


async def book(entry: MockConfigEntry, rows: list[tuple[int, int, int, tuple[int, int]]]) -> None:
    """Put intervals into the ledger: start, end, quality and energies of mains and oven in mWh."""
    journal = Journal(id=JOURNAL, registers=PANEL.registers, watermark=len(rows))
    intervals = tuple(
        Interval(seq=number + 1, start=start, end=end, quality=Quality(quality), energy=energy)
        for number, (start, end, quality, energy) in enumerate(rows)
    )
    await entry.runtime_data.writer.submit(Change(panel=PANEL_ID, journal=journal, intervals=intervals))


@pytest.mark.usefixtures("entry")
async def test_the_rules_hear_of_the_day_every_minute(
    hass: HomeAssistant, say: Say, looks: list[SlowFacts], freezer: FrozenDateTimeFactory
) -> None:
    await spoken(hass, say)
    for _ in range(3):
        await later(hass, freezer, 60)
        say("live", live(time=START))
    assert len(looks) == 3
    begin = START // DAY * DAY
    assert looks[-1].day == (begin, begin + DAY)
    assert looks[-1].price is None
    assert looks[-1].cost_cycle is None


async def test_a_ledger_that_cannot_be_read_is_asked_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    say: Say,
    looks: list[SlowFacts],
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await spoken(hass, say)
    with patch.object(type(entry.runtime_data.ledger), "usage", side_effect=LedgerUnavailable("locked")):
        await later(hass, freezer, 60)
    assert looks == []
    await later(hass, freezer, 60)
    assert len(looks) == 1
    assert "Traceback" not in caplog.text


async def test_what_the_ledger_tells_of_habits(hass: HomeAssistant, entry: MockConfigEntry, say: Say) -> None:
    await spoken(hass, say)
    today = START // DAY * DAY
    rows: list[tuple[int, int, int, tuple[int, int]]] = []
    for back in (3, 2):
        begin = today - back * DAY
        # 120 Wh in every hour of the night but the third, in which 90 Wh are drawn.
        rows += [
            (begin + 300 * part, begin + 300 * (part + 1), 0, (7_500 if part // 12 == 2 else 10_000, 0))
            for part in range(72)
        ]
        # The oven draws 3 kW for five minutes, and a gap that was filled says 9 kW.
        rows.append((begin + 43_200, begin + 43_500, 0, (250_000 * back, 250_000)))
        rows.append((begin + 43_500, begin + 43_800, int(Quality.ESTIMATED), (750_000, 750_000)))
    await book(entry, rows)
    ledger = entry.runtime_data.ledger
    nights = read_nights(ledger, PANEL_ID, [MAIN], START, UTC)
    assert nights[:4] == (None, None, 90.0, 90.0)
    assert set(nights[4:]) == {None}
    assert read_highest(ledger, PANEL_ID, START) == {"main": [6000.0, 9000.0], "c1": [3000.0, 3000.0]}
    assert read_nights(ledger, "nobody", [MAIN], START, UTC) == ()
    assert read_highest(ledger, "nobody", START) == {}


def test_a_night_is_over_at_six() -> None:
    zone = ZoneInfo("Europe/Amsterdam")

    def night_at(*moment: int) -> datetime:
        now = int(datetime(*moment, tzinfo=zone).timestamp())
        return datetime.fromtimestamp(last_night(now, zone), zone)

    assert night_at(2026, 11, 21, 5, 59) == datetime(2026, 11, 20, tzinfo=zone)
    assert night_at(2026, 11, 21, 6, 0) == datetime(2026, 11, 21, tzinfo=zone)
    assert night_at(2026, 11, 21, 23, 59) == datetime(2026, 11, 21, tzinfo=zone)


async def test_an_energy_budget_is_crossed_by_what_flows(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    keeper = await spoken(hass, say)
    data = {"entity_id": "number.apartment_101_energy_budget_of_a_day", "value": 2}
    await hass.services.async_call("number", "set_value", data, blocking=True)
    await book(entry, [(START - 600, START - 300, 0, (0, 0))])
    panel = entry.runtime_data.panels[PANEL_ID]
    panel.day.energy += 1_900_000
    await later(hass, freezer, 60)
    assert [alert.facts.get("variant") for alert in keeper.open()] in ([], ["day_ahead"])
    panel.day.energy += 200_000
    await later(hass, freezer, 60)
    (alert,) = [each for each in keeper.open() if each.kind is Kind.ENERGY_BUDGET]
    assert (alert.severity, alert.facts["variant"]) == (Severity.WARNING, "day")
    assert Decimal(str(alert.facts["limit_kwh"])) == 2


async def test_limits_of_money_come_and_go_with_the_tariff(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    limits = {
        f"number.apartment_101_{name}": unit
        for name, unit in (
            ("cost_budget_of_a_day", "EUR"),
            ("cost_budget_of_the_billing_cycle", "EUR"),
            ("price_limit", "EUR/kWh"),
        )
    }
    keeper = await spoken(hass, say)
    assert [hass.states.get(each) for each in limits] == [None] * 3
    subentry = await with_tariff(hass, entry, tariff(taxes=[]))
    shown = {each: hass.states.get(each) for each in limits}
    units = {
        each: found_state and found_state.attributes.get("unit_of_measurement") for each, found_state in shown.items()
    }
    assert units == limits
    # A kWh costs 0.25.
    data = {"entity_id": "number.apartment_101_price_limit", "value": 0.2}
    await hass.services.async_call("number", "set_value", data, blocking=True)
    await later(hass, freezer, 60)
    assert [alert.kind for alert in keeper.open()] == [Kind.HIGH_PRICE]
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await settled(hass)
    assert [hass.states.get(each) for each in limits] == [None] * 3
