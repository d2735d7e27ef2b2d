"""Diagnostics: complete, without names, and good enough to play the panel again."""

import json
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.panel_meter.diagnostics import async_get_config_entry_diagnostics
from simulator.dump import read
from tests.core.protocol import HOUR, info, live, record

from .conftest import Say


async def dump(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, Any]:
    content = await async_get_config_entry_diagnostics(hass, entry)
    return json.loads(json.dumps(content))


async def test_they_tell_what_happened_and_name_nobody(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, tmp_path: Path
) -> None:
    say("info", info(), retain=True)
    say("live", live())
    say("live", b"\xff")
    say("record", record([[1, HOUR + 300, 300, 0, 100_000, 5]]))
    say("record", record([[2, HOUR + 600, 300, 0, 1, 5]]))
    await hass.async_block_till_done()
    await entry.runtime_data.writer.run(lambda: None)
    content = await dump(hass, entry)
    text = json.dumps(content)
    assert "Apartment 101" not in text
    assert "Kitchen" not in text
    (panel,) = content["panels"]
    assert panel["rejections"] == {"not_json": 1}
    assert panel["events"] == {"rows_rejected": 1}
    assert panel["totals"] == {"main.import": 100_000, "c1.import": 5}
    assert content["ledger"]["intervals"] == 1
    assert content["ledger"]["rejected"] == {"apt-101": {"energy_falling": 1}}
    kinds = [message["topic"].rsplit("/")[-1] for message in panel["messages"]]
    assert [kind for kind in kinds if kind != "ack"] == ["info", "live", "live", "record", "record"]
    path = tmp_path / "dump.json"
    path.write_text(json.dumps({"data": content}))
    assert [said.kind for said in read(path)] == ["info", "live", "live", "record", "record"]
    assert {"base64": "/w=="} in [message["payload"] for message in panel["messages"]]
