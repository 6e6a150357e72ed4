"""``khanij --help`` waits for nothing: no library is imported before a verb asks for it."""

import subprocess
import sys

import pytest

from khanij.foundation.closure import ROOT
from pipelines.cli import VERBS, module_of

HEAVY = ("numpy", "pandas", "dagster", "geopandas", "numba", "scipy", "pydantic", "yaml", "rich", "shapely", "httpx")
CODE = """
import sys
from khanij.__main__ import main
try:
    main()
except SystemExit as end:
    assert not end.code
heavy = [m for m in {heavy} if m in sys.modules]
assert not heavy, heavy
"""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([verb, "--help"] for verb in VERBS)])
def test_help_imports_no_library(arguments):
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(heavy=HEAVY), *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="processor time of a child is not told there")
@pytest.mark.parametrize("option", ["--help", "--version"])
def test_it_takes_less_than_half_a_second_of_the_processor(option):
    import resource

    def seconds() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    took = []
    for _ in range(3):  # the first may have to compile
        before = seconds()
        subprocess.run([sys.executable, "-m", "khanij", option], capture_output=True, check=True, cwd=ROOT)
        took.append(seconds() - before)
    assert min(took) < 0.5, took


@pytest.mark.parametrize("verb", VERBS)
def test_the_line_of_a_verb_is_that_of_its_module(verb):
    module = module_of(verb)
    assert (module.__doc__ or "").splitlines()[0] == VERBS[verb]
    assert callable(module.main) and callable(module.add_arguments)
