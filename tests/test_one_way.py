"""Imports run one way, and the science knows no Dagster, network or files."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAY_IMPORT = {
    "data_sources": {"data_sources"},
    "scoring": {"scoring", "data_sources"},
    "publishing": {"publishing", "data_sources"},
    "assets": {"assets", "publishing", "scoring", "data_sources"},
    "pipelines": {"pipelines", "assets", "publishing", "scoring", "data_sources"},
}
NOT_IN_SCIENCE = {"dagster", "requests", "httpx", "urllib", "pyogrio", "owslib", "socket", "sqlite3"}
NEVER = {"tests", "benchmarks", "notebooks"}


def imports_of(source: str) -> set[str]:
    """Dotted names that a module imports, with each imported name appended to its module."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def faults_of(top: str, source: str) -> list[str]:
    """What in this source breaks the rules of its top-level package."""
    faults = []
    for name in sorted(imports_of(source)):
        first, *rest = name.split(".")
        if first in NEVER or (first in MAY_IMPORT and first not in MAY_IMPORT[top]):
            faults.append(name)
        if first.startswith("dagster") and top in {"data_sources", "scoring", "publishing"}:
            faults.append(name)
        if top == "scoring" and (
            first in NOT_IN_SCIENCE or (first == "data_sources" and rest and rest[0] not in {"contracts", "reference"})
        ):
            faults.append(name)
    return faults


@pytest.mark.parametrize("top", sorted(MAY_IMPORT))
def test_imports_run_one_way(top):
    modules = sorted((ROOT / top).rglob("*.py"))
    assert modules
    faults = {str(m.relative_to(ROOT)): f for m in modules if (f := faults_of(top, m.read_text(encoding="utf-8")))}
    assert faults == {}


def test_the_rule_itself_catches_each_kind_of_fault():
    assert faults_of("scoring", "import dagster")
    assert faults_of("scoring", "from data_sources.connectors import files")
    assert faults_of("data_sources", "from scoring.units import x")
    assert faults_of("publishing", "from assets import survey")
    assert faults_of("assets", "import pipelines.definitions")
    assert not faults_of("scoring", "from data_sources.contracts import KhanijError\nimport numpy")


def test_modules_stay_rooms_not_halls():
    long = {
        str(m.relative_to(ROOT)): n
        for top in MAY_IMPORT
        for m in (ROOT / top).rglob("*.py")
        if (n := m.read_text(encoding="utf-8").count("\n")) > 420
    }
    assert long == {}
