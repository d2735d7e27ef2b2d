"""A damaged or lost ledger is put aside, replaced by the newest good copy and never silently empty."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
import random
import sqlite3

import pytest

from custom_components.panel_meter.ledger import (
    Ledger,
    LedgerDamaged,
    LedgerError,
    LedgerTooNew,
    copies_in,
    make_copy,
    migrations,
    open_or_rescue,
    sqlite_url,
)

from .build import JOURNAL, MAIN, NOON, change, panel, row, sums
from .older import check_version_1, tables, write_version_1


def filled(path: Path, rows: int = 400) -> Ledger:
    """A ledger of some pages."""
    ledger = Ledger.open(sqlite_url(path))
    ledger.commit([replace(change(*(row(seq, 10, 1, seq) for seq in range(1, rows + 1))), description=panel())])
    return ledger


def garbage(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(path.stat().st_size))


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 100])


def beheaded(path: Path) -> None:
    path.write_bytes(b"\0" * 100 + path.read_bytes()[100:])


def torn(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[8192:12288] = bytes(4096)
    path.write_bytes(content)


def without_a_table(path: Path) -> None:
    _alter(path, "DROP TABLE rejected")


def without_its_version(path: Path) -> None:
    _alter(path, "DELETE FROM meta")


def with_a_wrong_hour(path: Path) -> None:
    _alter(path, "UPDATE hour SET energy = energy + 1 WHERE register = 1")


def of_another_program(path: Path) -> None:
    path.unlink()
    _alter(path, "CREATE TABLE states (id INTEGER)")


def _alter(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


DAMAGES = [
    garbage,
    emptied,
    truncated,
    beheaded,
    torn,
    without_a_table,
    without_its_version,
    with_a_wrong_hour,
    of_another_program,
]


def test_a_sound_ledger_needs_no_rescue(path: Path) -> None:
    for rescued in (None, None):
        ledger, rescue = open_or_rescue(path, [path.with_name("nowhere.db")], NOON)
        assert rescue is rescued
        ledger.close()


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_put_aside(path: Path, damage: Callable[[Path], None]) -> None:
    filled(path).close()
    damage(path)
    content = path.read_bytes()
    with pytest.raises(LedgerDamaged):
        Ledger.open(sqlite_url(path))

    ledger, rescue = open_or_rescue(path, [], NOON)
    assert rescue is not None
    assert rescue.reason
    assert rescue.restored is None
    assert rescue.damaged == path.with_name(f"{path.name}.damaged-{NOON}")
    assert rescue.damaged.stat().st_size == len(content)
    ledger.commit([change(row(1, 1))])
    ledger.close()


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_newest_good_copy_takes_its_place(path: Path, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    ledger = filled(path)
    folder = tmp_path / "copies"
    good = make_copy(ledger, folder, NOON)
    ledger.commit([change(row(401, 1))])
    bad = make_copy(ledger, folder, NOON + 1)
    ledger.close()
    damage(bad)
    damage(path)

    restored, rescue = open_or_rescue(path, [good, bad], NOON + 2)
    assert rescue is not None
    assert rescue.restored == good
    assert rescue.unusable == (bad,)
    assert sums(restored)[MAIN] == 4000
    assert restored.load()["apt-1"].description == panel()
    assert good.exists()
    assert bad.exists()
    restored.verify()
    restored.close()


def test_a_lost_file_is_restored(path: Path, tmp_path: Path) -> None:
    ledger = filled(path)
    copy = make_copy(ledger, tmp_path / "copies", NOON)
    ledger.close()
    path.unlink()
    ledger, rescue = open_or_rescue(path, copies_in(tmp_path / "copies"), NOON + 1)
    assert rescue is not None
    assert (rescue.damaged, rescue.restored) == (None, copy)
    assert sums(ledger)[MAIN] == 4000
    ledger.close()


@pytest.mark.parametrize("damage", [None, garbage, without_a_table])
def test_a_copy_of_version_1_is_lifted_when_it_takes_the_place(
    path: Path, tmp_path: Path, damage: Callable[[Path], None] | None
) -> None:
    copy = tmp_path / f"panel_meter-{NOON}.db"
    write_version_1(copy)
    content = copy.read_bytes()
    if damage is not None:
        filled(path).close()
        damage(path)
    ledger, rescue = open_or_rescue(path, [copy], NOON + 1)
    assert rescue is not None
    assert rescue.restored == copy
    assert copy.read_bytes() == content
    check_version_1(ledger)
    # The next copy is one of the present version.
    again = Ledger.open(sqlite_url(make_copy(ledger, tmp_path / "copies", NOON + 2)))
    assert again.stats().version == migrations.VERSION
    check_version_1(again)
    again.close()
    ledger.close()


def test_a_damaged_ledger_of_version_1_is_put_aside_with_all_that_it_holds(path: Path) -> None:
    write_version_1(path)
    with_a_wrong_hour(path)
    before = tables(path)
    ledger, rescue = open_or_rescue(path, [], NOON)
    assert rescue is not None
    assert rescue.damaged is not None
    after = tables(rescue.damaged)
    assert {name: after[name] for name in before if name != "meta"} == {
        name: rows for name, rows in before.items() if name != "meta"
    }
    assert ledger.load() == {}
    ledger.close()


def test_a_log_without_its_file_is_never_played_into_another(path: Path, tmp_path: Path) -> None:
    ledger = filled(path)
    copy = make_copy(ledger, tmp_path / "copies", NOON)
    log = path.with_name(f"{path.name}-wal")
    kept = log.read_bytes()
    assert kept
    ledger.close()
    path.unlink()
    for copies, energy in (([], None), ([copy], 4000)):
        log.write_bytes(kept)
        ledger, rescue = open_or_rescue(path, copies, NOON)
        assert rescue is not None
        assert rescue.damaged is not None
        assert rescue.damaged.read_bytes() == kept
        assert sums(ledger).get(MAIN) == energy
        ledger.close()
        path.unlink()


def test_two_rescues_in_one_second_keep_both_files(path: Path) -> None:
    kept = set()
    for _ in range(2):
        path.write_bytes(b"garbage")
        ledger, rescue = open_or_rescue(path, [], NOON)
        ledger.close()
        assert rescue is not None
        kept.add(rescue.damaged)
    assert len(kept) == 2


def test_a_newer_ledger_is_not_put_aside(path: Path) -> None:
    filled(path).close()
    _alter(path, "UPDATE meta SET value = 99")
    with pytest.raises(LedgerTooNew):
        open_or_rescue(path, [], NOON)
    assert path.exists()


def test_flipped_bits_never_pass_for_other_energy(path: Path, tmp_path: Path) -> None:
    """Whatever byte is flipped: the ledger opens with the right totals, or it is damaged, or `verify` tells."""
    filled(path).close()
    sound = path.read_bytes()
    totals = {MAIN: 4000}
    dice, noticed = random.Random(7), 0
    for _ in range(150):
        content = bytearray(sound)
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        path.write_bytes(content)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        try:
            ledger = Ledger.open(sqlite_url(path))
        except LedgerDamaged, LedgerTooNew:
            noticed += 1
            continue
        try:
            ledger.verify()
        except LedgerError:
            noticed += 1
        else:
            stored = ledger.load().get("apt-1")
            if stored is not None:
                assert {register: stored.totals.get(register) for register in totals} == totals
        finally:
            ledger.close()
    assert noticed > 10


@pytest.mark.parametrize("flip", [False, True], ids=["cut", "flipped"])
def test_a_torn_log_loses_the_last_commits_whole(path: Path, tmp_path: Path, flip: bool) -> None:
    """Only a power cut before the disk's promise could do this; what is left must still agree."""
    ledger = Ledger.open(sqlite_url(path))
    for seq in range(1, 41):
        ledger.commit([change(row(seq, 10, 1, seq))])
    main, log = path.read_bytes(), path.with_name(f"{path.name}-wal").read_bytes()
    ledger.close()
    dice, seen = random.Random(11), set()
    for number in range(25):
        torn_path = tmp_path / str(number) / "l.db"
        torn_path.parent.mkdir()
        torn_path.write_bytes(main)
        place = dice.randrange(len(log))
        rest = bytes([log[place] ^ 8]) + log[place + 1 :] if flip else b""
        torn_path.with_name("l.db-wal").write_bytes(log[:place] + rest)
        left, rescue = open_or_rescue(torn_path, [], NOON)
        assert rescue is None
        left.verify()
        stored = left.load().get("apt-1")
        kept = stored.journals[JOURNAL].watermark if stored else 0
        assert sums(left).get(MAIN, 0) == 10 * kept
        seen.add(kept)
        left.close()
    assert len(seen) > 5
    assert max(seen) <= 40


def test_copies_rotate_and_are_whole(path: Path, tmp_path: Path) -> None:
    ledger = filled(path)
    folder = tmp_path / "copies"
    made = [make_copy(ledger, folder, NOON + day, keep=2) for day in range(4)]
    assert copies_in(folder) == [made[3], made[2]]
    assert sorted(folder.iterdir()) == sorted(copies_in(folder))
    ledger.close()
    copy = Ledger.open(sqlite_url(made[3]))
    copy.verify()
    assert sums(copy)[MAIN] == 4000
    copy.close()
    assert copies_in(tmp_path / "none") == []


def test_a_copy_replaces_an_unfinished_one(path: Path, tmp_path: Path) -> None:
    ledger = filled(path)
    target = tmp_path / "copy.db"
    (tmp_path / "copy.db.draft").write_bytes(b"unfinished")
    target.write_bytes(b"old")
    ledger.copy_to(target)
    ledger.close()
    copy = Ledger.open(sqlite_url(target))
    assert sums(copy)[MAIN] == 4000
    copy.close()
