"""Questions asked of Assist: sentences about energy are answered here before any agent sees them.

A sentence trigger cannot hand a sentence on, and holds in every language at once. So each of them has words of energy,
or the name of a panel or channel with such a word beside it, and never only a wildcard.
"""

import asyncio
from collections.abc import Iterable, Mapping
import re
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_when_setup

from .api.sight import Sight
from .ask import async_ask
from .ask.action import async_sight
from .ask.home import subjects
from .ask.texts import LanguageTexts, async_texts
from .core.questions.model import SubjectKind
from .hub import Hub
from .panel import PanelRuntime

if TYPE_CHECKING:
    from hassil.recognize import RecognizeResult
    from homeassistant.components.conversation import ConversationInput

#: Names beyond these are not listened to; asking the action still finds them.
MOST_NAMES: Final = 300
_RUNNING: Final = (ConfigEntryState.LOADED, ConfigEntryState.SETUP_IN_PROGRESS)
_PART: Final = re.compile(r"<(\w+)>")


class Sentences:
    """Keeps the sentences that Assist listens to in step with the names of the home."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        """Do nothing until ``start``."""
        self._hass = hass
        self._hub = hub
        self._texts: Mapping[str, LanguageTexts] = {}
        self._names: tuple[str, ...] | None = None
        self._unregister: CALLBACK_TYPE | None = None
        self._due: asyncio.Handle | None = None
        self._listens = False

    @callback
    def start(self) -> None:
        """Listen as soon as Assist is there, if it is wanted."""
        if self._hub.options.assist:
            async_when_setup(self._hass, "conversation", self._async_begin)

    async def _async_begin(self, hass: HomeAssistant, _component: str) -> None:
        self._texts = await async_texts(hass)
        # Assist may be set up long after this hub was unloaded.
        entry = self._hub.entry
        if entry.runtime_data is not self._hub or entry.state not in _RUNNING:
            return
        self._listens = True
        keep = entry.async_on_unload
        keep(self._stop)
        keep(self._hub.watch(self._changed, self._changed))
        keep(hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._renamed))
        self._renew()

    @callback
    def _stop(self) -> None:
        self._listens = False
        if self._due is not None:
            self._due.cancel()
        if self._unregister is not None:
            self._unregister()
            self._unregister = None

    @callback
    def _changed(self, _panel: PanelRuntime) -> None:
        self._renew_soon()

    @callback
    def _renamed(self, _event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        self._renew_soon()

    def _renew_soon(self) -> None:
        # A hundred panels come at once when Home Assistant starts, each with its devices.
        if self._due is None:
            self._due = self._hass.loop.call_soon(self._renew)

    @callback
    def _renew(self) -> None:
        """Register the sentences anew if a name changed."""
        self._due = None
        if not self._listens:
            return
        known = subjects(self._hass, self._hub, Sight.everything())
        names = speakable(each.name for each in known if each.kind is not SubjectKind.AREA)
        if names == self._names and self._unregister is not None:
            return
        self._names = names
        if self._unregister is not None:
            self._unregister()
        # Without Assist what it needs is not installed.
        from homeassistant.components.conversation.agent_manager import get_agent_manager

        patterns = [pattern for texts in self._texts.values() for pattern in patterns_of(texts.data, names)]
        self._unregister = get_agent_manager(self._hass).register_trigger(patterns, self._async_answer)

    async def _async_answer(self, user_input: ConversationInput, _result: RecognizeResult) -> str | None:
        sight = await async_sight(self._hass, self._hub, user_input.context)
        return (await async_ask(self._hass, user_input.text, user_input.language, sight)).text


def speakable(names: Iterable[str]) -> tuple[str, ...]:
    """Names as they are said: nothing in them can be read as a pattern."""
    said = (" ".join(re.findall(r"[\w'-]+", name.replace("_", " "))) for name in names)
    return tuple(sorted({name for name in said if any(each.isalnum() for each in name)})[:MOST_NAMES])


def patterns_of(data: Mapping[str, object], names: Iterable[str]) -> list[str]:
    """The sentences of a language with its parts put in; those with a name are left out while there is none."""
    parts, sentences = data.get("parts"), data.get("sentences")
    if not isinstance(parts, Mapping) or not isinstance(sentences, list):
        return []
    named = "|".join(names)
    known = {key: f"({each})" for key, each in parts.items()}
    if named:
        known["name"] = f"({named})"
    found: list[str] = []
    for sentence in sentences:
        pattern = str(sentence)
        # A part may be made of parts.
        for _ in range(3):
            pattern = _PART.sub(lambda match: known.get(match[1], match[0]), pattern)
        if _PART.search(pattern) is None:
            found.append(pattern)
    return found
