"""Where the checks of a host are collected."""

from typing import Final

from ..checks import Collection
from ..statements import Role
from .bench import HostBench

HOST: Final = Collection[HostBench](Role.HOST)
