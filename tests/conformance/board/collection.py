"""Where the checks of a board are collected."""

from typing import Final

from ..checks import Collection
from ..statements import Role
from .bench import BoardBench

BOARD: Final = Collection[BoardBench](Role.BOARD)
