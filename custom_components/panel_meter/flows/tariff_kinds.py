"""The pages on prices of energy: one for each kind of tariff that people know from their price sheet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from homeassistant.helpers.selector import BooleanSelector, TextSelector, TimeSelector
import voluptuous as vol

from ..core.tariff import templates
from ..core.tariff.model import Adder, Allocation, BlockMode, BlockPer, Missing, Tariff
from ..core.tariff.templates import (
    OFF_PEAK,
    PEAK,
    SUMMER,
    Basics,
    Blocks,
    BlocksByTime,
    DayNight,
    DynamicPrice,
    PeakPrices,
    Seasonal,
    Times,
)
from ..core.tariff.times import DayKind
from .tariff_errors import Fields
from .tariff_fields import DAY_SETS, choice, days, month, price, price_entity, quantity
from .tariff_units import end_minute, factor, minute, needed, number

CONF_NAME: Final = "name"

#: Blocks that a page has fields for; a tariff with more is written as JSON.
MOST_BLOCKS: Final = 4
MOST_BLOCKS_BY_TIME: Final = 3
_MOST_KWH: Final = 1e9
_ENERGY: Final = r"versions\.\d+\.energy\."

type Answers = Mapping[str, Any]
type Schema = Callable[[str, Answers], dict[vol.Marker, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A page: what it asks for, given the currency and earlier answers, and the tariff that the answers make.

    Forms fill a required number that nobody entered with 0, which would be a price. So numbers are optional there, and
    missing ones are found here.
    """

    step: str
    asks: Schema
    makes: Callable[[Basics, Answers], Tariff]
    suggests: Mapping[str, object]
    fields: Fields
    may_be_empty: frozenset[str] = frozenset()

    def missing(self, currency: str, earlier: Answers, answers: Answers) -> list[str]:
        """Fields that should have been filled in."""
        asked = (str(field) for field in self.asks(currency, earlier))
        return [field for field in asked if answers.get(field) is None and field not in self.may_be_empty]


def basics(tariff_id: str, currency: str, first: date, answers: Answers) -> Basics:
    """What every tariff has."""
    name = " ".join(str(answers[CONF_NAME]).split())
    return Basics(id=tariff_id, name=name, currency=currency, valid_from=first)


def _per_kwh(currency: str) -> str:
    return f"{currency}/kWh"


# --- one price ---


def _flat_asks(currency: str, _earlier: Answers) -> dict[vol.Marker, object]:
    return {vol.Required(CONF_NAME): TextSelector(), vol.Optional("price"): price(_per_kwh(currency))}


FLAT: Final = Kind(
    step="flat",
    asks=_flat_asks,
    makes=lambda about, answers: templates.flat(about, needed(answers, "price")),
    suggests={CONF_NAME: "Electricity"},
    fields=(("name", CONF_NAME), (_ENERGY + "prices.*", "price")),
)


# --- day and night ---


def _day_night_asks(currency: str, _earlier: Answers) -> dict[vol.Marker, object]:
    return {
        vol.Required(CONF_NAME): TextSelector(),
        vol.Optional("day_price"): price(_per_kwh(currency)),
        vol.Optional("night_price"): price(_per_kwh(currency)),
        vol.Required("night_from"): TimeSelector(),
        vol.Required("night_to"): TimeSelector(),
        vol.Required("night_weekend"): BooleanSelector(),
    }


def _day_night(about: Basics, answers: Answers) -> Tariff:
    return templates.day_night(
        about,
        DayNight(
            day=needed(answers, "day_price"),
            night=needed(answers, "night_price"),
            night_times=_times(answers, "night"),
            night_days=frozenset({DayKind.WEEKEND}) if answers["night_weekend"] else frozenset(),
        ),
    )


