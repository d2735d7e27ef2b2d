"""Sensors of panels and their channels."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from time import time
from typing import Final, override

from homeassistant.components.sensor import (
    RestoreSensor,
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    PERCENTAGE,
    EntityCategory,
    UnitOfApparentPower,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfFrequency,
    UnitOfPower,
    UnitOfTemperature,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alert_sensors import OPEN_ALERTS, OpenAlertsSensor
from .alerts.keeper import alert_keeper
from .const import DOMAIN
from .core.balance import apparent_power, has_remainder, remainder
from .core.model import MILLIWATT_HOURS_PER_KWH, Channel, Direction, Panel, Register, Role
from .cost_sensor import cost_sensors
from .entity import PanelEntity
from .hub import PanelMeterConfigEntry
from .identity import unique_id
from .panel import PanelRuntime

PARALLEL_UPDATES = 0

#: Voltage sensors that a panel can have, one per phase.
PHASES: Final = (1, 2, 3)


@dataclass(frozen=True, kw_only=True)
class ChannelSensorDescription(SensorEntityDescription):
    """A present value of a channel; ``value_fn`` gets the panel and the place of the channel."""

    value_fn: Callable[[PanelRuntime, int], float | None]
    has_fn: Callable[[Panel, Channel], bool] = lambda _panel, _channel: True
    #: Quantities that must have been sent for the sensor to exist.
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class PanelSensorDescription(SensorEntityDescription):
    """A value of the whole panel."""

    value_fn: Callable[[PanelRuntime], float | datetime | None]
    has_fn: Callable[[Panel], bool] = lambda _: True
    needs: frozenset[str] = frozenset()
    #: Totals of a period stay known while the panel is silent.
    always_available: bool = False


def _at(values: tuple[float | None, ...], position: int, digits: int) -> float | None:
    value = values[position] if position < len(values) else None
    return None if value is None else round(value, digits)


def _produces(panel: Panel, channel: Channel) -> bool:
    """Whether power of the channel is negative while it produces: its clamp tells both directions apart."""
    return channel.role is Role.SOLAR and Register(channel.id, Direction.EXPORT) in panel.registers


def _production(panel: PanelRuntime, position: int) -> float | None:
    power = _at(panel.measurements.power, position, 1)
    return None if power is None else 0.0 - power


def _apparent_power(panel: PanelRuntime, position: int) -> float | None:
    if panel.description is None or position >= len(panel.measurements.current):
        return None
    measured = panel.measurements
    power = apparent_power(panel.description.channels[position], measured.current[position], measured.voltage)
    return None if power is None else round(power, 1)


def _remainder(panel: PanelRuntime) -> float | None:
    power = None if panel.description is None else remainder(panel.description, panel.measurements)
    return None if power is None else round(power, 1)


def _percent(ratio: float | None) -> float | None:
    return None if ratio is None else round(100 * ratio, 1)


def _kwh(energy: int | None) -> float | None:
    # To 1 Wh: these are read by people, and every state that changes is a row in the recorder.
    return None if energy is None else round(energy / MILLIWATT_HOURS_PER_KWH, 3)


def _voltage(phase: int, panel: PanelRuntime) -> float | None:
    return _at(panel.measurements.voltage, phase - 1, 1)


def _last_seen(panel: PanelRuntime) -> datetime | None:
    return None if panel.last_seen is None else datetime.fromtimestamp(int(panel.last_seen), UTC)


CHANNEL_SENSORS: Final = (
    ChannelSensorDescription(
        key="power",
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda panel, position: _at(panel.measurements.power, position, 1),
    ),
    ChannelSensorDescription(
        key="production",
        translation_key="production",
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        has_fn=_produces,
        value_fn=_production,
    ),
    ChannelSensorDescription(
        key="current",
        device_class=SensorDeviceClass.CURRENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=2,
        entity_registry_enabled_default=False,
        needs=frozenset({"current"}),
        value_fn=lambda panel, position: _at(panel.measurements.current, position, 3),
    ),
    ChannelSensorDescription(
        key="power_factor",
        device_class=SensorDeviceClass.POWER_FACTOR,
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        entity_registry_enabled_default=False,
        needs=frozenset({"power_factor"}),
        value_fn=lambda panel, position: _percent(_at(panel.measurements.power_factor, position, 4)),
    ),
    ChannelSensorDescription(
        key="apparent_power",
        device_class=SensorDeviceClass.APPARENT_POWER,
        native_unit_of_measurement=UnitOfApparentPower.VOLT_AMPERE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        entity_registry_enabled_default=False,
        needs=frozenset({"current", "voltage_1"}),
        value_fn=_apparent_power,
    ),
)

PANEL_SENSORS: Final = (
    *(
        PanelSensorDescription(
            key=f"voltage_{phase}",
            translation_key="voltage",
            translation_placeholders={"phase": f"L{phase}"},
            device_class=SensorDeviceClass.VOLTAGE,
            native_unit_of_measurement=UnitOfElectricPotential.VOLT,
            state_class=SensorStateClass.MEASUREMENT,
            suggested_display_precision=1,
            needs=frozenset({f"voltage_{phase}"}),
            value_fn=partial(_voltage, phase),
        )
        for phase in PHASES
    ),
    PanelSensorDescription(
        key="frequency",
        device_class=SensorDeviceClass.FREQUENCY,
        native_unit_of_measurement=UnitOfFrequency.HERTZ,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=2,
        entity_registry_enabled_default=False,
        needs=frozenset({"frequency"}),
        value_fn=lambda panel: panel.measurements.frequency,
    ),
    PanelSensorDescription(
        key="temperature",
        device_class=SensorDeviceClass.TEMPERATURE,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        entity_registry_enabled_default=False,
        entity_category=EntityCategory.DIAGNOSTIC,
        needs=frozenset({"temperature"}),
        value_fn=lambda panel: panel.measurements.temperature,
    ),
    PanelSensorDescription(
        key="power_remainder",
        translation_key="power_remainder",
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        entity_registry_enabled_default=False,
        has_fn=has_remainder,
        value_fn=_remainder,
    ),
    PanelSensorDescription(
        key="energy_today",
        translation_key="energy_today",
        device_class=SensorDeviceClass.ENERGY,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        always_available=True,
        value_fn=lambda panel: _kwh(panel.running(panel.day)),
    ),
    PanelSensorDescription(
        key="energy_this_month",
        translation_key="energy_this_month",
        device_class=SensorDeviceClass.ENERGY,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=1,
        always_available=True,
        value_fn=lambda panel: _kwh(panel.running(panel.month)),
    ),
    PanelSensorDescription(
        key="last_seen",
        translation_key="last_seen",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        always_available=True,
        value_fn=_last_seen,
    ),
)

ENERGY_SENSORS: Final = {
    direction: SensorEntityDescription(
        key=f"energy_{direction}",
        translation_key=f"energy_{direction}",
        device_class=SensorDeviceClass.ENERGY,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        state_class=SensorStateClass.TOTAL,
        suggested_display_precision=2,
    )
    for direction in Direction
}


async def async_setup_entry(
    hass: HomeAssistant, entry: PanelMeterConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors of every panel, now and whenever a panel or a quantity comes."""
    registry, keeper = er.async_get(hass), alert_keeper(hass)
    added: dict[str, set[str]] = {}

    def wanted(panel: PanelRuntime, needs: frozenset[str], channel: Channel | None, key: str) -> bool:
        # A sensor that existed before the restart is there at once, not only when its quantity is sent again.
        return needs <= panel.quantities or bool(
            registry.async_get_entity_id("sensor", DOMAIN, unique_id(panel.id, channel.id if channel else None, key))
        )

    @callback
    def add(panel: PanelRuntime) -> None:
        known = added.setdefault(panel.id, set())
        sensors = {each.unique_id: each for each in _sensors(panel, wanted) if each.unique_id}
        if panel.description is not None:
            sensors[unique_id(panel.id, None, OPEN_ALERTS.key)] = OpenAlertsSensor(panel, keeper, OPEN_ALERTS)
        new = [each for identity, each in sensors.items() if identity not in known]
        # What a panel has no more may come back, such as its costs with another tariff.
        known.intersection_update(sensors)
        known.update(sensors)
        async_add_entities(new, config_subentry_id=panel.subentry_id)

    @callback
    def forget(panel: PanelRuntime) -> None:
        added.pop(panel.id, None)

    entry.async_on_unload(entry.runtime_data.watch(add, forget))


