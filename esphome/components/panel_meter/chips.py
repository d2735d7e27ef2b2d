"""What the converters of the supported chips can do, and which rate of samples follows from it.

Sources: soc_caps.h and adc_hal.c of ESP-IDF 5.5 (limits, pattern, clock), the pin tables of ESPHome's `adc`, and the
tables of the ADC's range in the datasheets of the chips.
"""

from dataclasses import dataclass

#: Samples in a second that each input should get: 160 in a cycle of 50 Hz.
WANTED_PER_INPUT = 8000
#: Below this, skew between inputs is no longer corrected to 0.1 %.
LEAST_PER_INPUT = 2000
#: The converters of all chips but the first divide this by a whole number, in Hz.
TICKS = 2_500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One variant: its pins on ADC1, and its limits in conversions a second of all inputs together."""

    name: str
    pins: tuple[int, ...]
    least_rate: int
    most_rate: int
    #: Inputs that one scan can have.
    pattern: int
    #: What is really converted of what is asked for: with ESP-IDF 5 the first ESP32 misses a part of it.
    yields: float = 1.0
    #: In mV at the pin, with the widest attenuation.
    lowest: int = 0
    highest: int = 2500
    #: The ADC takes its data through the first I2S unit.
    uses_i2s: bool = False

    @property
    def bias(self) -> float:
        """The middle of the range, in V."""
        return (self.lowest + self.highest) / 2000


CHIPS = {
    chip.name: chip
    for chip in (
        Chip(
            name="ESP32",
            pins=(32, 33, 34, 35, 36, 37, 38, 39),
            least_rate=20_000,
            most_rate=100_000,
            pattern=16,
            yields=0.81,
            lowest=150,
            highest=2450,
            uses_i2s=True,
        ),
        Chip(name="ESP32S3", pins=tuple(range(1, 11)), least_rate=611, most_rate=83_333, pattern=24, highest=2900),
        Chip(name="ESP32C3", pins=tuple(range(5)), least_rate=611, most_rate=83_333, pattern=8),
        Chip(name="ESP32C6", pins=tuple(range(7)), least_rate=611, most_rate=83_333, pattern=8, highest=3300),
    )
}


def automatic_rate(chip: Chip, inputs: int) -> int:
    """Conversions a second to ask for, so that each input gets what it should as far as the chip can."""
    if chip.yields < 1:
        # More would leave the inputs of this chip too little time to settle.
        wanted = round(inputs * WANTED_PER_INPUT * 0.625 / chip.yields)
        return min(max(wanted, chip.least_rate), chip.most_rate)
    divider = max(int(TICKS / (inputs * WANTED_PER_INPUT)), -(-TICKS // chip.most_rate))
    return TICKS // divider


def samples_per_input(chip: Chip, rate: int, inputs: int) -> float:
    """Samples a second that each of the inputs really gets."""
    return rate * chip.yields / inputs


def listed(pins: tuple[int, ...]) -> str:
    """The pins as a person reads them: GPIO1, GPIO2 and GPIO3."""
    names = [f"GPIO{pin}" for pin in pins]
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
