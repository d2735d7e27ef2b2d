"""Makes the boards of a simulation: new ones, or those whose flash is found in the state folder."""

from collections.abc import Iterator
import json

from . import truth as truth_file
from .board import Board, BoardSpec
from .flash import Flash
from .houses import MainsOnly, street
from .legacy import Apartment, Legacy, PanelOfFloor
from .load import Load
from .meter import Meter
from .noise import seed_of
from .options import Options
from .replay import Replay, read
from .storage import FileStorage, Storage
from .truth import PanelTruth
from .units import DAY, GRID, MINUTE, SECOND, Millis

_SPARE_ROWS = 2048
#: Real seconds that the saved time may be old.
_UNSAVED = 10


def start_of(options: Options, wall: Millis) -> Millis:
    """When simulated time begins: as wished, at the wall clock, or where a faster process before this one has ended."""
    if options.begin is not None:
        return options.begin * SECOND
    path = None if options.state is None else options.state / "clock.json"
    if path is None or options.speed <= 1 or not path.exists():
        return wall
    # A killed process may have gone on for some seconds after it wrote this.
    return max(wall, int(json.loads(path.read_text())["now"]) + int(_UNSAVED * SECOND * options.speed))


def _aligned(start: Millis, interval: int) -> Millis:
    """The end of the last interval, so that the last record of a replayed history is exactly the end of the file."""
    return start // (interval * SECOND) * interval * SECOND


class Street:
    """Boards and old devices for one set of options."""

    def __init__(self, options: Options, start: Millis) -> None:
        """Reads the file to replay; ReplayError if that cannot be."""
        self._options, self._start = options, start
        self._boards: list[Board] = []
        self.replay: Replay | None = None
        if options.replay is not None:
            self.replay = Replay(read(options.replay), _aligned(start, options.interval))

    @property
    def count(self) -> int:
        """How many boards there are."""
        return 1 if self.replay else self._options.panels

    def boards(self) -> Iterator[Board]:
        """Each board, with its history."""
        options = self._options
        if self.replay is not None:
            assert options.replay is not None
            name = options.replay.name.split(".")[0]
            yield self._board("replay", f"Replay of {name}"[:64], "replay", self.replay)
            return
        for house in street(options.panels, options.seed, options.utc_offset):
            yield self._board(house.id, house.name, house.model, house)

    def legacy(self) -> list[Legacy]:
        """The devices of older systems."""
        options = self._options
        devices: list[Legacy] = []
        homes = street(options.legacy + options.apartments, options.seed + 1, options.utc_offset)
        for number, home in enumerate(homes, 1):
            seed = seed_of(options.seed, "legacy", number)
            if number <= options.legacy:
                devices.append(
                    PanelOfFloor(number, Meter(MainsOnly(home)), self._start, seed=seed, faults=options.faults)
                )
            else:
                place = number - options.legacy
                devices.append(Apartment(place, Meter(MainsOnly(home)), self._start, seed=seed, faults=options.faults))
        return devices

    def save(self, now: Millis) -> None:
        """Keep the truth and the time beside the flash, so that the next process goes on with them."""
        if self._options.state is not None:
            truth_file.write(self._options.state / "clock.json", {"now": now})
            for board in self._boards:
                path = self._options.state / board.spec.id / "truth.json"
                truth_file.write(path, board.truth.to_json())

    def _board(self, name: str, title: str, model: str, load: Load) -> Board:
        options = self._options
        begin = self._history_from()
        rows = 0 if begin is None else (self._start - begin) // SECOND // options.interval
        spec = BoardSpec(
            id=name,
            name=title,
            model=model,
            base=options.base,
            interval=options.interval,
            live_interval=options.live_interval,
            capacity=max(options.capacity, rows + _SPARE_ROWS if rows else 0),
            seed=seed_of(options.seed, name),
            sntp=options.clock,
        )
        flash = Flash(self._storage(name))
        board = Board(spec, load, self._start, flash=flash, truth=self._truth(name), history_from=begin)
        if self.replay is not None and "replay" not in board.truth.extra:
            # Up to this row the ledger of a host must hold what the file holds.
            board.truth.extra["replay"] = {**self.replay.to_json(begin or self.replay.end), "seq": board.ring.newest}
        energies = list(board.registers.energies)
        board.truth.reconcile(board.ring.shape.journal, self._start, energies)
        self._boards.append(board)
        return board

    def _history_from(self) -> Millis | None:
        days = self._options.history
        if self.replay is not None:
            wished = self.replay.begin if days is None else self.replay.end - int(days * DAY) // MINUTE * MINUTE
            return max(wished, self.replay.begin)
        if not days:
            return None
        # Half a minute's precision would look odd: a board is switched on at a full minute, here.
        return (self._start - int(days * DAY)) // (MINUTE) * MINUTE // GRID * GRID

    def _storage(self, name: str) -> Storage:
        state = self._options.state
        return Storage() if state is None else FileStorage(state / name)

    def _truth(self, name: str) -> PanelTruth:
        if self._options.state is not None:
            path = self._options.state / name / "truth.json"
            if path.exists():
                return PanelTruth.from_json(name, json.loads(path.read_text()))
        return PanelTruth(name)
