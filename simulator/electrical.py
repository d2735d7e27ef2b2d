"""Volts, amperes and power factors for live messages; only powers and energies are exact."""

from .load import Channel, Load
from .noise import seed_of
from .units import GRID, Millis


def _wobble(seed: int, *parts: int) -> float:
    """A number in [-1, 1)."""
    return (seed_of(seed, *parts) % 2_000_000) / 1_000_000 - 1


def measurements(
    load: Load, powers: list[int], now: Millis, *, seed: int, nominal_voltage: int
) -> dict[str, list[float] | float]:
    """What a live message says beside its energies; ``powers`` in mW per channel."""
    step = now // GRID
    drop = 1.2 * powers[0] / 1e7
    voltages = [
        round(
            nominal_voltage * (1 + 0.006 * _wobble(seed, phase, step // 6) + 0.001 * _wobble(seed, phase, step)) - drop,
            1,
        )
        for phase in range(load.phases)
    ]
    currents, factors = [], []
    apparent_sum = 0.0
    for index, (channel, power) in reversed(list(enumerate(zip(load.channels, powers, strict=True)))):
        watts = power / 1000
        if index == 0:
            apparent = max(apparent_sum, abs(watts))
        else:
            apparent = abs(watts) / channel.power_factor
            apparent_sum += apparent if channel.parent is None else 0.0
        currents.append(round(apparent / _volts(channel, voltages), 2))
        factors.append(round(watts / apparent, 3) if apparent > 0 else 1.0)
    return {
        "power": [round(power / 1000, 1) for power in powers],
        "voltage": voltages,
        "current": currents[::-1],
        "power_factor": factors[::-1],
        "frequency": round(50 + 0.03 * _wobble(seed, 50, step), 2),
        "temperature": load.temperature(now),
    }


def _volts(channel: Channel, voltages: list[float]) -> float:
    """The volts that carry the current of a channel: of all three conductors where it has three."""
    if channel.phase == "L123":
        return sum(voltages)
    place = {"L1": 0, "L2": 1, "L3": 2}.get(channel.phase, 0)
    return voltages[min(place, len(voltages) - 1)]
