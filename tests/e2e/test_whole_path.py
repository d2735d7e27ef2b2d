"""The whole path, told once: from boards on MQTT to the Energy dashboard, through restarts, kills and power cuts."""

from datetime import UTC, datetime, timedelta
import re
import time
from zoneinfo import ZoneInfo

from playwright.async_api import Page

from custom_components.panel_meter.core.model import RecordFlag
from demo import energy, flows
from demo.boards import Boards
from demo.onboarding import Home
from demo.stage import DOMAIN, Stage
from demo.waiting import until

from .background import Background
from .books import HOUR, booked, compare_with_truth, ledger_of, sent, whole_journal
from .browser import picture, show, watch_errors
from .conftest import ARTIFACTS
from .measured import MEASURED

#: Prices of a kWh, and the local hours of the cheaper one.
DAY, NIGHT = 0.34, 0.26
TARIFF = {
    "user": "day_night",
    "day_price": DAY,
    "night_price": NIGHT,
    "night_from": "22:00:00",
    "night_to": "06:00:00",
}

_KILLS = (0.15, 0.35, 0.55)
_RESTART = 0.75


def test_panels_are_discovered_and_confirmed(stage: Stage, background: Background) -> None:
    """Home Assistant offers the panels by itself; the user confirms, and every panel shows powers."""

    async def story() -> None:
        offers = await stage.wait_for_discovery()
        assert len(offers) == 1, "many panels must make one card, not one each"
        finished = await flows.go_on(stage.client, offers[0])
        assert finished.type == "create_entry", finished.reason
        await stage.wait_for_values()

    background.run(story())


def test_power_is_what_the_boards_say(stage: Stage, background: Background) -> None:
    """Every power entity shows a value that its board has really sent."""

    async def told() -> bool:
        assert stage.observer is not None
        shown = await _by_unique_id(stage, "/power")
        expected = {
            f"{panel}/{channel}/power" for panel, heard in stage.observer.panels.items() for channel in heard.channels
        }
        if set(shown) != expected:
            return False
        if any(watts in ("unknown", "unavailable") for watts in shown.values()):
            return False
        for unique_id, watts in shown.items():
            panel, _, rest = unique_id.partition("/")
            channel = rest.removesuffix("/power")
            powers = {round(value, 1) for value in stage.observer.panels[panel].powers.get(channel, ())}
            assert float(watts) in powers, f"{unique_id} shows {watts} W, which the board never sent"
        return True

    background.run(until(told, "every channel to have a power", timeout=60, pause=1))


def test_tariff_is_added(stage: Stage, background: Background) -> None:
    """The user gives all panels a tariff with two prices; every panel then has a cost."""

    async def story() -> None:
        finished = await stage.set_up_tariff(TARIFF)
        assert finished.steps[-1] == "confirm"

        async def priced() -> bool:
            prices = await _by_unique_id(stage, "/price")
            return len(prices) == len(stage.boards.panels()) and set(prices.values()) <= {str(DAY), str(NIGHT)}

        await until(priced, "every panel to have a price", timeout=60, pause=1)

    background.run(story())


def test_killed_while_history_arrives(stage: Stage, background: Background) -> None:
    """SIGKILL three times and one orderly restart, all in the middle of the stream of records."""

    async def story() -> None:
        for share in _KILLS:
            await _until_arrived(stage, share)
            await stage.home_assistant.kill()
            assert _still_to_come(stage), "the history must be long enough to be cut"
            await stage.home_assistant.start()
        await _until_arrived(stage, _RESTART)
        assert _still_to_come(stage), "the history must be long enough to be cut"
        await stage.home_assistant.restart()
        await stage.wait_for_values()

    background.run(story())


def test_history_arrives_whole(stage: Stage, background: Background) -> None:
    """All that the boards held is acknowledged in the end."""
    background.run(stage.wait_for_records())


def test_energy_dashboard_survived_the_kills(stage: Stage, background: Background) -> None:
    """The user agreed to the dashboard, so every panel is on it, although Home Assistant was killed meanwhile."""

    async def story() -> None:
        async def complete() -> bool:
            return await _missing_on_dashboard(stage) == set()

        await until(complete, "every panel to be on the Energy dashboard", timeout=10, pause=1)

    background.run(story())


