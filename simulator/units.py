"""Units that every file here uses.

Instants are whole milliseconds UTC, powers whole milliwatts, and energy is summed up in microjoules, so that no sum
depends on the order or the size of its steps. 1 mWh = 3,600,000 uJ.
"""

from typing import Final

#: Milliseconds since 1970 UTC, in simulated time.
type Millis = int

SECOND: Final = 1000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
MICROJOULES_PER_MWH: Final = 3_600_000

#: Power is constant within a step of the grid.
GRID: Final = 10 * SECOND
