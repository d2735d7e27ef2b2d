"""The pages that take a whole document: a tariff as JSON, or a rate of OpenEI's Utility Rate Database."""

from collections.abc import Callable
from dataclasses import dataclass, replace
import json
from pathlib import Path
from typing import Any, Final

from homeassistant.components.file_upload import process_uploaded_file
from homeassistant.config_entries import SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import FileSelector, FileSelectorConfig, TextSelector
from homeassistant.util.json import JSON_DECODE_EXCEPTIONS, json_loads
import voluptuous as vol

from ..core.tariff.model import Tariff
from ..core.tariff.problems import Problem, TariffInvalid
from ..core.tariff.reading import read
from ..core.tariff.urdb import Imported, import_urdb
from ..core.tariff.writing import write
from .tariff_base import TariffPages
from .tariff_errors import Errors
from .tariff_fields import long_text
from .tariff_kinds import CONF_NAME

CONF_DOCUMENT: Final = "document"
CONF_FILE: Final = "file"
DOCUMENTATION: Final = "https://github.com/panel-meter/panel-meter/blob/main/docs/tariffs.md"
#: Characters of a document; large ones have a tenth of that.
MOST_CHARACTERS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a text was not taken: an error of a field, what stands in for its placeholders, and a list of problems."""

    error: str
    placeholders: dict[str, str]
    problems: str = ""
    field: str = CONF_DOCUMENT


class ImportPages(TariffPages):
    """Pages with a document."""

    async def async_step_document(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """A tariff as JSON."""
        refused: Refused | None = None
        if user_input is not None:
            taken = await self._async_read(user_input[CONF_DOCUMENT], self._own)
            if isinstance(taken, Tariff):
                self.tariff = taken
                return await self.async_whole()
            refused = taken
        schema = vol.Schema({vol.Required(CONF_DOCUMENT): long_text()})
        return self._show("document", schema, user_input or {CONF_DOCUMENT: self.document()}, refused)

    async def async_step_urdb(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """A rate of OpenEI, pasted or uploaded."""
        refused: Refused | None = None
        answers = dict(user_input or {CONF_NAME: "Imported tariff"})
        if user_input is not None:
            try:
                answers = await self._async_with_file(answers)
            except ValueError:
                refused = Refused("file_unreadable", {}, field=CONF_FILE)
        if user_input is not None and refused is None:
            taken = await self._async_read(
                answers.get(CONF_DOCUMENT) or "", lambda document: self._rate(document, answers[CONF_NAME])
            )
            if isinstance(taken, Tariff):
                return await self.async_built(taken)
            refused = taken
        schema = vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                vol.Optional(CONF_DOCUMENT): long_text(),
                vol.Optional(CONF_FILE): FileSelector(FileSelectorConfig(accept=".json,application/json")),
            }
        )
        return self._show("urdb", schema, answers, refused)

    # --- what follows, and what is known of the tariff ---

    async def async_built(self, tariff: Tariff) -> SubentryFlowResult:
        """Go on with the energy prices of a tariff."""
        raise NotImplementedError

    async def async_whole(self) -> SubentryFlowResult:
        """Go on with a draft that needs nothing else."""
        raise NotImplementedError

    def document(self) -> str:
        """The document to begin with."""
        raise NotImplementedError

    # --- reading ---

    def _show(
        self, step: str, schema: vol.Schema, answers: dict[str, Any], refused: Refused | None
    ) -> SubentryFlowResult:
        errors = Errors({refused.field: refused.error}, dict(refused.placeholders)) if refused else Errors()
        problems = refused.problems if refused else ""
        return self.show(step, schema, answers, errors, problems=problems, documentation=DOCUMENTATION)

    async def _async_with_file(self, answers: dict[str, Any]) -> dict[str, Any]:
        """The answers with the text of the file, which is gone once it was read. ValueError if it is no text."""
        if not (file := answers.pop(CONF_FILE, None)):
            return answers
        text = await self.hass.async_add_executor_job(_uploaded, self.hass, file)
        return {**answers, CONF_DOCUMENT: text}

    async def _async_read(self, text: str, make: Callable[[object], Imported]) -> Tariff | Refused:
        if not text.strip():
            return Refused("no_document", {})
        if len(text) > MOST_CHARACTERS:
            return Refused("document_too_long", {"most": str(MOST_CHARACTERS)})
        try:
            document: object = json_loads(text)
        except JSON_DECODE_EXCEPTIONS as failed:
            return Refused("not_json", {"line": str(failed.lineno), "column": str(failed.colno)})
        try:
            # A document may be made so that it takes long to understand.
            imported = await self.hass.async_add_executor_job(make, document)
        except TariffInvalid as invalid:
            return await self._async_refused(invalid.problems)
        tariff = imported.tariff
        if tariff.currency not in (self.currency, self.hass.config.currency):
            return Refused("other_currency", {"theirs": tariff.currency, "ours": self.currency})
        if wrong := await self.async_wrong(tariff):
            return await self._async_refused(wrong)
        self.remarks = list(imported.warnings)
        return tariff

    async def _async_refused(self, problems: tuple[Problem, ...] | list[Problem]) -> Refused:
        """The first problem stands at the field, and all of them with their places above it."""
        first = problems[0]
        sentences = await self.async_sentences()
        return Refused(first.code, dict(first.values), sentences.lines(list(problems), paths=True))

    def _own(self, document: object) -> Imported:
        return Imported(replace(read(document), id=self.tariff_id), ())

    def _rate(self, document: object, name: str) -> Imported:
        imported = import_urdb(document, tariff_id=self.tariff_id, name=" ".join(name.split()), currency=self.currency)
        # What `check` says is asked for again when the tariff is complete.
        return Imported(imported.tariff, tuple(each for each in imported.warnings if each.code.startswith("T24")))


def as_text(tariff: Tariff) -> str:
    """A tariff as a document for people."""
    return json.dumps(write(tariff), indent=2, ensure_ascii=False)


def _uploaded(hass: HomeAssistant, file: str) -> str:
    """Text of an uploaded file, cut where it is too long. ValueError if it is no text or not there."""
    with process_uploaded_file(hass, file) as path:
        return _text(path)


def _text(path: Path) -> str:
    with path.open(encoding="utf-8-sig") as opened:
        return opened.read(MOST_CHARACTERS + 1)