def test_broker_dies(stage: Stage, background: Background) -> None:
    """A broker that dies and comes back is only a pause: the boards are heard, and Home Assistant hears them."""

    async def story() -> None:
        await stage.broker.child.kill()
        await stage.broker.start()
        await _until_all_speak(stage)
        await _until_all_shown(stage, since=datetime.now(UTC))

    background.run(story())


def test_power_cut_of_the_boards(stage: Stage, background: Background) -> None:
    """Boards whose power was cut go on with their flash: same journals, and Home Assistant hears them again."""

    async def story() -> None:
        assert stage.observer is not None
        journals = {name: heard.journal for name, heard in stage.observer.panels.items()}
        await stage.boards.kill()
        await stage.boards.start()
        await _until_all_speak(stage)
        assert {name: heard.journal for name, heard in stage.observer.panels.items()} == journals
        await _until_all_shown(stage, since=datetime.now(UTC))

    background.run(story())


def test_late_panel_is_offered_and_added(stage: Stage, late_boards: Boards, background: Background) -> None:
    """A panel that comes later is offered by itself; once confirmed, all that it measured before arrives too."""

    async def story() -> None:
        assert stage.observer is not None
        known = set(stage.observer.panels)
        await late_boards.start()
        offers = await stage.wait_for_discovery()
        assert len(offers) == 1
        finished = await flows.go_on(stage.client, offers[0])
        assert (finished.type, finished.reason) == ("abort", "panel_added")
        (late,) = set(stage.observer.panels) - known
        traffic = stage.observer.panels[late]

        async def all_arrived() -> bool:
            return traffic.acknowledged >= len(MEASURED.powers["aggregate"])

        await until(all_arrived, "the measured history to arrive", timeout=120)

    background.run(story())


def test_energy_dashboard_is_content(stage: Stage, background: Background) -> None:
    """The dashboard is set up and, once the recorder has looked, Home Assistant finds nothing wrong with it."""

    async def story() -> None:
        await stage.set_up_energy()
        assert await _missing_on_dashboard(stage) == set()
        await until(lambda: energy.compiled(stage.client), "the recorder to compile statistics", timeout=420, pause=2)
        assert await energy.complaints(stage.client) == []

    background.run(story())


def test_statistics_are_the_truth(stage: Stage, background: Background) -> None:
    """The recorder has every hour from before Home Assistant knew the boards, to the mWh."""

    async def story() -> None:
        wanted = await _finished_hours(stage)
        assert wanted

        async def imported() -> bool:
            found = await _hourly_changes(stage, list(wanted))
            return all(hours.keys() <= found.get(name, {}).keys() for name, hours in wanted.items())

        await until(imported, "the history to be in the recorder", timeout=60, pause=2)
        found = await _hourly_changes(stage, list(wanted))
        for name, hours in wanted.items():
            wrong = {hour: (found[name][hour], energy) for hour, energy in hours.items() if found[name][hour] != energy}
            assert wrong == {}, f"{name} is wrong in {len(wrong)} of {len(hours)} hours"

    background.run(story())


def test_statistics_of_costs_are_the_truth(stage: Stage, background: Background) -> None:
    """The recorder has the cost of every hour from before the tariff, exactly energy times price."""

    async def story() -> None:
        zone = ZoneInfo(Home().time_zone)
        wanted = await _finished_hours(stage)
        entities = {str(entry["unique_id"]): str(entry["entity_id"]) for entry in await stage.client.entities(DOMAIN)}
        costs = {
            entities[f"{name}/cost"]: wanted[entities[f"{name}/main/energy_import"]] for name in stage.boards.panels()
        }

        def cost(hour: int, energy: int) -> int:
            by_day = 6 <= datetime.fromtimestamp(hour, zone).hour < 22
            return round(energy * (DAY if by_day else NIGHT))

        async def right() -> bool:
            found = await _hourly_changes(stage, list(costs))
            return all(
                abs(found.get(name, {}).get(hour, -1) - cost(hour, energy)) <= 1
                for name, hours in costs.items()
                for hour, energy in hours.items()
            )

        await until(right, "the cost of every hour to be in the recorder", timeout=400, pause=3)

    background.run(story())