type _Wanted = Callable[[PanelRuntime, frozenset[str], Channel | None, str], bool]


def _sensors(panel: PanelRuntime, wanted: _Wanted) -> Iterator[PanelEntity]:
    description = panel.description
    if description is None:
        return
    for about_panel in PANEL_SENSORS:
        if about_panel.has_fn(description) and wanted(panel, about_panel.needs, None, about_panel.key):
            yield PanelSensor(panel, about_panel)
    for channel in description.channels:
        for about_channel in CHANNEL_SENSORS:
            if about_channel.has_fn(description, channel) and wanted(
                panel, about_channel.needs, channel, about_channel.key
            ):
                yield ChannelSensor(panel, about_channel, channel)
    for register in description.registers:
        yield EnergySensor(panel, register)
    yield from cost_sensors(panel)


class PanelSensor(PanelEntity, SensorEntity):
    """A value of the whole panel."""

    entity_description: PanelSensorDescription

    @property
    @override
    def available(self) -> bool:
        """Sums of a period and the time of the last message outlive the connection."""
        return self.entity_description.always_available or super().available

    @property
    @override
    def native_value(self) -> float | datetime | None:
        """The value now."""
        return self.entity_description.value_fn(self.panel)

    @override
    def _shown(self) -> object:
        return self.native_value


