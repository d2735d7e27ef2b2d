"""What a check is: a statement, a sentence, and a coroutine that ends quietly, or says what is wrong."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from .statements import Role


class Finding(Exception):
    """The other side does not do what the statement says."""


class Untestable(Exception):
    """This check cannot be made here; the text says why."""


class Need(StrEnum):
    """What a check needs beyond a broker."""

    #: Something that cuts the power of the board and lets it come back.
    POWER = "power"
    #: Something that takes the network from the board for a while.
    NETWORK = "network"
    #: Something that empties the flash of the board.
    WIPE = "wipe"
    #: Permission for what cannot be undone over MQTT: reboots, calibration, a new journal, clock steps.
    LICENCE = "licence"
    #: A board that gets its time from nobody but the host.
    CLOCKLESS = "clockless"
    #: Quiet on all boards: what is published concerns every one of them.
    ALONE = "alone"
    #: Somebody who can look at what the host shows.
    VIEW = "view"
    #: Something that restarts, kills or backs up the host.
    RESTART = "restart"
    KILL = "kill"
    BACKUP = "backup"
    #: An address of the host for boards that come over HTTP.
    HTTP = "http"


@dataclass(frozen=True, slots=True)
class Check[Bench]:
    """One check of one statement, or of several at once."""

    statements: tuple[str, ...]
    says: str
    role: Role
    run: Callable[[Bench], Awaitable[None]]
    needs: frozenset[Need]
    #: Whether it is wise to begin with it.
    slow: bool = False

    @property
    def exclusive(self) -> bool:
        """Whether nothing else may run meanwhile."""
        return bool(self.needs & {Need.ALONE, Need.RESTART, Need.KILL, Need.BACKUP})


class Collection[Bench]:
    """The checks of one role, in the order in which they are written."""

    def __init__(self, role: Role) -> None:
        """No checks yet."""
        self.role = role
        self.checks: list[Check[Bench]] = []

    def check(
        self, statements: str, says: str, *needs: Need, slow: bool = False
    ) -> Callable[[Callable[[Bench], Awaitable[None]]], Callable[[Bench], Awaitable[None]]]:
        """Add the decorated coroutine; ``statements`` are ids with spaces between them."""

        def add(run: Callable[[Bench], Awaitable[None]]) -> Callable[[Bench], Awaitable[None]]:
            self.checks.append(Check(tuple(statements.split()), says, self.role, run, frozenset(needs), slow))
            return run

        return add


def expect(true: object, otherwise: str) -> None:
    """Raise Finding unless something is true."""
    if not true:
        raise Finding(otherwise)
