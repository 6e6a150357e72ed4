"""One writer, one hash of a file, one lock, one rounding, one wording, one emptiness test, one reader of the environment."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from test_one_way import IN_QGIS, ROOT, modules

POSIX_ONLY = ("fcntl", "resource", "pwd", "grp", "termios")
# What must stand in the one module that is named, and in no other.
ONLY_IN = {
    "khanij.foundation.environment": r"environ(\.get\(|\[)?\W*\"(KHANIJ_|DAGSTER_HOME\", \")|getenv\(\"KHANIJ_",
    "khanij.foundation.files": r"file_digest\(|sha256\([^()]*read_bytes\(\)|mkstemp|NamedTemporaryFile|\bos\.replace\(|\bos\.rename\(",
    "khanij.foundation.rounding": r"def \w*(significant|sig_digits|sigfig)\w*\(|floor\(np\.log10\(",
    "khanij.foundation.wording": r"def (amount|usd|tonnes|kilograms)(_text)?\(|def (number|share|place)(_text)?\(value",
    "khanij.foundation.cells": r"def (is_known|_?is_blank|_?blank|truth|_num|_?number_of|number_or_missing)\(",
    "data_sources.contracts.admitting.cells.mass_fractions": r"^\W*\w*PPM_PER_UNIT\b.*=|^\w*UNIT_NAMES\b.*=",
    "data_sources.reference.lanthanides": r"\"Pr\", \"Nd\", \"Sm\", \"Eu\"|^def lanthanides\(",
}


def test_no_second_one_is_defined():
    found = {
        f"{name}: {text.strip()}"
        for name, path in modules().items()
        for text in path.read_text(encoding="utf-8").splitlines()
        for home, pattern in ONLY_IN.items()
        if name != home and re.search(pattern, text)
    }
    assert found == set()


@pytest.mark.parametrize("home", ONLY_IN)
def test_each_pattern_finds_the_one_that_is_meant(home):
    lines = modules()[home].read_text(encoding="utf-8").splitlines()
    if home == "khanij.foundation.environment":
        lines = ['    root = os.environ.get("KHANIJ_OUTPUT", "x")']
    assert any(re.search(ONLY_IN[home], line) for line in lines)


def test_locks_are_filelocks():
    pattern = r"^\s*(import|from) (fcntl|msvcrt|portalocker)\b|\bflock\(|lockf\("
    assert [n for n, p in modules().items() if re.search(pattern, p.read_text(encoding="utf-8"), re.M)] == []


def test_every_module_imports_where_there_is_no_posix():
    importable = [name for name in sorted(modules()) if not name.endswith("__main__") and not name.startswith(IN_QGIS)]
    code = (
        "import importlib, sys\n"
        f"for name in {POSIX_ONLY!r}: sys.modules[name] = None\n"
        f"for name in {importable!r}: importlib.import_module(name)\n"
        "print('all imported')"
    )
    # Libraries may want these modules on a system that has them: they are let in before, the project's are not.
    libraries = "import dagster, distributed, geopandas, rasterio, sklearn, numba, matplotlib.pyplot, pystac, httpx\n"
    done = subprocess.run(
        [sys.executable, "-c", libraries + code], cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    assert done.stdout.strip().endswith("all imported"), done.stderr[-2000:]
