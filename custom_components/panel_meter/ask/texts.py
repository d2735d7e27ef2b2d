"""The wording of all languages, read once from their files."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
import json
import logging
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..core.questions.vocabulary import Vocabulary
from ..core.questions.wording import Wording

_LOGGER = logging.getLogger(__name__)

FALLBACK: Final = "en"
_FOLDER: Final = Path(__file__).parent.parent / "texts"
_BEGIN: Final = "questions."
_LOADED: HassKey[Mapping[str, LanguageTexts]] = HassKey(f"{DOMAIN}_questions")


@dataclass(frozen=True, slots=True)
class LanguageTexts:
    """What a language's file holds."""

    vocabulary: Vocabulary
    data: Mapping[str, object]


async def async_texts(hass: HomeAssistant) -> Mapping[str, LanguageTexts]:
    """The wording of all languages by their code."""
    if (loaded := hass.data.get(_LOADED)) is None:
        loaded = hass.data[_LOADED] = await hass.async_add_executor_job(load)
    return loaded


def load() -> Mapping[str, LanguageTexts]:
    """Read the files; one that cannot be used is left out, and the log says why."""
    found: dict[str, LanguageTexts] = {}
    for path in sorted(_FOLDER.glob(f"{_BEGIN}*.json")):
        language = path.stem.removeprefix(_BEGIN)
        try:
            data: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
            Wording.from_data(data, UTC, 0)
            found[language] = LanguageTexts(Vocabulary.from_data(data), data)
        except (OSError, ValueError) as error:
            _LOGGER.warning("Questions in '%s' cannot be understood: %s", language, error)
    return found


def language_of(loaded: Mapping[str, LanguageTexts], language: str | None) -> str:
    """The language that there is wording for: of ``pt-BR`` also ``pt``, else English."""
    wanted = (language or FALLBACK).replace("_", "-").lower()
    return next((each for each in (wanted, wanted.partition("-")[0]) if each in loaded), FALLBACK)
