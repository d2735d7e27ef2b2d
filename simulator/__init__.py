"""Simulated boards that speak protocol v1, the old formats, and the truth about what they measured.

It is written from the protocol alone and shares no code with the integration, so that each checks the other.
"""

from .board import Board, BoardSpec
from .faults import FaultPlan, parse_faults
from .options import Options
from .simulation import Simulation

__all__ = ["Board", "BoardSpec", "FaultPlan", "Options", "Simulation", "parse_faults"]
