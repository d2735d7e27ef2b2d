"""What the user can choose for the whole hub."""

from dataclasses import dataclass
from typing import Final, Self

from homeassistant.config_entries import ConfigEntry

from .core.codecs import FORMATS

CONF_ADD_PANELS: Final = "add_panels"
CONF_FORMATS: Final = "formats"
CONF_ENERGY_DASHBOARD: Final = "energy_dashboard"
CONF_OLD_PATHS: Final = "old_paths"
CONF_ALLOW_PLAIN_HTTP: Final = "allow_plain_http"
CONF_ASSIST: Final = "assist"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubOptions:
    """Options of the hub entry."""

    #: Add panels that announce themselves without asking.
    add_panels: bool = False
    #: Names of the formats other than protocol v1 that are listened to.
    formats: frozenset[str] = frozenset(FORMATS)
    #: Keep the Energy dashboard in step with the panels.
    energy_dashboard: bool = False
    #: Answer the paths of the systems that Panel Meter replaces.
    old_paths: bool = False
    #: Take tokens over plain HTTP from outside the home network too.
    allow_plain_http: bool = False
    #: Answer questions that are asked of Assist in words.
    assist: bool = True

    @classmethod
    def from_entry(cls, entry: ConfigEntry) -> Self:
        """Read the options of an entry."""
        return cls(
            add_panels=entry.options.get(CONF_ADD_PANELS, False),
            formats=frozenset(entry.options.get(CONF_FORMATS, FORMATS)),
            energy_dashboard=entry.options.get(CONF_ENERGY_DASHBOARD, False),
            old_paths=entry.options.get(CONF_OLD_PATHS, False),
            allow_plain_http=entry.options.get(CONF_ALLOW_PLAIN_HTTP, False),
            assist=entry.options.get(CONF_ASSIST, True),
        )
