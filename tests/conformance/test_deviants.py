"""The kit is no rubber stamp: boards that break one rule each are found out."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from simulator import board as board_module, commands, messages
from simulator.board import Board
from simulator.commands import CommandDesk
from simulator.posting import PostLink
from simulator.ring import Ring
from simulator.sender import Sender

from .board.bench import BoardBench
from .board.posts import PostingBench
from .checks import Check
from .runner import Verdict
from .simulated import check_boards, check_posting

pytestmark = pytest.mark.timeout(120)

type Patch = pytest.MonkeyPatch


def sends_at_every_ack(patch: Patch) -> None:
    def move(self: Board, ring: Ring, watermark: int) -> None:
        ring.watermark = watermark
        self.sender.moved()

    patch.setattr(Board, "move_watermark", move)


def believes_every_ack(patch: Patch) -> None:
    def obey(self: Board, _journal: str, seq: int) -> None:
        self.move_watermark(self.ring, min(seq, self.ring.newest))

    patch.setattr(Board, "_acknowledged", obey)


def never_goes_back(patch: Patch) -> None:
    honest = Board.move_watermark

    def move(self: Board, ring: Ring, watermark: int) -> None:
        if watermark > ring.watermark:
            honest(self, ring, watermark)

    patch.setattr(Board, "move_watermark", move)


def is_impatient(patch: Patch) -> None:
    honest = Sender.sent

    def sent(self: Sender, now: int) -> None:
        honest(self, now)
        self.timeout = 30_000

    patch.setattr(Sender, "sent", sent)


def writes_long_messages(patch: Patch) -> None:
    patch.setattr(messages, "RECORD_LIMIT", 1500)


def retains_everything(patch: Patch) -> None:
    honest = Board._say

    def say(self: Board, kind: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> None:
        honest(self, kind, payload, qos=qos, retain=True)
        if self.outbox:
            self.outbox[-1] = replace(self.outbox[-1], retain=True)

    patch.setattr(Board, "_say", say)


def forgets_commands(patch: Patch) -> None:
    patch.setattr(commands, "_REMEMBERED", 1)


def seldom_saves(patch: Patch) -> None:
    patch.setattr(board_module, "CHECKPOINT_PERIOD", 3600 * 1000)


@pytest.mark.parametrize(
    ("deviation", "says"),
    [
        (sends_at_every_ack, "An equal ack does nothing."),
        (believes_every_ack, "An ack above the newest row or for another journal is ignored."),
        (never_goes_back, "An ack with a lower seq is obeyed from the row behind it."),
        (is_impatient, "The time-out is 30 s and doubles to 300 s."),
        (writes_long_messages, "record has QoS 1 and at most 940 bytes, or one row."),
        (retains_everything, "The broker keeps info, status and ack, and nothing else."),
        (forgets_commands, "The last 8 ids are remembered."),
        (seldom_saves, "Across a reboot live.energy falls by no more than 60 s hold."),
    ],
)
def test_a_deviant_is_found_out(
    own_broker: None, monkeypatch: Patch, deviation: Callable[[Patch], None], says: str
) -> None:
    deviation(monkeypatch)

    def wanted(checks: list[Check[BoardBench]]) -> list[Check[BoardBench]]:
        return [check for check in checks if check.says == says]

    [outcome] = asyncio.run(check_boards(wanted, lambda _: None, clock=True))
    assert outcome.verdict is Verdict.FAIL
    assert not outcome.detail.startswith("The check broke")


def knocks_again(patch: Patch) -> None:
    patch.setattr(PostLink, "refusal", property(lambda _: None, lambda _, _refusal: None), raising=False)


def forgets_commands_at_once(patch: Patch) -> None:
    honest = CommandDesk.on_command

    def forgetful(self: CommandDesk, payload: bytes, now: int) -> None:
        self._answers.clear()
        honest(self, payload, now)

    patch.setattr(CommandDesk, "on_command", forgetful)


def is_never_too_large(patch: Patch) -> None:
    patch.setattr(Board, "halve", lambda self, now: self.sender.expire(now))


def does_not_wait(patch: Patch) -> None:
    patch.setattr(PostLink, "_not_before", property(lambda _: 0.0, lambda _, _when: None), raising=False)


def believes_what_was_not_said(patch: Patch) -> None:
    honest = Board._send

    def send(self: Board) -> None:
        honest(self)
        self.move_watermark(self.ring, self.ring.newest)

    patch.setattr(Board, "_send", send)


@pytest.mark.parametrize(
    ("deviation", "says"),
    [
        (knocks_again, "After 401 nothing more is posted."),
        (is_never_too_large, "After 413 half as many rows are posted."),
        (does_not_wait, "After 429 nothing is posted before Retry-After, and nothing is lost."),
        (does_not_wait, "After 5xx it waits longer each time, and nothing is lost."),
        (believes_what_was_not_said, "Rows that no answer acknowledges are kept and posted again."),
        (
            forgets_commands_at_once,
            "A command in an answer is carried out once and responded to, however often it is repeated.",
        ),
    ],
)
def test_a_deviant_that_posts_is_found_out(monkeypatch: Patch, deviation: Callable[[Patch], None], says: str) -> None:
    deviation(monkeypatch)

    def wanted(checks: list[Check[PostingBench]]) -> list[Check[PostingBench]]:
        return [check for check in checks if check.says == says]

    [outcome] = asyncio.run(check_posting(wanted, lambda _: None))
    assert outcome.verdict is Verdict.FAIL
    assert not outcome.detail.startswith("The check broke")
