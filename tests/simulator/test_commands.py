"""B6, B7 and F3: commands, the clock from the host, and new journals."""

import json

import pytest

from .bench import HOUR, SteadyLoad, bench

OPS = {
    "set_interval": {"interval": 900},
    "set_live_interval": {"live_interval": 10},
    "calibrate": {"channel": "c1", "gain": 1.0123},
    "zero": {"channel": "c1"},
    "phase": {"channel": "c1", "phase": 1.5},
    "waveform": {"channel": "c1"},
    "set_name": {"name": "Küche"},
    "set_time": {"uptime": 0, "time": HOUR // 1000},
    "identify": {},
    "resend": {"seq": 1},
    "new_journal": {},
    "reboot": {},
}


@pytest.mark.parametrize("op", OPS)
def test_b7_every_op_is_answered_within_512_bytes(op: str) -> None:
    table = bench().connect()
    values = dict(OPS[op])
    if op == "resend":
        values["journal"] = table.board.ring.shape.journal
    table.listen()
    table.say("command", json.dumps({"id": "7f3a", "boot": table.board.boot, "op": op, **values}).encode())
    answers = [message for message in table.board.outbox if message.kind == "response"]
    assert answers
    assert all(len(message.payload) <= 512 and message.qos == 1 and not message.retain for message in answers)
    assert all(json.loads(message.payload)["ok"] is True for message in answers)
    assert all(json.loads(message.payload)["id"] == "7f3a" for message in answers)


@pytest.mark.parametrize(
    ("op", "values", "error"),
    [
        ("set_interval", {"interval": 59}, "range"),
        ("set_interval", {"interval": 420}, "range"),
        ("set_interval", {"interval": 7200}, "range"),
        ("set_interval", {"interval": "300"}, "range"),
        ("set_interval", {"interval": True}, "range"),
        ("set_interval", {}, "range"),
        ("set_live_interval", {"live_interval": 0}, "range"),
        ("set_live_interval", {"live_interval": 61}, "range"),
        ("calibrate", {"channel": "c1", "gain": 0.49}, "range"),
        ("calibrate", {"channel": "c1", "gain": 2.01}, "range"),
        ("calibrate", {"channel": "c1"}, "range"),
        ("calibrate", {"channel": "c1", "reference": 1e9}, "range"),
        ("calibrate", {"channel": "c9", "gain": 1}, "channel"),
        ("phase", {"channel": "c1", "phase": 90}, "range"),
        ("set_name", {"name": ""}, "range"),
        ("set_name", {"name": "x" * 65}, "range"),
        ("set_name", {"name": 7}, "range"),
        ("resend", {"journal": "00000000", "seq": 1}, "journal"),
        ("format_disk", {}, "op"),
    ],
)
def test_b7_nonsense_is_refused_and_changes_nothing(op: str, values: dict[str, object], error: str) -> None:
    table = bench().connect()
    before = (table.board.settings.pack(), list(table.board.meter.gains))
    assert table.command(op, **values) == {"id": "7f3a", "ok": False, "error": error}
    assert (table.board.settings.pack(), list(table.board.meter.gains)) == before


def test_b7_a_command_for_another_boot_is_refused() -> None:
    table = bench().connect()
    answer = table.command("set_interval", interval=900, boot="00000000")
    assert answer == {"id": "7f3a", "ok": False, "error": "boot"}
    assert table.board.settings.interval == 300


@pytest.mark.parametrize("missing", ["id", "boot", "op"])
def test_b7_what_lacks_a_mandatory_key_is_no_command(missing: str) -> None:
    table = bench().connect()
    table.listen()
    content = {"id": "7f3a", "boot": table.board.boot, "op": "set_interval", "interval": 900}
    del content[missing]
    table.say("command", json.dumps(content).encode())
    assert "response" not in table.kinds()
    assert table.board.settings.interval == 300


def test_b7_the_last_eight_ids_are_remembered() -> None:
    table = bench().connect()
    journal = table.board.ring.shape.journal
    table.command("new_journal", key="first")
    second = table.board.ring.shape.journal
    assert second != journal
    assert table.command("new_journal", key="first")["ok"] is True
    assert table.board.ring.shape.journal == second
    for number in range(7):
        table.command("identify", key=f"n{number}")
    table.command("new_journal", key="first")
    assert table.board.ring.shape.journal == second
    table.command("identify", key="n8")
    table.command("new_journal", key="first")
    assert table.board.ring.shape.journal != second


@pytest.mark.parametrize(
    ("op", "values", "key", "shown"),
    [
        ("set_interval", {"interval": 900}, "interval", 900),
        ("set_live_interval", {"live_interval": 30}, "live_interval", 30),
        ("set_name", {"name": "Küche ☕"}, "name", "Küche ☕"),
    ],
)
def test_b7_what_took_effect_shows_in_info_and_survives_a_power_cut(
    op: str, values: dict[str, object], key: str, shown: object
) -> None:
    table = bench().connect()
    table.command(op, **values)
    infos = [content for kind, content in table.heard if kind == "info"]
    assert len(infos) == 2
    assert isinstance(infos[-1], dict)
    assert infos[-1][key] == shown
    table.board.power_cut(table.now)
    table.board.power_on(table.now)
    table.connect()
    [info] = [content for kind, content in table.listen() if kind == "info"]
    assert isinstance(info, dict)
    assert info[key] == shown


def test_b7_the_name_of_a_channel() -> None:
    table = bench().connect()
    table.command("set_name", name="Oven", channel="c1")
    infos = [content for kind, content in table.heard if kind == "info"]
    assert isinstance(infos[-1], dict)
    assert [channel["name"] for channel in infos[-1]["channels"]] == ["Mains", "Oven"]
    assert infos[-1]["name"] == "Apartment 101"


def test_b7_calibrate_scales_from_now_on_and_sets_flag_16() -> None:
    table = bench().connect().wait(100)
    table.command("calibrate", channel="c1", gain=1.5)
    table.wait(500)
    first, second = table.rows()
    assert first[3] == 16 | 32
    assert second[3] == 32
    assert first[5] == 100 * 100 + 200 * 150
    assert second[5] - first[5] == 300 * 150


def test_b7_calibrate_against_a_reference_and_again_is_the_same() -> None:
    table = bench().connect()
    for _ in range(2):
        table.command("calibrate", channel="c1", reference=450)
        assert table.board.meter.gains[1] == pytest.approx(1.25)
        table.at += 1
    assert table.board.meter.power(table.now)[1] == 450_000


def test_b7_a_new_interval_ends_the_open_one_at_its_next_multiple() -> None:
    table = bench(start=100).connect()
    table.command("set_interval", interval=60)
    table.wait(100)
    assert [row[:4] for row in table.rows()] == [
        [1, HOUR // 1000 + 120, 20, 4 | 32],
        [2, HOUR // 1000 + 180, 60, 32],
    ]


def test_b7_waveform_is_answered_in_numbered_parts() -> None:
    table = bench().connect()
    table.command("waveform", channel="main")
    parts = [content for kind, content in table.heard if kind == "response"]
    assert [part["part"] for part in parts if isinstance(part, dict)] == [1, 2, 3, 4]
    assert all(isinstance(part, dict) and part["parts"] == 4 for part in parts)
    samples = [value for part in parts if isinstance(part, dict) for value in part["samples"]]
    assert len(samples) == 160
    assert max(samples) == pytest.approx(3600 / 230 * 2**0.5, abs=0.1)


def test_b7_reboot_answers_first_and_loses_nothing() -> None:
    table = bench().connect().wait(45)
    boot = table.board.boot
    assert table.command("reboot")["ok"] is True
    table.wait(1)
    assert not table.board.powered
    table.wait(3)
    assert table.board.boot != boot
    # It counted on until half a second after the command, and then from the moment it was back.
    assert table.board.registers.energies[0] == 45_500
    table.wait(400)
    assert table.rows()[0][3] & 1


def test_b7_resend_sends_again_from_there_at_once() -> None:
    table = bench(interval=60, start=2400, history=2400).connect()
    table.ack(40)
    table.listen()
    table.command("resend", journal=table.board.ring.shape.journal, seq=11)
    records = [content for kind, content in table.heard if kind == "record"]
    assert isinstance(records[-1], dict)
    assert records[-1]["records"][0][0] == 11


def test_b7_resend_does_not_wait_for_the_timer_of_a_board_that_nobody_answered() -> None:
    table = bench(interval=60, start=2400, history=2400).connect().wait(3000)
    table.listen()
    table.command("resend", journal=table.board.ring.shape.journal, seq=1)
    assert [kind for kind, _ in table.heard[-2:]].count("record") == 1


def test_b6_the_host_sets_the_clock_of_a_board_that_has_none() -> None:
    table = bench(sntp=False).connect().wait(100)
    assert table.command("set_time", uptime=98, time=HOUR // 1000 + 100)["ok"] is True
    assert table.board.time == HOUR // 1000 + 100
    table.wait(200)
    assert table.rows()[0][:4] == [1, HOUR // 1000 + 300, 300, 32]


@pytest.mark.parametrize("uptime", [94, 101, 0])
def test_b6_a_clock_that_was_too_long_on_its_way_is_refused(uptime: int) -> None:
    table = bench(sntp=False).connect().wait(100)
    answer = table.command("set_time", uptime=uptime, time=HOUR // 1000 + 100)
    assert answer == {"id": "7f3a", "ok": False, "error": "uptime"}
    assert table.board.time == 0


def test_f3_a_new_journal_is_refused_while_records_wait() -> None:
    table = bench().connect().wait(700)
    assert table.command("new_journal") == {"id": "7f3a", "ok": False, "error": "unacknowledged"}


def test_f3_a_planned_journal_closes_the_interval_drains_the_old_one_and_then_begins() -> None:
    table = bench().connect().wait(700)
    table.ack(2)
    old = table.board.ring.shape.journal
    assert table.command("new_journal")["ok"] is True
    [record] = [content for kind, content in table.heard[-3:] if kind == "record"] or [None]
    assert record is None or isinstance(record, dict)
    assert table.board.ring.shape.journal == old
    last = table.rows()[-1]
    assert (last[0], last[2], last[3]) == (3, 100, 4 | 32)
    table.wait(7)
    table.ack(3)
    messages = table.listen()
    assert table.board.ring.shape.journal != old
    lives = [content for kind, content in messages if kind == "live"]
    infos = [content for kind, content in messages if kind == "info"]
    # The host can book what came after the last record from the last live message of the old journal.
    assert isinstance(lives[-1], dict)
    assert lives[-1]["journal"] == old
    assert lives[-1]["energy"][0] == 707_000
    assert isinstance(infos[-1], dict)
    assert infos[-1]["journal"] == table.board.ring.shape.journal
    table.wait(300)
    assert table.rows()[0][0] == 1
    assert table.rows()[0][4] == 900_000 - 707_000
    assert table.board.truth.totals()["main.import"] == 707_000 + table.board.registers.energies[0]


def test_f3_a_forced_journal_begins_at_once_and_the_old_one_is_drained_first_with_its_registers() -> None:
    table = bench(interval=60).connect().wait(610)
    old = table.board.ring.shape.journal
    table.command("new_journal", force=True)
    new = table.board.ring.shape.journal
    assert new != old
    table.wait(400)
    seen: list[tuple[str, int]] = []
    for _ in range(20):
        records = [content for kind, content in table.listen() if kind == "record"]
        if not records:
            break
        record = records[-1]
        assert isinstance(record, dict)
        seen += [(record["journal"], row[0]) for row in record["records"]]
        named = record["journal"] != new
        assert ("registers" in record) == named
        assert not named or record["registers"] == list(table.board.names)
        table.ack(record["records"][-1][0], journal=record["journal"])
        table.wait(1)
    assert seen == [(old, seq) for seq in range(1, 12)] + [(new, seq) for seq in range(1, 7)]
    assert len(table.board.flash.rings) == 1


def test_f3_a_forced_journal_of_a_board_without_a_clock_holds_only_what_it_counted_itself() -> None:
    table = bench(sntp=False, interval=60).connect().wait(250)
    assert table.command("new_journal", force=True)["ok"] is True
    table.wait(50)
    uptime = table.board.uptime
    assert table.command("set_time", key="clock", uptime=uptime, time=HOUR // 1000 + 300)["ok"] is True
    table.wait(120)
    rows = table.rows()
    assert [row[4] for row in rows] == sorted(row[4] for row in rows)
    assert rows[0][4] < 100_000


def test_f3_another_list_of_registers_begins_a_new_journal_and_keeps_the_old_rows() -> None:
    from simulator.storage import Storage

    storage = Storage()
    table = bench(storage=storage).wait(1000)
    old = table.board.ring.shape
    other = bench(storage=storage, load=SteadyLoad(solar=True), start=1000).connect()
    assert other.board.ring.shape.journal != old.journal
    assert other.board.registers.energies == (0, 0, 0, 0, 0)
    [record] = [content for kind, content in other.listen() if kind == "record"]
    assert isinstance(record, dict)
    assert record["journal"] == old.journal
    assert record["registers"] == ["main.import", "c1.import"]
