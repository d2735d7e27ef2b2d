"""Clocks that go forward and back, in the time zone of the house."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
import time
from zoneinfo import ZoneInfo

from custom_components.panel_meter.core.model import Register
from custom_components.panel_meter.ledger import Ledger, sqlite_url
from demo.onboarding import Home
from simulator.ring import Ring

from ..figures import Books, Outcome
from ..lab import Lab, Wishes
from ..truth import HOUR, true_hours

_SHORT = ("Australia/Lord_Howe",)
#: Half an hour and a whole one, north and south, at midnight, and zones that are half an hour beside the others.
_LONG = ("Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Adelaide", "Australia/Lord_Howe")


@dataclass(frozen=True, slots=True)
class _Switch:
    """An instant at which the clocks of a zone are changed, and by how many seconds."""

    zone: str
    at: int
    by: int

    def __str__(self) -> str:
        return f"{self.zone} {'+' if self.by > 0 else '-'}{abs(self.by) // 60} min"

    def day(self) -> tuple[int, int]:
        """The local day of the switch: its two midnights in UTC seconds."""
        zone = ZoneInfo(self.zone)
        day = datetime.fromtimestamp(self.at, zone).date()
        first, second = (datetime.combine(each, datetime.min.time(), zone) for each in (day, day + timedelta(days=1)))
        return int(first.timestamp()), int(second.timestamp())


async def play(folder: Path, long: bool) -> Outcome:
    """Home Assistant is away while the clocks of its zone go forward, and back: hours and days are right."""
    zones = _LONG if long else _SHORT
    switches = [switch for zone in zones for switch in _next_switches(zone)]
    outcome = Outcome(
        "zones", f"away for 27 h around {len(switches)} changes of the clock: {', '.join(zones)}; 2 panels"
    )
    for number, switch in enumerate(switches):
        await _around(folder / str(number), switch, outcome)
    outcome.judge(statistics=True)
    return outcome


async def _around(folder: Path, switch: _Switch, outcome: Outcome) -> None:
    part = replace(outcome, ledger=Books(), statistics=Books(), broken=outcome.broken)
    home = Home(time_zone=switch.zone)
    # The day of the switch begins at most 25 hours before it.
    begin = switch.at // HOUR * HOUR - HOUR + 50 * 60 + 30
    wishes = Wishes(
        panels=2, days=1.2, interval=300, live_interval=5, capacity=4096, fake_clock=True, begin=begin, home=home
    )
    async with Lab(folder, wishes) as lab:
        await lab.start()
        await lab.drained()
        await lab.hurry(55, 30)
        await lab.compare_statistics(part, int(lab.now) // HOUR * HOUR)
        part.expect(part.statistics.right, f"{switch}: the history was not imported: {part.statistics}")
        lab.jump_to(56)
        await lab.speaking()
        await lab.home.kill()
        lab.jump_to(3, 30, hours=27)
        await lab.home.start()
        await lab.drained()
        await lab.hurry(5, 30)
        await lab.compare_statistics(part, int(lab.now) // HOUR * HOUR)
        part.expect(part.statistics.right, f"{switch}: the statistics are {part.statistics}")
        await _compare_day_of_recorder(lab, switch, part)
        rings = {name: unit.board.ring for name, unit in lab.boards.boards.items()}
        true_days = {name: _true_day(ring, switch) for name, ring in rings.items()}
        await lab.finish(part)
    _compare_day_of_ledger(lab.home.ledger_file, true_days, switch, part)
    first, second = switch.day()
    outcome.measured[f"{switch}: hours of that day"] = (second - first) / HOUR
    outcome.ledger = outcome.ledger.plus(part.ledger)
    outcome.statistics = outcome.statistics.plus(part.statistics)


def _true_day(ring: Ring, switch: _Switch) -> dict[str, int]:
    """Energy of each register in the local day of the switch in mWh, by the records of the board, which end with it."""
    first, second = switch.day()
    rows = {row.end: row.energies for row in (ring.row(seq) for seq in range(ring.oldest, ring.newest + 1))}
    return dict(zip(ring.shape.registers, (b - a for a, b in zip(rows[first], rows[second], strict=True)), strict=True))


def _compare_day_of_ledger(path: Path, true_days: dict[str, dict[str, int]], switch: _Switch, outcome: Outcome) -> None:
    ledger = Ledger.open(sqlite_url(path))
    try:
        for name, registers in true_days.items():
            found = ledger.energy(name, switch.day())
            for register, true in registers.items():
                (day,) = found.get(Register.parse(register), [0])
                outcome.expect(day == true, f"{switch}: the day of {name}/{register} is {day} mWh, not {true}")
    finally:
        ledger.close()


async def _compare_day_of_recorder(lab: Lab, switch: _Switch, outcome: Outcome) -> None:
    """The Energy dashboard's day: the hours that begin in it."""
    first, second = switch.day()
    ids = await lab.statistic_ids()
    rows = await lab.home.client.command(
        "recorder/statistics_during_period",
        start_time=datetime.fromtimestamp(first, UTC).isoformat(),
        end_time=datetime.fromtimestamp(second, UTC).isoformat(),
        statistic_ids=list(ids.values()),
        period="day",
        types=["change"],
        units={"energy": "Wh"},
    )
    assert isinstance(rows, dict)
    for name, panel in lab.truth().items():
        for register in panel["registers"]:
            days = rows.get(ids[f"{name}/{register}"], [])
            assert isinstance(days, list)
            # What is asked for up to the end of a day comes with the begin of the next one.
            found = sum(
                round(float(str(each["change"])) * 1000)
                for each in days
                if isinstance(each, dict) and each["start"] == first * 1000
            )
            true = sum(e for hour, e in true_hours(panel, register).items() if first <= hour < second)
            outcome.expect(
                found == true, f"{switch}: the recorder's day of {name}/{register} is {found} mWh, not {true}"
            )


def _next_switches(zone: str) -> Iterator[_Switch]:
    """The next two changes of the clock that are more than a day away."""
    place, count = ZoneInfo(zone), 0
    quarter = 900
    at = int(time.time()) // quarter * quarter + 30 * HOUR
    while count < 2:
        before, after = (_offset(place, at - quarter), _offset(place, at))
        if before != after:
            count += 1
            yield _Switch(zone, at, after - before)
        at += quarter


def _offset(place: ZoneInfo, at: int) -> int:
    offset = datetime.fromtimestamp(at, place).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())
