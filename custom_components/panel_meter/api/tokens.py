"""Tokens of devices: shown once, kept only as a hash, rotated with an overlap, revoked with their source."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
import hmac
import re
import secrets
from typing import Any, Final, Self

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

STORAGE_KEY: Final = f"{DOMAIN}.tokens"
STORAGE_VERSION: Final = 1
#: Seconds between two notes on disk of when a token was used last, and until a note is written.
NOTE_USE_EVERY: Final = 600
SAVE_WITHIN: Final = 1.0

_TOKEN: Final = re.compile(r"pmt_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
#: What an unknown token is compared with, so that it takes as long as a known one.
_NOBODY: Final = sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that nobody has seen yet: its id, which is no secret, and its text, which is."""

    id: str
    text: str

    @classmethod
    def make(cls, token_id: str | None = None) -> Self:
        """A new token, or a new secret for a token that is there."""
        token_id = token_id or secrets.token_hex(6)
        return cls(token_id, f"pmt_{token_id}_{secrets.token_urlsafe(32)}")

    @property
    def digest(self) -> str:
        """What is kept of it."""
        return _digest(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is known of a token; instants in UTC seconds."""

    digest: str
    created: int
    last_used: int | None = None
    #: The token that this one replaced, and how long it still works.
    previous: str | None = None
    previous_until: int = 0
    #: The panel that it speaks for, once it has spoken.
    panel: str | None = None
    #: The secret part of the source's other address; Home Assistant needs it as it is.
    webhook: str | None = None


class Tokens:
    """All tokens of this Home Assistant, by their id."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Empty until ``async_load``."""
        self._store = Store[dict[str, dict[str, Any]]](hass, STORAGE_VERSION, STORAGE_KEY, private=True)
        self._records: dict[str, Record] = {}
        self._saving = False
        self._noted: dict[str, int] = {}

    async def async_load(self) -> None:
        """Read what is kept."""
        stored = await self._store.async_load() or {}
        self._records = {token_id: Record(**content) for token_id, content in stored.items()}
        self._noted = {token_id: record.last_used or 0 for token_id, record in self._records.items()}

    async def async_remove(self) -> None:
        """Forget all of them, on disk as well."""
        self._records.clear()
        await self._store.async_remove()
        # A save that was due is not any more.
        self._saving = False

    def get(self, token_id: str) -> Record | None:
        """What is known of a token."""
        return self._records.get(token_id)

    @callback
    def keep(self, token: NewToken, now: int, *, webhook: str | None = None) -> None:
        """Remember a new token."""
        self._set(token.id, Record(digest=token.digest, created=now, webhook=webhook))

    @callback
    def rotate(self, token: NewToken, now: int, overlap: int) -> None:
        """Replace a token; the one before goes on working for ``overlap`` seconds. KeyError if there is none."""
        before = self._records[token.id]
        after = replace(before, digest=token.digest, created=now, previous=None, previous_until=0)
        if overlap > 0:
            after = replace(after, previous=before.digest, previous_until=now + overlap)
        self._set(token.id, after)

    @callback
    def set_webhook(self, token_id: str, webhook: str | None) -> None:
        """Give the source of a token another address, or take it away."""
        if (record := self._records.get(token_id)) is not None:
            self._set(token_id, replace(record, webhook=webhook))

    @callback
    def bind(self, token_id: str, panel_id: str | None) -> None:
        """From now on the token speaks for this panel only; None: for the next one that it speaks for."""
        if (record := self._records.get(token_id)) is not None and record.panel != panel_id:
            self._set(token_id, replace(record, panel=panel_id))

    @callback
    def retain(self, wanted: Iterable[str]) -> None:
        """Revoke every token but these at once."""
        ids = set(wanted)
        if gone := [token_id for token_id in self._records if token_id not in ids]:
            for token_id in gone:
                del self._records[token_id]
            self._save()

    def owner(self, panel_id: str) -> str | None:
        """The token that alone speaks for a panel."""
        return next((token_id for token_id, each in self._records.items() if each.panel == panel_id), None)

    def verify(self, text: str, now: int) -> str | None:
        """The id of the token that ``text`` is; None if it is none. Takes as long either way."""
        match = _TOKEN.fullmatch(text)
        token_id = match[1] if match else ""
        record = self._records.get(token_id)
        offered = _digest(text)
        current = hmac.compare_digest(offered, record.digest if record else _NOBODY)
        previous = hmac.compare_digest(offered, (record.previous if record else None) or _NOBODY)
        if record is None or not (current or (previous and now < record.previous_until)):
            return None
        return token_id

    @callback
    def used(self, token_id: str, now: int) -> None:
        """Note when a token was used; on disk only now and then."""
        if (record := self._records.get(token_id)) is None:
            return
        self._records[token_id] = replace(record, last_used=now)
        if not 0 <= now - self._noted.get(token_id, 0) < NOTE_USE_EVERY:
            self._noted[token_id] = now
            self._save()

    def _set(self, token_id: str, record: Record) -> None:
        self._records[token_id] = record
        self._save()

    def _save(self) -> None:
        """Write soon. A save that is due is not put off by another one."""
        if not self._saving:
            self._saving = True
            self._store.async_delay_save(self._content, SAVE_WITHIN)

    @callback
    def _content(self) -> dict[str, dict[str, Any]]:
        self._saving = False
        return {token_id: asdict(record) for token_id, record in self._records.items()}


TOKENS: Final[HassKey[Tokens]] = HassKey(f"{DOMAIN}_tokens")


async def async_tokens(hass: HomeAssistant) -> Tokens:
    """The tokens of this Home Assistant. They outlive the hub: what is not on disk yet survives its reload."""
    if (tokens := hass.data.get(TOKENS)) is None:
        tokens = Tokens(hass)
        await tokens.async_load()
        hass.data[TOKENS] = tokens
    return tokens


async def async_remove_tokens(hass: HomeAssistant) -> None:
    """Forget all tokens when the hub is removed."""
    await (await async_tokens(hass)).async_remove()


def _digest(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()
