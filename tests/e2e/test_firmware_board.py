"""The firmware feeds a real Home Assistant: what its waveforms carry is what the ledger holds, through kills of both.

Two boards of ESPHome's host platform, with the real component and made-up waveforms: one speaks MQTT, the other posts.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
import time

import pytest
import pytest_socket

from custom_components.panel_meter.core.model import RecordFlag
from custom_components.panel_meter.ledger import Ledger
from demo import flows
from demo.boards import Wishes
from demo.client import Client
from demo.onboarding import Home
from demo.stage import DOMAIN, Stage
from demo.waiting import until
from tests.firmware.esphome_tool import needs_esphome
from tests.firmware.host_board import HERE, Boards, host_program, needs_compiler

from .background import Background
from .books import booked, ledger_of, sent, whole_journal
from .conftest import ARTIFACTS
from .middleman import Middleman
from .waveforms import HERTZ, Load, loads_of, never_falls, seconds_of

pytestmark = [needs_esphome, needs_compiler]

SPEAKER, POSTER = "host-speaker", "host-poster"
#: Seconds of a board per second. A source may post twice a second in the long run, and the boards do so every second.
SPEAKER_SPEED, POSTER_SPEED = 5.0, 2.0
#: The clock of the first board begins in the past, so that it stays there although it runs faster.
PAST = 1800
INTERVAL = 60
#: A board evaluates its samples in windows of about one second, and rows are written between them.
WINDOW = 1.05
#: What is promised of ideal samples (docs/firmware/accuracy.md).
ACCURACY = 0.001
#: Seconds of energy that a power cut may cost (protocol B1, B2).
CHECKPOINT = 60
LOADS = loads_of(HERE / "board.yaml")
REGISTERS = ("spare.import", "main.import", "main.export", "kitchen.import", "heater.import")

type Row = tuple[int, ...]


class House:
    """Home Assistant, its broker and the two boards."""

    def __init__(self, stage: Stage) -> None:
        """Nothing is started yet."""
        self.stage = stage
        self.middleman = Middleman(stage.client.url)
        self.program = host_program()
        begin = time.time() - PAST
        self.speakers = self._boards("speaker", speed=SPEAKER_SPEED, utc=begin - begin % INTERVAL)
        # What this computer takes for the time is wrong for it, and it is not to look at that.
        self.posters = self._boards("poster", speed=POSTER_SPEED, utc=begin - 30 * 86400, clock=False)

    def _boards(self, folder: str, *, speed: float, utc: float, clock: bool = True) -> Boards:
        where = self.stage.folder / folder
        where.mkdir(parents=True, exist_ok=True)
        port = self.stage.broker.port
        return Boards(program=self.program, folder=where, port=port, speed=speed, utc=utc, clock=clock)

    @property
    def rows(self) -> list[Row]:
        """The rows of the board that speaks MQTT, as they passed over the broker."""
        assert self.stage.observer is not None
        traffic = self.stage.observer.panels[SPEAKER]
        rows = whole_journal(traffic)
        return [rows[seq] for seq in sorted(rows)]

    @property
    def acknowledged(self) -> int:
        """How many rows of it Home Assistant has acknowledged."""
        assert self.stage.observer is not None
        return self.stage.observer.panels[SPEAKER].acknowledged

    async def open(self) -> None:
        """Start all but the boards."""
        await self.stage.__aenter__()
        await self.stage.start_broker()
        await self.stage.start_home_assistant(Home())
        await self.stage.set_up_mqtt()

    async def close(self) -> None:
        """End everything."""
        await self.speakers.stop()
        await self.posters.stop()
        await self.middleman.stop()
        await self.stage.__aexit__(None, None, None)


@pytest.fixture(scope="module")
def house(background: Background, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Everything started but the boards; MQTT is set up, Panel Meter is not."""
    pytest_socket.enable_socket()
    folder = tmp_path_factory.mktemp("firmware")
    house = House(Stage(folder, Wishes(panels=0)))
    try:
        background.run(house.open())
        yield house
    finally:
        background.run(house.close())
        ARTIFACTS.mkdir(exist_ok=True)
        logs = (house.stage.home_assistant.child.log, *folder.glob("*er/*.log"))
        (ARTIFACTS / "firmware-board.log").write_text("".join(f"--- {log}\n{log.read_text()}" for log in logs))


