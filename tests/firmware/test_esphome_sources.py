"""The sources for the chips compile strictly, against declarations of what the chips bring (tests/firmware/stubs)."""

from concurrent.futures import ThreadPoolExecutor
import os
from pathlib import Path
import re
import shutil
import subprocess

import pytest

from .esphome_tool import COMPONENTS, ESPHOME, needs_esphome

STUBS = Path(__file__).parent / "stubs"
SOURCES = COMPONENTS / "panel_meter"
STRICT = ("-std=gnu++20", "-fno-exceptions", "-Wall", "-Wextra", "-Wshadow=local", "-Werror", "-fsyntax-only")

needs_compiler = pytest.mark.skipif(not shutil.which("g++"), reason="g++ is not installed")


@needs_compiler
@pytest.mark.parametrize("chip", ["ESP32", "ESP32C3", "ESP32C6", "ESP32S3"])
def test_the_source_for_the_chip_compiles(chip: str) -> None:
    chosen = ("-DUSE_ESP32", f"-DCONFIG_IDF_TARGET_{chip}=1", f"-I{STUBS}", f"-I{SOURCES}")
    for source in ("hal_esp32.cpp", "http_poster_esp32.cpp", "mqtt_link.cpp"):
        done = subprocess.run(
            ["g++", *STRICT, *chosen, SOURCES / source], capture_output=True, text=True, timeout=100, check=False
        )
        assert done.returncode == 0, done.stderr


@needs_compiler
def test_no_function_needs_much_of_a_small_stack(tmp_path: Path) -> None:
    """The loop of an ESP32 has 8 KiB for everything, the sampling task too."""

    def stacks(source: Path) -> list[tuple[int, str]]:
        made = tmp_path / f"{source.stem}.o"
        flags = ("-std=gnu++20", "-fno-exceptions", "-Os", "-fstack-usage", f"-I{SOURCES}")
        subprocess.run(["g++", *flags, "-c", source, "-o", made], check=True, timeout=100)
        lines = [line.split("\t") for line in made.with_suffix(".su").read_text().splitlines()]
        return [(int(size), place) for place, size, _ in lines]

    portable = [path for path in SOURCES.glob("*.cpp") if '"esphome/' not in path.read_text()]
    portable = [path for path in portable if not path.stem.endswith(("_host", "_esp32"))]
    assert len(portable) > 20
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [stack for stacks_of_file in pool.map(stacks, portable) for stack in stacks_of_file]
    # Other machines need another number of bytes, but a buffer or an object of some KiB shows everywhere.
    assert not [stack for stack in found if stack[0] > 1536]


@needs_esphome
def test_the_declarations_of_mqtt_are_those_of_esphome() -> None:
    (packages,) = (ESPHOME.parent.parent / "lib").glob("python3.*/site-packages")
    real = " ".join((packages / "esphome/components/mqtt/mqtt_client.h").read_text().split())
    stub = (STUBS / "esphome/components/mqtt/mqtt_client.h").read_text()
    ours = re.findall(r"^  (?:void|bool) (\w+)\((.*)\)", stub, re.MULTILINE)
    assert len(ours) == 8
    for name, arguments in ours:
        assert f"{name}({arguments})" in real, name
