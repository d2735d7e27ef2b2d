"""What programs can read over REST: answers, forms, permissions, limits."""

from collections.abc import AsyncIterator, Iterator
import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
import json
import logging
from pathlib import Path
import re
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant
import jsonschema_rs
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.panel_meter.alerts.keeper import alert_keeper
from custom_components.panel_meter.api import rest
from custom_components.panel_meter.api.limits import Buckets
from custom_components.panel_meter.api.openapi import build
from custom_components.panel_meter.api.routes import ROUTES
from custom_components.panel_meter.core.alerts.model import Severity
from custom_components.panel_meter.core.steps import Step
from custom_components.panel_meter.ledger import LedgerUnavailable
from tests.core.protocol import PANEL

from .api_house import BASE, BEGAN, OTHER, House, a_house, approx, only, somebody, token_of
from .conftest import Say, unload_all
from .costs import NOON

READ = [route for route in ROUTES if route.method == "get"]
PATHS = [route.path.format(panel=PANEL.id) for route in READ]
#: Addresses that tell of one panel by its id.
OF_A_PANEL = [
    "panels/{panel}",
    *(f"{route.path}?panel={{panel}}" for route in READ if any(each.name == "panel" for each in route.parameters)),
]


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime.fromtimestamp(NOON, UTC))
    # It cannot write a frozen time.
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)


@pytest.fixture
async def house(hass: HomeAssistant, mqtt_mock: object, say: Say, _clock: None) -> AsyncIterator[House]:
    yield await a_house(hass, say)
    await unload_all(hass)


@pytest.fixture
async def client(house: House, hass_client: ClientSessionGenerator) -> TestClient:
    """An administrator's."""
    return await hass_client()


@pytest.fixture
async def stranger(house: House, hass_client_no_auth: ClientSessionGenerator) -> TestClient:
    """Sends no token by itself."""
    return await hass_client_no_auth()


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """These tests ask more often than a person."""
    with patch.object(rest, "PER_USER", (1000.0, 10_000.0)):
        yield


def _needs(path: str) -> dict[str, str]:
    """Usage has to be told which of the panels is meant."""
    return {"panel": PANEL.id} if path == "usage" else {}


async def get(client: TestClient, path: str, token: str | None = None, **query: Any) -> Any:
    answer = await ask(client, path, token, **query)
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def ask(client: TestClient, path: str, token: str | None = None, **query: Any) -> ClientResponse:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return await client.get(f"{BASE}/{path}", params=query, headers=headers)


async def problem(answer: ClientResponse, status: int) -> str:
    """The sentence of an error, which has the one form of all errors."""
    text = await answer.text()
    assert answer.status == status, text
    assert answer.content_type == "application/problem+json"
    found = json.loads(text)
    assert set(found) == {"type", "title", "status", "detail"}
    assert found["status"] == status
    assert found["detail"].endswith(".")
    assert "Traceback" not in text
    return str(found["detail"])


# --- values ---


async def test_panels_say_what_they_are(house: House, client: TestClient) -> None:
    found = await get(client, "panels")
    first, second = found["panels"]
    assert (found["total"], found["next"]) == (2, None)
    assert (first["id"], first["name"], first["online"], first["tariff"]) == (PANEL.id, "Apartment 101", True, "Home")
    assert first["roles"] == {"main": ["main"], "circuit": ["c1"], "solar": [], "battery": [], "sub": []}
    assert first["channels"][1]["entities"]["power"] == house.entity("apt-101/c1/power")
    assert first["channels"][1]["name"] == "Kitchen"
    assert first["entities"]["connectivity"] == house.entity("apt-101/connectivity", "binary_sensor")
    assert (second["id"], second["tariff"]) == (OTHER, None)
    assert await get(client, f"panels/{OTHER}") == second


async def test_live_values_are_those_of_the_last_message(house: House, client: TestClient) -> None:
    first, second = (await get(client, "live"))["panels"]
    assert first["channels"]["main"] == {"power_w": 1523.4, "current_a": 6.62, "power_factor": 0.99}
    assert first["voltage_v"] == [231.2]
    assert first["not_metered_w"] == 1313.4
    assert second["channels"]["c1"]["power_w"] == 300.0
    assert (await get(client, "live", panel=OTHER))["panels"] == [second]


