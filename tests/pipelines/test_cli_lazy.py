"""``khanij --help`` waits for nothing, and a verb that reads for no more than its rows need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "publishing"))
from example_publication import make_publication

from khanij.foundation.closure import ROOT
from pipelines.cli import VERBS, module_of
from publishing.geopackage.geopackage import publish_geopackage

HEAVY = ("numpy", "pandas", "dagster", "geopandas", "numba", "scipy", "pydantic", "yaml", "rich", "shapely", "httpx")
ENGINES = ("dagster", "numba", "llvmlite", "sklearn", "scipy", "rasterio")
FRAMES = ("numpy", "pandas", "pyarrow", "geopandas", "pyogrio", "shapely", "pyproj", "matplotlib", *ENGINES)
FILE, REGION = "ranked_blocks.gpkg", "example"
# What a verb that reads may not import: those of which rows are enough have no frames.
READING = {
    "explain": (["EX-WB-002", "--region", REGION], FRAMES),
    "diff": ([FILE, FILE], FRAMES),
    "sources": ([], FRAMES),
    "shortlist": (["--region", REGION, "--format", "csv", "--out", "."], FRAMES),
}
CODE = """
import sys
from khanij.__main__ import main
try:
    status = main()
except SystemExit as end:
    status = end.code
assert not status, status
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


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    folder = tmp_path_factory.mktemp("output")
    (folder / REGION).mkdir()
    publish_geopackage(make_publication(30, seed=4), folder / REGION / FILE)
    return folder


@pytest.mark.parametrize("verb", READING)
def test_a_verb_that_reads_imports_no_engine_and_no_more_than_it_needs(published, verb):
    arguments, heavy = READING[verb]
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(heavy=heavy), verb, *arguments],
        capture_output=True,
        text=True,
        cwd=published / REGION,
        env=os.environ | {"KHANIJ_HOME": str(published), "KHANIJ_OUTPUT": str(published), "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_a_load_of_the_definitions_waits_for_no_library_that_an_asset_needs_when_it_is_made():
    papers = ("docx", "fpdf", "fontTools", "PIL", "openpyxl", "xlsxwriter", "pystac")
    apart = ("dagster", "pyproj")  # a region's CRS is looked at when its YAML is read
    heavy = [m for m in (*FRAMES, *papers, "boto3", "httpx", "upath", "fsspec") if m not in apart]
    code = f"import sys, pipelines.definitions; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stdout == "[]\n", done.stderr


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
