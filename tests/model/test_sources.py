"""Sources without a journal through everything that can happen to them: a counter and a house that tells its power."""

import json
from pathlib import Path
import shutil
import sys
import tempfile

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from custom_components.panel_meter.core.model import Register
from custom_components.panel_meter.core.pace import usual

from .host import Host, Trouble, VirtualLoop
from .running import run

START = 1_795_204_800
KWH = 1_000_000
MAIN = Register.parse("main.import")
COUNTER, COUNTER_TOPIC = "data_pm:ONE", "DATA/PM/ONE"
POWER, POWER_TOPIC = "apartment:101", "electricity/building/floor/101"
PANELS = {COUNTER: "data_pm", POWER: "apartment"}
WATTS = 7200
#: No minute brings more; what the channel may carry is three times that.
MOST_A_MINUTE = 300_000
LONGEST_WAIT = 180

UNUSABLE = [
    b"",
    b"online",
    b"[]",
    b"{}",
    b'{"power_kw": NaN, "energy_kwh": 5, "voltage": "a"}',
    b'{"energy_kwh": -5, "power": true}',
    b'{"energy_kwh": 1e12, "power": 1e12}',
    b'{"energy_kwh": "5", "power": "5"}',
    b'{"energy_kwh": 5, "power": 5, "x": "' + b"x" * 9000 + b'"}',
]


