"""Sensors of what a panel and its circuits cost."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from time import time
from typing import Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import MATCH_ALL, UnitOfEnergy, UnitOfPower

from .core.billing.demand import Peak
from .core.billing.panel_usage import wiring_of
from .core.energy_plan import KEY_COMPENSATION, KEY_COST
from .core.model import Channel, Panel
from .core.tariff.currency import digits
from .cost_entities import earns
from .entity import PanelEntity
from .money import PanelMoney
from .panel import PanelRuntime

#: Digits behind the point of totals, which the long-term statistics are made of.
TOTAL_DIGITS: Final = 6

type Value = Decimal | str | datetime | None


@dataclass(frozen=True, kw_only=True)
class CostSensorDescription(SensorEntityDescription):
    """A value of a panel's account at an instant (UTC seconds)."""

    value_fn: Callable[[PanelMoney, float], Value]
    has_fn: Callable[[PanelMoney, Panel], bool] = lambda _money, _panel: True
    #: What the unit is beside the currency, as in EUR/kWh; None: the currency alone; "": no currency.
    per: str | None = None
    attributes_fn: Callable[[PanelMoney, float], Mapping[str, object]] | None = None


@dataclass(frozen=True, kw_only=True)
class CircuitCostDescription(SensorEntityDescription):
    """A cost of a circuit at its place in the account."""

    value_fn: Callable[[PanelMoney, int, float], Decimal | None]


def _amount(money: PanelMoney, value: Decimal) -> Decimal:
    # To the cent: these are read by people, and every state that changes is a row in the recorder.
    return round(value, digits(money.tariff.currency))


def _instant(value: int | None) -> datetime | None:
    return None if value is None else datetime.fromtimestamp(value, UTC)


def _cost(money: PanelMoney, now: float) -> Decimal | None:
    return round(found.cost, TOTAL_DIGITS) if (found := money.now(now)) else None


def _compensation(money: PanelMoney, now: float) -> Decimal | None:
    return round(found.earned, TOTAL_DIGITS) if (found := money.now(now)) else None


def _today(money: PanelMoney, now: float) -> Decimal | None:
    return _amount(money, found.today) if (found := money.now(now)) else None


def _cycle(money: PanelMoney, now: float) -> Decimal | None:
    return _amount(money, found.cycle) if (found := money.now(now)) else None


def _bill(money: PanelMoney, now: float) -> Decimal | None:
    return _amount(money, bill.total) if (bill := money.bill(now)) else None


def _projected(money: PanelMoney, _now: float) -> Decimal | None:
    return _amount(money, money.projection.bill.total) if money.projection else None


def _projected_range(money: PanelMoney, _now: float) -> Mapping[str, object]:
    if (projection := money.projection) is None:
        return {}
    return {
        name: float(_amount(money, bill.total)) for name, bill in (("low", projection.low), ("high", projection.high))
    }


def _running(money: PanelMoney, now: float) -> Peak | None:
    return next((each.running for each in money.demands(now) if each.running is not None), None)


def _highest(money: PanelMoney, now: float) -> Peak | None:
    peaks = [each.highest for each in money.demands(now) if each.highest is not None]
    return max(peaks, key=lambda peak: peak.kw, default=None)


def _running_kw(money: PanelMoney, now: float) -> Decimal | None:
    return round(peak.kw, 3) if (peak := _running(money, now)) else None


def _highest_kw(money: PanelMoney, now: float) -> Decimal | None:
    return round(peak.kw, 3) if (peak := _highest(money, now)) else None


def _highest_time(money: PanelMoney, now: float) -> datetime | None:
    return _instant(peak.start) if (peak := _highest(money, now)) else None


def _has_demand(money: PanelMoney, _panel: Panel) -> bool:
    return money.has_demand


COST_SENSORS: Final = (
    CostSensorDescription(
        key=KEY_COST,
        translation_key="cost",
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
        suggested_display_precision=2,
        value_fn=_cost,
    ),
    CostSensorDescription(
        key=KEY_COMPENSATION,
        translation_key="compensation",
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
        suggested_display_precision=2,
        has_fn=earns,
        value_fn=_compensation,
    ),
    CostSensorDescription(
        key="cost_today",
        translation_key="cost_today",
        device_class=SensorDeviceClass.MONETARY,
        value_fn=_today,
    ),
    CostSensorDescription(
        key="cost_this_cycle",
        translation_key="cost_this_cycle",
        device_class=SensorDeviceClass.MONETARY,
        suggested_display_precision=2,
        value_fn=_cycle,
    ),
    CostSensorDescription(
        key="bill_so_far",
        translation_key="bill_so_far",
        device_class=SensorDeviceClass.MONETARY,
        suggested_display_precision=2,
        value_fn=_bill,
    ),
    CostSensorDescription(
        key="projected_bill",
        translation_key="projected_bill",
        device_class=SensorDeviceClass.MONETARY,
        suggested_display_precision=2,
        value_fn=_projected,
        attributes_fn=_projected_range,
    ),
    CostSensorDescription(
        key="price",
        translation_key="price",
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=4,
        per=UnitOfEnergy.KILO_WATT_HOUR,
        value_fn=lambda money, now: money.price(now),
    ),
    CostSensorDescription(
        key="price_period",
        translation_key="price_period",
        per="",
        value_fn=lambda money, now: money.period(now),
    ),
    CostSensorDescription(
        key="next_price_change",
        translation_key="next_price_change",
        device_class=SensorDeviceClass.TIMESTAMP,
        per="",
        value_fn=lambda money, now: _instant(money.next_change(now)),
    ),
    CostSensorDescription(
        key="demand",
        translation_key="demand",
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.KILO_WATT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=2,
        per="",
        has_fn=_has_demand,
        value_fn=_running_kw,
    ),
    CostSensorDescription(
        key="peak_demand",
        translation_key="peak_demand",
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.KILO_WATT,
        suggested_display_precision=2,
        per="",
        has_fn=_has_demand,
        value_fn=_highest_kw,
    ),
    CostSensorDescription(
        key="peak_demand_time",
        translation_key="peak_demand_time",
        device_class=SensorDeviceClass.TIMESTAMP,
        per="",
        has_fn=_has_demand,
        value_fn=_highest_time,
    ),
)


