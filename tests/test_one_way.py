"""Imports run one way, and the science knows no Dagster, network or files."""

import ast
import re
import sys
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
_BELOW = {
    "khanij.foundation": set(),
    "data_sources": {"data_sources"},
    "khanij.sample": {"khanij.sample", "data_sources"},
    "scoring": {"scoring", "data_sources"},
    "publishing": {"publishing", "data_sources"},
    "assets": {"assets", "publishing", "scoring", "data_sources", "khanij.sample"},
    "pipelines": {"pipelines", "assets", "publishing", "scoring", "data_sources", "khanij.sample"},
    "khanij": {"khanij", "pipelines", "assets", "publishing", "scoring", "data_sources", "khanij.sample"},
}
IN_QGIS = "publishing.qgis.plugin"
"""Runs in QGIS's own Python, where nothing of the product is installed and what is imported is QGIS's."""
MAY_IMPORT = {room: below | {"khanij.foundation"} for room, below in _BELOW.items()}
TOPS = {room.split(".")[0] for room in MAY_IMPORT}
NOT_IN_SCIENCE = {"dagster", "requests", "httpx", "urllib", "pyogrio", "owslib", "socket", "sqlite3"}
NEVER = {"tests", "benchmarks", "notebooks"}
PRIVATE_ALLOWED = {
    ("data_sources.connectors.library_errors", "pyogrio._err.CPLE_BaseError"),
    ("data_sources.connectors.library_errors", "rasterio._err.CPLE_BaseError"),
}
"""Module -> a name that its library keeps to itself, and no public one stands for.

* GDAL's own errors reach a caller raw, as classes that derive from ``Exception`` alone: what a user is told of a damaged
  file hangs on them, and ``pyogrio.errors`` and ``rasterio.errors`` have no base of theirs.
"""


def imports_of(source: str) -> set[str]:
    """Dotted names that a module imports, now or late, with each imported name appended to its module."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Late":
            found |= {str(node.args[0].value)} if isinstance(node.args[0], ast.Constant) else set()
    return found


def room_of(module: str) -> str:
    """The room that a module lies in: its top-level package, or the room inside ``khanij``."""
    inner = ".".join(module.split(".")[:2])
    return inner if inner in MAY_IMPORT else module.split(".")[0]


def faults_of(room: str, source: str) -> list[str]:
    """What in this source breaks the rules of its room."""
    faults = []
    for name in sorted(imports_of(source)):
        first, *rest = name.split(".")
        if name == "khanij" and room != "khanij":  # ``from khanij import ...`` is judged by its names
            continue
        if first in NEVER or (first in TOPS and room_of(name) not in MAY_IMPORT[room]):
            faults.append(name)
        if first.startswith("dagster") and room in {"khanij.foundation", "data_sources", "scoring", "publishing"}:
            faults.append(name)
        if room == "scoring" and (
            first in NOT_IN_SCIENCE or (first == "data_sources" and rest and rest[0] not in {"contracts", "reference"})
        ):
            faults.append(name)
    return faults


def private_names(source: str) -> set[str]:
    """Dotted names that a library keeps to itself and that a module takes: imported, looked up late, or by their module."""
    tree, bound, found = ast.parse(source), {}, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            bound |= {
                a.asname or a.name.split(".")[0]: a.name if a.asname else a.name.split(".")[0] for a in node.names
            }
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            bound |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("dagster"):
            found.add(node.value)  # for ``import_module``, ``sys.modules``, or a YAML that names a class
    for node in ast.walk(tree):
        chain = _dotted(node) if isinstance(node, ast.Attribute) else []
        if chain and chain[0] in bound:
            found.add(".".join([bound[chain[0]], *chain[1:]]))
    of_others = {name for name in found if name.split(".")[0] not in TOPS | sys.stdlib_module_names}
    return {name for name in of_others if _is_private(name)}


def _dotted(node: ast.expr) -> list[str]:
    """``a.b.c`` as its parts; nothing where it does not begin with a name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return [node.id, *parts] if isinstance(node, ast.Name) else []


