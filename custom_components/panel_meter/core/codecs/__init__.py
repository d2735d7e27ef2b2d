"""Wire formats: one file each, and the registry of them."""

from collections.abc import Collection
from typing import Final

from .apartment import ApartmentCodec
from .base import Codec, Message, TopicFilter
from .data_pm import DataPmCodec
from .native import NativeCodec

#: Formats other than protocol v1, which the user can switch off.
FORMATS: Final[dict[str, type[ApartmentCodec | DataPmCodec]]] = {
    "data_pm": DataPmCodec,
    "apartment": ApartmentCodec,
}


def codecs_for(base: str, formats: Collection[str] | None = None) -> tuple[Codec, ...]:
    """Protocol v1 under ``base`` and the named other formats; None for all of them."""
    wanted = FORMATS if formats is None else formats
    return (NativeCodec(base), *(make() for name, make in FORMATS.items() if name in wanted))


__all__ = ["FORMATS", "Codec", "Message", "TopicFilter", "codecs_for"]
