"""What a board measures now (protocol T3, F1, F2, F5, F6)."""

from typing import TYPE_CHECKING

from .electrical import measurements
from .messages import encode
from .units import Millis

if TYPE_CHECKING:
    from .board import Board


def live_payload(board: Board, now: Millis) -> bytes:
    """``live`` at ``now``; the registers have counted up to then."""
    spec = board.spec
    powers = board.meter.power(now)
    values = measurements(board.load, powers, now, seed=spec.seed, nominal_voltage=spec.nominal_voltage)
    fault: dict[str, object] = {"power": [None, *(power / 1000 for power in powers[1:])]} if board.faulty else {}
    return encode(
        {
            "journal": board.ring.shape.journal,
            "boot": board.boot,
            "uptime": board.uptime,
            "time": board.time,
            **values,
            **fault,
            "energy": list(board.registers.energies),
        }
    )
