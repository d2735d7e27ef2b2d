"""Ways to show the same panels in Home Assistant: ours, core's, and the floor."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
import json
from pathlib import Path
from typing import Any, Final

from .home import make_folder, panel_meter
from .source import PHASES, Second, Source

#: The same messages are published once below each of these: two hosts must not acknowledge the same board.
BASE_DEFAULT: Final = "bench-default"
BASE_EVERY: Final = "bench-every"
BASE_PLAIN: Final = "bench-plain"
BASES: Final = (BASE_DEFAULT, BASE_EVERY, BASE_PLAIN)
BASE_VALUES: Final = "bench-values"


@dataclass(frozen=True, slots=True)
class Way:
    """How to prepare a Home Assistant: YAML and config entries, for these panels."""

    name: str
    title: str
    configuration: Callable[[Sequence[Source]], str] = lambda _: ""
    entries: Callable[[Sequence[Source]], list[dict[str, Any]]] = field(default=lambda _: [])

    def make(self, folder: Path, broker: int, sources: Sequence[Source], *, recorded: bool = True) -> None:
        """Write the config folder."""
        configuration, entries = self.configuration(sources), self.entries(sources)
        make_folder(folder, broker, configuration=configuration, entries=entries, recorded=recorded)


def _ours(base: str, state_interval: float | None) -> Callable[[Sequence[Source]], list[dict[str, Any]]]:
    return lambda sources: [panel_meter(base, [each.id for each in sources], state_interval=state_interval)]


def _yaml(**content: object) -> str:
    # JSON is YAML.
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in content.items())


def _core(kwh: str) -> Callable[[Sequence[Source]], str]:
    """One JSON topic and value templates; ``kwh`` is the template's ending for an energy in mWh."""

    def configuration(sources: Sequence[Source]) -> str:
        sensors, connected = [], []
        for source in sources:
            topic, status = f"{BASE_PLAIN}/1/{source.id}/live", f"{BASE_PLAIN}/1/{source.id}/status"
            connected.append(_connectivity(source, status))
            for place, channel in enumerate(source.channels):
                power = f"{{{{ value_json.power[{place}] }}}}"
                energy = f"{{{{ (value_json.energy[{place}] / 1000000){kwh} }}}}"
                sensors.append(_power(source, channel.id, topic, status, power))
                sensors.append(_energy(source, channel.id, topic, status, energy))
            sensors.extend(
                _voltage(source, phase, topic, status, f"{{{{ value_json.voltage[{phase}] }}}}")
                for phase in range(PHASES)
            )
        return _yaml(mqtt={"sensor": sensors, "binary_sensor": connected}, utility_meter=_periods(sources))

    return configuration


def _values(sources: Sequence[Source]) -> str:
    """One topic for each value, as ESPHome publishes them."""
    sensors, connected = [], []
    for source in sources:
        base, status = f"{BASE_VALUES}/{source.id}/sensor", f"{BASE_PLAIN}/1/{source.id}/status"
        connected.append(_connectivity(source, status))
        for channel in source.channels:
            sensors.append(_power(source, channel.id, f"{base}/{channel.id}_power/state", status))
            sensors.append(_energy(source, channel.id, f"{base}/{channel.id}_energy/state", status))
        sensors.extend(_voltage(source, phase, f"{base}/voltage_{phase + 1}/state", status) for phase in range(PHASES))
    return _yaml(mqtt={"sensor": sensors, "binary_sensor": connected}, utility_meter=_periods(sources))


def value_messages(source: Source, second: Second, energy: Sequence[int]) -> list[tuple[str, bytes]]:
    """What ESPHome publishes of one second."""
    base = f"{BASE_VALUES}/{source.id}/sensor"
    messages = []
    for place, channel in enumerate(source.channels):
        messages.append((f"{base}/{channel.id}_power/state", str(second.power[place])))
        messages.append((f"{base}/{channel.id}_energy/state", str(energy[place] / 1e6)))
    messages.extend((f"{base}/voltage_{phase + 1}/state", str(second.voltage[phase])) for phase in range(PHASES))
    return [(topic, payload.encode()) for topic, payload in messages]


def _sensor(source: Source, name: str, topic: str, status: str, template: str | None) -> dict[str, object]:
    config: dict[str, object] = {
        "name": name,
        "unique_id": f"{source.id}_{name}",
        "default_entity_id": f"sensor.{source.id.replace('-', '_')}_{name}",
        "state_topic": topic,
        "availability_topic": status,
        "payload_available": "online",
        "payload_not_available": "offline",
        "device": {"identifiers": [source.id], "name": source.id},
    }
    return config if template is None else {**config, "value_template": template}


def _power(source: Source, channel: str, topic: str, status: str, template: str | None = None) -> dict[str, object]:
    own = {"device_class": "power", "unit_of_measurement": "W", "state_class": "measurement"}
    return {**_sensor(source, f"{channel}_power", topic, status, template), **own}


def _energy(source: Source, channel: str, topic: str, status: str, template: str | None = None) -> dict[str, object]:
    own = {"device_class": "energy", "unit_of_measurement": "kWh", "state_class": "total_increasing"}
    return {**_sensor(source, f"{channel}_energy", topic, status, template), **own}


def _voltage(source: Source, phase: int, topic: str, status: str, template: str | None = None) -> dict[str, object]:
    own = {"device_class": "voltage", "unit_of_measurement": "V", "state_class": "measurement"}
    return {**_sensor(source, f"voltage_{phase + 1}", topic, status, template), **own}


def _connectivity(source: Source, status: str) -> dict[str, object]:
    return {
        "name": "connectivity",
        "unique_id": f"{source.id}_connectivity",
        "state_topic": status,
        "payload_on": "online",
        "payload_off": "offline",
        "device_class": "connectivity",
        "device": {"identifiers": [source.id], "name": source.id},
    }


def _periods(sources: Sequence[Source]) -> dict[str, object]:
    """Energy today and this month, which core leaves to another integration."""
    return {
        f"{source.id.replace('-', '_')}_{cycle}": {
            "source": f"sensor.{source.id.replace('-', '_')}_main_energy",
            "cycle": cycle,
        }
        for source in sources
        for cycle in ("daily", "monthly")
    }


def _floor(sources: Sequence[Source]) -> str:
    return _yaml(
        bench_floor={
            "base": BASE_PLAIN,
            "panels": [each.id for each in sources],
            "channels": [each.id for each in sources[0].channels],
        }
    )


IDLE: Final = Way("idle", "Home Assistant with MQTT, no panel")
DEFAULT: Final = Way("default", "Panel Meter, default settings (a state every 10 s)", entries=_ours(BASE_DEFAULT, None))
EVERY: Final = Way("every", "Panel Meter, every message written", entries=_ours(BASE_EVERY, 0))
CORE: Final = Way("core", "core MQTT sensors, one JSON topic, templates", _core(""))
CORE_WH: Final = Way("core_wh", "the same, energies rounded to 1 Wh", _core(" | round(3)"))
VALUES: Final = Way("values", "core MQTT sensors, one topic per value (ESPHome)", _values)
FLOOR: Final = Way("floor", "floor: parse once, write plain sensors", _floor)
WAYS: Final = (IDLE, FLOOR, EVERY, DEFAULT, CORE, CORE_WH, VALUES)
