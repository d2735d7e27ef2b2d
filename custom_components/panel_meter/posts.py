"""What waits for boards that come over HTTP, until they ask: their commands travel in the answers to their posts."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import orjson

#: Boards that are remembered, and commands that wait for one of them; of more, the oldest are given up.
MOST_BOARDS: Final = 512
MOST_COMMANDS: Final = 8
#: A command is repeated in this many answers, or until the board responds to it: the first answer may not arrive.
REPEATED: Final = 3


@dataclass(slots=True)
class _Command:
    id: str
    content: object
    told: int = 0


class Posts:
    """The boards that came over HTTP last, and what the host wants to tell them."""

    def __init__(self) -> None:
        """Nobody has come yet."""
        self._waiting: OrderedDict[str, list[_Command]] = OrderedDict()

    def came(self, panel_id: str) -> None:
        """A board came over HTTP: from now on that is where it is answered."""
        self._waiting.setdefault(panel_id, [])
        self._waiting.move_to_end(panel_id)
        if len(self._waiting) > MOST_BOARDS:
            self._waiting.popitem(last=False)

    def left(self, panel_id: str) -> None:
        """A board spoke over MQTT, and is answered there again."""
        self._waiting.pop(panel_id, None)

    def take(self, panel_id: str, kind: str, payload: bytes) -> bool:
        """Keep what is meant for a board if it comes over HTTP; False if it does not.

        An acknowledgement is not kept: each answer carries the present one.
        """
        if (waiting := self._waiting.get(panel_id)) is None:
            return False
        if kind == "command":
            content = orjson.loads(payload)
            waiting.append(_Command(content["id"], content))
            del waiting[:-MOST_COMMANDS]
        return True

    def commands(self, panel_id: str) -> list[object]:
        """The commands for the answer to a post."""
        waiting = self._waiting.get(panel_id, [])
        for command in waiting:
            command.told += 1
        told = [command.content for command in waiting]
        waiting[:] = [command for command in waiting if command.told < REPEATED]
        return told

    def answered(self, panel_id: str, command_id: str) -> None:
        """A board responded to a command."""
        waiting = self._waiting.get(panel_id, [])
        waiting[:] = [command for command in waiting if command.id != command_id]
