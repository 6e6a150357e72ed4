"""An asset depends on what it uses: every file of the product is in some result's fingerprint, or says why it is in none."""

import inspect
import json
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path

import pytest

import assets.definitions  # noqa: F401 - fills the table of recipes
from assets import fingerprints
from assets.fingerprints import RECIPES, planned_fingerprints
from assets.workspace import Workspace
from data_sources.regions import LayerSource
from khanij.foundation import closure
from khanij.foundation.closure import NEVER, Closure
from pipelines.incremental import order, stale_assets
from pipelines.stores.io_managers import BundleStore
from tests.pipelines.current_region import make_current

REGION = "karnataka_andhra"
# file or pattern -> why no result hangs on its bytes
NEVER_IN_A_RESULT = {
    **{name.replace(".", "/") + ".py": why for name, why in NEVER.items()},
    "khanij/sample/*": NEVER["khanij.sample"],
    "khanij/__main__.py": "starts the command",
    "khanij/face.py": "what a program calls: it starts runs and reads what was published",
    "khanij/shadows.py": "lets a process begin, or not",
    "khanij/py.typed": "tells a type checker that there are types",
    "data_sources/cards/*.yaml": "a card counts with each source that names it",
    "data_sources/regions/*.yaml": "settings count one by one",
    "data_sources/cards/listing.py": "lists the cards for a reader",
    "data_sources/connectors/here.py": "says what is here of a source, for a table of the cards",
    "data_sources/connectors/remote/arcgis_rest.py": "what was fetched counts by its bytes in the archive",
    "data_sources/connectors/remote/fetching.py": "what was fetched counts by its bytes in the archive",
    "data_sources/connectors/remote/ogc_api.py": "what was fetched counts by its bytes in the archive",
    "data_sources/connectors/remote/probing.py": "asks whether a source is there",
    "data_sources/connectors/remote/wfs.py": "what was fetched counts by its bytes in the archive",
    "data_sources/contracts/published/dictionary.py": "writes a page of the docs",
    "data_sources/reference/columns.yaml": "describes the tables for the docs",
    "data_sources/reference/describe.py": "writes a page of the docs",
    "data_sources/reference/evidence/*.csv": "where figures of other tables come from; no run reads it",
    "assets/archive.py": "fetching: what comes counts by its bytes in the archive",
    "assets/definitions.py": "what it says of each asset counts by itself: function, settings, sources, what it is made from",
    "assets/shown/outside.py": "what the UI shows of where layers come from",
    "publishing/releasing/catalogue.py": "of releases, which are made from a published set",
    "publishing/releasing/diff.py": "compares what is published",
    "publishing/releasing/*": "of releases and of comparisons, which are made from published sets",
    "assets/over_time/drift.py": "compares what is published",
    "assets/over_time/source_ages.py": "how old sources are, which enters no result",
    "publishing/releasing/plugin_zip.py": "packs the plugin for QGIS when asked for",
    "data_sources/basemap/gazetteer.py": "finds a town or a port for a filter",
    "data_sources/proposing/*": "proposes a region's YAML and cards, which count themselves",
    "data_sources/basemap/make.py": "made the files of the base, which count themselves",
    "publishing/dossier*.py": "made from a published set when asked for",
    "publishing/block_search.py": "made from a published set when asked for",
    "publishing/explain.py": "made from a published set when asked for",
    "publishing/releasing/releases.py": "made from a published set when asked for",
    "publishing/sets/checking.py": "holds files against a published set's list",
    "publishing/sets/mailing.py": "packs a published set when asked for",
    "publishing/sets/snapshot.py": "reads a published set",
    "publishing/shortlist*.py": "made from a published set when asked for",
    "scoring/ground/ahead.py": "compiles kernels, which count themselves, before they are called",
    "scoring/waste/projects/cash_flows.py": "one plan year by year, for a reader",
    "publishing/pdf/figure_pages.py": "made from a published set when asked for",
    "publishing/qgis/plugin*": "the plugin for QGIS: it asks the command and makes nothing itself",
    "data_sources/cards/writing.py": "writes a card that a user asked for",
    "khanij/foundation/kernels.py": "where compiled kernels are kept",
    "data_sources/made_pages.py": "writes pages of the docs",
    "assets/shown/__init__.py": "what is shown of a result",
    "assets/shown/contract_columns.py": "what is shown of a result",
    "publishing/releasing/region.py": "made from a published set when asked for",
    "publishing/releasing/__init__.py": "made from a published set when asked for",
    "data_sources/contracts/errors.py": "the exceptions under their former name",
    "pipelines/*": "when and how things run",
}
COUNTED_IN_PIPELINES = {
    "pipelines/__init__.py",
    "pipelines/stores/__init__.py",
    "pipelines/stores/bundle_files.py",
    "pipelines/stores/io_managers.py",
    "pipelines/stores/memory.py",
    "pipelines/stores/seals.py",
}


