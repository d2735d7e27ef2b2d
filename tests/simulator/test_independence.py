"""The simulator checks the integration only as long as it shares nothing with it."""

import ast
from pathlib import Path

import simulator


def test_the_simulator_imports_nothing_of_the_integration_or_of_home_assistant() -> None:
    folder = Path(simulator.__file__).parent
    files = sorted(folder.rglob("*.py"))
    assert len(files) > 20
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names.append(node.module)
            assert not [
                name for name in names if name.split(".")[0] in {"custom_components", "homeassistant", "tests"}
            ], file


def test_the_board_itself_neither_does_io_nor_reads_a_clock() -> None:
    folder = Path(simulator.__file__).parent
    pure = ("board", "commands", "info", "intervals", "registers", "ring", "flash", "sender", "messages", "meter")
    for name in pure:
        for node in ast.walk(ast.parse((folder / f"{name}.py").read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                modules.append(node.module)
            assert not {module.split(".")[0] for module in modules} & {
                "time",
                "datetime",
                "socket",
                "os",
                "random",
                "paho",
                "threading",
            }
