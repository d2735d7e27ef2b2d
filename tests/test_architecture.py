"""The rules of docs/architecture.md that a machine can check."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
import sys

import pytest

REPOSITORY = Path(__file__).parent.parent
INTEGRATION = REPOSITORY / "custom_components" / "panel_meter"
PACKAGE = "custom_components.panel_meter"

#: A file past this asks to be two.
MOST_LINES = 420

#: What a room may not do if it does no I/O and reads no clock: modules, and calls by the last part of their name.
IMPURE_MODULES = {
    "asyncio", "concurrent", "ftplib", "glob", "http", "io", "logging", "multiprocessing", "os", "pathlib", "random",
    "secrets", "select", "shutil", "signal", "smtplib", "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile",
    "threading", "time", "urllib", "aiohttp", "paho", "requests", "sqlalchemy",
}  # fmt: skip
IMPURE_FUNCTIONS = {"input", "open", "print"}
IMPURE_METHODS = {"now", "today", "utcnow"}

#: Third-party packages that a pure room may use: they only compute.
PURE_PACKAGES = {"orjson"}

#: What people and programs see of the integration; the runtime must not know it.
FACES = {
    "alert_sensors", "api", "ask", "binary_sensor", "button", "config_flow", "conversation", "cost_sensor",
    "diagnostics", "entity", "event", "flows", "llm", "number", "portal", "select", "sensor", "sentences", "switch",
    "system_health", "todo",
}  # fmt: skip


@dataclass(frozen=True)
class Import:
    """One imported module, as an absolute name, and the names taken from it."""

    module: str
    names: tuple[str, ...]
    line: int
    for_types_only: bool


def module_name(path: Path) -> str:
    parts = list(path.relative_to(REPOSITORY).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package_of(path: Path) -> str:
    return ".".join(path.relative_to(REPOSITORY).parent.parts)


def imports(source: str, package: str) -> Iterator[Import]:
    """All imports of a file in ``package``, with relative names resolved."""
    tree = ast.parse(source)
    quiet = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for statement in node.body
        for child in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, (), node.lineno, id(node) in quiet)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield Import(module, tuple(alias.name for alias in node.names), node.lineno, id(node) in quiet)


def impurities(source: str) -> list[str]:
    """What in a file does I/O or reads a clock."""
    found = [
        f"line {each.line}: imports {each.module}"
        for each in imports(source, "x.y.z")
        if each.module.split(".")[0] in IMPURE_MODULES
    ]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            before, _, name = ast.unparse(node.func).rpartition(".")
            if name in (IMPURE_METHODS if before else IMPURE_FUNCTIONS):
                found.append(f"line {node.lineno}: calls {name}()")
    return found


def foreign(source: str, package: str, allowed: tuple[str, ...]) -> list[str]:
    """Imports of the project or of Home Assistant that a room may not have."""
    return [
        f"line {each.line}: imports {each.module}"
        for each in imports(source, package)
        if each.module.split(".")[0] in {"homeassistant", "custom_components", "simulator", "demo", "tests"}
        and not any(each.module == room or each.module.startswith(f"{room}.") for room in allowed)
    ]


def hidden(source: str, package: str) -> list[str]:
    """Underscore names taken from other modules."""
    return [
        f"line {each.line}: takes {name} from {each.module}"
        for each in imports(source, package)
        for name in (*each.names, *each.module.split("."))
        if name.startswith("_") and not name.startswith("__")
    ]


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (REPOSITORY / folder).rglob("*.py"))


CORE = python_files("custom_components/panel_meter/core")
LEDGER = python_files("custom_components/panel_meter/ledger")
OURS = python_files("bill", "custom_components/panel_meter", "demo", "simulator", "tests")


def complain(problems: dict[Path, list[str]]) -> None:
    lines = [f"{path.relative_to(REPOSITORY)} {each}" for path, found in problems.items() for each in found]
    assert not lines, "\n".join(lines)


def test_the_rooms_are_there() -> None:
    assert CORE
    assert LEDGER
    assert len(OURS) > len(CORE) + len(LEDGER)


def test_core_knows_only_itself() -> None:
    complain({path: foreign(path.read_text(), package_of(path), (f"{PACKAGE}.core",)) for path in CORE})


def test_core_does_no_input_or_output_and_reads_no_clock() -> None:
    complain({path: impurities(path.read_text()) for path in CORE})


def test_core_needs_few_packages() -> None:
    known = sys.stdlib_module_names | PURE_PACKAGES | {"custom_components"}
    complain(
        {
            path: [
                f"line {each.line}: imports {each.module}"
                for each in imports(path.read_text(), package_of(path))
                if each.module.split(".")[0] not in known
            ]
            for path in CORE
        }
    )


def test_ledger_knows_only_core_and_itself() -> None:
    allowed = (f"{PACKAGE}.core", f"{PACKAGE}.ledger")
    complain({path: foreign(path.read_text(), package_of(path), allowed) for path in LEDGER})


def test_the_runtime_knows_no_entities_and_no_flows() -> None:
    problems = {}
    for path in python_files("custom_components/panel_meter"):
        room = path.relative_to(INTEGRATION).parts[0].removesuffix(".py")
        if room in FACES or room == "__init__":
            continue
        problems[path] = [
            f"line {each.line}: imports {each.module}"
            for each in imports(path.read_text(), package_of(path))
            if each.module.startswith(f"{PACKAGE}.") and each.module.split(".")[2] in FACES
        ]
    complain(problems)


def test_the_simulator_knows_at_most_core_and_the_demo_only_the_simulator() -> None:
    complain(
        {
            path: foreign(path.read_text(), package_of(path), ("simulator", f"{PACKAGE}.core"))
            for path in python_files("simulator")
        }
    )
    complain(
        {path: foreign(path.read_text(), package_of(path), ("demo", "simulator")) for path in python_files("demo")}
    )


def test_modules_do_not_import_each_other_in_circles() -> None:
    files = {module_name(path): path for path in python_files("custom_components/panel_meter")}
    graph: dict[str, set[str]] = {}
    for name, path in files.items():
        found = [each for each in imports(path.read_text(), package_of(path)) if not each.for_types_only]
        needed = {each.module for each in found} | {f"{each.module}.{part}" for each in found for part in each.names}
        # A package is imported for what its parts export; its own file counts only for those outside of it.
        graph[name] = {
            other for other in needed if other in files and other != name and not name.startswith(f"{other}.")
        }
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_nobody_takes_underscore_names_from_another_module() -> None:
    complain({path: hidden(path.read_text(), package_of(path)) for path in OURS})


def test_files_are_short() -> None:
    # A list of cases may be long; code that somebody has to hold in the head may not.
    code = [path for path in OURS if REPOSITORY / "tests" not in path.parents]
    complain(
        {path: [f"has {lines} lines"] for path in code if (lines := len(path.read_text().splitlines())) > MOST_LINES}
    )


def test_annotations_need_no_future() -> None:
    complain(
        {
            path: [
                "imports annotations from __future__"
                for each in imports(path.read_text(), package_of(path))
                if each.module == "__future__"
            ]
            for path in OURS
        }
    )


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from time import monotonic",
        "import os.path",
        "from pathlib import Path",
        "from datetime import datetime\nx = datetime.now()",
        "from datetime import date\nx = date.today()",
        "def f():\n    import socket",
        "x = open('file')",
    ],
)
def test_impurity_is_seen(source: str) -> None:
    assert impurities(source)


def test_purity_is_not_suspected() -> None:
    assert not impurities(
        "from datetime import UTC, datetime\nx = datetime.fromtimestamp(0, UTC)\nknown = x.now\nbooks.open()"
    )


@pytest.mark.parametrize(
    "source",
    [
        "import homeassistant.core",
        "from ..hub import Hub",
        "from ... import sensor",
        "from .. import const",
        "def f():\n    from custom_components.panel_meter import hub",
    ],
)
def test_an_upward_import_is_seen(source: str) -> None:
    assert foreign(source, f"{PACKAGE}.core.codecs".removesuffix(".codecs"), (f"{PACKAGE}.core",))


@pytest.mark.parametrize("source", ["from .model import Panel", "from ..core.model import Panel", "import zlib"])
def test_an_import_inside_the_room_is_fine(source: str) -> None:
    assert not foreign(source, f"{PACKAGE}.core", (f"{PACKAGE}.core",))


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("from .model import _private", True),
        ("from ._hidden import thing", True),
        ("from .model import Panel", False),
        ("from .model import __doc__", False),
    ],
)
def test_an_underscore_name_is_seen(source: str, seen: bool) -> None:
    assert bool(hidden(source, f"{PACKAGE}.core")) is seen