DAY_NIGHT: Final = Kind(
    step="day_night",
    asks=_day_night_asks,
    makes=_day_night,
    suggests={
        CONF_NAME: "Day and night",
        "night_from": "22:00:00",
        "night_to": "06:00:00",
        "night_weekend": False,
    },
    fields=(
        ("name", CONF_NAME),
        (_ENERGY + r"prices\.day.*", "day_price"),
        (_ENERGY + r"prices\.night.*", "night_price"),
        (_ENERGY + "periods.*", "night_to"),
    ),
)


# --- seasons and times of the day ---

_PEAK_TIMES: Final[Mapping[str, object]] = {
    "peak_from": "16:00:00",
    "peak_to": "21:00:00",
    "peak_days": "weekday",
}


def _peak_asks() -> dict[vol.Marker, object]:
    return {
        vol.Required("peak_from"): TimeSelector(),
        vol.Required("peak_to"): TimeSelector(),
        vol.Required("peak_days"): days(),
    }


def _times(answers: Answers, name: str) -> Times:
    return Times(
        begin=minute(answers[f"{name}_from"]),
        end=end_minute(answers[f"{name}_to"]),
        days=DAY_SETS[answers.get(f"{name}_days", "every_day")],
    )


def _seasons_asks(_currency: str, _earlier: Answers) -> dict[vol.Marker, object]:
    return {
        vol.Required(CONF_NAME): TextSelector(),
        vol.Required("summer_first"): month(),
        vol.Required("summer_last"): month(),
        **_peak_asks(),
    }


def _season_prices_asks(currency: str, _earlier: Answers) -> dict[vol.Marker, object]:
    unit = _per_kwh(currency)
    return {
        vol.Optional("summer_peak"): price(unit),
        vol.Optional("summer_off_peak"): price(unit),
        vol.Optional("winter_peak"): price(unit),
        vol.Optional("winter_off_peak"): price(unit),
    }


def _seasons(about: Basics, answers: Answers) -> Tariff:
    times = (_times(answers, "peak"),)

    def prices(season: str) -> PeakPrices:
        peak = number(answers, f"{season}_peak")
        return PeakPrices(off_peak=needed(answers, f"{season}_off_peak"), peak=peak, peak_times=times)

    return templates.seasonal(
        about,
        Seasonal(
            summer_first_month=int(answers["summer_first"]),
            summer_last_month=int(answers["summer_last"]),
            summer=prices("summer"),
            winter=prices("winter"),
        ),
    )


#: The first page has no prices yet: these stand in for them while its times are checked.
_NO_PRICES: Final = {"summer_peak": 1, "summer_off_peak": 1, "winter_peak": 1, "winter_off_peak": 1}

SEASONS: Final = Kind(
    step="seasons",
    asks=_seasons_asks,
    makes=lambda about, answers: _seasons(about, {**_NO_PRICES, **answers}),
    suggests={CONF_NAME: "Seasons and times", "summer_first": "6", "summer_last": "9", **_PEAK_TIMES},
    fields=(
        ("name", CONF_NAME),
        (_ENERGY + "seasons.*", "summer_last"),
        (_ENERGY + "periods.*", "peak_to"),
    ),
)
SEASON_PRICES: Final = Kind(
    step="season_prices",
    may_be_empty=frozenset({"summer_peak", "winter_peak"}),
    asks=_season_prices_asks,
    makes=_seasons,
    suggests={},
    fields=(
        (_ENERGY + rf"prices\.{SUMMER} {PEAK}.*", "summer_peak"),
        (_ENERGY + rf"prices\.{SUMMER} {OFF_PEAK}.*", "summer_off_peak"),
        (_ENERGY + rf"prices\.winter {PEAK}.*", "winter_peak"),
        (_ENERGY + rf"prices\.winter {OFF_PEAK}.*", "winter_off_peak"),
    ),
)


# --- blocks ---


