"""A panel that speaks, and alerts of it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.panel_meter.alerts.keeper import AlertKeeper, alert_keeper
from custom_components.panel_meter.core.alerts.finding import Finding
from custom_components.panel_meter.core.alerts.model import Fact, Kind, Severity
from custom_components.panel_meter.core.alerts.watch import PanelWatch
from tests.core.protocol import HOUR, info, live

from .conftest import Say

START = HOUR + 3000
PANEL_ID = "apt-101"

#: Facts that the sentence of a kind names.
FACTS: Mapping[Kind, Mapping[str, Fact]] = {
    Kind.OVERLOAD: {"power_w": 5200.0, "limit_w": 4600.0, "rated_w": 4600.0, "current_a": 22.6, "rating_a": 20.0},
}


async def spoken(hass: HomeAssistant, say: Say, **changes: object) -> AlertKeeper:
    """The panel says what it is and measures."""
    say("info", info(**changes), retain=True)
    say("status", b"online", retain=True)
    say("live", live(time=START))
    await hass.async_block_till_done()
    return alert_keeper(hass)


async def later(hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: float) -> None:
    """Let time pass at once."""
    freezer.tick(seconds)
    async_fire_time_changed(hass, datetime.fromtimestamp(datetime.now(UTC).timestamp(), UTC))
    await hass.async_block_till_done(wait_background_tasks=True)


def found(
    kind: Kind = Kind.OVERLOAD,
    severity: Severity = Severity.CRITICAL,
    channel: str | None = "c1",
    *,
    active: bool = True,
    **facts: Fact,
) -> Finding:
    """What a rule finds."""
    return Finding(channel=channel, kind=kind, severity=severity, facts={**FACTS.get(kind, {}), **facts}, active=active)


@contextmanager
def finding(*findings: Finding) -> Iterator[None]:
    """The next messages make the rules find this."""

    def see(_watch: PanelWatch, _measurements: object, _now: float) -> Sequence[Finding]:
        return findings

    with patch.object(PanelWatch, "see", see):
        yield


async def find(hass: HomeAssistant, say: Say, *findings: Finding) -> None:
    """A message comes, and the rules find this."""
    with finding(*findings):
        say("live", live(time=START))
        await hass.async_block_till_done()
