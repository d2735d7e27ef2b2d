"""The command line."""

import argparse
from collections.abc import Sequence
from datetime import tzinfo
import json
from pathlib import Path
import sys

from custom_components.panel_meter.core.tariff.document import JSON, SCHEMA, plain
from custom_components.panel_meter.core.tariff.model import ZERO, Allocation, ExportMode, Tariff
from custom_components.panel_meter.core.tariff.problems import TariffInvalid
from custom_components.panel_meter.core.tariff.reading import read
from custom_components.panel_meter.core.tariff.templates import newest_version
from custom_components.panel_meter.core.tariff.urdb import Choices, import_urdb
from custom_components.panel_meter.core.tariff.urdb_export import CannotExport, to_urdb
from custom_components.panel_meter.core.tariff.validation import warnings

from .cases import is_case, rate_case, read_case, zone_of
from .errors import Unusable
from .loads import Load, read_json, read_load
from .rate import rate
from .table import aligned, as_json, table

#: Exit codes: a file is wrong; argparse ends with 2 if the command is.
_WRONG_FILE = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Print bills; the exit code is 1 if a file cannot be used, and 2 if the command is wrong."""
    options = _parser().parse_args(arguments)
    try:
        print(_run(options))
    except Unusable as error:
        print(f"bill: {error}", file=sys.stderr)
        return _WRONG_FILE
    except TariffInvalid as error:
        print(f"bill: {options.tariff} cannot be billed.", file=sys.stderr)
        for problem in error.problems:
            print(f"  {problem}", file=sys.stderr)
        return _WRONG_FILE
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bill",
        description="Rate a load file with a tariff, the same way as Panel Meter does, and print the bills.",
        epilog="A load file is JSON ({interval_minutes, start, values: [kWh, ...]}) or CSV with the columns start, kwh "
        "and, if there are any, export_kwh or generation_kwh. A single file may hold both rate and load: a case.",
    )
    parser.add_argument("tariff", type=Path, help="a tariff of Panel Meter, a rate of OpenEI's URDB, or a case")
    parser.add_argument("load", type=Path, nargs="?", help="what was used; not for a case")
    parser.add_argument("--generation", type=Path, metavar="FILE", help="what was generated in the same intervals")
    parser.add_argument("--json", action="store_true", help="print every line of every bill as JSON")
    parser.add_argument("--table", action="store_true", help="print a case as a table")
    parser.add_argument("--urdb", action="store_true", help="print the tariff's newest version as a URDB rate")
    parser.add_argument("--zone", default="UTC", metavar="NAME", help="time zone of the home (default: %(default)s)")
    parser.add_argument("--currency", default="USD", metavar="CODE", help="of a URDB rate (default: %(default)s)")
    parser.add_argument("--export", choices=list(ExportMode), help="what becomes of exported energy in a URDB rate")
    parser.add_argument(
        "--allocation", choices=list(Allocation), default=Allocation.CHRONOLOGICAL, help="how periods share tiers"
    )
    return parser


def _run(options: argparse.Namespace) -> str:
    document = read_json(options.tariff)
    if is_case(document):
        return _case(document, options)
    if options.urdb:
        return _exported(_tariff(document, options))
    if options.load is None:
        raise Unusable(f"{options.tariff} is a tariff; name a load file, too.")
    zone = zone_of(options.zone)
    tariff = _tariff(document, options)
    load = _load(options, zone)
    rated = rate(tariff, zone, load)
    if unpriced := sum((bill.unpriced_kwh for bill in rated.bills), ZERO):
        print(f"bill: {plain(unpriced)} kWh have no price.", file=sys.stderr)
    if options.json:
        return json.dumps({"currency": tariff.currency, "bills": [as_json(bill) for bill in rated.bills]}, indent=1)
    return table(rated.bills, tariff.currency)


def _tariff(document: object, options: argparse.Namespace) -> Tariff:
    if isinstance(document, dict) and document.get("schema") == SCHEMA:
        tariff = read(document)
        notes = warnings(tariff)
    else:
        choices = Choices(
            export=ExportMode(options.export) if options.export else None, allocation=Allocation(options.allocation)
        )
        imported = import_urdb(
            document, tariff_id="urdb", name=options.tariff.stem[:64], currency=options.currency, choices=choices
        )
        tariff, notes = imported.tariff, imported.warnings
    for note in notes:
        print(f"bill: {note}", file=sys.stderr)
    return tariff


def _exported(tariff: Tariff) -> str:
    try:
        return json.dumps(to_urdb(tariff, newest_version(tariff)), indent=1)
    except CannotExport as error:
        raise Unusable(str(error)) from error


def _load(options: argparse.Namespace, zone: tzinfo) -> Load:
    load = read_load(options.load, zone)
    if options.generation is None:
        return load
    generation = read_load(options.generation, zone)
    if generation.starts != load.starts:
        raise Unusable(f"{options.load} and {options.generation} are not of the same intervals.")
    return Load(load.starts, load.kwh, load.export, generation.kwh)


def _case(document: dict[str, object], options: argparse.Namespace) -> str:
    case = read_case(document, options.tariff)
    for name in case.unknown_options:
        print(f"bill: the option '{name}' is not known and was left out.", file=sys.stderr)
    months = rate_case(case)
    if not options.table:
        return json.dumps({"months": months})
    keys = [key for key, value in months[0].items() if not isinstance(value, dict)]
    return aligned([keys, *([_cell(month[key]) for key in keys] for month in months)])


def _cell(value: JSON) -> str:
    return "-" if value is None else f"{value:,.2f}" if isinstance(value, float) else str(value)
