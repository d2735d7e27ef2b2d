"""What was there before statistics were rebuilt, in a file, and the way back."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypedDict

from homeassistant.components.recorder import get_instance
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.json import save_json
from homeassistant.util.json import load_json_object

from . import statistics
from .const import DOMAIN
from .statistics import Mending, Row

FOLDER: Final = "undo"


class _Sensor(TypedDict):
    statistic_id: str
    lift: float
    #: What stood there; the rows of hours that had none.
    rows: list[dict[str, float]]
    added: list[dict[str, float]]


def file_name(now: float) -> str:
    """Name of the file of a rebuild."""
    return f"statistics-{datetime.fromtimestamp(now, UTC):%Y%m%d-%H%M%S}.json"


def save(folder: Path, name: str, mendings: Iterable[Mending]) -> None:
    """Keep what the rows are now that will be written; blocking."""
    sensors = []
    for mending in mendings:
        there = mending.recorded.rows
        sensors.append(
            _Sensor(
                statistic_id=mending.recorded.statistic_id,
                lift=mending.lift,
                rows=[asdict(there[row.start]) for row in mending.rows if row.start in there],
                added=[asdict(row) for row in mending.rows if row.start not in there],
            )
        )
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    save_json(str(folder / FOLDER / name), {"sensors": sensors})


async def async_undo(hass: HomeAssistant, folder: Path, name: str) -> int:
    """Write back what a file holds and return how many hours that were.

    ServiceValidationError if there is no such file. Hours that had no row keep one, but without energy: the recorder
    has no way to delete single hours.
    """
    path = folder / FOLDER / Path(name).name
    try:
        content = await hass.async_add_executor_job(load_json_object, str(path))
    except Exception as error:
        raise _not_found(name) from error
    sensors: list[_Sensor] = content.get("sensors", [])  # type: ignore[assignment]
    if not sensors:
        raise _not_found(name)
    ids = {sensor["statistic_id"] for sensor in sensors}
    _, recorded = await get_instance(hass).async_add_executor_job(statistics.read, hass, ids, 0, 0)
    hours = 0
    for sensor in sensors:
        known = recorded.get(sensor["statistic_id"])
        if known is None:
            continue
        if sensor["lift"]:
            statistics.lift(hass, known, -sensor["lift"])
        rows = [_row(row) for row in sensor["rows"]] + [_row({**row, "sum": 0.0}) for row in sensor["added"]]
        statistics.import_rows(hass, known.metadata, rows)
        hours += len(rows)
    return hours


def _row(row: dict[str, float]) -> Row:
    return Row(int(row["start"]), row["state"], row["sum"])


def _not_found(name: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key="no_undo_file", translation_placeholders={"file": name}
    )
