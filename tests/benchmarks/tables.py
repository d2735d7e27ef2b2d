"""What was measured, as tables for a person."""

from collections.abc import Sequence

from rich.table import Table

from .alerts import PANELS, AlertsResult
from .card import MESSAGES, SLOTS, CardCost
from .cpu import CpuResult
from .money import CIRCUITS, DAYS as RATED_DAYS, PER_DAY, MoneyResult
from .posts import CONNECTIONS, PostsResult
from .room import RoomResult
from .rows import KINDS, RowsResult
from .start import DAYS, Start
from .traffic import TrafficResult
from .views import Looked
from .ways import CORE, CORE_WH, DEFAULT, EVERY, FLOOR, IDLE


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column(columns[0])
    for column in columns[1:]:
        table.add_column(column, justify="right")
    return table


def _verdict(name: str, ratio: float, limit: float) -> str:
    return f"{name}: {ratio:.3f}, wanted {limit:.3f} at most: {'reached' if ratio <= limit else 'MISSED'}"


def cpu_table(runs: Sequence[CpuResult]) -> tuple[Table, list[str]]:
    """CPU per 1,000 messages: of all runs the median one, by what core costs."""
    result = median_run(runs)
    table = _table(
        f"CPU seconds per 1,000 live messages: {result.panels} panel(s) of 9 channels, one message a second each, "
        f"{result.seconds:.0f} s in real time, above an idle Home Assistant; median of {len(runs)}",
        "way", "entities", "whole process", "event loop", "of core", "of the floor", "rows per 1,000 messages",
    )  # fmt: skip
    core, floor = result.cost(result.of(CORE.name)), result.cost(result.of(FLOOR.name))
    for usage in result.usages:
        if usage.way.name == IDLE.name:
            continue
        cost = result.cost(usage)
        table.add_row(
            usage.way.title,
            f"{usage.entities // result.panels}",
            f"{cost:.2f}",
            f"{result.cost(usage, loop=True):.2f}",
            f"{cost / core:.3f}",
            f"{cost / floor:.3f}",
            f"{usage.rows / result.messages * 1000:.0f}",
        )
    return table, [
        f"An idle Home Assistant uses {result.idle() / result.seconds * 1000:.2f} ms a second.",
        _verdict("default settings / core", result.cost(result.of(DEFAULT.name)) / core, 1 / 6),
        _verdict("every message / floor", result.cost(result.of(EVERY.name)) / floor, 1.15),
    ]