def _blocks_asks(currency: str, _earlier: Answers) -> dict[vol.Marker, object]:
    asked: dict[vol.Marker, object] = {vol.Required(CONF_NAME): TextSelector()}
    for place in range(1, MOST_BLOCKS + 1):
        asked[vol.Optional(f"price_{place}")] = price(_per_kwh(currency))
        if place < MOST_BLOCKS:
            asked[vol.Optional(f"limit_{place}")] = quantity(0, _MOST_KWH, "kWh")
    asked[vol.Required("block_per")] = choice([BlockPer.CYCLE.value, BlockPer.DAY.value], "block_per")
    asked[vol.Required("block_mode")] = choice([each.value for each in BlockMode], "block_mode")
    return asked


def _limits(answers: Answers, most: int) -> tuple[Decimal, ...]:
    found = (number(answers, f"limit_{place}") for place in range(1, most))
    return tuple(limit for limit in found if limit is not None)


def _prices(answers: Answers, name: str, most: int) -> tuple[Decimal, ...]:
    found = (number(answers, f"{name}_{place}") for place in range(1, most + 1))
    return tuple(each for each in found if each is not None)


def _blocks(about: Basics, answers: Answers) -> Tariff:
    return templates.blocks(
        about,
        Blocks(
            limits=_limits(answers, MOST_BLOCKS),
            prices=_prices(answers, "price", MOST_BLOCKS),
            per=BlockPer(answers["block_per"]),
            mode=BlockMode(answers["block_mode"]),
        ),
    )


def _limit_fields(most: int) -> Fields:
    limits = tuple((_ENERGY + rf"blocks\.{place}(\..*)?", f"limit_{place + 1}") for place in range(most - 1))
    return (*limits, (_ENERGY + "blocks.*", f"limit_{most - 1}"))


BLOCKS: Final = Kind(
    step="blocks",
    may_be_empty=frozenset({"price_2", "limit_2", "price_3", "limit_3", "price_4"}),
    asks=_blocks_asks,
    makes=_blocks,
    suggests={
        CONF_NAME: "Blocks",
        "block_per": BlockPer.CYCLE.value,
        "block_mode": BlockMode.PROGRESSIVE.value,
    },
    fields=(
        ("name", CONF_NAME),
        *((_ENERGY + rf"prices\.default\.{place}", f"price_{place + 1}") for place in range(MOST_BLOCKS)),
        *_limit_fields(MOST_BLOCKS),
        (_ENERGY + "prices.*", "price_2"),
    ),
)


# --- blocks and times ---


def _blocks_times_asks(_currency: str, _earlier: Answers) -> dict[vol.Marker, object]:
    asked: dict[vol.Marker, object] = {
        vol.Required(CONF_NAME): TextSelector(),
        vol.Optional("limit_1"): quantity(0, _MOST_KWH, "kWh"),
        vol.Optional("limit_2"): quantity(0, _MOST_KWH, "kWh"),
        vol.Required("block_per"): choice([BlockPer.CYCLE.value, BlockPer.DAY.value], "block_per"),
    }
    return {
        **asked,
        **_peak_asks(),
        vol.Required("allocation"): choice([each.value for each in Allocation], "allocation"),
    }


def _block_prices_asks(currency: str, earlier: Answers) -> dict[vol.Marker, object]:
    count = len(_limits(earlier, MOST_BLOCKS_BY_TIME)) + 1
    names = [f"{name}_{place}" for name in ("peak", "off_peak") for place in range(1, count + 1)]
    return {vol.Optional(name): price(_per_kwh(currency)) for name in names}


def _blocks_times(about: Basics, answers: Answers) -> Tariff:
    return templates.blocks_by_time(
        about,
        BlocksByTime(
            limits=_limits(answers, MOST_BLOCKS_BY_TIME),
            peak=_prices(answers, "peak", MOST_BLOCKS_BY_TIME),
            off_peak=_prices(answers, "off_peak", MOST_BLOCKS_BY_TIME),
            peak_times=(_times(answers, "peak"),),
            per=BlockPer(answers["block_per"]),
            allocation=Allocation(answers["allocation"]),
        ),
    )


