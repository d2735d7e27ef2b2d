"""A diagnostics dump is played again as it was heard."""

import json
from pathlib import Path

import pytest

from simulator.dump import DumpError, Said, pauses, read

MESSAGES = [
    {"time": 100.5, "topic": "panel_meter/1/a/live", "payload": {"uptime": 1}},
    {"time": 100.0, "topic": "panel_meter/1/a/info", "payload": {"name": "**REDACTED**"}},
    {"time": 101.0, "topic": "panel_meter/1/a/ack", "payload": {"seq": 1}},
    {"time": 500.0, "topic": "panel_meter/1/a/live", "payload": {"base64": "/w=="}},
    {"time": 100.1, "topic": "panel_meter/1/a/status", "payload": {"base64": "b25saW5l"}},
]


def dump(folder: Path, content: object) -> Path:
    path = folder / "dump.json"
    path.write_text(json.dumps(content))
    return path


def test_messages_of_the_board_come_in_their_order(tmp_path: Path) -> None:
    path = dump(tmp_path, {"home_assistant": {}, "data": {"panels": [{"messages": MESSAGES}]}})
    assert read(path) == [
        Said(100.0, "panel_meter/1/a/info", b'{"name":"**REDACTED**"}'),
        Said(100.1, "panel_meter/1/a/status", b"online"),
        Said(100.5, "panel_meter/1/a/live", b'{"uptime":1}'),
        Said(500.0, "panel_meter/1/a/live", b"\xff"),
    ]


def test_the_pace_is_that_of_the_recording_without_its_long_silences() -> None:
    messages = [Said(time, "t", b"") for time in (10.0, 12.0, 500.0)]
    assert [pause for pause, _ in pauses(messages, speed=2.0)] == [0.0, 1.0, 60.0]


@pytest.mark.parametrize("content", [[], {"data": {}}, {"panels": [{"messages": [{"topic": "x"}]}]}, "text"])
def test_another_file_is_refused_with_a_sentence(tmp_path: Path, content: object) -> None:
    with pytest.raises(DumpError, match="no diagnostics dump"):
        read(dump(tmp_path, content))