def _is_private(name: str) -> bool:
    return any(re.fullmatch(r"_(?!_)\w*", part) for part in name.split("."))


def modules() -> dict[str, Path]:
    """Every module of the product by its dotted name."""
    found = {}
    for path in sorted(p for top in TOPS for p in (ROOT / top).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_imports_run_one_way(room):
    mine = {name: path for name, path in modules().items() if room_of(name) == room}
    assert mine
    faults = {name: f for name, path in mine.items() if (f := faults_of(room, path.read_text(encoding="utf-8")))}
    assert faults == {}


def test_no_module_takes_what_a_library_keeps_to_itself():
    """Dagster above all: a name that begins with an underscore may be gone with its next version, without a word."""
    shipped = [path for top in ("deploy", "examples") for path in (ROOT / top).rglob("*.py")]
    read = modules() | {path.relative_to(ROOT).as_posix(): path for path in shipped}
    taken = {(name, p) for name, path in read.items() for p in private_names(path.read_text(encoding="utf-8"))}
    assert taken == PRIVATE_ALLOWED


@pytest.mark.parametrize(
    "source",
    [
        "import dagster._core.launcher",
        "from dagster._core.launcher import RunLauncher",
        "from dagster import _check",
        "def late():\n    from dagster import _check as check",
        "import dagster as dg\ncheck = dg._check.inst_param",
        "import dagster\ndagster._core.storage",
        "found = import_module('dagster._core.storage')",
        "from rasterio._err import CPLE_BaseError as Wrong",
        "from docx.table import Table, _Cell",
        "import numpy as np\nnp._core",
    ],
)
def test_each_way_to_a_private_name_is_seen(source):
    assert private_names(source)


def test_what_is_public_or_ones_own_is_not_called_private():
    assert not private_names(
        "from __future__ import annotations\nimport dagster as dg\nfrom scoring.waste import _figures\n"
        "from . import _beside\ndg.asset, dg.__version__, self._name\nimport os\nos._exit(1)\nmodule.startswith('dagster.')"
    )


def test_no_module_imports_itself_by_way_of_others():
    known = modules()
    graph = {}
    for name, path in known.items():
        found = {n for n in imports_of(path.read_text(encoding="utf-8")) if n in known and n != name}
        # A package's own file is run before its modules: to import from it is no circle by itself.
        graph[name] = {n for n in found if not name.startswith(n + ".")}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(error.args[1])}")


def test_no_folder_is_a_hall():
    folders = Counter(path.parent.relative_to(ROOT).as_posix() for path in modules().values())
    assert {folder: n for folder, n in folders.items() if n > 15} == {}


def test_the_rule_itself_catches_each_kind_of_fault():
    assert faults_of("scoring", "import dagster")
    assert faults_of("scoring", "from data_sources.connectors import files")
    assert faults_of("data_sources", "from scoring.waste import figures")
    assert faults_of("publishing", "from assets import survey")
    assert faults_of("assets", "import pipelines.definitions")
    assert faults_of("assets", "checked = Late('pipelines.judges', 'judge_layer')")
    assert not faults_of("scoring", "from data_sources.contracts import KhanijError\nimport numpy")


def test_modules_stay_rooms_not_halls():
    long = {
        str(m.relative_to(ROOT)): n
        for m in modules().values()
        if (n := m.read_text(encoding="utf-8").count("\n")) > 420
    }
    assert long == {}


def test_no_room_answers_for_names_that_it_does_not_have():
    lazy = [name for name, path in modules().items() if "def __getattr__(" in path.read_text(encoding="utf-8")]
    assert lazy == ["khanij"], "only the public face imports when it is asked"


def test_only_the_command_line_leans_on_the_command_line():
    """A job, a check or a sensor that imported a verb would print what nobody reads and load what nobody asked for."""
    leaning = {
        name
        for name, path in modules().items()
        if not name.startswith("pipelines.cli") and name not in ("khanij.face", "khanij.__main__")
        for imported in imports_of(path.read_text(encoding="utf-8"))
        if f"{imported}.".startswith("pipelines.cli.")
    }
    assert leaning == set()