def why_never(file: str) -> str | None:
    if file in COUNTED_IN_PIPELINES:
        return None
    return next((why for pattern, why in NEVER_IN_A_RESULT.items() if fnmatch(file, pattern)), None)


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the product whose files may be changed, and a region whose every result is current by its code."""
    root = tmp_path / "project"
    for top in closure.PACKAGES:
        if (closure.ROOT / top).is_dir():
            shutil.copytree(closure.ROOT / top, root / top, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(closure, "ROOT", root)
    monkeypatch.setattr(fingerprints, "_ROOT", root)
    fingerprints.forget()
    workspace = Workspace(
        output_root=str(tmp_path / "out"), cache_root=str(tmp_path / "cache"), data_root=str(tmp_path)
    )
    store = BundleStore(str(tmp_path / "store"))
    make_current(REGION, workspace, store)
    assert stale_assets(REGION, workspace, store) == []
    yield root, workspace, store
    monkeypatch.undo()
    fingerprints.forget()


def test_a_line_in_any_file_makes_something_stale_or_the_file_says_why_not(copy):
    root, workspace, _ = copy
    before = planned_fingerprints(REGION, workspace)
    uncovered, covered_though_listed = [], []
    for path in closure.runtime_files():
        file, bytes_before = path.relative_to(root).as_posix(), path.read_bytes()
        path.write_bytes(bytes_before + b"\n#x\n")
        fingerprints.code_version.cache_clear()
        stale = planned_fingerprints(REGION, workspace) != before
        path.write_bytes(bytes_before)
        if stale and why_never(file):
            covered_though_listed.append(file)
        if not stale and not why_never(file):
            uncovered.append(file)
    assert uncovered == []
    assert covered_though_listed == [], "the list of exceptions must not hold what counts"


@pytest.mark.parametrize(
    ("file", "must", "must_not"),
    [
        ("data_sources/connectors/tables.py", {"stream_sediments", "waste_inventory", "blocks", "gate_layers"}, set()),
        ("data_sources/connectors/rasters.py", {"geophysics"}, {"robustness_report"}),
        ("data_sources/readers/statuses/lease_status.py", {"gate_layers", "blocks"}, {"stream_sediments", "fertility"}),
        ("data_sources/reference/elements.csv", {"stream_sediments", "assessment"}, {"geophysics"}),
        ("data_sources/reference/survey_elements.csv", {"stream_sediments", "fertility"}, {"geophysics"}),
        ("data_sources/reference/route_costs.csv", {"assessment"}, {"stream_sediments", "fertility"}),
        ("scoring/waste/inventory.py", {"assessment", "robustness_report"}, {"stream_sediments", "fertility"}),
        ("scoring/ground/maps/kriging.py", {"fertility"}, {"stream_sediments", "waste_inventory", "blocks"}),
        # Named by the definitions, imported when the asset is made.
        ("assets/survey.py", {"stream_sediments", "geophysics"}, {"waste_inventory", "assessment"}),
        ("assets/potential.py", {"assessment", "robustness_report"}, {"blocks", "fertility"}),
        ("assets/published/publication.py", {"evidence_files", "ranked_blocks", "web_page"}, {"assessment", "blocks"}),
        ("pipelines/stores/bundle_files.py", {"blocks", "assessment", "stream_sediments", "published_set"}, set()),
        ("publishing/page/page.js", {"web_page"}, {"assessment", "blocks"}),
        ("publishing/qgis/layout.py", {"ranked_blocks"}, {"assessment", "blocks", "stream_sediments"}),
        (
            "data_sources/contracts/published/output_layers.py",
            {"ranked_blocks"},
            {"stream_sediments", "fertility", "blocks"},
        ),
        ("pipelines/stores/io_managers.py", {"blocks", "assessment", "stream_sediments"}, set()),
    ],
)
def test_a_changed_file_remakes_what_uses_it_and_no_more(copy, file, must, must_not):
    root, workspace, store = copy
    made = {n: RECIPES[n].code for n in order()}
    (root / file).write_bytes((root / file).read_bytes() + b"\n#x\n")
    fingerprints.forget()
    stale = set(stale_assets(REGION, workspace, store))
    direct = {n for n, files in made.items() if file in files}
    assert must <= direct, "by its own imports"
    assert not must_not & direct
    assert direct <= stale


def test_a_library_installed_while_the_process_lives_is_found(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    fingerprints.forget()
    assert set(fingerprints.library_versions(("later_lib",))) == {"python"}
    info = tmp_path / "later_lib-1.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: later-lib\nVersion: 1.5\n")
    (info / "top_level.txt").write_text("later_lib\n")
    fingerprints.forget()
    assert fingerprints.library_versions(("later_lib",))["later-lib"] == "1.5"


def test_the_names_of_the_libraries_are_read_once_while_nothing_is_installed(monkeypatch):
    reads = []
    real = fingerprints.packages_distributions
    monkeypatch.setattr(fingerprints, "packages_distributions", lambda: reads.append(1) or real())
    for _ in range(3):
        fingerprints.forget()
        assert "numpy" in fingerprints.library_versions(("numpy",))
    assert len(reads) <= 1


def test_a_library_of_the_closure_counts_and_another_does_not(copy, monkeypatch):
    _, workspace, store = copy
    real = fingerprints._version
    for library, stale in (("numba", {"assessment", "fertility"}), ("ruff", set()), ("mypy", set())):
        fingerprints.forget()
        monkeypatch.setattr(
            fingerprints, "_version", lambda d, at, changed=library: "99" if d == changed else real(d, at)
        )
        found = set(stale_assets(REGION, workspace, store))
        assert stale <= found and bool(found) == bool(stale), library


@pytest.mark.parametrize(("path", "counts"), [("magnetics.tif", False), ("magnetics.GRD", True)])
def test_an_extra_that_opens_one_kind_of_file_counts_where_there_is_one(copy, monkeypatch, path, counts):
    _, workspace, _ = copy
    region = workspace.region(REGION)
    card = next(iter(region.layers.values())).card
    named = region.model_copy(update={"layers": {**region.layers, "geophysics": LayerSource(card=card, path=path)}})
    real, found = fingerprints._version, []
    for version in ("1", "2"):
        fingerprints.forget()
        monkeypatch.setattr(fingerprints, "_version", lambda d, at, v=version: v if d == "harmonica" else real(d, at))
        found.append(fingerprints.own_parts("geophysics", named, workspace)["libraries"])
    assert (found[0] != found[1]) == counts
    told = fingerprints.versions_for(RECIPES.values(), named, workspace)
    assert ("harmonica" in told) == counts, "what a result names is what it hangs on"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A made-up project: an asset, a package with a re-export, a template, a lazy import, a table."""

    def write(file: str, text: str) -> None:
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    for package in ("assets", "scoring", "scoring/deep", "publishing", "data_sources", "data_sources/reference"):
        write(f"{package}/__init__.py", "")
    write("scoring/__init__.py", "from scoring.one import first\nfrom scoring.two import second\n")
    write("scoring/one.py", "import numpy\nfirst = 1\n")
    write("scoring/two.py", "from .deep.three import third\nsecond = third\n")
    write(
        "scoring/deep/three.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from scoring import one\nthird = 3\n",
    )
    write("publishing/page.py", "def lazily():\n    from publishing.late import x\n    return x\n")
    write("publishing/late.py", "import yaml\nx = 1\n")
    write("publishing/look.qml", "<qgis/>")
    write("publishing/parts/inner.tpl", "{}")
    write("data_sources/reference/tables.py", "def load_table(name):\n    return name\n")
    write("data_sources/reference/prices.csv", "e\n")
    write("data_sources/reference/costs.csv", "e\n")
    write("data_sources/open.py", "from data_sources.reference.tables import load_table\nload_table('prices')\n")
    write(
        "data_sources/any.py",
        "from data_sources.reference.tables import load_table\nN = {'a': 'costs'}\nload_table(N['a'])\n",
    )
    write(
        "assets/thing.py",
        "from scoring import second\nfrom scoring import first as one\nfrom publishing.page import lazily\n"
        "import importlib\nLIMIT = one\n"
        "def helper():\n    return second\ndef asset():\n    return helper()\n"
        "def other():\n    return lazily(), LIMIT\ndef third():\n    importlib.import_module('data_sources.open')\n"
        "def fourth():\n    from data_sources import any\n"
        "LATER = Late('publishing.late', 'x')\ndef fifth():\n    return LATER()\n",
    )
    monkeypatch.setattr(closure, "ROOT", tmp_path)
    monkeypatch.setattr(closure, "ALWAYS", ())
    closure.forget_closures()
    yield lambda function: closure.closure_of("assets.thing", function)
    monkeypatch.undo()
    closure.forget_closures()


