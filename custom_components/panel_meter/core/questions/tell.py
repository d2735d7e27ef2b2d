"""What was found becomes an answer: sentences, a small table and values for programs."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from ..model import MILLIWATT_HOURS_PER_KWH
from .found import Found, Line, Number, Unit
from .model import Answer, Json, Period, Query, Table, Topic, Within
from .rests import rests_on
from .wording import Wording, plain

#: Nobody listens to more; the rest is in the table.
MOST_LINES: Final = 5
MOST_ROWS: Final = 12
MOST_CHARACTERS: Final = 1500
_TODAY: Final = Period(within=Within.TODAY)


def tell(found: Found, wording: Wording) -> Answer:
    """The answer to a query."""
    rests = rests_on(found.notes, wording)
    said = _SAYERS[found.query.topic](found, wording) if found.visible else wording.say("not_seen")
    return Answer(
        text=_bounded(" ".join(each.strip() for each in (said, *rests) if each.strip())),
        table=_table(found, wording),
        rests_on=rests,
        query=found.query,
        data=_data(found, wording),
    )


def not_understood(wording: Wording) -> Answer:
    """The answer to what was not understood."""
    return Answer(text=wording.say("not_understood", examples=wording.examples[0]))


def unavailable(wording: Wording) -> Answer:
    """The answer while the ledger cannot be asked."""
    return Answer(text=wording.say("unavailable"))


def _bounded(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"


def _period(found: Found, wording: Wording) -> str:
    return wording.period(found.query.period or _TODAY)


def _joined(parts: Sequence[str]) -> str:
    return " ".join(f"{part}." if part[-1:] not in ".!?…" else part for part in parts[:MOST_LINES])


def _each(lines: Sequence[Line], wording: Wording) -> str:
    return _joined([wording.say("each", name=plain(each.name), value=wording.value(each)) for each in lines])


def _one(line: Line, wording: Wording, key: str, **more: str) -> str:
    return wording.say(key, name=plain(line.name), value=wording.value(line), **more)


# --- what each topic says ---


def _power(found: Found, wording: Wording) -> str:
    if found.whole is not None and found.whole.value is not None:
        return _one(found.whole, wording, "power_whole")
    if len(found.lines) > 1:
        return _each(found.lines, wording)
    line = found.lines[0] if found.lines else found.whole
    if line is None or line.value is None:
        return wording.say("power_unknown", name=plain(line.name) if line else "")
    return _one(line, wording, "power_of")


def _amount(found: Found, wording: Wording, whole: str, single: str) -> str:
    period = _period(found, wording)
    if found.whole is not None and found.whole.value is not None:
        return _one(found.whole, wording, whole, period=period)
    known = [line for line in found.lines if line.value is not None]
    if len(known) == 1:
        return _one(known[0], wording, single, period=period)
    return _each(known, wording)


def _top(found: Found, wording: Wording) -> str:
    if not found.lines:
        return wording.say("top_none")
    first, rest = found.lines[0], found.lines[1:3]
    said = _one(first, wording, f"top_{found.measure}", period=_period(found, wording))
    return " ".join(part for part in (said, _each(rest, wording)) if part)


def _compare(found: Found, wording: Wording) -> str:
    query = found.query
    if query.other is None:
        if len(found.lines) < 2:
            return ""
        one, two = found.lines[:2]
        period = _period(found, wording)
        return wording.say(
            "compare_two",
            period=period[:1].upper() + period[1:],
            name=plain(one.name),
            value=wording.value(one),
            second=plain(two.name),
            other=wording.value(two),
        )
    lines = (found.whole,) if found.whole is not None else found.lines
    return _joined([_beside(line, query, wording) for line in lines])


def _beside(line: Line, query: Query, wording: Wording) -> str:
    if line.value is None or line.other is None:
        return ""
    key = "same" if line.value == line.other else "more" if line.value > line.other else "less"
    return wording.say(
        f"compare_{key}",
        name=plain(line.name),
        value=wording.value(line),
        other=wording.value(line, line.other),
        period=wording.period(query.period or _TODAY),
        before=wording.period(query.other or _TODAY),
        share=wording.share(line.value, line.other) if line.other else wording.value(line),
    )


def _reading(found: Found, wording: Wording) -> str:
    topic = found.query.topic
    known = [line for line in found.lines if line.value is not None]
    if not known:
        return wording.say(f"{topic}_none")
    return _joined([_one(line, wording, topic) for line in known])


def _alerts(found: Found, wording: Wording) -> str:
    count = len(found.lines)
    if not count:
        return wording.say("alerts_none")
    messages = _joined([line.label for line in found.lines])
    return wording.say("alerts_one" if count == 1 else "alerts_many", count=str(count), list=messages)


def _bill(found: Found, wording: Wording) -> str:
    period = found.query.period
    past = period is not None and period.within not in (Within.THIS_MONTH, Within.THIS_CYCLE)
    said: list[str] = []
    for line in found.lines:
        if line.value is None:
            said.append(wording.say("bill_none", name=plain(line.name)))
        elif past and period is not None:
            said.append(_one(line, wording, "bill_past", period=wording.period(period)))
        else:
            said.append(_one(line, wording, "bill"))
    return _joined(said)


def _projection(found: Found, wording: Wording) -> str:
    said: list[str] = []
    for line in found.lines:
        if line.value is None or line.low is None or line.high is None:
            said.append(wording.say("projection_none", name=plain(line.name)))
        else:
            low, high = wording.value(line, line.low), wording.value(line, line.high)
            said.append(_one(line, wording, "projection", low=low, high=high))
    return _joined(said)


def _price(found: Found, wording: Wording) -> str:
    known = [line for line in found.lines if line.value is not None]
    if not known:
        return wording.say("price_none")
    many = len(known) > 1
    said: list[str] = []
    for line in known:
        key = "price_named" if line.label else "price"
        now = _one(line, wording, key, price=plain(line.label))
        said.append(f"{plain(line.name)}: {now}" if many else now)
        if line.start is not None and line.other is not None:
            change = wording.value(line, line.other)
            said.append(wording.say("price_change", time=wording.instant(line.start), value=change))
    return _joined(said)


def _cheapest(found: Found, wording: Wording) -> str:
    known = [line for line in found.lines if line.value is not None]
    if not known:
        return wording.say("cheapest_none")
    said: list[str] = []
    for line in known:
        if line.start is None or line.end is None:
            told = _one(line, wording, "cheapest_flat")
        else:
            key = "cheapest_now" if line.start <= wording.now else "cheapest"
            told = _one(line, wording, key, start=wording.instant(line.start), end=wording.instant(line.end))
        said.append(f"{plain(line.name)}: {told}" if len(known) > 1 else told)
    return _joined(said)


def _demand(found: Found, wording: Wording) -> str:
    said: list[str] = []
    for line in found.lines:
        if line.value is None or line.start is None:
            said.append(wording.say("demand_none", name=plain(line.name)))
        else:
            said.append(_one(line, wording, "demand", time=wording.instant(line.start)))
    return _joined(said)


def _why(found: Found, wording: Wording) -> str:
    said: list[str] = []
    for line in found.lines:
        if line.value is None or line.other is None:
            said.append(wording.say("why_none", name=plain(line.name)))
            continue
        key = "same" if line.value == line.other else "higher" if line.value > line.other else "lower"
        changes = [_change(part, wording) for part in line.parts[:MOST_LINES] if _difference(part)]
        said.append(
            _one(
                line,
                wording,
                f"why_{key}",
                other=wording.value(line, line.other),
                list=", ".join(changes) + ("." if changes else ""),
            )
        )
    return " ".join(each.strip() for each in said)


def _change(part: Line, wording: Wording) -> str:
    difference = _difference(part)
    key = "change_up" if difference > 0 else "change_down"
    return wording.say(key, name=plain(part.name), value=wording.value(part, abs(difference)))


def _difference(part: Line) -> Decimal:
    return Decimal(part.value or 0) - Decimal(part.other or 0)


def _export(found: Found, wording: Wording) -> str:
    return _amount(found, wording, "export", "export") if _known(found) else wording.say("no_export")


def _production(found: Found, wording: Wording) -> str:
    if not _known(found):
        return wording.say("no_solar")
    now = [_one(line, wording, "production_now") for line in found.beside if line.value is not None]
    return " ".join([_amount(found, wording, "production", "production"), *now])


def _known(found: Found) -> bool:
    return any(line is not None and line.value is not None for line in (found.whole, *found.lines))


def _help(found: Found, wording: Wording) -> str:
    said: list[str] = []
    for line in found.lines:
        if line.value is None:
            continue
        match line.unit:
            case Unit.WATT:
                said.append(_one(line, wording, "overview_power"))
            case Unit.ENERGY:
                said.append(_one(line, wording, "overview_top" if line.name else "overview_today"))
            case Unit.MONEY:
                said.append(_one(line, wording, "overview_bill"))
    said += [_alerts(Found(query=found.query, lines=found.beside), wording)] if found.beside else []
    return " ".join([*said, wording.say("overview_more", examples='", "'.join(wording.examples))])


_SAYERS: Final[Mapping[Topic, Callable[[Found, Wording], str]]] = {
    Topic.POWER: _power,
    Topic.USAGE: lambda found, wording: _amount(found, wording, "usage_whole", "usage_of"),
    Topic.COST: lambda found, wording: _amount(found, wording, "cost_whole", "cost_of"),
    Topic.TOP: _top,
    Topic.COMPARE: _compare,
    Topic.TEMPERATURE: _reading,
    Topic.VOLTAGE: _reading,
    Topic.FREQUENCY: _reading,
    Topic.ALERTS: _alerts,
    Topic.BILL: _bill,
    Topic.PROJECTION: _projection,
    Topic.PRICE: _price,
    Topic.CHEAPEST: _cheapest,
    Topic.DEMAND: _demand,
    Topic.WHY: _why,
    Topic.EXPORT: _export,
    Topic.PRODUCTION: _production,
    Topic.HELP: _help,
}

# --- tables and values ---

_COLUMNS: Final = {
    Unit.WATT: "column_power",
    Unit.ENERGY: "column_usage",
    Unit.MONEY: "column_cost",
    Unit.PRICE: "column_price",
}


def _table(found: Found, wording: Wording) -> Table | None:
    topic = found.query.topic
    if topic is Topic.ALERTS:
        rows = [(plain(line.name), line.label) for line in found.lines[:MOST_ROWS]]
        return _made((wording.say("column_name"), wording.say("column_message")), rows, least=1)
    if topic is Topic.WHY or (topic is Topic.COMPARE and found.query.other is not None):
        lines = [part for line in found.lines for part in line.parts] if topic is Topic.WHY else found.lines
        cells = [
            (plain(line.name), wording.value(line, line.other), wording.value(line))
            for line in lines[:MOST_ROWS]
            if line.other is not None
        ]
        heads = ("column_name", "column_before", "column_now")
        return _made(tuple(wording.say(key) for key in heads), cells, least=1)
    if topic is Topic.HELP or not found.lines:
        return None
    head = _COLUMNS.get(found.lines[0].unit, "column_value")
    values = [(plain(line.name), wording.value(line)) for line in found.lines[:MOST_ROWS]]
    return _made((wording.say("column_name"), wording.say(head)), values, least=2)


def _made(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], least: int) -> Table | None:
    return Table(columns=columns, rows=tuple(rows)) if len(rows) >= least else None


def _data(found: Found, wording: Wording) -> Mapping[str, Json]:
    query = found.query
    whole = None if found.whole is None else _value(found.whole, wording)
    return {
        "topic": query.topic.value,
        "measure": query.measure.value if query.measure else None,
        "period": str(query.period) if query.period else None,
        "other_period": str(query.other) if query.other else None,
        "home": whole,
        "values": [_value(line, wording) for line in found.lines],
        "beside": [_value(line, wording) for line in found.beside],
    }


def _value(line: Line, wording: Wording) -> dict[str, Json]:
    """A line for programs: what is not there is left out. Energies are kWh."""
    numbers = {"value": line.value, "other": line.other, "low": line.low, "high": line.high}
    instants = {"start": line.start, "end": line.end}
    unit = {Unit.ENERGY: "kWh", Unit.MONEY: line.currency, Unit.PRICE: f"{line.currency}/kWh"}
    found: dict[str, Json] = {"name": plain(line.name)}
    if line.value is not None:
        found["unit"] = unit.get(line.unit, line.unit.value)
    found |= {key: _plain_number(line.unit, each) for key, each in numbers.items() if each is not None}
    found |= {
        key: datetime.fromtimestamp(each, UTC).astimezone(wording.zone).isoformat()
        for key, each in instants.items()
        if each is not None
    }
    if line.label:
        found["label"] = plain(line.label) if line.unit is Unit.PRICE else line.label
    if line.parts:
        found["parts"] = [_value(part, wording) for part in line.parts]
    return found


def _plain_number(unit: Unit, number: Number) -> float:
    return int(number) / MILLIWATT_HOURS_PER_KWH if unit is Unit.ENERGY else float(round(Decimal(number), 6))