async def test_a_panel_that_is_silent_has_no_present_values(
    house: House, client: TestClient, freezer: FrozenDateTimeFactory
) -> None:
    freezer.tick(300)
    house.entry.runtime_data.panels[PANEL.id].check_availability(NOON + 300)
    found = (await get(client, "live", panel=PANEL.id))["panels"][0]
    assert found["online"] is False
    assert found["channels"]["main"] == {"power_w": None, "current_a": None, "power_factor": None}
    assert found["voltage_v"] == [None]
    assert found["frequency_hz"] is found["not_metered_w"] is None


async def test_usage_is_what_was_used(house: House, client: TestClient) -> None:
    found = await get(client, "usage", panel=PANEL.id, **{"from": "2026-11-20", "step": "hour"})
    assert [each["register"] for each in found["registers"]] == ["main.import", "c1.import"]
    assert len(found["steps"]) == 12
    assert found["steps"][0]["start"] == "2026-11-20T00:00:00-08:00"
    assert found["steps"][-1]["end"] == "2026-11-20T12:00:00-08:00"
    assert all(each["energy_kwh"] == [1.2, 0.48] for each in found["steps"])
    assert found["total_kwh"] == [approx(14.4), approx(5.76)]
    assert found["settled_until"] == "2026-11-20T12:00:00-08:00"


async def test_usage_without_parameters_is_that_of_today_in_hours(house: House, client: TestClient) -> None:
    assert "several panels" in await problem(await ask(client, "usage"), 400)
    today = await get(client, "usage", panel=PANEL.id)
    assert today == await get(client, "usage", panel=PANEL.id, **{"from": "2026-11-20", "to": "2026-11-20T12:00"})


async def test_usage_of_one_channel(house: House, client: TestClient) -> None:
    found = await get(client, "usage", panel=PANEL.id, channel="c1", step="day", **{"from": "2026-11-18"})
    assert [each["energy_kwh"] for each in found["steps"]] == [[5.76], [11.52], [5.76]]


async def test_steps_of_any_length_add_up_to_the_whole(house: House, client: TestClient) -> None:
    span = {"from": "2026-11-18T12:03:20", "to": "2026-11-20T11:58:59"}
    whole = await get(client, "usage", panel=PANEL.id, step="year", **span)
    assert whole["total_kwh"][0] == pytest.approx(1.2 * (48 * 3600 - 200 - 61) / 3600, abs=1e-5)
    for step in Step:
        found = await get(client, "usage", panel=PANEL.id, step=step.value, **span)
        parts = [sum(Decimal(str(each["energy_kwh"][place])) for each in found["steps"]) for place in (0, 1)]
        assert parts == [Decimal(str(total)) for total in found["total_kwh"]], step
        assert whole["total_kwh"] == found["total_kwh"], step


async def test_pages_of_usage_are_the_whole(house: House, client: TestClient) -> None:
    query = {"panel": PANEL.id, "from": "2026-11-19T00:01", "to": "2026-11-20T11:59", "step": "15min"}
    whole = await get(client, "usage", **query)
    assert whole["next"] is None
    steps: list[Any] = []
    answer = await ask(client, "usage", limit=37, **query)
    while True:
        page = await answer.json()
        steps += page["steps"]
        if page["next"] is None:
            break
        assert answer.headers["Link"] == f'<{page["next"]}>; rel="next"'
        assert len(page["steps"]) == 37
        answer = await client.get(page["next"])
    assert steps == whole["steps"]


