"""Listening for panels while a person waits."""

import asyncio
from collections.abc import Callable, Mapping

from homeassistant.core import HomeAssistant, callback

from ..core.codecs import Codec, codecs_for
from ..core.codecs.parsing import Rejected
from ..core.model import Info, Panel, Sample
from ..mqtt import async_subscribe

#: More panels than this are not shown at once; the rest is offered by discovery.
MOST_SHOWN = 100
STEPS = 20


async def async_listen(
    hass: HomeAssistant, base: str, seconds: float, found: dict[str, Panel], progress: Callable[[float], None]
) -> None:
    """Collect the panels that speak within ``seconds`` into ``found``, by their id."""

    @callback
    def receive(codec: Codec, topic: str, payload: bytes, _retained: bool, _now: float) -> None:
        for panel in heard(codec, topic, payload):
            if panel.id in found or len(found) < MOST_SHOWN:
                found[panel.id] = panel

    unsubscribe = await async_subscribe(hass, codecs_for(base), receive)
    try:
        for step in range(STEPS):
            await asyncio.sleep(seconds / STEPS)
            progress((step + 1) / STEPS)
    finally:
        unsubscribe()


def heard(codec: Codec, topic: str, payload: bytes) -> list[Panel]:
    """The panels that a message announces; none if it cannot be used."""
    try:
        message = codec.decode(topic, payload)
    except Rejected:
        return []
    return [reading.panel for reading in message.readings if isinstance(reading, Info | Sample)]


def labels(panels: Mapping[str, Panel]) -> list[tuple[str, str]]:
    """Panel ids and what a person reads of them, in alphabetical order."""
    return sorted(
        ((panel.id, f"{panel.name} ({_size(panel)})") for panel in panels.values()), key=lambda pair: pair[1].casefold()
    )


def _size(panel: Panel) -> str:
    return panel.id if len(panel.channels) == 1 else f"{panel.id}, {len(panel.channels)} channels"
