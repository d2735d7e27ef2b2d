"""The life of a journal: F3."""

from ..checks import Need, expect
from .bench import HEX, BoardBench
from .collection import BOARD


@BOARD.check("F3", "journal is 8 hex digits, the same in info, live and record.")
async def the_same(bench: BoardBench) -> None:
    expect(HEX.fullmatch(bench.journal), f"journal is {bench.journal!r}.")
    live = await bench.hear("live", after=bench.mark, within=120)
    expect(live.json.get("journal") == bench.journal, "live names another journal than info.")
    await bench.need_rows(1)
    records = [heard.json for heard in bench.messages("record")]
    expect(records[-1].get("journal") == bench.journal, "record names another journal than info.")
    for content in records:
        foreign = content.get("journal") != bench.journal
        expect(not foreign or content.get("registers"), "A record of an older journal lacks its registers.")


@BOARD.check("F3", "new_journal is refused while records are unacknowledged.")
async def refused(bench: BoardBench) -> None:
    journal = bench.journal
    await bench.hold(5)
    answer = await bench.command("new_journal")
    expect(answer.get("ok") is False, f"It was carried out: {answer}.")
    expect(bench.journal == journal, "There is a new journal.")


@BOARD.check(
    "F3", "new_journal closes the open interval (flag 4), drains it, and begins at row 1 from zero.", Need.LICENCE
)
async def planned(bench: BoardBench) -> None:
    await bench.drain()
    old, newest, after = bench.journal, bench.newest, bench.mark
    answer = await bench.command("new_journal")
    expect(answer.get("ok") is True, f"It was refused: {answer}.")
    info = await bench.hear("info", after=after, within=60, fits=lambda heard: heard.json["journal"] != old)
    closing = [row for seq, row in bench.rows[old].items() if seq > newest]
    expect(closing and closing[-1][3] & 4, f"The open interval was not closed with flag 4: {closing}.")
    live = await bench.hear(
        "live", after=after, within=120, fits=lambda heard: heard.json["journal"] == info.json["journal"]
    )
    expect(max(live.json["energy"]) < max(closing[-1][4:]), "The registers do not start anew.")
    await bench.hear(
        "record",
        after=after,
        within=1.2 * bench.info["interval"] + 10,
        fits=lambda heard: heard.json["journal"] == info.json["journal"],
    )
    expect(bench.present[0][0] == 1, f"The new journal begins at row {bench.present[0][0]}.")


@BOARD.check("F3", "With force the old journal is drained behind the new info, and names its registers.", Need.LICENCE)
async def forced(bench: BoardBench) -> None:
    old, registers = bench.journal, bench.info["registers"]
    await bench.hold(5)
    after = bench.mark
    answer = await bench.command("new_journal", force=True)
    expect(answer.get("ok") is True, f"It was refused: {answer}.")
    await bench.hear("info", after=after, within=10, fits=lambda heard: heard.json["journal"] != old)
    # Row by row, so that something of the old journal is still to come under the new announcement.
    row = bench.rows[old]
    await bench.ack(max(row) - 4, journal=old)
    heard = await bench.hear("record", after=after, within=5, fits=lambda heard: heard.json["journal"] == old)
    expect(heard.json.get("registers") == registers, f"registers is {heard.json.get('registers')!r}.")
    bench.acking = True
    await bench.ack(heard.json["records"][-1][0], journal=old)
    await bench.drain()


@BOARD.check("F3", "A wiped flash begins another journal.", Need.WIPE)
async def wiped(bench: BoardBench) -> None:
    old, after = bench.journal, bench.mark
    wipe = bench.subject.wipe
    assert wipe is not None
    await wipe(bench.id)
    info = await bench.hear("info", after=after, within=180, fits=lambda heard: heard.json["journal"] != old)
    live = await bench.hear(
        "live", after=after, within=120, fits=lambda heard: heard.json["journal"] == info.json["journal"]
    )
    limit = 1e6 * (live.json["uptime"] + 60) / 3.6
    expect(max(live.json["energy"]) < limit, "The registers do not start anew.")
