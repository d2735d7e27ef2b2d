"""Which way energy flows through a panel: what is consumption, what is measured nowhere, what is apparent."""

from .model import Channel, Direction, Measurements, Panel, Phase, Register, Role


def consumption_registers(panel: Panel) -> tuple[Register, ...]:
    """The import registers that make up what the panel draws: of the mains, or else of all circuits side by side."""
    mains = {channel.id for channel in panel.channels if channel.role is Role.MAIN}
    sources = mains or {channel.id for channel in panel.channels if channel.parent is None and _is_load(channel)}
    return tuple(
        register
        for register in panel.registers
        if register.channel in sources and register.direction is Direction.IMPORT
    )


def _is_load(channel: Channel) -> bool:
    return channel.role in (Role.CIRCUIT, Role.SUB)


def has_remainder(panel: Panel) -> bool:
    """True if a part of what the mains carry is not measured by another channel, or may not be."""
    roles = {channel.role for channel in panel.channels}
    return Role.MAIN in roles and len(roles) > 1


def remainder(panel: Panel, measurements: Measurements) -> float | None:
    """Mains minus all channels that hang directly on them, in W; None while one of them is not known.

    Every power is positive when it flows out of the mains, so a producing solar channel counts negative and the
    difference is what flows to circuits without a clamp.
    """
    if len(measurements.power) != len(panel.channels):
        return None
    mains = {channel.id for channel in panel.channels if channel.role is Role.MAIN}
    total = 0.0
    for channel, power in zip(panel.channels, measurements.power, strict=True):
        if channel.role is not Role.MAIN and channel.parent not in (None, *mains):
            continue
        if power is None:
            return None
        total += power if channel.role is Role.MAIN else -power
    return total


def apparent_power(channel: Channel, current: float | None, voltages: tuple[float | None, ...]) -> float | None:
    """Apparent power of a single-phase channel in VA: its current times the voltage of its phase."""
    if current is None or not voltages or channel.phase in (Phase.L1L2, Phase.L123):
        return None
    position = {Phase.L2: 1, Phase.L3: 2}.get(channel.phase or Phase.L1, 0)
    voltage = voltages[position] if position < len(voltages) else voltages[0]
    return None if voltage is None else current * voltage