def median_run(runs: Sequence[CpuResult]) -> CpuResult:
    """The run in the middle, by the share of core's cost that our default costs."""

    def share(run: CpuResult) -> float:
        return run.cost(run.of(DEFAULT.name)) / run.cost(run.of(CORE.name))

    return sorted(runs, key=share)[len(runs) // 2]


def rows_table(result: RowsResult) -> tuple[Table, list[str]]:
    """Recorder rows by kind of sensor."""
    table = _table(
        "Recorder rows a day and sensor, one message a second", "sensors", "number", "Panel Meter", "core", "ratio"
    )
    for kind in KINDS:
        ours, core = result.per_sensor(DEFAULT.name, kind), result.per_sensor(CORE.name, kind)
        ratio = f"{ours / core:.3f}" if core else "-"
        table.add_row(kind, str(result.sensors[DEFAULT.name][kind]), f"{ours:,.0f}", f"{core:,.0f}", ratio)
    totals = {way.name: result.total(way.name) for way in (DEFAULT, CORE, CORE_WH)}
    ours, core, core_wh = totals.values()
    table.add_row("the whole panel", "", f"{ours:,}", f"{core:,}", f"{ours / core:.3f}")
    return table, [
        _verdict("Panel Meter / core", ours / core, 1 / 10),
        f"If core rounds energies to 1 Wh it writes {core_wh:,} rows, and the ratio is {ours / core_wh:.3f}.",
    ]


def traffic_table(result: TrafficResult) -> tuple[Table, list[str]]:
    """Floods and drains."""
    table = _table(
        "Records drained from boards into the ledger, over MQTT and acknowledged",
        "boards", "records", "seconds", "records a second", "CPU ms a record",
    )  # fmt: skip
    for drain in result.drains:
        table.add_row(
            str(drain.boards),
            f"{drain.records:,}",
            f"{drain.seconds:.1f}",
            f"{drain.rate:,.0f}",
            f"{drain.cpu / drain.records * 1000:.3f}",
        )
    return table, [
        f"A flood of {result.messages:,} live messages of 50 panels was heard in {result.seconds:.2f} s "
        f"({result.messages / result.seconds:,.0f} a second), with {result.loop / result.messages * 1000:.3f} ms of "
        f"the event loop for each ({result.messages / result.loop:,.0f} a second would fill it)."
    ]


def room_table(result: RoomResult) -> tuple[Table, list[str]]:
    """Size of the ledger."""
    table = _table("The ledger of a panel with 9 channels, one record in five minutes", "", "")
    table.add_row("bytes a record, hours and indexes included", f"{result.per_record:.1f}")
    table.add_row("megabytes a year", f"{result.megabytes_a_year:.1f}")
    table.add_row("records a second, 288 in a durable commit", f"{result.rate:,.0f}")
    return table, [_verdict("megabytes a year / 20", result.megabytes_a_year / 20, 1)]


def views_table(results: Sequence[Looked]) -> tuple[Table, list[str]]:
    """What the ledger takes for charts."""
    table = _table("Milliseconds that the ledger takes for a chart of nine channels", "span", "steps", "first", "usual")
    for each in results:
        table.add_row(each.span, str(each.steps), f"{each.first:.1f}", f"{each.usual:.1f}")
    slowest = max(max(each.first, each.usual) for each in results)
    return table, [_verdict("the slowest / 300 ms", slowest / 300, 1)]


def start_table(results: Sequence[Start]) -> tuple[Table, list[str]]:
    """Set-up times."""
    table = _table(
        f"Seconds from the set-up of the entry to all entities, {DAYS} days in the ledger",
        "panels", "entities", "first start", "later start", "set up anew", "CPU of that",
    )  # fmt: skip
    for each in results:
        times = (each.first, each.again, each.wall, each.cpu)
        table.add_row(str(each.panels), str(each.entities), *(f"{seconds:.2f}" for seconds in times))
    slowest = max(results[-1].first, results[-1].again, results[-1].wall)
    return table, [_verdict(f"the slowest of them with {results[-1].panels} panels, s", slowest, 5)]


def posts_table(results: Sequence[PostsResult]) -> tuple[Table, list[str]]:
    """Posts over HTTP."""
    table = _table(
        f"Posts over HTTP, {CONNECTIONS} connections that each wait for their answer",
        "to", "posts a second", "median, ms", "p99, ms", "event loop late by, p99, ms", "at most", "CPU a post, ms",
    )  # fmt: skip
    for each in results:
        values = (each.p50, each.p99, each.late_p99, each.late_max)
        table.add_row(each.name, f"{each.rate:,.0f}", *(f"{ms:.1f}" for ms in values), f"{each.cpu:.2f}")
    core, reading = results[0], results[1]
    return table, [
        _verdict("posts a second of core / of a reading", core.rate / reading.rate, 1),
        _verdict("p99 of a reading / of core", reading.p99 / core.p99, 1),
    ]


def alerts_table(results: Sequence[AlertsResult]) -> tuple[Table, list[str]]:
    """Looking for alerts."""
    table = _table(
        f"Looking for alerts in the messages of {PANELS} panels",
        "way", "messages", "us a message", "slowest panel, us a message", "alerts",
    )  # fmt: skip
    for each in results:
        numbers = f"{each.mean * 1e6:.1f}", f"{each.slowest * 1e6:.1f}", str(each.alerts)
        table.add_row(each.name, f"{each.messages:,}", *numbers)
    return table, [_verdict(f"{each.name}, us a message / 50", each.mean * 1e6 / 50, 1) for each in results]


def money_table(results: Sequence[MoneyResult]) -> tuple[Table, list[str]]:
    """Rating."""
    table = _table(
        f"Rating of {RATED_DAYS * PER_DAY:,} records with {CIRCUITS} circuits; looks are on the last day of a month",
        "tariff", "a year, s", "look, us", "look after a record, us", "bill, ms",
    )  # fmt: skip
    for each in results:
        table.add_row(
            each.name, f"{each.year:.2f}", f"{each.look * 1e6:.0f}", f"{each.first * 1e6:.0f}", f"{each.bill * 1e3:.1f}"
        )
    usual = results[0]
    return table, [
        _verdict(f"{usual.name}, a year, s / 2", usual.year / 2, 1),
        _verdict(f"{usual.name}, a look, us / 100", usual.look * 1e6 / 100, 1),
    ]


def card_table(cost: CardCost) -> tuple[Table, list[str]]:
    """The panel card in a browser."""
    table = _table(
        f"The panel card with {SLOTS} slots, every value new in each of {MESSAGES} messages",
        "", "script of a message, ms", "one in a hundred, ms", "with layout and paint, ms", "heap, kB", "elements",
    )  # fmt: skip
    table.add_row("after ten minutes", "", "", "", f"{cost.heap[0] / 1000:,.0f}", str(cost.nodes[0]))
    times = (cost.median_ms, cost.worst_ms, cost.whole_ms)
    table.add_row("after twenty", *(f"{each:.2f}" for each in times), f"{cost.heap[1] / 1000:,.0f}", str(cost.nodes[1]))
    return table, [
        _verdict("script of a message, ms / 2", cost.median_ms / 2, 1),
        _verdict("heap after twenty minutes / after ten", cost.heap[1] / cost.heap[0], 1.02),
    ]