def test_a_board_is_offered_and_added(house: House, background: Background) -> None:
    """Home Assistant finds the board by itself, and the user confirms it."""

    async def story() -> None:
        await house.speakers.start(SPEAKER)
        (offer,) = await house.stage.wait_for_discovery()
        finished = await flows.go_on(house.stage.client, offer)
        assert finished.type == "create_entry", finished.reason
        assert house.stage.observer is not None
        assert house.stage.observer.panels[SPEAKER].registers == REGISTERS

    background.run(story())


def test_a_board_that_posts_is_offered_and_added(house: House, background: Background) -> None:
    """It gets a token, waits until the user has confirmed it, and has lost nothing meanwhile."""

    async def story() -> None:
        client = house.stage.client
        house.posters.http = (await house.middleman.start(), await _a_token(client))
        await house.posters.start(POSTER)
        (offer,) = await house.stage.wait_for_discovery()
        assert {each.status for each in house.middleman.exchanges} <= {202, 429}
        finished = await flows.go_on(client, offer)
        assert (finished.type, finished.reason) == ("abort", "panel_added")

        async def carried_out() -> bool:
            return bool(house.middleman.responses)

        await until(carried_out, "the board to carry out a command of an answer", timeout=60)
        told = {each["id"] for each in house.middleman.commands}
        assert all(each["ok"] and each["id"] in told for each in house.middleman.responses)
        # It has no clock, and takes the time of the answers.
        lives = [each.post["live"] for each in house.middleman.exchanges if "live" in each.post]
        assert lives[-1]["time"] == pytest.approx(time.time(), abs=60)

    background.run(story())


def test_records_are_what_flows(house: House, background: Background) -> None:
    """The energies of the first rows follow from amplitudes, phases and time."""

    async def story() -> None:
        await _until_acknowledged(house, rows=3)

    background.run(story())
    rows = house.rows[: house.acknowledged]
    assert rows[0][0] == 1
    assert not any(row[3] & (RecordFlag.REBOOT | RecordFlag.SENSOR_FAULT) for row in rows)
    assert all(row[3] & RecordFlag.SIMULATED for row in rows)
    _compare(_energies(rows[-1]), rows[-1][1] - rows[0][1] + rows[0][2], from_boot=True)


def test_power_cut_costs_a_minute_at_most(house: House, background: Background) -> None:
    """The board is killed and goes on from its checkpoint: same journal, no register falls, and it counts right."""
    assert house.stage.observer is not None
    traffic = house.stage.observer.panels[SPEAKER]
    journal, before = traffic.journal, traffic.energy

    async def cut() -> None:
        await house.speakers.power_off(SPEAKER)
        nonlocal before
        before = traffic.energy
        # One or two from before the cut may still be on their way to us.
        live = traffic.live + 3
        await house.speakers.start(SPEAKER)

        async def speaks() -> bool:
            return traffic.live >= live

        await until(speaks, "the board to speak again", timeout=30, pause=0.02)

    background.run(cut())
    lost = [then - now for then, now in zip(before, traffic.energy, strict=True)]
    worst = dict(zip(REGISTERS, (_watts(name) * CHECKPOINT / 3.6 for name in REGISTERS), strict=True))
    assert all(gone <= most for gone, most in zip(lost, worst.values(), strict=True)), (lost, worst)

    async def more() -> None:
        flagged = next((row[0] for row in house.rows if row[3] & RecordFlag.REBOOT), None)
        await _until_acknowledged(house, rows=(flagged or house.rows[-1][0] + 1) + 2)

    background.run(more())
    assert traffic.journal == journal
    rows = house.rows[: house.acknowledged]
    assert never_falls(rows)
    (cut_row,) = [row for row in rows if row[3] & RecordFlag.REBOOT]
    gained = _gain(rows[cut_row[0] - 2], cut_row)
    assert all(
        energy <= _watts(name) * (cut_row[2] + WINDOW) / 3.6 for name, energy in zip(REGISTERS, gained, strict=True)
    )
    after = rows[cut_row[0] - 1 :]
    _compare(_gain(after[0], after[-1]), after[-1][1] - after[0][1], from_boot=False)


