"""B4, B5 and B8: how records are sent, repeated and acknowledged."""

import itertools
import json

import pytest

from .bench import HOST, Bench, bench


def full(rows: int = 40, **spec: object) -> Bench:
    """A connected board with that many unacknowledged records, whose first message is on its way."""
    table = bench(interval=60, start=rows * 60, history=rows * 60, capacity=512, live_interval=60, **spec)
    return table.connect()


def test_b4_the_first_message_holds_the_oldest_rows_within_940_bytes() -> None:
    table = full()
    [message] = [message for message in table.board.outbox if message.kind == "record"]
    assert (message.qos, message.retain) == (1, False)
    assert 940 - 60 < len(message.payload) <= 940
    content = json.loads(message.payload)
    assert content["oldest"] == 1
    assert [row[0] for row in content["records"]] == list(range(1, len(content["records"]) + 1))
    assert set(content) == {"journal", "oldest", "records"}


def test_b4_nothing_more_is_sent_before_an_ack_and_the_ack_triggers_the_next_at_once() -> None:
    table = full()
    [first] = table.sent()
    table.wait(29)
    assert table.sent() == []
    table.ack(first[-1])
    [second] = table.sent()
    assert second[0] == first[-1] + 1


def test_b4_the_timeout_is_30_s_and_doubles_to_300_s() -> None:
    table = full()
    began = table.at
    moments = []
    while len(moments) < 8:
        moments += [table.at - began for _ in table.sent()]
        table.wait(1)
    assert [later - earlier for earlier, later in itertools.pairwise(moments)] == [
        30, 60, 120, 240, 300, 300, 300,
    ]  # fmt: skip


def test_b4_a_moved_watermark_sets_the_timeout_back() -> None:
    table = full()
    table.wait(100)
    [*_, last] = table.sent()
    table.ack(last[-1])
    assert len(table.sent()) == 1
    table.wait(29)
    assert table.sent() == []
    table.wait(2)
    assert len(table.sent()) == 1


def test_b4_an_equal_ack_does_nothing() -> None:
    table = full()
    [first] = table.sent()
    table.ack(first[-1])
    assert len(table.sent()) == 1
    for _ in range(5):
        table.ack(first[-1])
    assert table.sent() == []


def test_b4_a_part_of_the_message_may_be_acknowledged() -> None:
    table = full()
    [first] = table.sent()
    table.ack(first[2])
    [second] = table.sent()
    assert second[0] == first[3]


def test_b4_all_are_drained_by_one_ack_per_message() -> None:
    table = full(rows=200)
    seen: list[int] = []
    while batches := table.sent():
        [batch] = batches
        seen += batch
        table.ack(batch[-1])
    assert seen == list(range(1, table.board.ring.newest + 1))
    assert table.board.ring.unacknowledged == 0


def test_b4_a_record_that_closes_while_all_is_acknowledged_is_sent_at_once() -> None:
    table = bench(interval=60).connect()
    table.wait(60)
    assert table.sent() == [[1]]
    table.ack(1)
    table.wait(60)
    assert table.sent() == [[2]]


def test_b4_a_row_that_is_larger_than_940_bytes_goes_alone() -> None:
    from simulator.messages import record_payload
    from simulator.ring import Ring, RingShape
    from simulator.storage import Storage

    names = tuple(f"c{number}.{way}" for number in range(32) for way in ("import", "export"))
    ring = Ring(Storage(), RingShape("5c1e90aa", names, 8))
    for seq in range(1, 4):
        ring.append(seq * 60, 60, 0, (2**53 - 1,) * 64)
    payload, last = record_payload(ring, named=False)
    assert last == 1
    assert len(payload) > 940
    assert len(json.loads(payload)["records"]) == 1


def test_b4_a_reconnect_expires_the_timer_once() -> None:
    table = full()
    table.wait(100)
    table.listen()
    table.disconnect().connect()
    assert len(table.sent()) == 1
    table.wait(20)
    assert table.sent() == []


