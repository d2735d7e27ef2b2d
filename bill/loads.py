"""Load files: energy per interval, from JSON or CSV."""

from collections.abc import Iterator, Sequence
import csv
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from itertools import pairwise
import json
from pathlib import Path
from typing import Final

from custom_components.panel_meter.core.tariff.document import decimal_of, shown

from .errors import Unusable

MWH: Final = 1_000_000
#: Ten years of quarter hours; more is no load file.
_MOST: Final = 400_000
_LONGEST: Final = 200_000_000
_MOST_KWH: Final = Decimal(10) ** 9

#: Names of columns.
_TIMES: Final = ("start", "time", "timestamp", "datetime")
_LOADS: Final = ("import_kwh", "load_kwh", "kwh", "load")
_EXPORTS: Final = ("export_kwh",)
_GENERATIONS: Final = ("generation_kwh", "generation", "solar_kwh")


@dataclass(frozen=True, slots=True)
class Load:
    """Energy of intervals: begins (UTC seconds, one more than intervals) and kWh each."""

    starts: tuple[int, ...]
    kwh: tuple[Decimal, ...]
    #: What was exported or generated; empty: nothing.
    export: tuple[Decimal, ...] = ()
    generation: tuple[Decimal, ...] = ()


def whole(energies: Sequence[Decimal]) -> Iterator[int]:
    """Energies in kWh as mWh; what is rounded off one goes on to the next, so that sums stay right."""
    total, before = Decimal(0), 0
    for energy in energies:
        total += energy * MWH
        after = round(total)
        yield after - before
        before = after


def read_json(path: Path) -> object:
    """The JSON of a file; Unusable with a sentence if there is none."""
    try:
        size = path.stat().st_size
        if size > _LONGEST:
            raise Unusable(f"{path} is too large.")
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise Unusable(f"{path} is no JSON file.") from error


def read_load(path: Path, zone: tzinfo, minutes: int | None = None) -> Load:
    """The energies of a JSON or CSV file; ``minutes`` is the length of intervals where the file does not say it."""
    if path.suffix.lower() == ".csv":
        return _read_csv(path, zone)
    return load_of(read_json(path), path, zone, minutes)


def load_of(document: object, path: Path, zone: tzinfo, minutes: int | None = None) -> Load:
    """The energies of a decoded JSON document; ``path`` is where it came from."""
    if isinstance(document, list):
        document = {"values": document}
    if not isinstance(document, dict) or not isinstance(document.get("values"), list):
        raise Unusable(f"{path} holds no list of 'values'.")
    step = document.get("interval_minutes") or minutes or 60
    if not isinstance(step, int) or isinstance(step, bool) or not 1 <= step <= 1440:
        raise Unusable(f"{path}: an interval of {shown(step)} minutes is not possible.")
    unit = document.get("unit", "kWh per interval")
    per_hour = isinstance(unit, str) and "kwh" not in unit.lower() and unit.lower().startswith("kw")
    start = _instant(document.get("start", "2018-01-01T00:00:00+00:00"), path, zone)
    kwh = energies(document["values"], path, Decimal(step) / 60 if per_hour else Decimal(1))
    return Load(tuple(start + number * step * 60 for number in range(len(kwh) + 1)), kwh)


def energies(values: Sequence[object], path: Path, factor: Decimal = Decimal(1)) -> tuple[Decimal, ...]:
    """Numbers of a file as Decimals; none of them may be negative or absurd."""
    if not values or len(values) > _MOST:
        raise Unusable(f"{path} holds {len(values)} values; 1 to {_MOST} are possible.")
    found: list[Decimal] = []
    for number, value in enumerate(values):
        energy = decimal_of(value)
        if energy is None or not 0 <= energy <= _MOST_KWH:
            raise Unusable(f"{path}: value {number + 1} is {shown(value)}, which is no energy.")
        found.append(energy * factor)
    return tuple(found)


def _instant(value: object, path: Path, zone: tzinfo) -> int:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or not 1970 <= moment.year < 2200:
        raise Unusable(f"{path}: {shown(value)} is no time such as 2026-01-31T00:00:00+07:00.")
    return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC).timestamp())


def _read_csv(path: Path, zone: tzinfo) -> Load:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unusable(f"{path} is no CSV file.") from error
    if len(rows) < 2:
        raise Unusable(f"{path} needs a heading and at least two rows.")
    columns = {(name or "").strip().lower(): name for name in rows[0]}
    time, load = _column(columns, _TIMES), _column(columns, _LOADS)
    if time is None or load is None:
        raise Unusable(f"{path} needs the columns 'start' and 'kwh'; 'export_kwh' may be there, too.")
    starts = [_instant((row[time] or "").strip(), path, zone) for row in rows]
    for number, (before, after) in enumerate(pairwise(starts)):
        if after <= before:
            raise Unusable(f"{path}: row {number + 3} does not begin after the row above it.")
    starts.append(starts[-1] + starts[-1] - starts[-2])
    found = [_column(columns, names) for names in (_LOADS, _EXPORTS, _GENERATIONS)]
    series = [() if name is None else energies([_cell(row[name]) for row in rows], path) for name in found]
    return Load(tuple(starts), series[0], series[1], series[2])


def _column(columns: dict[str, str], names: Sequence[str]) -> str | None:
    return next((columns[name] for name in names if name in columns), None)


def _cell(text: str | None) -> str:
    return (text or "").strip() or "0"
