"""From MQTT to entities, ledger and acknowledgements."""

from datetime import UTC, datetime, timedelta
import json
import threading
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.db_schema import RecorderRuns
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.helpers.recorder import get_instance
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_mqtt_message,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.panel_meter.const import DOMAIN
from custom_components.panel_meter.core.journal_meter import JournalMeter
from custom_components.panel_meter.core.model import Register
from custom_components.panel_meter.hub import Hub
from custom_components.panel_meter.last_states import async_hold_last_totals
from custom_components.panel_meter.ledger import Ledger, sqlite_url
from tests.core.protocol import BOOT, HOUR, JOURNAL, PANEL, info, live, record

from .conftest import Say, acks, an_entry, unload_all

ENERGY = "sensor.apartment_101_mains_energy"
POWER = "sensor.apartment_101_mains_power"
CONNECTIVITY = "binary_sensor.apartment_101_connectivity"
TODAY = "sensor.apartment_101_energy_today"


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> None:
    """All messages of these tests come shortly after HOUR."""
    freezer.move_to(datetime.fromtimestamp(HOUR + 3000, UTC))


async def durable(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Wait until all that was said is on disk and what follows from it is done."""
    await hass.async_block_till_done()
    await entry.runtime_data.writer.run(lambda: None)
    await hass.async_block_till_done()


def rows(*energies: int, first: int = 1) -> list[list[int]]:
    """Rows of five minutes from HOUR on with this register of the mains."""
    return [[first + place, HOUR + 300 * (first + place), 300, 0, energy, 0] for place, energy in enumerate(energies)]


def now_live(hass: HomeAssistant, **changes: object) -> bytes:
    return live(**{"time": HOUR + 3000, "energy": [0, 0], **changes})


async def announced(hass: HomeAssistant, say: Say) -> None:
    say("info", info(), retain=True)
    say("status", b"online", retain=True)
    await hass.async_block_till_done()


async def test_an_announced_panel_becomes_devices_and_entities(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, device_registry: dr.DeviceRegistry
) -> None:
    await announced(hass, say)
    say("live", now_live(hass))
    await hass.async_block_till_done()
    assert hass.states.get("sensor.apartment_101_kitchen_power").state == "210.0"
    assert hass.states.get(POWER).state == "1523.4"
    assert hass.states.get("sensor.apartment_101_voltage_l1").state == "231.2"
    assert hass.states.get(CONNECTIVITY).state == "on"
    panel = device_registry.async_get_device_by_identifier((DOMAIN, PANEL.id), entry.entry_id)
    assert (panel.name, panel.model, panel.sw_version) == ("Apartment 101", "esp32c3-4ch", "1.0.0")


async def test_what_is_there_by_default(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, entity_registry: er.EntityRegistry
) -> None:
    await announced(hass, say)
    say("live", now_live(hass))
    await hass.async_block_till_done()
    entities = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    enabled = {each.unique_id for each in entities if each.disabled_by is None}
    assert enabled == {
        "alerts",
        "apt-101/alert",
        "apt-101/alerts",
        "apt-101/connectivity",
        "apt-101/demand_limit",
        "apt-101/energy_budget_cycle",
        "apt-101/energy_budget_day",
        "apt-101/energy_today",
        "apt-101/energy_this_month",
        "apt-101/open_alerts",
        "apt-101/power_limit",
        "apt-101/problem",
        "apt-101/voltage_1",
        "apt-101/main/power",
        "apt-101/main/energy_import",
        "apt-101/c1/power",
        "apt-101/c1/energy_import",
    }
    assert {each.unique_id for each in entities} - enabled == {
        "apt-101/frequency",
        "apt-101/temperature",
        "apt-101/power_remainder",
        "apt-101/last_seen",
        *(
            f"apt-101/{channel}/{key}"
            for channel in ("main", "c1")
            for key in ("current", "power_factor", "apparent_power", "power_limit", "left_on_time")
        ),
    }


async def test_a_record_is_acknowledged_when_it_is_on_disk_and_not_before(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, mqtt_mock: Any
) -> None:
    await announced(hass, say)
    await entry.runtime_data.writer.pause()
    say("record", record(rows(100_000, 250_000)))
    await hass.async_block_till_done()
    assert [ack["seq"] for ack in acks(mqtt_mock)] == [0]
    entry.runtime_data.writer.resume()
    await durable(hass, entry)
    assert acks(mqtt_mock)[-1] == {"host": "9e01c7d2", "journal": JOURNAL, "seq": 2}
    stored = entry.runtime_data.ledger.load()["apt-101"]
    assert {str(register): total for register, total in stored.totals.items()} == {
        "main.import": 250_000,
        "c1.import": 0,
    }


async def test_a_repeated_record_is_acknowledged_again_and_counts_once(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, mqtt_mock: Any
) -> None:
    await announced(hass, say)
    for _ in range(3):
        say("record", record(rows(100_000)))
        await durable(hass, entry)
    assert [ack["seq"] for ack in acks(mqtt_mock)] == [0, 1, 1, 1]
    assert sum(entry.runtime_data.ledger.load()["apt-101"].totals.values()) == 100_000


async def test_energy_is_unknown_until_the_history_is_in_and_then_never_goes_away(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    await announced(hass, say)
    say("record", record(rows(100_000)))
    await durable(hass, entry)
    assert hass.states.get(ENERGY).state == "unknown"
    say("record", record(rows(250_000, 300_000, 300_000, 300_000, 300_000, 300_000, 300_000, 400_000, first=2)))
    await durable(hass, entry)
    entry.runtime_data.panels["apt-101"].flush()
    assert hass.states.get(ENERGY).state == "0.4"
    say("status", b"offline")
    await hass.async_block_till_done()
    assert hass.states.get(CONNECTIVITY).state == "off"
    assert hass.states.get(POWER).state == "unavailable"
    assert (hass.states.get(ENERGY).state, hass.states.get(TODAY).state) == ("0.4", "0.4")


async def test_live_registers_show_between_records_and_survive_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, mqtt_mock: Any
) -> None:
    await announced(hass, say)
    say("record", record(rows(*([300_000] * 8), 400_000)))
    say("live", now_live(hass, energy=[412_000, 0]))
    await durable(hass, entry)
    entry.runtime_data.panels["apt-101"].flush()
    assert (hass.states.get(ENERGY).state, hass.states.get(TODAY).state) == ("0.412", "0.412")
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert (hass.states.get(ENERGY).state, hass.states.get(TODAY).state) == ("0.412", "0.412")
    say("info", info(), retain=True)
    await hass.async_block_till_done()
    assert acks(mqtt_mock)[-1]["seq"] == 9


async def test_states_are_written_calmly_but_steps_at_once(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    await announced(hass, say)
    say("live", now_live(hass, power=[1000, 200]))
    await hass.async_block_till_done()
    say("live", now_live(hass, power=[1050, 200]))
    assert hass.states.get(POWER).state == "1000"
    say("live", now_live(hass, power=[1250, 210]))
    assert hass.states.get(POWER).state == "1250"
    assert hass.states.get("sensor.apartment_101_kitchen_power").state == "200"
    say("live", now_live(hass, power=[0, 0]))
    panel = entry.runtime_data.panels["apt-101"]
    assert panel.measurements.power == (0, 0)
    panel.flush()
    assert hass.states.get("sensor.apartment_101_kitchen_power").state == "0"


async def test_a_silent_panel_is_offline_and_a_live_message_revives_it(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    await announced(hass, say)
    say("live", now_live(hass))
    await hass.async_block_till_done()
    freezer.tick(timedelta(seconds=31))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert hass.states.get(CONNECTIVITY).state == "off"
    say("live", now_live(hass, boot="00000001"))
    await hass.async_block_till_done()
    assert hass.states.get(CONNECTIVITY).state == "on"


async def test_a_retained_live_message_does_not_count(hass: HomeAssistant, entry: MockConfigEntry, say: Say) -> None:
    await announced(hass, say)
    say("live", now_live(hass), retain=True)
    await hass.async_block_till_done()
    assert hass.states.get(CONNECTIVITY).state == "unknown"


async def test_a_restart_does_not_look_like_an_outage_but_silence_does(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    await announced(hass, say)
    assert hass.states.get(CONNECTIVITY).state == "unknown"
    assert hass.states.get(POWER).state == "unavailable"
    freezer.tick(timedelta(seconds=31))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert hass.states.get(CONNECTIVITY).state == "off"


async def test_a_board_without_a_clock_is_told_the_time_once_in_a_while(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, mqtt_mock: Any
) -> None:
    await announced(hass, say)
    for _ in range(3):
        say("live", now_live(hass, time=0, uptime=77))
    await hass.async_block_till_done()
    commands = [
        json.loads(call.args[1]) for call in mqtt_mock.async_publish.call_args_list if call.args[0].endswith("/command")
    ]
    resend, command = commands
    assert (resend["op"], resend["journal"], resend["seq"]) == ("resend", JOURNAL, 1)
    assert (command["op"], command["boot"], command["uptime"], command["time"]) == ("set_time", BOOT, 77, HOUR + 3000)


async def test_another_host_stops_the_acknowledgements_until_the_user_decides(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, mqtt_mock: Any, issue_registry: ir.IssueRegistry
) -> None:
    await announced(hass, say)
    say("ack", json.dumps({"host": "9e01c7d2", "journal": JOURNAL, "seq": 0}).encode())
    say("ack", json.dumps({"host": "00000bad", "journal": JOURNAL, "seq": 7}).encode())
    say("record", record(rows(100_000)))
    await durable(hass, entry)
    assert [ack["seq"] for ack in acks(mqtt_mock)] == [0]
    assert issue_registry.async_get_issue(DOMAIN, "second_host_apt-101") is not None
    entry.runtime_data.resume("apt-101")
    await hass.async_block_till_done()
    assert acks(mqtt_mock)[-1]["seq"] == 1


async def test_two_boards_under_one_name_are_noticed(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, issue_registry: ir.IssueRegistry
) -> None:
    await announced(hass, say)
    for boot in (BOOT, "00000002"):
        say("live", now_live(hass, boot=boot))
    assert issue_registry.async_get_issue(DOMAIN, "clone_apt-101") is None
    say("live", now_live(hass, boot=BOOT))
    assert issue_registry.async_get_issue(DOMAIN, "clone_apt-101") is not None


async def test_other_content_under_the_same_number_raises_an_alarm_and_the_first_wins(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, issue_registry: ir.IssueRegistry
) -> None:
    await announced(hass, say)
    say("record", record(rows(100_000)))
    await durable(hass, entry)
    say("record", record(rows(100_001)))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert issue_registry.async_get_issue(DOMAIN, "journal_conflict_apt-101") is not None
    assert sum(entry.runtime_data.ledger.load()["apt-101"].totals.values()) == 100_000


async def test_bad_messages_change_nothing_and_are_counted_and_logged_once(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, caplog: pytest.LogCaptureFixture
) -> None:
    await announced(hass, say)
    say("live", now_live(hass))
    await hass.async_block_till_done()
    before = {state.entity_id: state.state for state in hass.states.async_all("sensor")}
    for _ in range(3):
        say("live", b"\xff\x00")
        say("live", b"x" * 9000)
        say("record", record(rows(2**60)))
        say("info", info(name="evil\u202e"))
        say("live", now_live(hass, energy=[1]))
    await hass.async_block_till_done()
    assert {state.entity_id: state.state for state in hass.states.async_all("sensor")} == before
    hub: Hub = entry.runtime_data
    assert hub.panels["apt-101"].rejections == {
        "not_json": 3,
        "too_large": 3,
        "out_of_range": 3,
        "name": 3,
        "length": 3,
    }
    assert sum("cannot be used" in line for line in caplog.messages) == 5


async def test_ten_thousand_unknown_panels_are_no_more_than_32_offers(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    entities = len(hass.states.async_all())
    for number in range(10_000):
        async_fire_mqtt_message(hass, f"DATA/PM/BOGUS_{number}", b'{"power_kw": 1, "energy_kwh": 1}')
    await hass.async_block_till_done()
    assert len(hass.config_entries.flow.async_progress_by_handler(DOMAIN)) == 32
    assert len(hass.states.async_all()) == entities
    assert [issue for domain, issue in issue_registry.issues if domain == DOMAIN] == ["discovery_flood"]


async def test_removing_a_panel_keeps_its_ledger_and_adding_it_again_goes_on(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say
) -> None:
    await announced(hass, say)
    say("record", record(rows(*([300_000] * 8), 400_000)))
    await durable(hass, entry)
    (subentry_id,) = entry.subentries
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    await hass.async_block_till_done()
    assert hass.states.get(ENERGY) is None
    left = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert [each.unique_id for each in left] == ["alerts"]
    entry.runtime_data.add_panel("apt-101", "Apartment 101", "native")
    await hass.async_block_till_done()
    assert hass.states.get(ENERGY).state == "0.4"


async def test_unloading_leaves_nothing_and_loading_again_works(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say
) -> None:
    await announced(hass, say)
    for _ in range(3):
        assert await hass.config_entries.async_unload(entry.entry_id)
        say("live", now_live(hass))
        assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED


async def test_sources_without_a_journal_count_too(
    hass: HomeAssistant, mqtt_mock: Any, freezer: FrozenDateTimeFactory
) -> None:
    entry = an_entry(("data_pm:PANEL_LANTAI_1", "Floor 1", "data_pm"), ("apartment:101", "Flat", "apartment"))
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    for minute in range(11):
        payload = {"power_kw": 1.5, "energy_kwh": round(100 + minute * 0.025, 3)}
        async_fire_mqtt_message(hass, "DATA/PM/PANEL_LANTAI_1", json.dumps(payload).encode())
        async_fire_mqtt_message(hass, "electricity/building/floor/101", b'{"voltage": 230, "current": 6}')
        await hass.async_block_till_done()
        freezer.tick(timedelta(seconds=60))
    for panel in entry.runtime_data.panels.values():
        panel.flush()
    assert hass.states.get("sensor.floor_1_mains_power").state == "1500.0"
    assert hass.states.get("sensor.floor_1_mains_energy").state == "0.25"
    assert float(hass.states.get("sensor.flat_mains_energy").state) == pytest.approx(0.23, abs=1e-6)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert hass.states.get("sensor.floor_1_mains_energy").state == "0.25"
    assert hass.states.get("sensor.floor_1_energy_today").state == "0.25"
    await unload_all(hass)


async def test_a_damaged_ledger_is_put_aside_told_and_asked_for_again(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, mqtt_mock: Any, issue_registry: ir.IssueRegistry
) -> None:
    await announced(hass, say)
    say("record", record(rows(100_000)))
    await durable(hass, entry)
    path = entry.runtime_data.ledger.path
    await hass.config_entries.async_unload(entry.entry_id)
    path.write_bytes(b"this is no database" * 1000)
    mqtt_mock.async_publish.reset_mock()
    await hass.config_entries.async_setup(entry.entry_id)
    say("info", info(), retain=True)
    await hass.async_block_till_done()
    assert issue_registry.async_get_issue(DOMAIN, "ledger_rescued").translation_key == "ledger_begun_anew"
    assert list(path.parent.glob("ledger.db.damaged-*"))
    assert acks(mqtt_mock)[-1]["seq"] == 0


async def test_after_a_lost_ledger_totals_go_on_from_what_was_shown(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    """The ring still holds the last five of nine records; the other energy becomes an opening balance."""
    await announced(hass, say)
    say("record", record(rows(*range(100_000, 1_000_000, 100_000))))
    say("live", now_live(hass, energy=[950_000, 0]))
    await durable(hass, entry)
    entry.runtime_data.panels["apt-101"].flush()
    assert hass.states.get(ENERGY).state == "0.95"
    path = entry.runtime_data.ledger.path
    await hass.config_entries.async_unload(entry.entry_id)
    path.unlink()
    freezer.tick(timedelta(seconds=600))
    await hass.config_entries.async_setup(entry.entry_id)
    say("info", info(), retain=True)
    await hass.async_block_till_done()
    say("record", record(rows(500_000, 600_000, 700_000, 800_000, 900_000, 950_000, 1_000_000, first=5), oldest=5))
    await durable(hass, entry)
    freezer.tick(timedelta(seconds=5))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    await durable(hass, entry)
    entry.runtime_data.panels["apt-101"].flush()
    assert hass.states.get(ENERGY).state == "1.0"
    stored = entry.runtime_data.ledger.load()["apt-101"]
    assert {str(register): total for register, total in stored.totals.items()}["main.import"] == 1_000_000
    assert hass.states.get(TODAY).state == "0.5"


async def test_at_local_midnight_a_new_day_begins_and_energy_is_cut_there(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    midnight = HOUR + 12 * 3600
    await announced(hass, say)
    say("record", record(rows(*([300_000] * 8), 400_000)))
    await durable(hass, entry)
    freezer.move_to(datetime.fromtimestamp(midnight + 200, UTC))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    say("record", record([[10, midnight + 100, 400, 4, 800_000, 0]]))
    await durable(hass, entry)
    entry.runtime_data.panels["apt-101"].flush()
    assert (hass.states.get(ENERGY).state, hass.states.get(TODAY).state) == ("0.8", "0.1")
    assert hass.states.get("sensor.apartment_101_energy_this_month").state == "0.8"


async def test_when_home_assistant_stops_everything_is_on_disk(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say
) -> None:
    await announced(hass, say)
    say("record", record(rows(*([300_000] * 8), 400_000)))
    say("live", now_live(hass, energy=[412_000, 0]))
    path = entry.runtime_data.ledger.path
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("panel_meter_ledger")]
    say("live", now_live(hass, energy=[413_000, 0]))
    ledger = Ledger.open(sqlite_url(path))
    stored = ledger.load()["apt-101"]
    ledger.close()
    mains = Register.parse("main.import")
    assert (stored.totals[mains], stored.shown[mains]) == (400_000, 412_000)


async def test_after_a_kill_no_total_falls(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    """What live messages showed last is in the recorder alone; it is believed if there was no orderly end."""
    await announced(hass, say)
    say("record", record(rows(*([300_000] * 8), 400_000)))
    await durable(hass, entry)
    say("live", now_live(hass, energy=[412_000, 0]))
    entry.runtime_data.panels["apt-101"].flush()
    await async_wait_recording_done(hass)
    panel, mains = entry.runtime_data.panels["apt-101"], Register.parse("main.import")
    panel.meter = JournalMeter(PANEL, now=HOUR + 3000, totals=panel.meter.totals)
    await async_hold_last_totals(hass, [panel])
    assert panel.meter.total(mains) == 400_000
    with get_instance(hass).get_session() as session:
        session.add(RecorderRuns(closed_incorrect=True))
        session.add(RecorderRuns())
        session.commit()
    await async_hold_last_totals(hass, [panel])
    assert panel.meter.total(mains) == 412_000


async def test_removing_panel_meter_leaves_only_its_ledger(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    say: Say,
    issue_registry: ir.IssueRegistry,
    hass_storage: dict[str, Any],
) -> None:
    await announced(hass, say)
    say("record", record(rows(100_000)))
    say("ack", json.dumps({"host": "00000bad", "journal": JOURNAL, "seq": 7}).encode())
    await durable(hass, entry)
    path = entry.runtime_data.ledger.path
    assert await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert not [key for key in issue_registry.issues if key[0] == DOMAIN]
    assert not [key for key in hass_storage if key.startswith(DOMAIN)]
    assert not hass.states.async_all("sensor")
    assert path.exists()