def test_b4_nothing_is_sent_while_disconnected() -> None:
    table = full().disconnect()
    table.listen()
    table.wait(4000)
    assert table.listen() == []
    assert table.board.next_event() is not None


def test_b4_homeassistant_online_means_try_again_after_a_jitter_from_the_id() -> None:
    delays = set()
    for name in ("apt-101", "apt-102", "house"):
        table = full(id=name)
        # After 215 s the next attempt by itself is 240 s away.
        table.wait(215)
        table.listen()
        began = table.at
        table.board.on_message("homeassistant/status", b"online", table.now)
        while not table.sent():
            table.wait(0.1)
            assert table.at - began <= 10.2
        delays.add(round(table.at - began, 1))
        table.wait(20)
        assert table.sent() == []
    assert len(delays) == 3


def test_b4_homeassistant_offline_means_nothing() -> None:
    table = full()
    table.wait(215)
    table.listen()
    table.board.on_message("homeassistant/status", b"offline", table.now)
    table.wait(20)
    assert table.sent() == []


def test_b5_a_lower_ack_is_obeyed() -> None:
    table = full(rows=200)
    for _ in range(5):
        [batch] = table.sent()
        table.ack(batch[-1])
    table.listen()
    table.ack(7)
    [batch] = table.sent()
    assert batch[0] == 8


def test_b5_a_lower_ack_is_obeyed_from_the_oldest_row_that_is_left() -> None:
    table = bench(interval=60, capacity=10).connect()
    for _ in range(30):
        table.wait(60)
        table.ack(table.board.ring.newest)
    table.listen()
    table.ack(3)
    [content] = [content for kind, content in table.listen() if kind == "record"]
    assert isinstance(content, dict)
    assert content["oldest"] == 21
    assert content["records"][0][0] == 21
    # The same ack again changes nothing, although it is below the watermark.
    table.ack(3)
    assert table.sent() == []


def test_b5_an_ack_above_the_newest_row_is_ignored() -> None:
    table = full()
    table.listen()
    table.ack(10_000)
    assert table.sent() == []
    assert table.board.ring.watermark == 0


def test_b5_an_ack_for_another_journal_is_ignored() -> None:
    table = full()
    table.listen()
    table.ack(5, journal="00000000")
    assert table.sent() == []
    assert table.board.ring.watermark == 0


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"host":"9e01c7d2","seq":5}',
        b'{"host":"9e01c7d2","journal":"%s","seq":"5"}',
        b'{"host":"9e01c7d2","journal":"%s","seq":5.0}',
        b'{"host":"9e01c7d2","journal":"%s","seq":true}',
        b'{"host":"9e01c7d2","journal":"%s","seq":-1}',
        b'{"journal":"%s","seq":5}',
        b'{"host":7,"journal":"%s","seq":5}',
        b'{"host":"9e01c7d2","journal":7,"seq":5}',
        b"\xff\xfe",
        b"[" * 5000,
        b'{"a":"' + b"x" * 9000 + b'"}',
    ],
)
def test_b5_a_broken_ack_changes_nothing(payload: bytes) -> None:
    table = full()
    table.listen()
    table.say("ack", payload.replace(b"%s", table.board.ring.shape.journal.encode()))
    assert table.board.ring.watermark == 0
    assert table.sent() == []


def test_b5_unknown_keys_of_an_ack_are_ignored() -> None:
    table = full()
    content = {"host": HOST, "journal": table.board.ring.shape.journal, "seq": 3, "future": [1]}
    table.say("ack", json.dumps(content).encode())
    assert table.board.ring.watermark == 3


def test_b5_the_watermark_is_in_the_checkpoint() -> None:
    table = full()
    table.ack(5)
    table.wait(61)
    table.board.power_cut(table.now)
    table.board.power_on(table.now)
    assert table.board.ring.watermark == 5


def test_b8_days_without_a_network_neither_restart_the_board_nor_lose_the_ring() -> None:
    table = bench(capacity=2048)
    boot = table.board.boot
    table.wait(5 * 86_400)
    assert table.board.boot == boot
    assert (table.board.ring.oldest, table.board.ring.newest) == (1, 5 * 288)