def _circuit_total(money: PanelMoney, place: int, now: float) -> Decimal | None:
    return round(found.circuits[place], TOTAL_DIGITS) if (found := money.now(now)) else None


def _circuit_today(money: PanelMoney, place: int, now: float) -> Decimal | None:
    return _amount(money, found.today_circuits[place]) if (found := money.now(now)) else None


def _circuit_cycle(money: PanelMoney, place: int, now: float) -> Decimal | None:
    return _amount(money, found.cycle_circuits[place]) if (found := money.now(now)) else None


CIRCUIT_COST_SENSORS: Final = (
    CircuitCostDescription(
        key=KEY_COST,
        translation_key="cost",
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
        suggested_display_precision=2,
        entity_registry_enabled_default=False,
        value_fn=_circuit_total,
    ),
    CircuitCostDescription(
        key="cost_today",
        translation_key="cost_today",
        device_class=SensorDeviceClass.MONETARY,
        suggested_display_precision=2,
        value_fn=_circuit_today,
    ),
    CircuitCostDescription(
        key="cost_this_cycle",
        translation_key="cost_this_cycle",
        device_class=SensorDeviceClass.MONETARY,
        suggested_display_precision=2,
        value_fn=_circuit_cycle,
    ),
)


def cost_sensors(panel: PanelRuntime) -> Iterator[CostSensor | CircuitCostSensor]:
    """The cost sensors of a panel that has a tariff."""
    money, description = panel.money, panel.description
    if money is None or description is None:
        return
    for about in COST_SENSORS:
        if about.has_fn(money, description):
            yield CostSensor(panel, about)
    circuits = {register.channel for register in wiring_of(description).circuits}
    for channel in description.channels:
        if channel.id in circuits:
            yield from (CircuitCostSensor(panel, about, channel) for about in CIRCUIT_COST_SENSORS)


class _Priced(PanelEntity, SensorEntity):
    """What costs know outlives the connection to the panel: they never go unavailable because it is silent."""

    @property
    @override
    def available(self) -> bool:
        """As long as the panel has a tariff."""
        return self.panel.money is not None

    @property
    def currency(self) -> str | None:
        """That of the tariff."""
        return self.panel.money.tariff.currency if self.panel.money else None


class CostSensor(_Priced):
    """A value of a panel's account."""

    entity_description: CostSensorDescription
    _unrecorded_attributes = frozenset({MATCH_ALL})

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """The currency, or what is told per unit of energy."""
        per = self.entity_description.per
        if per == "":
            return self.entity_description.native_unit_of_measurement
        return self.currency if per is None or self.currency is None else f"{self.currency}/{per}"

    @property
    @override
    def native_value(self) -> Value:
        """The value now; unknown while it is being worked out."""
        return None if self.panel.money is None else self.entity_description.value_fn(self.panel.money, time())

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, object] | None:
        """The range of a projection."""
        about = self.entity_description.attributes_fn
        return None if about is None or self.panel.money is None else about(self.panel.money, time())

    @override
    def _shown(self) -> object:
        return self.native_value


class CircuitCostSensor(_Priced):
    """A circuit's part of the panel's energy cost."""

    entity_description: CircuitCostDescription

    def __init__(self, panel: PanelRuntime, description: CircuitCostDescription, channel: Channel) -> None:
        """Place the sensor on the device of the circuit."""
        super().__init__(panel, description, channel)
        self._circuit = channel.id

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """The currency."""
        return self.currency

    @property
    @override
    def native_value(self) -> Decimal | None:
        """The cost; unknown while it is being worked out."""
        money = self.panel.money
        if money is None or (place := money.position(self._circuit)) is None:
            return None
        return self.entity_description.value_fn(money, place, time())

    @override
    def _shown(self) -> object:
        return self.native_value