async def test_usage_as_a_table(house: House, client: TestClient) -> None:
    answer = await ask(client, "usage", panel=PANEL.id, step="3hours", format="csv")
    assert (answer.status, answer.content_type) == (200, "text/csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="usage.csv"'
    table = list(csv.reader(StringIO(await answer.text())))
    assert table[0] == ["start", "end", "main.import_kwh", "c1.import_kwh"]
    assert table[1] == ["2026-11-20T00:00:00-08:00", "2026-11-20T03:00:00-08:00", "3.600000", "1.440000"]
    assert len(table) == 5


async def test_a_signed_address_needs_no_token(house: House, stranger: TestClient, hass_admin_user: MockUser) -> None:
    refresh = await house.hass.auth.async_create_refresh_token(hass_admin_user, "https://example.com")
    path = async_sign_path(
        house.hass,
        f"{BASE}/usage?panel={PANEL.id}&format=csv",
        timedelta(minutes=1),
        refresh_token_id=refresh.id,
    )
    assert (await stranger.get(path)).status == 200
    assert (await stranger.get(path.replace(PANEL.id, OTHER))).status == 401


async def test_today_says_energy_and_costs(house: House, client: TestClient) -> None:
    first, second = (await get(client, "today"))["panels"]
    assert first["energy_kwh"] == approx(14.4)
    assert first["channels"] == {"main": {"imported_kwh": approx(14.4)}, "c1": {"imported_kwh": approx(5.76)}}
    # 14.4 kWh at 0.25 and a tax of a tenth.
    assert (first["cost"], first["currency"]) == (3.96, "EUR")
    assert first["circuit_costs"] == {"c1": 1.58}
    assert (second["energy_kwh"], second["cost"], second["currency"]) == (approx(1.44), None, None)


async def test_today_counts_what_live_messages_are_ahead(house: House, client: TestClient) -> None:
    house.board.live(NOON, 100_000, 50_000)
    found = (await get(client, "today", panel=PANEL.id))["panels"][0]
    assert found["energy_kwh"] == approx(14.5)
    assert found["channels"]["c1"] == {"imported_kwh": approx(5.81)}


async def test_months_of_a_year(house: House, client: TestClient) -> None:
    first, second = (await get(client, "monthly", year=2026))["panels"]
    energies = [each["energy_kwh"] for each in first["months"]]
    assert energies == [0.0] * 10 + [approx(57.6), 0.0]
    assert second["months"][10]["channels"]["c1"] == {"imported_kwh": approx(0.6)}
    assert first["months"][10]["start"] == "2026-11-01T00:00:00-07:00"
    past = (await get(client, "monthly", year=2020, panel=PANEL.id))["panels"][0]["months"]
    assert [each["energy_kwh"] for each in past] == [0.0] * 12


async def test_summary_says_what_a_card_shows(house: House, client: TestClient) -> None:
    first, second = (await get(client, "summary"))["panels"]
    assert (first["power_w"], first["energy_today_kwh"]) == (1523.4, approx(14.4))
    assert (first["cost_today"], first["price_per_kwh"], first["price_period"]) == (3.96, 0.275, "all day")
    assert first["projected_bill"]["low"] <= first["projected_bill"]["probable"] <= first["projected_bill"]["high"]
    assert second == {
        "id": OTHER,
        "name": "Apartment 102",
        "online": True,
        "last_seen": "2026-11-20T12:00:00-08:00",
        "power_w": 720.0,
        "energy_today_kwh": approx(1.44),
        "energy_this_month_kwh": approx(1.44),
        "currency": None,
    }


async def test_bills_and_tariffs(house: House, client: TestClient) -> None:
    found = await get(client, "bills")
    running = found["bills"][0]
    assert (running["panel"], running["complete"], running["first_day"]) == (PANEL.id, False, "2026-11-01")
    assert running["imported_kwh"] == approx(57.6)
    assert sum(Decimal(str(line["amount"])) for line in running["lines"]) == Decimal(str(running["total"]))
    assert found["total"] == len(found["bills"])
    assert (await get(client, "bills", panel=OTHER))["bills"] == []
    tariffs = (await get(client, "tariffs"))["tariffs"]
    assert [(each["name"], each["panels"], each["document"]["id"]) for each in tariffs] == [
        ("Home", [PANEL.id], "home")
    ]


async def test_health(house: House, client: TestClient, freezer: FrozenDateTimeFactory) -> None:
    found = await get(client, "health")
    assert (found["status"], found["ledger"]) == ("ok", {"writable": True, "waiting_changes": 0})
    house.entry.runtime_data.panels[OTHER].check_availability(NOON + 300)
    assert (await get(client, "health"))["status"] == "degraded"


# --- the document ---


async def test_the_document_is_the_router(house: House, client: TestClient) -> None:
    served = {
        (route.resource.canonical, route.method)
        for route in house.hass.http.app.router.routes()
        # Home Assistant answers to OPTIONS itself.
        if route.resource is not None and route.resource.canonical.startswith(f"{BASE}/") and route.method != "OPTIONS"
    }
    document = await get(client, "openapi.json")
    written = {(path, method.upper()) for path, operations in document["paths"].items() for method in operations}
    assert written == served


async def test_answers_fit_their_schemas(house: House, client: TestClient) -> None:
    for path in PATHS:
        document = build()
        route = READ[PATHS.index(path)]
        schema = {"$ref": f"#/components/schemas/{route.schema}", "components": document["components"]}
        query = _needs(path)
        answer = await get(client, path, **query)
        jsonschema_rs.validate(schema, answer, validate_formats=True)
        narrow = await get(
            client,
            path,
            await token_of(house.hass, somebody(house.hass, only(house.entity("apt-101/c1/power")))),
            **query,
        )
        jsonschema_rs.validate(schema, narrow, validate_formats=True)


def test_the_document_names_every_schema_that_it_uses() -> None:
    document = json.dumps(build())
    known = set(json.loads(document)["components"]["schemas"])
    used = {part.split('"')[0] for part in document.split("#/components/schemas/")[1:]}
    assert used == known


# --- who may read what ---


async def test_nobody_reads_without_a_token(house: House, stranger: TestClient) -> None:
    for path in [*PATHS, "openapi.json"]:
        for token in (None, "wrong", "eyJhbGciOiJub25lIn0.e30."):
            answer = await ask(stranger, path, token)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            await problem(answer, 401)


async def test_a_wrong_token_counts_as_a_wrong_login(house: House, stranger: TestClient) -> None:
    with patch("homeassistant.components.http.ban.process_wrong_login") as counted:
        assert (await ask(stranger, "panels", "wrong")).status == 401
    counted.assert_awaited_once()


async def test_users_read_and_inactive_ones_do_not(
    house: House, stranger: TestClient, hass_read_only_user: MockUser, hass_read_only_access_token: str
) -> None:
    for path in [*PATHS, "openapi.json"]:
        assert (await ask(stranger, path, hass_read_only_access_token, **_needs(path))).status == 200
    hass_read_only_user.is_active = False
    for path in [*PATHS, "openapi.json"]:
        await problem(await ask(stranger, path, hass_read_only_access_token, **_needs(path)), 401)


async def test_a_panel_that_may_not_be_seen_is_as_one_that_is_not_there(house: House, stranger: TestClient) -> None:
    for path in OF_A_PANEL:
        kitchen = somebody(house.hass, only(house.entity("apt-101/c1/power")))
        nobody = somebody(house.hass, {})
        tokens = [await token_of(house.hass, user) for user in (kitchen, nobody)]
        for token, foreign in [(tokens[0], OTHER), (tokens[1], OTHER), (tokens[1], PANEL.id)]:
            seen = await problem(await ask(stranger, path.format(panel=foreign), token), 404)
            assert seen == await problem(await ask(stranger, path.format(panel="no-such-panel"), token), 404)


async def test_nothing_leaks_to_somebody_who_may_read_one_value(house: House, stranger: TestClient) -> None:
    for path in PATHS:
        token = await token_of(house.hass, somebody(house.hass, only(house.entity("apt-101/c1/power"))))
        text = await (await ask(stranger, path, token)).text()
        # The only other thing that is told is that the panel is there.
        for secret in (
            "Apartment 102",
            OTHER,
            "Mains",
            "main.import",
            "1523.4",
            "14.4",
            'EUR", "cost',
            "0.275",
            "waiting",
        ):
            assert secret not in text, secret
        if path == "live":
            assert json.loads(text)["panels"][0]["channels"] == {
                "c1": {"power_w": 210.0, "current_a": None, "power_factor": None}
            }


async def test_a_user_without_any_right_sees_nothing(house: House, stranger: TestClient) -> None:
    token = await token_of(house.hass, somebody(house.hass, {}))
    for path in ("panels", "live", "today", "monthly", "summary", "bills", "tariffs", "health"):
        found = await get(stranger, path, token)
        assert not found[path if path in ("bills", "tariffs") else "panels"]
    assert (await get(stranger, "health", token))["ledger"] is None


async def test_energy_of_a_circuit_needs_the_right_to_its_energy(house: House, stranger: TestClient) -> None:
    user = somebody(house.hass, only(house.entity("apt-101/c1/energy_import")))
    found = await get(stranger, "usage", await token_of(house.hass, user))
    assert [each["register"] for each in found["registers"]] == ["c1.import"]
    assert found["total_kwh"] == [approx(5.76)]
    answer = await ask(stranger, "usage", await token_of(house.hass, user), channel="main")
    await problem(answer, 404)


async def test_a_bill_does_not_tell_circuits_to_whom_may_not_see_them(house: House, stranger: TestClient) -> None:
    user = somebody(house.hass, only(house.entity("apt-101/bill_so_far")))
    bill = (await get(stranger, "bills", await token_of(house.hass, user)))["bills"][0]
    assert bill["imported_kwh"] == approx(57.6)
    assert not {"circuits", "demands", "not_metered"} & set(bill)


async def test_other_methods_are_refused(house: House, client: TestClient) -> None:
    for path in [*PATHS, "openapi.json"]:
        posts = any(route.method == "post" and route.path == path for route in ROUTES)
        for method in ("put", "patch", "delete", *(() if posts else ("post",))):
            answer = await client.request(method, f"{BASE}/{path}", json={"is_admin": True})
            assert answer.status == 405, (method, path)


# --- caches, limits, and what goes wrong ---


async def test_what_did_not_change_is_not_sent_again(house: House, client: TestClient) -> None:
    for path in [*PATHS, "openapi.json", f"usage?panel={PANEL.id}&format=csv"]:
        first = await ask(client, path, **_needs(path))
        tag = first.headers["ETag"]
        assert first.headers["Cache-Control"] == "private, no-cache"
        for known in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
            again = await client.get(f"{BASE}/{path}", params=_needs(path), headers={"If-None-Match": known})
            assert (again.status, await again.read(), again.headers["ETag"]) == (304, b"", tag)
        assert (
            await client.get(f"{BASE}/{path}", params=_needs(path), headers={"If-None-Match": '"other"'})
        ).status == 200


async def test_the_tag_changes_with_the_answer(house: House, client: TestClient) -> None:
    before = (await ask(client, "live")).headers["ETag"]
    house.other.live(NOON)
    assert (await ask(client, "live")).headers["ETag"] == before
    house.board.live(NOON, 5, 5)
    assert (await ask(client, "live")).headers["ETag"] != before


async def test_lists_have_pages(house: House, client: TestClient) -> None:
    first = await get(client, "panels", limit=1)
    assert ([each["id"] for each in first["panels"]], first["total"]) == ([PANEL.id], 2)
    answer = await client.get(first["next"])
    second = await answer.json()
    assert ([each["id"] for each in second["panels"]], second["next"]) == ([OTHER], None)
    assert (await get(client, "panels", offset=7))["panels"] == []


WRONG = [
    "step=minute",
    "step=",
    "from=yesterday",
    "from=2026-13-01",
    "from=2026-02-30",
    "from=1-1-1",
    "from=0001-01-01",
    "from=9999-12-31T23:59:59-23:59",
    "from=2026-11-20T25:00",
    "from=2026-11-20T10:00%2B99:99",
    "from=%00",
    "from=NaN",
    "from=2026-11-20&to=2026-11-19",
    "limit=0",
    "limit=5001",
    "limit=-1",
    "limit=1e3",
    "limit=%D9%A3",
    "limit=99999999999999999999",
    "format=xml",
    "form=csv",
    "channel=",
    "channel=,",
    "channel=c1,,main",
    f"channel={'a,' * 200}a",
    f"channel={'a' * 5000}",
    "channel=c1&channel=main",
    "panel=apt-101&panel=apt-102",
    "panel=apt-101,apt-102",
]


async def test_a_wrong_parameter_is_a_sentence(house: House, client: TestClient) -> None:
    for query in WRONG:
        start = "" if "panel=" in query else f"panel={PANEL.id}&"
        detail = await problem(await ask(client, f"usage?{start}{query}"), 400)
        assert "parameter" in detail, query


async def test_an_id_that_no_panel_has_is_not_found(house: House, client: TestClient) -> None:
    for panel in ["../secrets", "a'--", "<script>", "\u202e", "x" * 300, "%", "{panel}", "..%2f..%2f"]:
        for path in (f"panels/{quote(panel, safe='')}", f"usage?panel={quote(panel, safe='')}"):
            answer = await ask(client, path)
            assert answer.status in (400, 404), path
            assert panel not in await answer.text()


async def test_a_plus_sign_may_be_forgotten(house: House, client: TestClient) -> None:
    right = await get(client, "usage", panel=PANEL.id, **{"from": "2026-11-20T09:00:00+01:00"})
    answer = await client.get(f"{BASE}/usage?panel={PANEL.id}&from=2026-11-20T09:00:00+01:00")
    assert await answer.json() == right
    assert right["steps"][0]["start"] == "2026-11-20T00:00:00-08:00"


async def test_a_century_in_small_steps_costs_one_page(house: House, client: TestClient) -> None:
    found = await get(
        client, "usage", panel=PANEL.id, step="5min", limit=5000, **{"from": "1990-01-01", "to": "2199-12-31"}
    )
    assert len(found["steps"]) == 5000
    assert "from=1990-01-18" in found["next"]


async def test_an_empty_span_is_empty(house: House, client: TestClient) -> None:
    found = await get(client, "usage", panel=PANEL.id, **{"from": "2026-11-20", "to": "2026-11-20"})
    assert (found["steps"], found["total_kwh"], found["next"]) == ([], [0.0, 0.0], None)


async def test_who_asks_too_often_waits(house: House, client: TestClient) -> None:
    house.hass.data[rest._READERS] = Buckets(1.0, 3.0)
    answers = [await ask(client, "health") for _ in range(5)]
    assert [answer.status for answer in answers[:3]] == [200] * 3
    await problem(answers[-1], 429)
    assert int(answers[-1].headers["Retry-After"]) >= 1


async def test_a_ledger_that_cannot_be_read_is_a_sentence(house: House, client: TestClient) -> None:
    with patch.object(house.entry.runtime_data.ledger, "energy", side_effect=LedgerUnavailable("Secret path.")):
        for path in (f"usage?panel={PANEL.id}", "today", "monthly"):
            assert "Secret" not in await problem(await ask(client, path), 503)


async def test_a_fault_of_ours_tells_no_internals(house: House, client: TestClient) -> None:
    with patch.object(house.entry.runtime_data.ledger, "energy", side_effect=ZeroDivisionError("secret")):
        assert "secret" not in await problem(await ask(client, "today"), 500)


async def test_it_says_so_while_panel_meter_does_not_run(
    house: House, client: TestClient, hass_read_only_access_token: str
) -> None:
    assert await house.hass.config_entries.async_unload(house.entry.entry_id)
    for path in PATHS:
        assert "not running" in await problem(await ask(client, path), 503)
    assert (await ask(client, "openapi.json")).status == 200
    assert await house.hass.config_entries.async_setup(house.entry.entry_id)
    await house.hass.async_block_till_done()
    assert (await get(client, "panels"))["total"] == 2


def test_the_days_of_the_house_are_as_the_tests_say() -> None:
    assert datetime.fromtimestamp(BEGAN, UTC).date() == date(2026, 11, 18)


# --- the documentation ---

GUIDE = Path(__file__).parents[2] / "docs" / "api" / "README.md"


def test_the_guide_names_every_address_with_its_parameters() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|.*\| (.*)\|$", GUIDE.read_text().split("## WebSocket")[0], re.MULTILINE)
    written = {path: set(re.findall(r"`(\w+)`", parameters)) for path, parameters in rows}
    assert written == {
        **{
            route.path if route.method == "get" else f"POST {route.path}": {
                each.name for each in (*route.parameters, *route.members)
            }
            for route in ROUTES
        },
        "openapi.json": set(),
    }


async def test_the_addresses_of_the_guide_work(house: House, client: TestClient) -> None:
    guide = GUIDE.read_text()
    found = set(re.findall(r'/api/panel_meter/v1/[^"\s`)]+', guide)) - {f"{BASE}/"}
    posted = re.findall(r"-d '([^']+)'[^/]*\"\$HOME_ASSISTANT(/api/panel_meter/v1/[^\"]+)\"", guide)
    assert len(found) >= 5
    assert len(posted) >= 3
    for address in found - {address for body, address in posted}:
        answer = await client.get(address)
        assert answer.status == 200, address
    for body, address in posted:
        alert = alert_keeper(house.hass).create(PANEL.id, None, Severity.INFO, "Look")
        answer = await client.post(address.replace("/17/", f"/{alert.id}/"), data=body)
        assert answer.status in (200, 201), await answer.text()


async def test_the_commands_of_the_guide_are_those_that_there_are(house: House) -> None:
    known = {command for command in house.hass.data["websocket_api"] if command.startswith("panel_meter/")}
    assert set(re.findall(r"^\| `(panel_meter/\w+)`", GUIDE.read_text(), re.MULTILINE)) == known