class Sources(RuleBasedStateMachine):
    """A counter whose true value is known, and an apartment that always draws the same power."""

    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp(dir=self.folder))
        self.path = self.place / "panel_meter.db"
        shutil.copyfile(self.folder / "empty.db", self.path)
        self.loop = VirtualLoop()
        self.now = START
        self.counter = 123_456_789
        self.told = [(self.now, self.counter)]
        #: The value that counting began with; None while the ledger knows of none.
        self.base: int | None = None
        #: When the power was last told, and whether it was told often enough since the begin to count wholly.
        self.power_told = self.power_begun = 0
        self.regular = True
        self.shown: dict[str, dict[Register, int]] = {}
        self.host = self.start()

    def start(self) -> Host:
        return Host(self.loop, self.path, PANELS, self.shown, self.now)

    def total(self, panel: str) -> int:
        meter = self.host.intakes[panel].meter
        return 0 if meter is None else meter.totals[MAIN]

    def tell(self, value: int, *, timed: int | None = None, retained: bool = False, times: int = 1) -> None:
        time = {} if timed is None else {"timestamp": timed}
        kwh = f"{value // KWH}.{value % KWH:06d}"
        payload = b'{"energy_kwh": ' + kwh.encode() + b", " + json.dumps({"power_kw": 1, **time})[1:].encode()
        for _ in range(times):
            assert self.host.receive(COUNTER_TOPIC, payload, self.now, retained=retained) is None

    def tell_truth(self, *, timed: bool = False, times: int = 1) -> None:
        if self.base is None:
            self.base = self.counter
        self.tell(self.counter, timed=self.now if timed else None, times=times)
        self.told.append((self.now, self.counter))

    @initialize()
    def begin(self) -> None:
        self.speak_for_a_minute(0, 1, timed=False)

    # --- the sources ---

    @rule(amount=st.integers(0, MOST_A_MINUTE), times=st.integers(1, 3), timed=st.booleans())
    def speak_for_a_minute(self, amount: int, times: int, timed: bool) -> None:
        self.now += 60
        self.counter += amount
        self.tell_truth(timed=timed, times=times)
        self.regular = self.regular and self.now - (self.power_told or self.now) <= LONGEST_WAIT
        self.power_told = self.now
        self.power_begun = self.power_begun or self.now
        payload = json.dumps({"power": WATTS}).encode()
        for _ in range(times):
            assert self.host.receive(POWER_TOPIC, payload, self.now) is None

    @rule(minutes=st.sampled_from([4, 30, 3000]), share=st.floats(0, 1))
    def silence(self, minutes: int, share: float) -> None:
        self.now += minutes * 60
        self.counter += int(minutes * MOST_A_MINUTE * share)
        self.regular = False
        self.host.check_availability(self.now)

    @rule(which=st.integers(0, 10**6), times=st.integers(1, 3))
    def the_broker_repeats_a_kept_message(self, which: int, times: int) -> None:
        if self.base is not None:
            self.tell(self.told[which % len(self.told)][1], retained=True, times=times)

    @rule(which=st.integers(0, 10**6), times=st.integers(1, 3))
    def messages_with_a_time_come_late(self, which: int, times: int) -> None:
        if self.base is None:
            return
        self.tell_truth(timed=True)
        self.now += 5
        time, value = self.told[which % len(self.told)]
        if self.now - time < 86_400:
            self.tell(value, timed=time, times=times)

    @rule(wrong=st.sampled_from(["zero", "low", "high"]), amount=st.integers(1, MOST_A_MINUTE))
    def one_value_is_wrong(self, wrong: str, amount: int) -> None:
        if self.base is None or not self.is_settled() or (wrong == "low" and not self.at_its_pace()):
            return
        self.now += 60
        self.tell({"zero": 0, "low": self.told[-1][1] // 2, "high": self.counter + 10**12}[wrong])
        for _ in range(2):
            self.speak_for_a_minute(amount, 1, timed=False)

    def is_settled(self) -> bool:
        """Whether nothing of an earlier wrong value is left. Two of them at once become a question to the user."""
        state = self.host.intakes[COUNTER].meter._states[MAIN].counter
        return state is not None and state.previous is None and not state.in_doubt

    def at_its_pace(self) -> bool:
        """Whether the usual distance of the counter's messages is known to be short.

        Of a source that is heard once in days, a fall to half and back cannot be told from two exchanged counters.
        """
        state = self.host.intakes[COUNTER].meter._states[MAIN].counter
        return state is not None and 0 < (usual(state.recent) or 0) <= 300_000

    @rule(payload=st.sampled_from(UNUSABLE), topic=st.sampled_from([COUNTER_TOPIC, POWER_TOPIC]))
    def garbage(self, payload: bytes, topic: str) -> None:
        assert self.host.receive(topic, payload, self.now) is not None

    # --- the host and its disk ---

    @rule()
    def checkpoint(self) -> None:
        self.host.checkpoint(self.now)

    @rule(seconds=st.sampled_from([0.01, 1.1, 130.0]))
    def the_writer_gets_time(self, seconds: float) -> None:
        self.host.wait(seconds)

    @rule(trouble=st.sampled_from([None, None, *Trouble]))
    def the_disk(self, trouble: Trouble | None) -> None:
        self.host.trouble = trouble

    @rule(committed=st.sampled_from([0, 0, 1, 10]))
    def crash(self, committed: int) -> None:
        self.host.crash(committed=committed)
        self.host = self.start()
        self.regular = False
        meter = self.host.intakes[COUNTER].meter
        if meter is None or not meter.has_history:
            self.base = None

    @rule()
    def restart(self) -> None:
        self.host.trouble = None
        before = {panel: self.total(panel) for panel in PANELS}
        self.host.checkpoint(self.now)
        self.host.stop()
        self.host = self.start()
        assert {panel: self.total(panel) for panel in PANELS} == before

    # --- what is always true ---

    @invariant()
    def the_books_are_right(self) -> None:
        for panel in PANELS:
            books = self.host.books(panel)
            books.check()
            intake = self.host.intakes[panel]
            if intake.meter is not None and self.host.writer.pending == 0:
                rows, _ = intake.open()
                assert books.sums().get(MAIN, 0) + sum(sum(row.energy) for row in rows) == self.total(panel)

    @invariant()
    def nothing_is_counted_that_did_not_flow(self) -> None:
        assert self.total(COUNTER) <= self.counter - (self.counter if self.base is None else self.base)
        flowed = WATTS * (self.power_told - self.power_begun) * 1000 // 3600
        assert self.total(POWER) <= flowed
        if self.regular:
            # A message that comes sooner than usual and says the same waits for the next one.
            assert self.total(POWER) >= flowed - WATTS * LONGEST_WAIT * 1000 // 3600

    @invariant()
    def what_is_shown_never_falls(self) -> None:
        for panel, intake in self.host.intakes.items():
            if intake.meter is not None:
                total = intake.meter.total(MAIN)
                assert total >= max(self.shown.get(panel, {}).get(MAIN, 0), self.total(panel))
                self.shown[panel] = {MAIN: total}

    def teardown(self) -> None:
        try:
            # A step that failed is not covered up by what follows from it.
            if sys.exception() is None:
                self.everything_is_counted()
        finally:
            self.host.trouble = None
            self.host.crash()
            self.loop.close()
            shutil.rmtree(self.place)

    def everything_is_counted(self) -> None:
        """The source goes on speaking: then what its counter counted since the begin is counted, and nothing else."""
        for _ in range(4):
            self.speak_for_a_minute(1000, 1, timed=False)
        assert self.base is not None
        assert (self.total(COUNTER), self.host.intakes[COUNTER].meter.jumps) == (self.counter - self.base, {})
        self.restart()
        self.the_books_are_right()
        assert self.total(COUNTER) == self.counter - self.base


def test_a_counter_and_a_power_are_counted_once_and_wholly(folder: Path) -> None:
    Sources.folder = folder
    run(Sources)