def test_energy_dashboard_is_drawn(stage: Stage, background: Background, page: Page) -> None:
    """A real browser opens the Energy dashboard; the pictures are kept."""

    async def story() -> None:
        errors = watch_errors(page)
        await show(page, f"{stage.client.url}/energy/overview")
        await page.locator("hui-energy-distribution-card").wait_for()
        await page.locator("hui-power-sources-graph-card canvas").first.wait_for()
        await picture(page, ARTIFACTS / "energy-summary.png")
        await show(page, f"{stage.client.url}/energy/electricity")
        await page.locator("hui-energy-devices-graph-card").first.wait_for()
        await picture(page, ARTIFACTS / "energy-electricity.png")
        assert await page.locator("hui-error-card").count() == 0
        assert errors == []

    background.run(story())


def test_device_pages_are_drawn(stage: Stage, background: Background, page: Page) -> None:
    """A real browser opens the page of the first panel and that of the integration; the pictures are kept."""

    async def story() -> None:
        errors = watch_errors(page)
        devices = await stage.client.devices(DOMAIN)
        panel = next(device for device in devices if not device.get("parent_device_id"))
        circuits = [str(device["name"]) for device in devices if device.get("parent_device_id") == panel["id"]]
        assert circuits
        await show(page, f"{stage.client.url}/config/devices/device/{panel['id']}")
        await page.get_by_text("Energy today").first.wait_for()
        await page.get_by_text(re.compile("|".join(map(re.escape, circuits)))).first.wait_for()
        await page.get_by_text(re.compile(r"\d kWh")).first.wait_for()
        await picture(page, ARTIFACTS / "panel.png")
        await show(page, f"{stage.client.url}/config/integrations/integration/{DOMAIN}")
        await page.get_by_text(str(panel["name"]), exact=True).first.wait_for()
        await picture(page, ARTIFACTS / "integration.png")
        assert errors == []

    background.run(story())


def test_ledger_holds_what_was_sent(stage: Stage, late_boards: Boards, background: Background) -> None:
    """After all of that: no record missing, none doubled, every interval and every energy exact."""

    async def quiet() -> None:
        await stage.boards.stop()
        await late_boards.stop()
        await stage.wait_for_records()
        await stage.home_assistant.stop()

    background.run(quiet())
    assert stage.observer is not None
    with ledger_of(stage.home_assistant.folder) as ledger:
        ledger.verify()
        assert set(ledger.load()) == set(stage.observer.panels)
        for name, heard in stage.observer.panels.items():
            assert heard.conflicts == []
            rows = whole_journal(heard)
            assert heard.acknowledged == max(rows)
            assert booked(ledger, name, heard.journal) == sent(rows, heard.acknowledged)
        assert ledger.stats().rejected == {}


def test_power_cut_is_in_the_records(stage: Stage) -> None:
    """Each of the boards whose power was cut says so in exactly one record."""
    assert stage.observer is not None
    for name in stage.boards.panels():
        heard = stage.observer.panels[name]
        flagged = [seq for seq, row in heard.rows[heard.journal].items() if row[3] & RecordFlag.REBOOT]
        assert len(flagged) == 1, f"{name}: records {flagged} are marked"


def test_ledger_is_the_truth(stage: Stage, late_boards: Boards) -> None:
    """Every register of every board, hour by hour and in all, as the simulator knows it."""
    with ledger_of(stage.home_assistant.folder) as ledger:
        for boards in (stage.boards, late_boards):
            for name, panel in boards.panels().items():
                compare_with_truth(ledger, name, panel)


def test_ledger_is_the_file(stage: Stage, late_boards: Boards) -> None:
    """The energy of the file that was played is in the ledger, to the mWh."""
    ((name, panel),) = late_boards.panels().items()
    begin, end = panel["replay"]["begin"], panel["replay"]["end"]
    with ledger_of(stage.home_assistant.folder) as ledger:
        found = {str(register): energy for register, (energy,) in ledger.energy(name, [begin, end]).items()}
    assert found == {"main.import": MEASURED.energy("aggregate"), "kettle.import": MEASURED.energy("kettle")}