def _with_no_prices(answers: Answers) -> Answers:
    count = len(_limits(answers, MOST_BLOCKS_BY_TIME)) + 1
    return {**{f"{name}_{place}": 1 for name in ("peak", "off_peak") for place in range(1, count + 1)}, **answers}


BLOCKS_TIMES: Final = Kind(
    step="blocks_times",
    may_be_empty=frozenset({"limit_2"}),
    asks=_blocks_times_asks,
    makes=lambda about, answers: _blocks_times(about, _with_no_prices(answers)),
    suggests={
        CONF_NAME: "Blocks and times",
        "block_per": BlockPer.CYCLE.value,
        "allocation": Allocation.CHRONOLOGICAL.value,
        **_PEAK_TIMES,
    },
    fields=(
        ("name", CONF_NAME),
        *_limit_fields(MOST_BLOCKS_BY_TIME),
        (_ENERGY + "periods.*", "peak_to"),
    ),
)
BLOCK_PRICES: Final = Kind(
    step="block_prices",
    asks=_block_prices_asks,
    makes=_blocks_times,
    suggests={},
    fields=tuple(
        (_ENERGY + rf"prices\.{period}\.{place}", f"{name}_{place + 1}")
        for period, name in ((PEAK, "peak"), (OFF_PEAK, "off_peak"))
        for place in range(MOST_BLOCKS_BY_TIME)
    ),
)


# --- the price of an entity ---


def _dynamic_asks(currency: str, _earlier: Answers) -> dict[vol.Marker, object]:
    unit = _per_kwh(currency)
    return {
        vol.Required(CONF_NAME): TextSelector(),
        vol.Required("entity"): price_entity(currency),
        vol.Required("multiplier"): quantity(-1000, 1000, ""),
        vol.Optional("adder"): price(unit),
        vol.Optional("cap"): price(unit),
        vol.Optional("floor"): price(unit),
        vol.Required("resolution"): choice(("0", "15", "30", "60"), "resolution"),
        vol.Required("missing"): choice([each.value for each in Missing], "missing"),
        vol.Optional("fallback"): price(unit),
    }


def _dynamic(about: Basics, answers: Answers) -> Tariff:
    """``unit`` is that which the entity says, if it says one."""
    per_kwh = factor(answers.get("unit"), about.currency)
    adder = number(answers, "adder")
    return templates.dynamic(
        about,
        DynamicPrice(
            entity_id=answers["entity"],
            unit=None if per_kwh is None else answers["unit"],
            multiplier=needed(answers, "multiplier") * (per_kwh or 1),
            adders=() if adder is None else (Adder(name="Added to the price", price=adder),),
            cap=number(answers, "cap"),
            floor=number(answers, "floor"),
            resolution_min=int(answers["resolution"]),
            missing=Missing(answers["missing"]),
            fallback=number(answers, "fallback"),
        ),
    )


DYNAMIC: Final = Kind(
    step="dynamic",
    may_be_empty=frozenset({"adder", "cap", "floor", "fallback"}),
    asks=_dynamic_asks,
    makes=_dynamic,
    suggests={
        CONF_NAME: "Dynamic price",
        "multiplier": 1,
        "resolution": "60",
        "missing": Missing.MARK_ESTIMATED.value,
    },
    fields=(
        ("name", CONF_NAME),
        (_ENERGY + r"dynamic\.entity_id", "entity"),
        (_ENERGY + r"dynamic\.multiplier", "multiplier"),
        (_ENERGY + r"dynamic\.fallback", "fallback"),
        (_ENERGY + r"dynamic(\..*)?", "entity"),
        (_ENERGY + r"adders.*", "adder"),
        (_ENERGY + "cap", "cap"),
        (_ENERGY + "floor", "floor"),
    ),
)
