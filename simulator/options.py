"""What a simulation is made of."""

from dataclasses import dataclass, field
from pathlib import Path

from .faults import FaultPlan
from .posting import Door
from .transport import Broker


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All that can be wished; times in seconds, history in days."""

    broker: Broker = field(default_factory=Broker)
    #: Boards post here instead of speaking to the broker.
    door: Door | None = None
    base: str = "panel_meter"
    panels: int = 1
    seed: int = 1
    speed: float = 1.0
    #: UTC seconds at which simulated time begins; None: now.
    begin: int | None = None
    #: None: no history, or with a replay the whole file.
    history: float | None = None
    interval: int = 300
    live_interval: int = 5
    capacity: int = 2048
    clock: bool = True
    utc_offset: float = 1.0
    legacy: int = 0
    apartments: int = 0
    replay: Path | None = None
    #: Play the messages of this diagnostics dump, and nothing else.
    dump: Path | None = None
    faults: FaultPlan = field(default_factory=FaultPlan)
    duration: float | None = None
    truth: Path | None = None
    state: Path | None = None
    quiet: bool = False
