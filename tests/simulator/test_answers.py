"""A board behind its connection: answers are not lost on the way out."""

import json

from simulator.faults import FaultPlan
from simulator.messages import Message
from simulator.transport import Broker, Links
from simulator.unit import BoardUnit

from .bench import HOUR, bench


def test_b7_the_answer_to_reboot_is_not_overtaken_by_the_reboot_however_fast_time_runs() -> None:
    board = bench().connect().board
    links = Links(Broker())
    unit = BoardUnit(board, links, FaultPlan(), HOUR)
    sent: list[Message] = []
    unit.link.publish = sent.append  # type: ignore[method-assign]
    command = {"id": "7f3a", "boot": board.boot, "op": "reboot"}
    unit._on_message(board.spec.topic("command"), json.dumps(command).encode())
    unit.step(HOUR + 60_000)
    links.close()
    assert {"id": "7f3a", "ok": True} in [json.loads(each.payload) for each in sent if each.kind == "response"]
    assert board.flash.settings is not None
    assert board.flash.settings.boots == 2
