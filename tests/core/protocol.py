"""Builders of protocol messages for tests."""

from collections.abc import Mapping, Sequence
import json

from custom_components.panel_meter.core.model import Channel, Panel, Phase, Record, RecordRow, Register, Role

JOURNAL = "5c1e90aa"
BOOT = "a1b2c3d4"
#: A full hour well in the past of every test's clock.
HOUR = 1_795_204_800
NOW = HOUR + 10 * 86_400

PANEL = Panel(
    id="apt-101",
    name="Apartment 101",
    codec="native",
    channels=(
        Channel(id="main", name="Mains", role=Role.MAIN, phase=Phase.L1, rating=63),
        Channel(id="c1", name="Kitchen", role=Role.CIRCUIT, phase=Phase.L1, rating=20),
    ),
    registers=(Register.parse("main.import"), Register.parse("c1.import")),
    boot=BOOT,
    journal=JOURNAL,
    interval=300,
    live_interval=5,
)


def info(**changes: object) -> bytes:
    """An announcement of PANEL."""
    content: dict[str, object] = {
        "protocol": "1.0",
        "id": PANEL.id,
        "boot": BOOT,
        "journal": JOURNAL,
        "name": PANEL.name,
        "model": "esp32c3-4ch",
        "firmware": "1.0.0",
        "interval": 300,
        "live_interval": 5,
        "capacity": 2048,
        "nominal_voltage": 230,
        "registers": [str(register) for register in PANEL.registers],
        "channels": [
            {"id": "main", "name": "Mains", "role": "main", "phase": "L1", "rating": 63},
            {"id": "c1", "name": "Kitchen", "role": "circuit", "phase": "L1", "rating": 20, "slot": 1},
        ],
    }
    return encode(content, changes)


def live(**changes: object) -> bytes:
    """A live message of PANEL."""
    content: dict[str, object] = {
        "journal": JOURNAL,
        "boot": BOOT,
        "uptime": 86_412,
        "time": NOW,
        "power": [1523.4, 210.0],
        "voltage": [231.2],
        "current": [6.62, 0.93],
        "power_factor": [0.99, 0.97],
        "frequency": 50.01,
        "temperature": 31.5,
        "energy": [12_345_678_901, 345_678_901],
    }
    return encode(content, changes)


def record(rows: Sequence[Sequence[object]], **changes: object) -> bytes:
    """A record message of PANEL."""
    content: dict[str, object] = {"journal": JOURNAL, "oldest": 1, "records": rows}
    return encode(content, changes)


def encode(content: Mapping[str, object], changes: Mapping[str, object]) -> bytes:
    """JSON of the content with changes; a change to ``...`` removes the key."""
    merged = {key: value for key, value in {**content, **changes}.items() if value is not ...}
    return json.dumps(merged).encode()


def rows(energies: Sequence[tuple[int, ...]], *, first: int = 1, start: int = HOUR) -> tuple[RecordRow, ...]:
    """Consecutive rows of five minutes with these registers."""
    return tuple(
        RecordRow(first + number, start + 300 * (number + 1), 300, 0, energy) for number, energy in enumerate(energies)
    )


def message(*sent: RecordRow, oldest: int = 1) -> Record:
    """A record message as the codec makes it."""
    return Record(journal=JOURNAL, oldest=oldest, rows=sent)
