"""Alerts come back as they were written, and old ones go when a copy is made."""

from dataclasses import replace
from pathlib import Path
import sqlite3
import subprocess
import sys
import textwrap

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.panel_meter.core.alerts.model import Alert, Fact, Kind, Severity
from custom_components.panel_meter.ledger import (
    Change,
    Ledger,
    LedgerDamaged,
    LedgerRefused,
    LedgerWriter,
    make_copy,
    open_or_rescue,
    sqlite_url,
)

from .build import MAIN, NOON, change, row, sums

DAY = 86_400
FULL = Alert(
    id=3,
    panel="apt-1",
    channel="c1",
    kind=Kind.OVERLOAD,
    severity=Severity.CRITICAL,
    facts={"load_a": 23.5, "load_pct": 117, "circuits": "Küche, {{ states }} 🍳", "variant": "trip"},
    opened=NOON,
    seen=NOON + 60,
    repeats=2,
    acknowledged=NOON + 30,
    acknowledged_by="Zoë",
    resolved=NOON + 90,
    resolved_by="O'Hara; DROP TABLE alert",
    snoozed_until=NOON + 80,
)


def alert(number: int, panel: str = "apt-1", *, opened: int = NOON, resolved: int | None = None) -> Alert:
    return Alert(
        id=number,
        panel=panel,
        kind=Kind.OFFLINE,
        severity=Severity.WARNING,
        facts={"minutes_min": 10},
        opened=opened,
        seen=opened,
        resolved=resolved,
    )


def commit(ledger: Ledger, *alerts: Alert) -> None:
    ledger.commit([Change(panel=each.panel, alerts=(each,)) for each in alerts])


def test_an_alert_comes_back_as_it_was_written(ledger: Ledger) -> None:
    commit(ledger, FULL, alert(4))
    assert ledger.last_alerts(0) == ([FULL, alert(4)], 4)
    assert ledger.alerts() == [alert(4), FULL]
    assert ledger.stats().alerts == 2
    ledger.verify()


def test_an_empty_ledger_has_none(ledger: Ledger) -> None:
    assert ledger.last_alerts(0) == ([], 0)
    assert ledger.alerts("nobody") == []


def test_an_alert_is_replaced_by_what_it_has_become(ledger: Ledger) -> None:
    commit(ledger, alert(1))
    later = replace(alert(1), seen=NOON + 60, repeats=1, severity=Severity.CRITICAL, facts={})
    over = replace(later, resolved=NOON + 90)
    ledger.commit([Change(panel="apt-1", alerts=(later, over))])
    assert ledger.alerts() == [over]


def test_at_a_start_the_open_ones_are_read_and_those_that_may_go_on(ledger: Ledger) -> None:
    commit(ledger, alert(1, resolved=NOON + 10), alert(2, resolved=NOON + 20), alert(3), alert(4, resolved=NOON + 19))
    assert ledger.last_alerts(NOON + 20) == ([alert(2, resolved=NOON + 20), alert(3)], 4)


def test_the_history_is_asked_by_panel_kind_and_time(ledger: Ledger) -> None:
    hours = [alert(number, opened=NOON + 3600 * number, resolved=NOON + 3600 * number + 60) for number in range(1, 6)]
    still = alert(9, opened=NOON)
    other = replace(alert(10, "apt-2", opened=NOON + 7200), kind=Kind.LEFT_ON, channel="c1")
    commit(ledger, *hours, still, other)
    assert ledger.alerts("apt-2") == [other]
    assert ledger.alerts(kind=Kind.LEFT_ON) == [other]
    assert ledger.alerts("apt-1", limit=2) == [hours[4], hours[3]]
    assert ledger.alerts("apt-1", limit=-1) == []
    # Open at some instant of the range: the one that is still open always is.
    assert ledger.alerts("apt-1", start=NOON + 7200 + 60, end=NOON + 3 * 3600) == [hours[1], still]
    assert ledger.alerts("apt-1", start=NOON + 7200 + 61, end=NOON + 3 * 3600) == [still]
    assert ledger.alerts("apt-1", end=NOON) == []


def test_a_change_with_a_foreign_or_impossible_alert_is_refused_whole(ledger: Ledger) -> None:
    for wrong in (
        alert(1, "apt-2"),
        replace(alert(1), facts={"power_w": float("nan")}),
        replace(alert(1), opened=2**70),
    ):
        with pytest.raises(LedgerRefused):
            ledger.commit([replace(change(row(1, 5)), alerts=(wrong,))])
    assert ledger.alerts() == []
    assert sums(ledger) == {}
    ledger.commit([replace(change(row(1, 5)), alerts=(alert(1),))])
    assert sums(ledger)[MAIN] == 5


