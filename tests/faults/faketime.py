"""libfaketime: Home Assistant in another hour, without waiting for it."""

from functools import cache
from pathlib import Path
import shutil
import subprocess

from demo.process import REPOSITORY

_FOLDER = REPOSITORY / ".tools" / "faketime"
_PLACES = ("/usr/lib/*/faketime", "/usr/lib/faketime", "/usr/local/lib/faketime")


@cache
def library() -> Path | None:
    """The library, unpacked from the distribution's package if it is not installed; None if there is none to be had."""
    return _installed() or _unpacked() or (_unpacked() if _fetch() else None)


def _installed() -> Path | None:
    for pattern in _PLACES:
        for found in Path("/").glob(f"{pattern[1:]}/libfaketimeMT.so.1"):
            return found
    return None


def _unpacked() -> Path | None:
    return next(_FOLDER.rglob("libfaketimeMT.so.1"), None) if _FOLDER.exists() else None


def _fetch() -> bool:
    """Nothing is installed: the package is unpacked beside the other tools."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return False
    _FOLDER.mkdir(parents=True, exist_ok=True)
    got = subprocess.run(["apt-get", "download", "-qq", "libfaketime"], cwd=_FOLDER, capture_output=True, check=False)
    packages = sorted(_FOLDER.glob("libfaketime_*.deb"))
    if got.returncode or not packages:
        return False
    return subprocess.run(["dpkg-deb", "-x", packages[-1], _FOLDER], capture_output=True, check=False).returncode == 0


def environment(offset_file: Path) -> dict[str, str]:
    """What a process needs in its environment so that its clock is ahead by the seconds that stand in a file."""
    found = library()
    assert found is not None
    return {
        "LD_PRELOAD": str(found),
        "FAKETIME_TIMESTAMP_FILE": str(offset_file),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # Its correction of waits is for older C libraries; with the present one threads would wait in vain and spin.
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        "FAKETIME_CACHE_DURATION": "1",
    }
