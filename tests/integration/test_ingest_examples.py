"""The examples of docs/api do what they say."""

import asyncio
import json
import os
from pathlib import Path
import re
import sys
from typing import Any

from aiohttp.test_utils import TestClient
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
import yaml

from custom_components.panel_meter.api.ingest import PATH
from custom_components.panel_meter.api.old_paths import OLD_PATHS

from .conftest import subscribed
from .posting import Device, a_device

API = Path(__file__).parent.parent.parent / "docs" / "api"
EXAMPLES = API / "examples"


@pytest.fixture
async def client(entry: MockConfigEntry, hass_client_no_auth: ClientSessionGenerator) -> TestClient:
    return await hass_client_no_auth()


@pytest.fixture
async def device(hass: HomeAssistant, entry: MockConfigEntry, client: TestClient) -> Device:
    return await a_device(hass, entry, client)


async def added(hass: HomeAssistant, entry: MockConfigEntry, name: str) -> Any:
    entry.runtime_data.add_panel(f"posted:{name}", name, "posted")
    await subscribed(hass)
    return entry.runtime_data.panels[f"posted:{name}"]


async def test_the_body_of_the_sketch(hass: HomeAssistant, entry: MockConfigEntry, device: Device) -> None:
    panel = await added(hass, entry, "esp32_001")
    sketch = (EXAMPLES / "esp32_post.ino").read_text()
    form = json.loads(re.search(r'sizeof\(body\), ("(?:[^"\\]|\\.)*")', sketch)[1])
    name = re.search(r'DEVICE = "([^"]+)"', sketch)[1]
    assert len(form % (name, 99.999, 230.5, -40.0)) < int(re.search(r"char body\[(\d+)\]", sketch)[1])
    await device.said((form % (name, 2.3, 230.5, 32.5)).encode())
    assert panel.measurements.power == (pytest.approx(2.3 * 230.5),)
    assert panel.measurements.temperature == 32.5
    assert PATH in sketch


async def test_the_body_of_esphome(hass: HomeAssistant, entry: MockConfigEntry, device: Device) -> None:
    panel = await added(hass, entry, "cellar")

    class Loader(yaml.SafeLoader):
        """Takes ESPHome's own tags as text."""

    Loader.add_constructor("!secret", lambda loader, node: loader.construct_scalar(node))
    config = yaml.load((EXAMPLES / "esphome_post.yaml").read_text(), Loader)
    (step,) = config["interval"][0]["then"][0]["if"]["then"]
    post = step["http_request.post"]
    assert post["url"].endswith(PATH)
    assert post["request_headers"]["Authorization"] == "panel_meter_token"
    lines = re.findall(r'root\["(\w+)"\] = (.+);', post["json"])
    values = {
        "deviceId": json.loads(dict(lines)["deviceId"]),
        "power": 460.0,
        "energy_kwh": 12.345,
        "timestamp": 1_795_204_800,
    }
    body = {key: values[key] for key, _ in lines}
    assert set(body) == set(values)
    assert (await device.said(body))["accepted"] == 1
    assert panel.measurements.power == (460.0,)


async def test_the_program_in_python(hass: HomeAssistant, entry: MockConfigEntry, device: Device) -> None:
    panel = await added(hass, entry, "cellar")
    address = str(device.client.make_url(PATH))

    async def run(token: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(EXAMPLES / "post.py"),
            address,
            "cellar",
            "460",
            "12.345",
            env={**os.environ, "PANEL_METER_TOKEN": token},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, error = await process.communicate()
        return process.returncode, (out + error).decode()

    code, said = await run(device.token.text)
    assert (code, "'accepted': 1" in said) == (0, True), said
    assert panel.measurements.power == (460.0,)
    code, said = await run("wrong")
    assert (code, said.startswith("A valid token is needed")) == (1, True), said


async def test_the_command_of_the_page(hass: HomeAssistant, entry: MockConfigEntry, device: Device) -> None:
    panel = await added(hass, entry, "esp32_001")
    page = (API / "ingest.md").read_text()
    command = re.search(r"```sh\n(curl .*?)```", page, re.DOTALL)[1]
    here = command.replace("http://homeassistant.local:8123" + PATH, str(device.client.make_url(PATH)))
    assert here != command
    process = await asyncio.create_subprocess_shell(
        here,
        env={**os.environ, "TOKEN": device.token.text},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert json.loads(out)["accepted"] == 1
    assert panel.measurements.power == (pytest.approx(2.3 * 230.5),)


def test_the_page_names_every_old_path_and_no_other() -> None:
    page = (API / "ingest.md").read_text().partition("## Paths of older systems")[2]
    methods = re.findall(r"`(GET|POST|PUT|DELETE) (/[^`?]+)", page)
    others = [("POST", path) for path in re.findall(r"`(/api/auth/[^`]+)`", page)]
    assert {*methods, *others} == {(old.method, old.path) for old in OLD_PATHS}
    for old in OLD_PATHS:
        row = next(line for line in page.splitlines() if old.path in line and old.method in line)
        told = row.rpartition("| ")[2]
        assert told.startswith(("410", "501")) is (old.answer is None), old.path
