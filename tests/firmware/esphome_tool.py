"""ESPHome as the tests call it: from an environment of its own, which scripts/setup firmware makes."""

from dataclasses import dataclass
import os
from pathlib import Path
import re
import subprocess

import pytest

REPOSITORY = Path(__file__).parent.parent.parent
ESPHOME = REPOSITORY / ".tools" / "esphome" / "bin" / "esphome"
FIRMWARE = REPOSITORY / "esphome"
COMPONENTS = FIRMWARE / "components"

needs_esphome = pytest.mark.skipif(
    not ESPHOME.exists(), reason="ESPHome is not installed here; scripts/setup firmware installs it"
)

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What ESPHome answered, without colours, as one line of words."""

    good: bool
    text: str

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


def run(*arguments: str | Path, timeout: float = 100.0, **substitutions: str | Path) -> Said:
    """Call ESPHome; lines may be broken anywhere in what it says."""
    given = [word for name, value in substitutions.items() for word in ("-s", name, str(value))]
    done = subprocess.run(
        [ESPHOME, *given, *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={**os.environ, "COLUMNS": "1000", "PATH": f"{ESPHOME.parent}:{os.environ['PATH']}"},
    )
    return Said(good=done.returncode == 0, text=_COLOUR.sub("", done.stdout + done.stderr))