async def _missing_on_dashboard(stage: Stage) -> set[str]:
    """The lifetime totals that are not on the Energy dashboard, but for what solar panels draw by night."""
    shown = set(await energy.statistics(stage.client))
    totals = {
        str(entry["unique_id"]): str(entry["entity_id"])
        for entry in await stage.client.entities(DOMAIN)
        if str(entry["unique_id"]).endswith(("/energy_import", "/energy_export"))
    }
    return {name for key, name in totals.items() if name not in shown and not key.endswith("/solar/energy_import")}


async def _finished_hours(stage: Stage) -> dict[str, dict[int, int]]:
    """What the simulator knows of the hours before this one, but for the first, by entity id: hour and mWh."""
    entities = {str(entry["unique_id"]): str(entry["entity_id"]) for entry in await stage.client.entities(DOMAIN)}
    this_hour = int(time.time()) // HOUR * HOUR
    wanted: dict[str, dict[int, int]] = {}
    for name, panel in stage.boards.panels().items():
        journal = panel["journals"][panel["journal"]]
        first = journal["first_hour"]
        for register, energies in journal["hours"].items():
            channel, _, direction = register.partition(".")
            hours = {first + place * HOUR: energy for place, energy in enumerate(energies)}
            # The sum of a statistic begins with its first hour, so that one has nothing before it to differ from.
            known = {hour: energy for hour, energy in hours.items() if first < hour < this_hour - HOUR}
            wanted[entities[f"{name}/{channel}/energy_{direction}"]] = known
    return wanted


async def _hourly_changes(stage: Stage, names: list[str]) -> dict[str, dict[int, int]]:
    """The recorder's hourly energies in mWh, or costs in millionths, by statistic and hour."""
    rows = await stage.client.command(
        "recorder/statistics_during_period",
        start_time=(datetime.now(UTC) - timedelta(days=10)).isoformat(),
        statistic_ids=names,
        period="hour",
        types=["change"],
        units={"energy": "Wh"},
    )
    assert isinstance(rows, dict)
    found: dict[str, dict[int, int]] = {}
    for name, hours in rows.items():
        assert isinstance(hours, list)
        found[name] = {
            int(str(row["start"])) // 1000: round(
                float(str(row["change"])) * (1_000_000 if name.endswith("cost") else 1000)
            )
            for row in hours
            if isinstance(row, dict) and row.get("change") is not None
        }
    return found


def _still_to_come(stage: Stage) -> bool:
    done, total = stage.backlog()
    return done < total


async def _until_all_speak(stage: Stage) -> None:
    """Wait until a live message of every board passes over the broker."""
    assert stage.observer is not None
    heard = stage.observer.panels
    before = {name: traffic.live for name, traffic in heard.items()}

    async def all_speak() -> bool:
        return all(traffic.live > before[name] for name, traffic in heard.items())

    await until(all_speak, "every board to speak again", timeout=90)


async def _until_all_shown(stage: Stage, since: datetime) -> None:
    """Wait until Home Assistant shows a power that every board has sent after an instant."""
    assert stage.observer is not None
    panels = set(stage.observer.panels)

    async def all_shown() -> bool:
        states = await stage.client.states()
        fresh = {
            str(entry["unique_id"]).partition("/")[0]
            for entry in await stage.client.entities(DOMAIN)
            if str(entry["unique_id"]).endswith("/power")
            and (state := states.get(str(entry["entity_id"])))
            and state["state"] not in ("unknown", "unavailable")
            and datetime.fromisoformat(str(state["last_updated"])) > since
        }
        return fresh == panels

    await until(all_shown, "Home Assistant to show a new power of every panel", timeout=120, pause=0.5)


async def _until_arrived(stage: Stage, share: float) -> None:
    async def arrived() -> bool:
        done, total = stage.backlog()
        return total > 0 and done >= share * total

    await until(arrived, f"{share:.0%} of the history to arrive", timeout=300, pause=0.05)


async def _by_unique_id(stage: Stage, ending: str) -> dict[str, str]:
    """The states of the enabled entities whose unique id ends so, by unique id."""
    states = await stage.client.states()
    return {
        str(entry["unique_id"]): str(states[str(entry["entity_id"])]["state"])
        for entry in await stage.client.entities(DOMAIN)
        if str(entry["unique_id"]).endswith(ending) and str(entry["entity_id"]) in states
    }