def test_killed_home_assistant_gets_what_it_missed(house: House, background: Background) -> None:
    """Rows that both boards close while Home Assistant is dead arrive when it is back."""

    async def story() -> None:
        newest, posted = house.rows[-1][0], max(house.middleman.rows, default=0)
        await house.stage.home_assistant.kill()

        async def lost_posts() -> bool:
            return bool(house.middleman.lost)

        await until(lost_posts, "a post that nobody answers", timeout=30)
        await house.stage.home_assistant.start()
        await _until_acknowledged(house, rows=newest + 2)

        async def all_posted() -> bool:
            rows = house.middleman.rows
            return len(rows) > posted and house.middleman.acknowledged >= max(2, posted + 1)

        await until(all_posted, "the posted rows to be acknowledged", timeout=120)

    background.run(story())


def test_a_revoked_token_silences_the_board(house: House, background: Background) -> None:
    """The user deletes the source: the board is told once, says so in its log, and posts no more."""
    exchanges = house.middleman.exchanges

    async def story() -> None:
        entry, source = await _only_source(house.stage.client)
        await house.stage.client.command("config_entries/subentries/delete", entry_id=entry, subentry_id=source)

        async def refused() -> bool:
            return exchanges[-1].status == 401

        await until(refused, "the token to be refused", timeout=60)
        count = len(exchanges)
        await asyncio.sleep(6 / POSTER_SPEED)
        assert len(exchanges) == count

    background.run(story())
    log = (house.stage.folder / "poster" / f"{POSTER}.log").read_text()
    assert "The host refuses the token of this board" in log


def test_totals_are_those_of_the_boards(house: House, background: Background) -> None:
    """Once the boards are switched off, the entities show their registers."""

    async def story() -> None:
        await house.speakers.switch_off(SPEAKER)
        await house.posters.switch_off(POSTER)
        assert house.stage.observer is not None
        traffic = house.stage.observer.panels[SPEAKER]

        async def shown() -> bool:
            totals = await _totals(house.stage.client, SPEAKER)
            newest, live = _energies(house.rows[house.acknowledged - 1]), traffic.energy
            return all(
                row <= totals[name] <= max(row, end) for name, row, end in zip(REGISTERS, newest, live, strict=True)
            )

        await until(shown, "the entities to show the registers", timeout=30)

    background.run(story())


def test_ledger_holds_what_the_waveforms_carried(house: House, background: Background) -> None:
    """Every row of both boards stands in the ledger once, register for register, and sums up to what flowed."""
    background.run(house.stage.home_assistant.stop())
    assert house.stage.observer is not None
    traffic = house.stage.observer.panels[SPEAKER]
    assert traffic.conflicts == []
    middleman = house.middleman
    posted = [middleman.rows[seq] for seq in sorted(middleman.rows)]
    assert [row[0] for row in posted] == list(range(1, len(posted) + 1))
    with ledger_of(house.stage.home_assistant.folder) as ledger:
        ledger.verify()
        assert ledger.stats().rejected == {}
        _same(ledger, SPEAKER, traffic.journal, {row[0]: row for row in house.rows}, house.acknowledged)
        _same(ledger, POSTER, middleman.journal, middleman.rows, middleman.acknowledged)
    last = posted[middleman.acknowledged - 1]
    _compare(_energies(last), last[1] - posted[0][1] + posted[0][2], from_boot=True)


def _same(ledger: Ledger, panel: str, journal: str, rows: Mapping[int, Row], acknowledged: int) -> None:
    found = booked(ledger, panel, journal)
    assert found == sent(rows, acknowledged)
    total = [sum(energies) for energies in zip(*(energy for _, _, energy in found.values()), strict=True)]
    assert total == list(_energies(rows[acknowledged]))
    assert all(end == begin for (_, end, _), (begin, _, _) in pairwise(found[seq] for seq in sorted(found)))


