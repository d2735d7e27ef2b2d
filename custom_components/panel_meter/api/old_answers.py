"""What the paths of the systems that Panel Meter replaces answer, each in the words of its system."""

from dataclasses import asdict, dataclass
from time import time
from typing import Any, Final

from aiohttp import web
from homeassistant.auth.models import User
from homeassistant.components.http import KEY_AUTHENTICATED
from homeassistant.core import HomeAssistant
from homeassistant.helpers.http import KEY_HASS
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonValueType
import orjson

from ..const import PANEL_TEXTS
from ..core.codecs.posted import NAME as POSTED
from ..core.model import Direction
from ..core.steps import Step
from ..hub import Hub
from ..panel import PanelRuntime
from .ingest import async_take, authorized
from .limits import read_body
from .parameters import YEAR
from .problem import forbidden, invalid, not_found
from .queries import kwh, live, local, seen_panels, seen_registers, summary
from .rest import check_user
from .saved import SavedReading, async_saved
from .sight import Sight, sight_of
from .sources import loaded
from .usage import async_months, async_today, async_usage

#: Records of one answer, as PowerQ had it.
MOST_RECORDS: Final = 50
#: The channel of a device that posts.
MAIN: Final = "main"
DAY: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who asks, and what is there for them: a user of Home Assistant, or a device that asks for its own values."""

    hass: HomeAssistant
    hub: Hub
    sight: Sight
    #: None: all that ``sight`` lets through.
    own: frozenset[str] | None
    #: None: a device.
    user: User | None

    def panels(self) -> list[PanelRuntime]:
        """The panels that may be seen."""
        seen = seen_panels(self.hub, self.sight)
        return [panel for panel in seen if self.own is None or panel.id in self.own]

    def panel(self, device: str) -> PanelRuntime:
        """The panel of a device, under its own name or under that of Panel Meter; Problem 404 if it is not there."""
        for panel in self.panels():
            if panel.id in (device, f"{POSTED}:{device}"):
                return panel
        raise not_found("There is no such panel.")

    def chosen(self, request: web.Request) -> PanelRuntime:
        """The panel that a request names, or the only one there is."""
        for key in ("deviceId", "device", "apartment", "panel"):
            if (named := request.query.get(key)) is not None:
                return self.panel(named)
        panels = self.panels()
        if len(panels) != 1:
            raise not_found("There is not just one panel: name it, as in '?deviceId=esp32_001'.")
        return panels[0]


def reader(request: web.Request) -> Reader:
    """Who asks. Problem 401 without a token, 503 while the hub is not loaded."""
    hass = request.app[KEY_HASS]
    if request.get(KEY_AUTHENTICATED):
        user = check_user(hass, request)
        _, hub, _ = loaded(hass)
        return Reader(hass=hass, hub=hub, sight=sight_of(hass, hub, user), own=None, user=user)
    post = authorized(hass, request)
    own = {post.own_panel} if post.own_panel else set[str]()
    if post.source.gateway:
        posted = {panel_id for panel_id in post.hub.panels if panel_id.startswith(f"{POSTED}:")}
        own = {panel_id for panel_id in posted if post.tokens.owner(panel_id) is None}
    return Reader(hass=hass, hub=post.hub, sight=Sight.everything(), own=frozenset(own), user=None)


def answer(content: object, status: int = 200) -> web.Response:
    """JSON that nobody keeps."""
    return web.Response(
        body=orjson.dumps(content),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


async def read_object(request: web.Request) -> dict[str, Any]:
    """The body of a request. Problem 400 if it is no JSON object."""
    try:
        told = orjson.loads(await read_body(request))
    except orjson.JSONDecodeError:
        raise invalid("The body is not JSON.") from None
    if not isinstance(told, dict):
        raise invalid("The body is no JSON object.")
    return told


# --- devices post ---


async def take(request: web.Request) -> web.Response:
    """Take what a device posts."""
    post = authorized(request.app[KEY_HASS], request)
    taken = await async_take(post, await read_body(request))
    content: dict[str, Any] = orjson.loads(taken.body if isinstance(taken.body, bytes) else b"{}")
    return answer({"success": True, **content}, 201 if taken.status == 200 else taken.status)


# --- three panels over MQTT ---


async def realtime(request: web.Request) -> web.Response:
    """The latest data of each panel, and whether it speaks."""
    asked = reader(request)
    return answer([_latest(asked, panel) for panel in asked.panels()])


def _latest(asked: Reader, panel: PanelRuntime) -> dict[str, JsonValueType]:
    now = summary(asked.hub, panel, asked.sight)
    power = now["power_w"]
    registers = [each for each in panel.consumption if each in seen_registers(panel, asked.sight)]
    totals = [panel.shown_total(register) for register in registers]
    known = [total for total in totals if total is not None]
    return {
        "panel": panel.id,
        "name": now["name"],
        "power_kw": round(power / 1000, 6) if isinstance(power, int | float) else None,
        "energy_kwh": kwh(sum(known)) if known else None,
        "timestamp": now["last_seen"],
        "status": "ONLINE" if panel.available else "OFFLINE",
    }


async def today_usage(request: web.Request) -> web.Response:
    """Energy and cost of each panel since local midnight."""
    asked = reader(request)
    found = [await async_today(asked.hub, panel, asked.sight) for panel in asked.panels()]
    return answer(
        [
            {
                "panel": each["id"],
                "usage_kwh": each["energy_kwh"],
                "cost": each["cost"],
                "currency": each["currency"],
            }
            for each in found
        ]
    )


async def monthly(request: web.Request) -> web.Response:
    """Energy of each panel in the months of a year."""
    asked = reader(request)
    year = YEAR.of(request.query) or dt_util.now().year
    found = [await async_months(asked.hub, panel, asked.sight, year) for panel in asked.panels()]
    return answer([{"panel": each["id"], "year": year, "months": each["months"]} for each in found])


async def summaries(request: web.Request) -> web.Response:
    """The latest data of each panel for the current day."""
    asked = reader(request)
    return answer([{**_latest(asked, panel), **summary(asked.hub, panel, asked.sight)} for panel in asked.panels()])


# --- devices that post, and those who read them ---


async def readings(request: web.Request) -> web.Response:
    """The newest readings of one device, the newest first."""
    asked = reader(request)
    return answer(_records(asked, asked.panel(request.match_info["device"]))[:MOST_RECORDS])


async def measurements(request: web.Request) -> web.Response:
    """The newest readings of all devices that may be seen, the newest first."""
    asked = reader(request)
    records = [record for panel in asked.panels() for record in _records(asked, panel)]
    records.sort(key=lambda record: str(record["timestamp"]), reverse=True)
    return answer(records[:MOST_RECORDS])


def _records(asked: Reader, panel: PanelRuntime) -> list[dict[str, JsonValueType]]:
    """What a device posted since Panel Meter started, the newest first."""
    found: list[dict[str, JsonValueType]] = []
    if not all(asked.sight.value(panel.id, MAIN, key) for key in ("power", "current")):
        return found
    for came, topic, payload in reversed(panel.recent):
        if topic != "http":
            continue
        said = orjson.loads(payload)
        found.append(
            {
                "deviceId": said["device"],
                "current": said.get("current"),
                "voltage": said.get("voltage"),
                "power": said.get("power"),
                "temperature": said.get("temperature"),
                "timestamp": dt_util.utc_from_timestamp(said.get("time", came)).isoformat(),
            }
        )
    return found


async def usage(request: web.Request) -> web.Response:
    """The last 24 hours of a panel in steps of five minutes: mean power, and the counter at the end of each step."""
    asked = reader(request)
    panel = asked.chosen(request)
    registers = [each for each in seen_registers(panel, asked.sight) if each.direction is Direction.IMPORT]
    main = [each for each in registers if each in panel.consumption]
    end = int(time()) // 300 * 300
    found = await async_usage(asked.hub, panel, main, end - DAY, end, Step.FIVE_MINUTES, 300)
    energies = [sum(row) for row in found.energies]
    counter = sum(panel.meter.totals.get(each, 0) for each in main) - sum(energies) if panel.meter else 0
    rows = []
    for place, energy in enumerate(energies):
        counter += energy
        rows.append(
            {
                "timestamp": local(found.edges[place + 1]),
                "power": round(energy * 12 / 1000, 3),
                "current": None,
                "kWh": kwh(counter),
            }
        )
    return answer(rows)


# --- apartments ---


async def power_data(request: web.Request) -> web.Response:
    """The present values of an apartment."""
    asked = reader(request)
    panel = asked.chosen(request)
    return answer({**asdict(_present(asked, panel)), "status": "connected" if panel.available else "disconnected"})


def _present(asked: Reader, panel: PanelRuntime) -> SavedReading:
    now = live(asked.hub, panel, asked.sight)
    voltages, channels = now["voltage_v"], now["channels"]
    first = next(iter(channels.values()), None) if isinstance(channels, dict) else None
    values = first if isinstance(first, dict) else {}
    return SavedReading(
        time=int(panel.last_seen or time()),
        voltage=_number(voltages[0] if isinstance(voltages, list) and voltages else None),
        current=_number(values.get("current_a")),
        power=_number(values.get("power_w")),
    )


def _number(value: JsonValueType) -> float | None:
    return value if isinstance(value, int | float) else None


async def save_reading(request: web.Request) -> web.Response:
    """Save the present values of an apartment, and tell what was saved so far."""
    asked = reader(request)
    panel = asked.chosen(request)
    if not panel.available:
        raise invalid("The panel does not speak at the moment, so there is nothing to save.")
    saved, reading = await async_saved(asked.hass), _present(asked, panel)
    saved.add(panel.id, reading)
    return answer({"success": True, "reading": asdict(reading), "history": asdict(saved.review(panel.id))}, 201)


async def saved_readings(request: web.Request) -> web.Response:
    """The readings that were saved of an apartment, with their average, maximum and number."""
    asked = reader(request)
    panel = asked.chosen(request)
    saved = await async_saved(asked.hass)
    return answer(
        {**asdict(saved.review(panel.id)), "readings": [asdict(each) for each in reversed(saved.of(panel.id))]}
    )


# --- devices ---


async def devices(request: web.Request) -> web.Response:
    """What each panel is and what its owner says of it."""
    asked = reader(request)
    return answer([_device(asked, panel) for panel in asked.panels()])


def _device(asked: Reader, panel: PanelRuntime) -> dict[str, JsonValueType]:
    subentry = asked.hub.entry.subentries[panel.subentry_id]
    main = panel.description.channels[0] if panel.description else None
    return {
        "id": panel.id,
        "deviceId": panel.id.removeprefix(f"{POSTED}:"),
        "name": subentry.title,
        **{key: subentry.data.get(key) for key in PANEL_TEXTS},
        "rating": main.rating if main else None,
        "status": live(asked.hub, panel, asked.sight)["online"],
    }


MOST_TEXT: Final = 200
MOST_RATING: Final = 10_000


async def change_device(request: web.Request) -> web.Response:
    """Change what the owner says of a panel: its name, type, rating, location and description."""
    asked = reader(request)
    if asked.user is None or not asked.user.is_admin:
        raise forbidden("Only an administrator of Home Assistant may change a panel.")
    panel = asked.panel(request.match_info["device"])
    told = await read_object(request)
    if not told or set(told) - {"name", "rating", *PANEL_TEXTS}:
        raise invalid("Tell at least one of name, type, rating, location and description, and nothing else.")
    subentry = asked.hub.entry.subentries[panel.subentry_id]
    texts: dict[str, Any] = {key: _text(told[key], key) for key in PANEL_TEXTS if key in told}
    data: dict[str, Any] = {**subentry.data, **texts}
    if "rating" in told:
        data["channels"] = _with_rating(panel, subentry.data.get("channels", {}), told["rating"])
    title = _text(told["name"], "name") if "name" in told else subentry.title
    asked.hass.config_entries.async_update_subentry(asked.hub.entry, subentry, data=data, title=title)
    return answer({"success": True})


def _text(value: object, key: str) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= MOST_TEXT:
        raise invalid(f"The value of '{key}' must be text of 1 to {MOST_TEXT} characters.")
    return value.strip()


def _with_rating(panel: PanelRuntime, channels: dict[str, Any], rating: object) -> dict[str, Any]:
    """The settings of the channels with another rating of the first one, in ampere."""
    if isinstance(rating, bool) or not isinstance(rating, int | float) or not 0 < rating <= MOST_RATING:
        raise invalid(f"The rating must be a number of ampere up to {MOST_RATING}.")
    if panel.description is None:
        raise invalid("The panel has not told what it measures.")
    first = panel.description.channels[0].id
    return {**channels, first: {**channels.get(first, {}), "rating": rating}}
