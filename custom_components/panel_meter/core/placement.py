"""Where the breakers of a panel sit: which slots each of them takes, and what cannot be.

Slots are counted from 1. In columns, as in North America, odd numbers stand on the left and even ones on the right, and
a breaker of several poles goes on downwards on its side; on rails, as elsewhere, it goes on to the right.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .model import Channel, Panel, Phase, Role

#: The largest panels of homes have 42 slots, those of workshops 84.
MOST_SLOTS: Final = 84
MOST_POLES: Final = 3
#: Ratings in ampere that a breaker of a building can have.
RATINGS: Final = (1.0, 6300.0)
#: Below this a nominal voltage is that of a split phase.
SPLIT_PHASE_BELOW: Final = 160.0

_POLES: Final[Mapping[Phase | None, int]] = {Phase.L1L2: 2, Phase.L123: 3}


class Layout(StrEnum):
    """How the slots of a panel follow one another."""

    COLUMNS = "columns"
    RAIL = "rail"


class ImpossiblePlacement(ValueError):
    """Breakers that cannot sit like that; ``key`` and ``placeholders`` name the sentence that says why."""

    def __init__(self, key: str, placeholders: Mapping[str, str]) -> None:
        super().__init__(key)
        self.key = key
        self.placeholders = dict(placeholders)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a user says of the breaker of a channel. None: as the panel says it."""

    channel: str
    slot: int | None = None
    poles: int | None = None
    rating: float | None = None
    phase: Phase | None = None


def usual_layout(panel: Panel) -> Layout:
    """Columns where the supply is a split phase, else rails."""
    split = panel.nominal_voltage < SPLIT_PHASE_BELOW
    return Layout.COLUMNS if split or any(each.phase is Phase.L1L2 for each in panel.channels) else Layout.RAIL


def poles_of(channel: Channel) -> int:
    """How many slots a breaker takes: what is said of it, else as many as its phase has conductors."""
    return channel.poles or _POLES.get(channel.phase, 1)


def taken_slots(slot: int, poles: int, layout: Layout) -> tuple[int, ...]:
    """The slots that a breaker takes."""
    step = 2 if layout is Layout.COLUMNS else 1
    return tuple(slot + step * place for place in range(poles))


def check_place(place: Place, name: str) -> None:
    """Raise ImpossiblePlacement if no breaker can be like that."""
    if place.slot is not None and not 1 <= place.slot <= MOST_SLOTS:
        raise ImpossiblePlacement("slot_out_of_range", {"channel": name, "most": str(MOST_SLOTS)})
    if place.poles is not None and not 1 <= place.poles <= MOST_POLES:
        raise ImpossiblePlacement("poles_out_of_range", {"channel": name, "most": str(MOST_POLES)})
    if place.rating is not None and not RATINGS[0] <= place.rating <= RATINGS[1]:
        limits = {"least": str(round(RATINGS[0])), "most": str(round(RATINGS[1]))}
        raise ImpossiblePlacement("rating_out_of_range", {"channel": name, **limits})


def check_slots(moved: Iterable[Channel], others: Iterable[Channel], layout: Layout) -> None:
    """Raise ImpossiblePlacement if a moved breaker takes a slot of another one, or reaches beyond the last slot.

    Two others that a panel announced in the same slot keep nobody from moving a third. The mains have no slot among the
    breakers, and a channel without a slot takes one that is left.
    """
    owners = {slot: channel for channel in others for slot in _slots(channel, layout)}
    for channel in moved:
        for slot in _slots(channel, layout):
            if slot > MOST_SLOTS:
                raise ImpossiblePlacement("slot_out_of_range", {"channel": channel.name, "most": str(MOST_SLOTS)})
            if (other := owners.setdefault(slot, channel)).id != channel.id:
                names = {"channel": channel.name, "other": other.name}
                raise ImpossiblePlacement("slot_taken", {**names, "slot": str(slot)})


def _slots(channel: Channel, layout: Layout) -> tuple[int, ...]:
    if channel.slot is None or channel.role is Role.MAIN:
        return ()
    return taken_slots(channel.slot, poles_of(channel), layout)