class ChannelSensor(PanelEntity, SensorEntity):
    """A present value of a channel."""

    entity_description: ChannelSensorDescription

    @property
    @override
    def native_value(self) -> float | None:
        """The value now; unknown if the panel no longer has the channel or its sensor is faulty."""
        position = None if self.channel is None else self.panel.position(self.channel.id)
        return None if position is None else self.entity_description.value_fn(self.panel, position)

    @override
    def _shown(self) -> object:
        return self.native_value


class EnergySensor(PanelEntity, RestoreSensor):
    """The lifetime total of a register.

    It never decreases and never becomes unavailable because a panel is silent: a total that the recorder does not see
    for ten days would start its long-term sum anew.
    """

    def __init__(self, panel: PanelRuntime, register: Register) -> None:
        """Place the sensor on the device of the register's channel."""
        channel = panel.description.channel(register.channel) if panel.description else None
        super().__init__(panel, ENERGY_SENSORS[register.direction], channel)
        self._register = register

    @override
    async def async_added_to_hass(self) -> None:
        """Hold what was shown before the restart until the ledger has passed it."""
        await super().async_added_to_hass()
        last, state = await self.async_get_last_sensor_data(), await self.async_get_last_state()
        if last is not None and state is not None and isinstance(last.native_value, int | float | Decimal):
            total = round(last.native_value * MILLIWATT_HOURS_PER_KWH)
            self.panel.remember(self._register, total, int(state.last_updated_timestamp))

    @property
    @override
    def available(self) -> bool:
        """Always: silence is told by the connectivity sensor."""
        return True

    @property
    @override
    def native_value(self) -> float | None:
        """Total in kWh; unknown until the history of a new panel is in, so that it does not count as used just now."""
        meter = self.panel.meter
        if meter is None or not meter.caught_up(int(time())):
            return None
        return meter.total(self._register) / MILLIWATT_HOURS_PER_KWH

    @override
    def _shown(self) -> object:
        return self.native_value
