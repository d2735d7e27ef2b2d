"""Where the ledger of this Home Assistant lies, and what happens when it cannot be used."""

from datetime import datetime
from functools import partial
from pathlib import Path
from time import time
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError, ConfigEntryNotReady
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .ledger import (
    Ledger,
    LedgerError,
    LedgerTooNew,
    LedgerWriter,
    Rescue,
    copies_in,
    make_copy,
    open_or_rescue,
)

ISSUE_UNWRITABLE: Final = "ledger_unwritable"
ISSUE_RESCUED: Final = "ledger_rescued"


def ledger_path(hass: HomeAssistant) -> Path:
    """The file of the ledger, inside the configuration folder so that every backup holds it."""
    return Path(hass.config.path(DOMAIN, "ledger.db"))


def _copies(hass: HomeAssistant) -> Path:
    return ledger_path(hass).parent / "copies"


async def async_open_writer(hass: HomeAssistant) -> LedgerWriter:
    """Open the ledger, rescue it if it is damaged, and tell the user about it."""
    try:
        ledger, rescue = await hass.async_add_executor_job(_open, ledger_path(hass), _copies(hass))
    except LedgerTooNew as error:
        raise ConfigEntryError(str(error)) from error
    except LedgerError as error:
        raise ConfigEntryNotReady(str(error)) from error
    _tell_recovery(hass)
    if rescue is not None:
        _tell_rescue(hass, rescue)
    return LedgerWriter(ledger, partial(_tell_failure, hass), partial(_tell_recovery, hass))


def _open(path: Path, copies: Path) -> tuple[Ledger, Rescue | None]:
    return open_or_rescue(path, copies_in(copies), int(time()))


async def async_copy_ledger(hass: HomeAssistant, writer: LedgerWriter, _now: datetime) -> None:
    """Make the nightly copy; a failure only costs the copy and is told by the log."""
    await writer.run(make_copy, writer.ledger, _copies(hass), int(time()))


def _tell_rescue(hass: HomeAssistant, rescue: Rescue) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE_RESCUED,
        is_fixable=True,
        is_persistent=True,
        severity=ir.IssueSeverity.ERROR,
        translation_key="ledger_restored" if rescue.restored else "ledger_begun_anew",
        translation_placeholders={
            "reason": rescue.reason,
            "file": rescue.damaged.name if rescue.damaged else "-",
            "copy": rescue.restored.name if rescue.restored else "-",
        },
    )


@callback
def _tell_failure(hass: HomeAssistant, error: Exception) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE_UNWRITABLE,
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=ISSUE_UNWRITABLE,
        translation_placeholders={"error": str(error)},
    )


@callback
def _tell_recovery(hass: HomeAssistant) -> None:
    ir.async_delete_issue(hass, DOMAIN, ISSUE_UNWRITABLE)