def files(found: Closure) -> set[str]:
    return {f for f in found.files if not f.endswith("__init__.py")}


def test_a_function_reaches_its_own_helpers_and_a_reexport_leads_to_where_the_name_is_defined(project):
    found = project("asset")
    assert files(found) == {"assets/thing.py", "scoring/two.py", "scoring/deep/three.py"}, "not what others import"
    assert "scoring/__init__.py" in found.files and "scoring/deep/__init__.py" in found.files
    assert found.libraries == (), "a type checker's import is none"


def test_imports_inside_functions_templates_of_any_suffix_and_module_constants_count(project):
    found = project("other")
    assert {"publishing/late.py", "publishing/look.qml", "publishing/parts/inner.tpl", "scoring/one.py"} <= files(found)
    assert set(found.libraries) == {"numpy", "yaml"}


def test_a_function_that_is_named_to_be_imported_late_counts(project):
    found = project("fifth")
    assert files(found) == {
        "assets/thing.py",
        "publishing/late.py",
        "publishing/look.qml",
        "publishing/parts/inner.tpl",
    }
    assert found.libraries == ("yaml",)


MADE_LATE = """
import json, sys, warnings
warnings.simplefilter("ignore")
import dagster as dg
from assets.definitions import region_asset
from assets.fingerprints import RECIPES
from assets.workspace import Workspace
from pipelines.stores.io_managers import BundleIOManager
import assets.regions, assets.shown.metadata  # what these import enters no result
before = set(sys.modules)
with dg.DagsterInstance.ephemeral() as instance:
    instance.add_dynamic_partitions("region", ["india"])
    given = {{"workspace": Workspace(output_root={root!r}, cache_root={root!r}), "io_manager": BundleIOManager(root={root!r})}}
    made = dg.materialize([region_asset(RECIPES[n]) for n in {names}], partition_key="india", instance=instance, resources=given)
assert made.success
files = [m.__file__ for name, m in sys.modules.items() if name not in before and getattr(m, "__file__", None)]
print(json.dumps(files))
"""


