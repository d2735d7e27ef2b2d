"""The rows, each by its name, in the order of the table."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from ..figures import Outcome

#: Plays a row in a folder; the second argument says whether in its long form.
type Play = Callable[[Path, bool], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Row:
    """Something that goes wrong."""

    name: str
    play: Play
    #: What is needed beyond mosquitto: a word for the message when it is missing.
    needs: tuple[str, ...] = ()

    @property
    def done(self) -> str:
        """What happens in it, in a sentence."""
        return (self.play.__doc__ or "").strip().splitlines()[0]


def rows() -> dict[str, Row]:
    """All rows by name."""
    from . import away, boards, disks, kill, life, network, restore, street, twins, zones

    found = [
        Row("kill", kill.play),
        Row("away", away.play, ("faketime",)),
        Row("zones", zones.play, ("faketime",)),
        Row("cable", network.cable),
        Row("boards-network", network.boards),
        Row("broker", network.broker),
        Row("broker-forgets", network.broker_forgets),
        Row("drain", street.drain),
        Row("flood", street.flood),
        Row("board-power", boards.power),
        Row("ring-overrun", boards.overrun),
        Row("flash-wiped", boards.wiped),
        Row("board-clocks", boards.clocks),
        Row("no-clock", boards.no_clock),
        Row("messages", boards.messages),
        Row("disk-full", disks.full, ("namespaces",)),
        Row("no-writes", disks.no_writes, ("namespaces",)),
        Row("recorder-locked", disks.recorder_locked),
        Row("recorder-deleted", disks.recorder_deleted, ("faketime",)),
        Row("ledger-older", disks.ledger_older),
        Row("ledger-torn", disks.ledger_torn),
        Row("restore", restore.play, ("faketime",)),
        Row("reload", life.reload),
        Row("two-hosts", life.two_hosts),
        Row("clone", twins.play),
        Row("soak", life.soak),
    ]
    return {row.name: row for row in found}
