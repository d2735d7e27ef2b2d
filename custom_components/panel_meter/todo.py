"""The to-do list of open alerts: whoever ticks one off resolves it."""

from typing import Final, override

from homeassistant.components.todo import TodoItem, TodoItemStatus, TodoListEntity, TodoListEntityFeature
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alerts.keeper import AlertKeeper, alert_keeper
from .alerts.message import as_markdown
from .alerts.services import async_name_of_caller
from .const import DOMAIN
from .core.alerts.model import Alert, AlertEvent, Severity
from .hub import PanelMeterConfigEntry

PARALLEL_UPDATES = 0

#: The worst first.
_ORDER: Final = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)


async def async_setup_entry(
    hass: HomeAssistant, _entry: PanelMeterConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the one list."""
    async_add_entities([AlertList(alert_keeper(hass))])


class AlertList(TodoListEntity):
    """The open alerts of all panels.

    Nothing can be entered here: an alert belongs to a panel, and the action ``create_alert`` asks which one.
    """

    _attr_has_entity_name = True
    _attr_should_poll = False
    _attr_translation_key = "alerts"
    _attr_unique_id = "alerts"
    _attr_supported_features = TodoListEntityFeature.UPDATE_TODO_ITEM | TodoListEntityFeature.DELETE_TODO_ITEM

    def __init__(self, keeper: AlertKeeper) -> None:
        """Show what the keeper holds."""
        self._keeper = keeper

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the alerts."""
        self._show()
        self.async_on_remove(self._keeper.listen(self._heard))

    @callback
    def _heard(self, _event: AlertEvent) -> None:
        self._show()
        self.async_write_ha_state()

    def _show(self) -> None:
        alerts = sorted(self._keeper.open(), key=lambda alert: _ORDER.index(alert.severity))
        self._attr_todo_items = [self._item(alert) for alert in alerts]

    def _item(self, alert: Alert) -> TodoItem:
        words = self._keeper.told(alert)
        return TodoItem(
            uid=str(alert.id),
            summary=words.title,
            description=as_markdown(words.message),
            status=TodoItemStatus.NEEDS_ACTION,
        )

    @override
    async def async_update_todo_item(self, item: TodoItem) -> None:
        """Resolve what is ticked off; what an alert says cannot be changed."""
        if item.status == TodoItemStatus.COMPLETED:
            await self._async_resolve([item.uid or ""])
            return
        shown = next((each for each in self._attr_todo_items or () if each.uid == item.uid), None)
        if shown is None or (item.summary, item.description, item.due) != (shown.summary, shown.description, None):
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="alert_is_fixed")

    @override
    async def async_delete_todo_items(self, uids: list[str]) -> None:
        """Resolve them."""
        await self._async_resolve(uids)

    async def _async_resolve(self, uids: list[str]) -> None:
        context = self._context
        by = await async_name_of_caller(self.hass, context.user_id if context else None)
        known = {str(alert.id): alert.id for alert in self._keeper.open()}
        for uid in uids:
            if uid not in known:
                raise ServiceValidationError(
                    translation_domain=DOMAIN,
                    translation_key="no_such_alert",
                    translation_placeholders={"alert": uid},
                )
        for uid in dict.fromkeys(uids):
            self._keeper.resolve(known[uid], by)