def test_what_is_imported_while_an_asset_is_made_counts(tmp_path):
    names = ["waste_inventory", "blocks"]
    code = MADE_LATE.format(root=str(tmp_path), names=names)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=closure.ROOT, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    loaded = [Path(file) for file in json.loads(done.stdout.splitlines()[-1])]
    ours = {p.relative_to(closure.ROOT).as_posix() for p in loaded if p.is_relative_to(closure.ROOT)}
    ours = {file for file in ours if file.split("/")[0] in closure.PACKAGES}
    assert {"assets/blocks.py", "data_sources/readers/waste.py", "pipelines/stores/bundle_files.py"} <= ours, "late"
    assert ours <= {file for name in names for file in RECIPES[name].code}


@pytest.mark.parametrize("name", RECIPES)
def test_the_function_that_makes_an_asset_is_there_and_takes_what_it_is_made_from(name):
    recipe = RECIPES[name]
    function = getattr(import_module(recipe.made_by.module), recipe.made_by.name)
    inspect.signature(function).bind("context", "workspace", **dict.fromkeys(recipe.upstream))


def test_tables_count_where_they_are_opened_by_name(project):
    assert "data_sources/reference/prices.csv" in project("third").files
    assert "data_sources/reference/costs.csv" not in project("third").files
    assert "data_sources/reference/costs.csv" in project("fourth").files, "named through a variable of the module"


def test_an_edited_generator_stops_a_run_of_the_sample_and_no_other(monkeypatch, tmp_path):
    def moved(files: tuple[str, ...]) -> list[str]:
        return [f for f in files if f == "khanij/sample/waste.py"]

    monkeypatch.setattr(fingerprints, "moved_since_start", moved)
    workspace = Workspace(output_root=str(tmp_path / "out"), cache_root=str(tmp_path / "cache"))
    with pytest.raises(fingerprints.ChangedMeanwhileError, match="waste"):
        fingerprints.Making("blocks", "sample_district", workspace, {})
    making = object.__new__(fingerprints.Making)
    making.name, making.region_name, making.workspace = "blocks", "india", workspace
    making.refuse_edited_code()
