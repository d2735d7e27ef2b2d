"""What belongs together in this repository, and what may not stand in it."""

from functools import cache
import json
from pathlib import Path
import re
import struct
import subprocess
import tomllib
from typing import Any

import pytest

REPOSITORY = Path(__file__).parent.parent
INTEGRATION = REPOSITORY / "custom_components" / "panel_meter"


@cache
def project() -> dict[str, dict[str, Any]]:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text())


@cache
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((INTEGRATION / "manifest.json").read_text())
    return loaded


def wanted(group: str) -> set[str]:
    """The pinned packages of a dependency group."""
    found: set[str] = set()
    for entry in project()["dependency-groups"][group]:
        found |= (
            wanted(entry["include-group"]) if isinstance(entry, dict) else {entry.partition(";")[0].strip().lower()}
        )
    return found


def pinned(group: str) -> dict[str, str]:
    lines = (REPOSITORY / "requirements" / f"{group}.txt").read_text().splitlines()
    return {line.split(" ;")[0].split("==")[0]: line.split(" ;")[0].lower() for line in lines}


@pytest.mark.parametrize("group", ["demo", "dev", "firmware"])
def test_what_is_asked_for_is_what_is_pinned(group: str) -> None:
    loose = {package for package in wanted(group) if not re.fullmatch(r"[a-z0-9._-]+==[0-9][a-z0-9.]*", package)}
    assert not loose
    assert wanted(group) <= set(pinned(group).values()), "run scripts/lock"


def test_the_groups_agree_about_versions() -> None:
    assert set(pinned("demo").items()) <= set(pinned("dev").items())


@pytest.mark.parametrize("group", ["demo", "dev", "firmware"])
def test_pins_hold_no_addresses(group: str) -> None:
    for line in (REPOSITORY / "requirements" / f"{group}.txt").read_text().splitlines():
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][a-z0-9.!]*( ; .+)?", line), line
        assert "//" not in line


def test_the_manifest_is_ordered_and_complete() -> None:
    keys = list(manifest())
    assert keys == ["domain", "name", *sorted(set(keys) - {"domain", "name"})]
    assert manifest()["domain"] == INTEGRATION.name
    assert manifest()["requirements"] == []
    assert {"documentation", "issue_tracker", "codeowners", "iot_class", "integration_type"} <= set(keys)


def test_the_manifest_declares_what_the_code_uses() -> None:
    # Platforms that we own a file for need no declaration, nor does what is always there.
    own = {path.stem for path in INTEGRATION.glob("*.py")} - {"mqtt"} | {"persistent_notification"}
    declared = {*manifest()["dependencies"], *manifest()["after_dependencies"]}
    undeclared = set()
    for path in INTEGRATION.rglob("*.py"):
        for line in re.findall(r"^\s*(?:from|import) homeassistant\.components\b.*$", path.read_text(), re.MULTILINE):
            below = re.findall(r"homeassistant\.components\.([a-z_]+)", line)
            names = below or re.findall(r"[a-z_]+", re.sub(r" as \w+", "", line.split("import", 1)[1]))
            undeclared |= {f"{path.name}: {name}" for name in names if name not in declared | own}
    assert not undeclared


def test_there_is_one_version() -> None:
    version = project()["project"]["version"]
    assert manifest()["version"] == version
    assert f"## [{version}]" in (REPOSITORY / "CHANGELOG.md").read_text()


def test_hacs_asks_for_a_home_assistant_that_is_tested() -> None:
    least = json.loads((REPOSITORY / "hacs.json").read_text())["homeassistant"]
    tested = pinned("dev")["homeassistant"].split("==")[1]
    assert least.split(".")[:2] == tested.split(".")[:2]
    assert tuple(map(int, least.split("."))) <= tuple(map(int, tested.split(".")))


def size_and_colour(image: Path) -> tuple[int, int, int]:
    """Width, height and colour type of a PNG."""
    head = image.read_bytes()[:26]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    width, height, _, colour = struct.unpack(">IIBB", head[16:26])
    return width, height, colour


@pytest.mark.parametrize("theme", ["", "dark_"])
@pytest.mark.parametrize(("scale", "pixels"), [("", 256), ("@2x", 512)])
def test_the_brand_is_drawn(theme: str, scale: str, pixels: int) -> None:
    rgba = 6
    assert size_and_colour(INTEGRATION / "brand" / f"{theme}icon{scale}.png") == (pixels, pixels, rgba)
    width, height, colour = size_and_colour(INTEGRATION / "brand" / f"{theme}logo{scale}.png")
    assert (height, colour) == (pixels // 2, rgba)
    assert width > height


#: Put together, so that this file does not contain them itself.
FORBIDDEN = {
    "a folder of somebody's machine": re.compile(r"(?<![\w.*}])/" + "(work|home|root(?!/usr/)|Users|opt)/"),
    "a package registry": re.compile("|".join(["pypi" + r"\.org", "python" + "hosted", "registry" + r"\.npmjs"])),
}


@cache
def files() -> tuple[Path, ...]:
    """Everything that is or could be committed."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        names = [name for name in listed.stdout.split("\0") if name]
    else:
        # This copy is no clone; what the commands make lies in folders that begin with a dot.
        names = [str(path.relative_to(REPOSITORY)) for path in REPOSITORY.rglob("*")]
        names = [name for name in names if not name.startswith(".") or name.startswith((".github/", ".ci/"))]
    return tuple(path for name in names if (path := REPOSITORY / name).is_file() and "__pycache__" not in path.parts)


def readable(path: Path) -> str:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_tells_where_it_was_made(what: str) -> None:
    assert len(files()) > 50
    guilty = [
        f"{path.relative_to(REPOSITORY)}:{number}: {line.strip()[:100]}"
        for path in files()
        for number, line in enumerate(readable(path).splitlines(), 1)
        if FORBIDDEN[what].search(line)
    ]
    assert not guilty, "\n".join(guilty)


def test_only_tests_look_beside_the_repository() -> None:
    beside = "../" + "shared"
    # The modules of the frontend have a folder of that name of their own.
    own = {"frontend", "tests"}
    guilty = [path for path in files() if not own.intersection(path.parts) and beside in readable(path)]
    assert not guilty


def test_actions_are_pinned_by_commit() -> None:
    loose = [
        f"{path.name}: {used}"
        for path in (REPOSITORY / ".github" / "workflows").glob("*.yml")
        for used in re.findall(r"uses: *(\S+)", path.read_text())
        if not re.search(r"@[0-9a-f]{40}$", used)
    ]
    assert not loose


@pytest.mark.parametrize(
    "path", [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")], ids=lambda path: path.name
)
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL))
    broken = [
        target
        for target in targets
        if not target.startswith(("http://", "https://", "#", "mailto:"))
        and not (path.parent / target.split("#")[0]).exists()
    ]
    assert not broken


def test_the_protocol_is_whole() -> None:
    text = (REPOSITORY / "docs" / "protocol.md").read_text()
    statements = {
        f"{letter}{number}"
        for letter, last in (("T", 7), ("F", 10), ("B", 8), ("H", 9))
        for number in range(1, last + 1)
    }
    stated = set(re.findall(r"^(?:\| |- )([TFBH]\d+)\b", text, re.MULTILINE))
    assert stated == statements
