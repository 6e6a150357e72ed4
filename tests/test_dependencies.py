"""What the product imports is declared, what is declared is imported, and the locks hold what they say."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import packages_distributions

import pytest
from test_one_way import IN_QGIS, ROOT, TOPS, imports_of, modules

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
# Declared, and asked for by name in a setting or by another library instead of an import.
BY_NAME = {
    "pyarrow": "pandas and geopandas write Parquet with it",
    "openpyxl": "pandas reads XLSX with it",
    "dagster-webserver": "dagster dev starts it",
    "dagster-postgres": "deploy/dagster.yaml names its storages",
    "dagster-docker": "deploy/docker/dagster.yaml names its launcher",
    "dagster-k8s": "deploy/kubernetes/dagster.yaml names its launcher",
    "sqlalchemy": "held below a version that dagster-postgres cannot use",
    "psycopg2-binary": "dagster-postgres connects with it",
    "uharfbuzz": "fpdf2 shapes text with it",
    "s3fs": "universal-pathlib opens s3:// with it",
}


def plain(requirement: str) -> str:
    """The normalised name of a requirement without its extras and versions."""
    return re.split(r"[\[<>=!~; ]", requirement)[0].lower().replace("_", "-")


def _distribution(name: str, of: Mapping[str, list[str]]) -> str:
    """The distribution that a top-level name comes with; where several share the name, the one that is called so."""
    candidates = [plain(d) for d in of.get(name, [name])]
    return name if name in candidates else candidates[0]


def imported() -> dict[str, set[str]]:
    """Distribution -> modules of the product that import it."""
    of = packages_distributions()
    found: dict[str, set[str]] = {}
    for module, path in modules().items():
        if module.startswith(IN_QGIS):
            continue  # not of this environment
        for name in {n.split(".")[0] for n in imports_of(path.read_text(encoding="utf-8"))}:
            if name not in sys.stdlib_module_names and name not in TOPS:
                found.setdefault(_distribution(name, of), set()).add(module)
    return found


def locked(file: str) -> dict[str, str]:
    """Distribution -> version of a lock."""
    text = (ROOT / file).read_text(encoding="utf-8")
    return {plain(n): v for n, v in re.findall(r"^([A-Za-z0-9_.-]+(?:\[[^]]*\])?)==([^ ;\\]+)", text, re.M)}


def test_what_is_imported_is_declared():
    declared = {plain(r) for r in PROJECT["project"]["dependencies"]} | {plain(r) for w in EXTRAS.values() for r in w}
    assert {name: where for name, where in imported().items() if name not in declared} == {}


def test_what_is_declared_is_imported():
    declared = {plain(r) for r in PROJECT["project"]["dependencies"]} | {plain(r) for w in EXTRAS.values() for r in w}
    assert declared - set(imported()) - set(BY_NAME) == set()
    assert set(BY_NAME) <= declared, "a reason without its requirement"


def test_an_extra_is_imported_only_inside_a_function():
    optional = {plain(r) for wanted in EXTRAS.values() for r in wanted}
    top_level = re.compile(r"^(?:import|from) (\w+)", re.M)
    of = packages_distributions()
    for module, path in modules().items():
        names = {_distribution(n, of) for n in top_level.findall(path.read_text(encoding="utf-8"))}
        assert not names & optional, module


def test_the_runtime_lock_holds_what_a_run_and_the_build_need_and_no_tool_of_the_tests():
    runtime, dev = locked("requirements.lock"), locked("requirements-dev.lock")
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["build"]]
    assert {plain(r) for r in wanted} <= set(runtime)
    assert {n: v for n, v in runtime.items() if dev.get(n) != v} == {}, "the two locks disagree"
    tools = {plain(r) for r in PROJECT["dependency-groups"]["dev"] if isinstance(r, str)}
    assert tools & set(runtime) == set()
    assert {plain(r) for w in EXTRAS.values() for r in w} - {"sqlalchemy"} <= set(dev) - set(runtime)
    assert {plain(r) for r in PROJECT["project"]["dependencies"]} | tools <= set(dev)


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-dev.lock", "requirements-bootstrap.lock"])
def test_a_lock_names_no_host_and_hashes_everything(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    assert not re.search(r"https?://|file:|--index-url|--find-links", text)
    entries = re.split(r"\n(?=[A-Za-z0-9])", text)
    assert all("--hash=sha256:" in e for e in entries if "==" in e)


def test_the_documents_give_the_same_commands():
    install = (
        "pip install --require-hashes -r requirements.lock && pip install --no-deps --no-build-isolation -e .\n"
        "khanij run"
    )
    for file in ("README.md", "docs/operations.md"):
        assert install in (ROOT / file).read_text(encoding="utf-8"), file