def test_old_alerts_go_when_a_copy_is_made_but_their_ids_are_not_used_again(ledger: Ledger, tmp_path: Path) -> None:
    now = NOON + 500 * DAY
    commit(
        ledger,
        alert(1, resolved=now - 401 * DAY),
        alert(2, resolved=now - 399 * DAY),
        alert(3),
        alert(4, resolved=now - 402 * DAY),
    )
    copy = make_copy(ledger, tmp_path / "copies", now)
    # The last one stays: the next id is one above it.
    assert [each.id for each in ledger.alerts()] == [4, 3, 2]
    assert ledger.last_alerts(now)[1] == 4
    copied = Ledger.open(sqlite_url(copy))
    assert copied.alerts() == ledger.alerts()
    copied.close()


def test_a_lost_ledger_comes_back_with_its_alerts(ledger: Ledger, path: Path, tmp_path: Path) -> None:
    commit(ledger, FULL)
    copy = make_copy(ledger, tmp_path / "copies", NOON + DAY)
    ledger.close()
    path.write_bytes(b"nonsense" * 1000)
    restored, rescue = open_or_rescue(path, [copy], NOON + 2 * DAY)
    assert rescue is not None
    assert rescue.restored == copy
    assert restored.alerts() == [FULL]
    restored.close()


def test_erasing_a_panel_erases_its_alerts(ledger: Ledger) -> None:
    commit(ledger, FULL, alert(4, "apt-2"))
    ledger.erase("apt-1")
    assert ledger.alerts() == [alert(4, "apt-2")]
    ledger.verify()


@pytest.mark.parametrize(
    ("column", "value"),
    [("facts", "{"), ("facts", "[1]"), ("facts", '{"a":null}'), ("facts", '{"a":[1]}'), ("severity", "awful")],
)
def test_an_alert_that_cannot_be_read_is_damage(ledger: Ledger, path: Path, column: str, value: str) -> None:
    commit(ledger, alert(1))
    spoil(path, column, value)
    with pytest.raises(LedgerDamaged, match="alert 1 cannot be read"):
        ledger.verify()
    with pytest.raises(LedgerDamaged):
        ledger.alerts()


def test_an_alert_of_a_kind_of_tomorrow_is_passed_over(ledger: Ledger, path: Path) -> None:
    commit(ledger, alert(1), alert(2))
    spoil(path, "kind", "meteor")
    ledger.verify()
    assert [each.id for each in ledger.alerts()] == [2]
    assert ledger.last_alerts(0)[1] == 2


def spoil(path: Path, column: str, value: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"UPDATE alert SET {column} = ? WHERE id = 1", (value,))
    connection.commit()
    connection.close()


async def test_the_writer_writes_alerts_in_their_turn(ledger: Ledger) -> None:
    writer = LedgerWriter(ledger, lambda error: None, lambda: None)
    futures = [
        writer.submit(Change(panel="apt-1", alerts=(alert(1),))),
        writer.submit(change(row(1, 5))),
        writer.submit(Change(panel="apt-1", alerts=(alert(1, resolved=NOON + 5),)), urgent=True),
    ]
    for future in futures:
        await future
    assert await writer.read(ledger.alerts) == [alert(1, resolved=NOON + 5)]
    await writer.stop()


def test_a_kill_leaves_whole_alerts(path: Path) -> None:
    script = """
        import sys
        from dataclasses import replace
        from pathlib import Path
        from custom_components.panel_meter.ledger import Change, Ledger, sqlite_url
        from tests.ledger.build import change, row
        from tests.ledger.test_alerts import alert

        ledger = Ledger.open(sqlite_url(Path(sys.argv[1])))
        for number in range(1, 10**9):
            alerts = (alert(number), alert(number, resolved=number))
            ledger.commit([replace(change(row(number, 7)), alerts=alerts)])
            print(number, flush=True)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(20):
            process.stdout.readline()
        process.kill()
        said = [int(line) for line in process.stdout if line.endswith("\n")]
    ledger = Ledger.open(sqlite_url(path))
    ledger.verify()
    stored = ledger.alerts(limit=10**6)
    # As many as there are rows of energy: one transaction wrote both. And all that was called durable.
    assert len(stored) == sums(ledger)[MAIN] // 7 >= max(said, default=20)
    assert all(each.resolved == each.id for each in stored)
    ledger.close()


FACTS = st.dictionaries(
    st.text("abc_", min_size=1, max_size=5),
    st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    max_size=4,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FACTS)
def test_all_facts_come_back(ledger: Ledger, facts: dict[str, Fact]) -> None:
    written = replace(alert(1), facts=facts)
    commit(ledger, written)
    assert ledger.alerts() == [written]
