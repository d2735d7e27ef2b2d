"""Limits of alerts that people automate on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import EntityCategory, Platform, UnitOfEnergy, UnitOfPower, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alerts.keeper import AlertKeeper, alert_keeper
from .alerts.settings import alerts_of
from .const import DOMAIN
from .core.alerts.settings import CHANNEL_THRESHOLDS, THRESHOLDS, ImpossibleThreshold
from .core.model import Channel
from .entity import PanelEntity
from .hub import PanelMeterConfigEntry
from .identity import unique_id
from .money import PanelMoney
from .panel import PanelRuntime

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class LimitDescription(NumberEntityDescription):
    """A limit by its name among the thresholds of alerts."""

    mode: NumberMode | None = NumberMode.BOX
    entity_category: EntityCategory | None = EntityCategory.CONFIG
    #: Limits of money come and go with the tariff.
    has_fn: Callable[[PanelMoney | None], bool] = lambda _money: True
    #: What the unit is beside the currency, as in EUR/kWh; None: no currency.
    per: str | None = None


def _priced(money: PanelMoney | None) -> bool:
    return money is not None


PANEL_LIMITS: Final = (
    LimitDescription(
        key="power_limit",
        translation_key="power_limit",
        device_class=NumberDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
    ),
    LimitDescription(
        key="energy_budget_day",
        translation_key="energy_budget_day",
        device_class=NumberDeviceClass.ENERGY,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
    ),
    LimitDescription(
        key="energy_budget_cycle",
        translation_key="energy_budget_cycle",
        device_class=NumberDeviceClass.ENERGY,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
    ),
    LimitDescription(
        key="cost_budget_day",
        translation_key="cost_budget_day",
        device_class=NumberDeviceClass.MONETARY,
        has_fn=_priced,
        per="",
    ),
    LimitDescription(
        key="cost_budget_cycle",
        translation_key="cost_budget_cycle",
        device_class=NumberDeviceClass.MONETARY,
        has_fn=_priced,
        per="",
    ),
    LimitDescription(
        key="price_limit", translation_key="price_limit", has_fn=_priced, per=f"/{UnitOfEnergy.KILO_WATT_HOUR}"
    ),
    LimitDescription(
        key="demand_limit",
        translation_key="demand_limit",
        device_class=NumberDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.KILO_WATT,
    ),
)
CHANNEL_LIMITS: Final = (
    LimitDescription(
        key="power_limit",
        translation_key="power_limit",
        device_class=NumberDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        entity_registry_enabled_default=False,
    ),
    LimitDescription(
        key="left_on_time",
        translation_key="left_on_time",
        device_class=NumberDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.MINUTES,
        entity_registry_enabled_default=False,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: PanelMeterConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the limits of every panel, now and whenever a panel, a circuit or a tariff comes."""
    added: dict[str, set[str]] = {}
    keeper = alert_keeper(hass)

    @callback
    def add(panel: PanelRuntime) -> None:
        known = added.setdefault(panel.id, set())
        limits = {each.unique_id: each for each in _limits(entry, keeper, panel) if each.unique_id}
        async_add_entities(
            [each for identity, each in limits.items() if identity not in known], config_subentry_id=panel.subentry_id
        )
        # What went with the tariff may come back with another one.
        known.intersection_update(limits)
        known.update(limits)
        _forget_without_tariff(hass, panel)

    @callback
    def forget(panel: PanelRuntime) -> None:
        added.pop(panel.id, None)

    entry.async_on_unload(entry.runtime_data.watch(add, forget))


def _limits(entry: PanelMeterConfigEntry, keeper: AlertKeeper, panel: PanelRuntime) -> Iterator[Limit]:
    if panel.description is None:
        return
    for about in PANEL_LIMITS:
        if about.has_fn(panel.money):
            yield Limit(entry, keeper, panel, about)
    for channel in panel.description.channels:
        yield from (Limit(entry, keeper, panel, about, channel) for about in CHANNEL_LIMITS)


def _forget_without_tariff(hass: HomeAssistant, panel: PanelRuntime) -> None:
    if panel.description is None:
        return
    registry = er.async_get(hass)
    for about in PANEL_LIMITS:
        identity = unique_id(panel.id, None, about.key)
        entity_id = registry.async_get_entity_id(Platform.NUMBER, DOMAIN, identity)
        if entity_id is not None and not about.has_fn(panel.money):
            registry.async_remove(entity_id)


class Limit(PanelEntity, NumberEntity):
    """A limit of the alerts of a panel or circuit; unknown as long as nobody has set it."""

    entity_description: LimitDescription

    def __init__(
        self,
        entry: PanelMeterConfigEntry,
        keeper: AlertKeeper,
        panel: PanelRuntime,
        description: LimitDescription,
        channel: Channel | None = None,
    ) -> None:
        """Take the bounds from the rules."""
        super().__init__(panel, description, channel)
        bounds = (THRESHOLDS if channel is None else CHANNEL_THRESHOLDS)[description.key]
        self._attr_native_min_value = bounds.minimum
        self._attr_native_max_value = bounds.maximum
        self._attr_native_step = bounds.step
        self._entry = entry
        self._keeper = keeper
        self._channel_id = channel.id if channel else None

    @property
    @override
    def available(self) -> bool:
        """Always: a limit can be set while the panel is silent."""
        return True

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """With the currency of the tariff where it is money."""
        per = self.entity_description.per
        if per is None:
            return self.entity_description.native_unit_of_measurement
        return None if self.panel.money is None else f"{self.panel.money.tariff.currency}{per}"

    @property
    @override
    def native_value(self) -> float | None:
        """The limit that holds; None without any."""
        rules, key = self._keeper.settings(self.panel.id).rules, self.entity_description.key
        if self._channel_id is None:
            return rules.threshold(key)
        return rules.for_channel(self._channel_id).threshold(key)

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Keep the limit with the panel's settings; a sentence says why if it is impossible."""
        subentry = self._entry.subentries.get(self.panel.subentry_id)
        if subentry is None:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="not_loaded")
        # What is in the subentry: the keeper may not have taken up the change before this one.
        alerts, key = alerts_of(self._entry, self.panel), self.entity_description.key
        try:
            changed = (
                alerts.with_panel_limit(key, value)
                if self._channel_id is None
                else alerts.with_channel_limit(self._channel_id, key, value)
            )
            changed.write(self.hass, self._entry, subentry, self.panel.description)
        except ImpossibleThreshold as impossible:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key=impossible.key,
                translation_placeholders=dict(impossible.placeholders),
            ) from impossible

    @override
    def _shown(self) -> object:
        return self.native_value, self.native_unit_of_measurement