def _compare(energies: Sequence[int], seconds: float, *, from_boot: bool) -> None:
    """Fail unless energies in mWh, in the order of the registers, are what the loads carry in these seconds.

    ``from_boot``: the seconds begin with the board, as the cycles of the loads do.
    """
    found = dict(zip(REGISTERS, energies, strict=True))
    # One load that never pauses tells how long was counted; the rows say it in whole seconds.
    counted = seconds_of(found["main.import"], LOADS["main"])
    assert counted == pytest.approx(seconds, rel=ACCURACY, abs=WINDOW + 1)
    # It was counted in windows of fifty cycles, so that these are whole seconds.
    assert counted == pytest.approx(round(counted), rel=ACCURACY)
    kitchen, heater = LOADS["kitchen"], LOADS["heater"]
    assert found["kitchen.import"] == pytest.approx(kitchen.energy(counted), rel=ACCURACY)
    # Where a window lies over the edges of a load is not known; from the boot it is, to a cycle.
    whole = counted if from_boot else round(counted / INTERVAL) * INTERVAL
    edge = 2 / HERTZ if from_boot else WINDOW
    close = heater.watts * edge / 3.6
    assert found["heater.import"] == pytest.approx(heater.energy(whole), rel=ACCURACY, abs=close)
    assert found["spare.import"] == found["main.export"] == 0
    print(
        f"\n{seconds} s, counted {counted:.3f} s; kitchen {_off(found['kitchen.import'], kitchen.energy(counted))}, "
        f"heater {_off(found['heater.import'], heater.energy(whole))}"
    )


def _off(found: float, truth: float) -> str:
    return f"{found / truth - 1:+.4%}"


def _energies(row: Row) -> tuple[int, ...]:
    return row[4:]


def _gain(before: Row, after: Row) -> tuple[int, ...]:
    return tuple(now - then for then, now in zip(_energies(before), _energies(after), strict=True))


def _watts(register: str) -> float:
    channel, _, direction = register.partition(".")
    load: Load = LOADS[channel]
    return load.watts if direction == "import" else 0.0


async def _until_acknowledged(house: House, *, rows: int) -> None:
    async def acknowledged() -> bool:
        return house.acknowledged >= rows

    await until(acknowledged, f"record {rows} to be acknowledged", timeout=120)


async def _totals(client: Client, panel: str) -> dict[str, int]:
    """The shown totals of a panel in mWh, by register."""
    states = await client.states()
    found: dict[str, int] = {}
    for entry in await client.entities(DOMAIN):
        name, _, rest = str(entry["unique_id"]).partition("/")
        channel, _, kind = rest.partition("/")
        state = states.get(str(entry["entity_id"]))
        if name == panel and kind.startswith("energy_") and state is not None:
            found[f"{channel}.{kind.removeprefix('energy_')}"] = round(float(str(state["state"])) * 1_000_000)
    return found


async def _entry(client: Client) -> str:
    entries = await client.command("config_entries/get", domain=DOMAIN)
    assert isinstance(entries, list)
    (entry,) = (str(each["entry_id"]) for each in entries if isinstance(each, dict))
    return entry


async def _only_source(client: Client) -> tuple[str, str]:
    """The ids of the entry and of its one source."""
    entry = await _entry(client)
    subentries = await client.command("config_entries/subentries/list", entry_id=entry)
    assert isinstance(subentries, list)
    found = [each for each in subentries if isinstance(each, dict)]
    (source,) = (str(each["subentry_id"]) for each in found if each["subentry_type"] == "source")
    return entry, source


async def _a_token(client: Client) -> str:
    """Add a source for one panel, as the user does, and copy its token from the page that shows it."""
    entry = await _entry(client)
    path = "/api/config/config_entries/subentries/flow"
    form = await client.post(path, {"handler": [entry, "source"]})
    assert isinstance(form, dict)
    page = f"{path}/{form['flow_id']}"
    shown = await client.post(page, {"name": "A board", "gateway": False, "webhook": False})
    assert isinstance(shown, dict)
    told = shown["description_placeholders"]
    assert isinstance(told, dict)
    finished = await client.post(page, {})
    assert isinstance(finished, dict)
    assert finished["type"] == "create_entry", finished
    return str(told["token"])
