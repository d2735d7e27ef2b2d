"""Problems of a tariff where a person sees them: at the field that they are about, in the language of the person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
import re
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN, SUBENTRY_TARIFF
from ..core.tariff.problems import SENTENCES, Problem
from ..markdown import escaped

#: Pattern of a path -> field of a form; the first that matches counts.
type Fields = Sequence[tuple[str, str]]

BASE: Final = "base"
#: Problems beyond this many are counted, not told.
_MOST_TOLD: Final = 20
_TEXTS: Final = f"component.{DOMAIN}.config_subentries.{SUBENTRY_TARIFF}.error."


@dataclass(slots=True)
class Errors:
    """Errors of a form by field, and what stands in for their placeholders."""

    fields: dict[str, str] = field(default_factory=dict)
    placeholders: dict[str, str] = field(default_factory=dict)

    def add(self, place: str, problem: Problem) -> bool:
        """Show a problem at a field; False if there is no room.

        A field has one error, and all errors of a form share their placeholders.
        """
        known = self.placeholders
        if place in self.fields or any(known.get(key, value) != value for key, value in problem.values.items()):
            return False
        self.fields[place] = problem.code
        known.update(problem.values)
        return True

    def __bool__(self) -> bool:
        return bool(self.fields)


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences of problems in a language."""

    templates: Mapping[str, str]

    def text(self, problem: Problem) -> str:
        """The sentence of a problem."""
        template = self.templates.get(problem.code, SENTENCES[problem.code])
        try:
            return template.format_map(problem.values)
        except KeyError, ValueError, IndexError:
            # A translation may be wrong; the original is not.
            return problem.text

    def lines(self, problems: Sequence[Problem], *, paths: bool = False) -> str:
        """A Markdown line for each problem, with where it is."""
        told = [
            f"- {f'`{_code(each.path)}`: ' if paths and each.path else ''}{escaped(self.text(each))}"
            for each in problems[:_MOST_TOLD]
        ]
        if len(problems) > _MOST_TOLD:
            told.append(f"- … {len(problems) - _MOST_TOLD} more")
        return "\n".join(told)


async def async_sentences(hass: HomeAssistant) -> Sentences:
    """Sentences in the language of this Home Assistant."""
    texts = await async_get_translations(hass, hass.config.language, "config_subentries", [DOMAIN])
    return Sentences({key.removeprefix(_TEXTS): text for key, text in texts.items() if key.startswith(_TEXTS)})


def errors_of(problems: Iterable[Problem], fields: Fields, sentences: Sentences) -> Errors:
    """Every problem at its field; those for which there is no room are told together above the form."""
    errors = Errors()
    rest = [problem for problem in problems if not errors.add(_place(problem.path, fields), problem)]
    if rest:
        # The error above the form may be one of them already: then it is told with the others.
        errors.placeholders["more"] = " ".join(dict.fromkeys(sentences.text(each) for each in rest))
        if BASE in errors.fields:
            first = Problem(errors.fields[BASE], "", errors.placeholders)
            errors.placeholders["more"] = f"{sentences.text(first)} {errors.placeholders['more']}"
        errors.fields[BASE] = "more"
    return errors


def _place(path: str, fields: Fields) -> str:
    return next((name for pattern, name in fields if re.fullmatch(pattern, path)), BASE)


def _code(path: str) -> str:
    """A path as code; a backtick would end it."""
    return path.replace("`", "'")
