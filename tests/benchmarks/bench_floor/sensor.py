"""Plain sensors without a device, an availability or a thought."""

from typing import override

from homeassistant.components import mqtt
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddEntitiesCallback
from homeassistant.helpers.typing import ConfigType, DiscoveryInfoType
import orjson

MILLIWATT_HOURS_PER_KWH = 1_000_000


class FloorSensor(SensorEntity):
    """Shows what it is told."""

    _attr_should_poll = False

    def __init__(self, name: str, kind: SensorDeviceClass, unit: str, state_class: SensorStateClass | None) -> None:
        self._attr_name = name
        self._attr_unique_id = name
        self._attr_device_class = kind
        self._attr_native_unit_of_measurement = unit
        self._attr_state_class = state_class

    @callback
    def show(self, value: float) -> None:
        """Write the state if it changed."""
        if value != self._attr_native_value:
            self._attr_native_value = value
            self.async_write_ha_state()

    @property
    @override
    def available(self) -> bool:
        """Always."""
        return True


async def async_setup_platform(
    hass: HomeAssistant,
    _config: ConfigType,
    async_add_entities: AddEntitiesCallback,
    discovery_info: DiscoveryInfoType | None = None,
) -> None:
    """Listen to every panel."""
    assert discovery_info is not None
    for panel in discovery_info["panels"]:
        await _add(hass, async_add_entities, discovery_info["base"], panel, discovery_info["channels"])


async def _add(
    hass: HomeAssistant, async_add_entities: AddEntitiesCallback, base: str, panel: str, channels: list[str]
) -> None:
    measurement, total = SensorStateClass.MEASUREMENT, SensorStateClass.TOTAL
    powers = [FloorSensor(f"{panel} {name} power", SensorDeviceClass.POWER, "W", measurement) for name in channels]
    energies = [FloorSensor(f"{panel} {name} energy", SensorDeviceClass.ENERGY, "kWh", total) for name in channels]
    voltages = [FloorSensor(f"{panel} L{n} voltage", SensorDeviceClass.VOLTAGE, "V", measurement) for n in (1, 2, 3)]
    sums = [FloorSensor(f"{panel} {name}", SensorDeviceClass.ENERGY, "kWh", None) for name in ("today", "month")]
    async_add_entities([*powers, *energies, *voltages, *sums])

    @callback
    def received(message: mqtt.ReceiveMessage) -> None:
        live = orjson.loads(message.payload)
        for sensor, power in zip(powers, live["power"], strict=True):
            sensor.show(power)
        for sensor, energy in zip(energies, live["energy"], strict=True):
            sensor.show(energy / MILLIWATT_HOURS_PER_KWH)
        for sensor, voltage in zip(voltages, live["voltage"], strict=True):
            sensor.show(voltage)
        for sensor in sums:
            sensor.show(round(live["energy"][0] / MILLIWATT_HOURS_PER_KWH, 3))

    await mqtt.async_subscribe(hass, f"{base}/1/{panel}/live", received, 0, encoding=None)
