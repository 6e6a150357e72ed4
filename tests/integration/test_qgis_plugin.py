"""The plugin for QGIS: its zip without a QGIS; every tool, the click and the dialog in a real one.

The zip is installed into a profile of its own and worked by ``qgis_plugin_probe.py`` in one process of QGIS's Python; what
the tools compute, the command of this environment computes, on a made-up person's own layers.
"""

from __future__ import annotations

import ast
import configparser
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import matplotlib.image
import numpy as np
import pytest
import rasterio
import shapely
from qgis_here import NEEDS_QGIS, PYTHON

from data_sources.connectors.files import read_file
from khanij.foundation.version import khanij_version
from publishing.releasing.plugin_zip import EMAIL, FOLDER, plugin_zip
from tests.regions_made import MadeRegion, grade, write_csv

ROOT = Path(__file__).resolve().parents[2]
PARTS = ROOT / "publishing" / "qgis" / "plugin"
MODULES = sorted(PARTS.glob("*.py"))
TOOLS = {
    "khanij:rankregion": "Rank a region", "khanij:rankmylayers": "Rank my layers", "khanij:validatelayer": "Validate a layer",
    "khanij:explainblock": "Explain a block", "khanij:whatif": "What if", "khanij:shortlist": "Shortlist",
    "khanij:loadresult": "Load a release or a published set", "khanij:compareresults": "Compare two releases",
    "khanij:samplenext": "What to sample with N crore",
}  # fmt: skip


# --- without a QGIS ---------------------------------------------------------------------------------------------------


def test_the_zip_is_the_same_every_time_and_holds_what_qgis_asks_for() -> None:
    content = plugin_zip()
    assert content == plugin_zip()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        assert archive.testzip() is None and names == sorted(names)
        assert {n.split("/")[0] for n in names} == {FOLDER} and {i.date_time for i in archive.infolist()} == {
            (1980, 1, 1, 0, 0, 0)
        }
        told = configparser.ConfigParser(interpolation=None)
        told.read_string(archive.read(f"{FOLDER}/metadata.txt").decode())
        for path in MODULES:
            assert archive.read(f"{FOLDER}/{path.name}") == path.read_bytes()
    assert {f"{FOLDER}/{n}" for n in ("__init__.py", "metadata.txt", "icon.svg", "LICENSE")} <= set(names)
    general = dict(told["general"])
    assert (general["name"], general["version"], general["qgisminimumversion"]) == ("Khanij", khanij_version(), "3.22")
    assert general["hasprocessingprovider"] == "yes" and general["license"] == "Apache-2.0"
    author = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["authors"][0]
    assert (general["author"], general["email"]) == (author["name"], author["email"]) == ("The Khanij authors", EMAIL)
    assert all(general[k] for k in ("description", "about", "tracker", "repository", "homepage", "tags"))


def test_the_verb_writes_the_zip_and_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import jsonschema

    from pipelines.cli import main

    assert main(["qgis-plugin", "--output", str(tmp_path / "new"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    jsonschema.validate(answer, json.loads((ROOT / "docs/schemas/qgis-plugin.json").read_text(encoding="utf-8")))
    (file,) = answer["files"]
    assert Path(file).name == f"khanij_qgis-{khanij_version()}.zip" and Path(file).read_bytes() == plugin_zip()


def faults_of(source: str) -> list[str]:
    """What of a module would not run in QGIS's Python from 3.22 to the Qt 6 ones."""
    tree = ast.parse(source, feature_version=(3, 9))
    imported = [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
    imported += [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level == 0]
    faults = [n for n in imported if n.split(".")[0] not in {*sys.stdlib_module_names, "qgis"}]
    faults += [n for n in ast.walk(tree) if isinstance(n, ast.Match)]
    # An enum's member is asked of the enum: QgsTask.Flag.CanCancel, never QgsTask.CanCancel; Qt 6 has no other.
    faults += re.findall(r"(?<![\w.])Q\w+\.[A-Z]\w*(?![\w.(])", source)
    return faults + re.findall(r"\bexec_\(|\bQVariant\b|\bPyQt5\b|\bPyQt6\b|\bQRegExp\b", source)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_modules_run_from_the_oldest_qgis_to_the_newest(path: Path) -> None:
    assert faults_of(path.read_text(encoding="utf-8")) == []


def test_the_rule_sees_each_kind_of_fault() -> None:
    assert faults_of("import khanij") == ["khanij"] and faults_of("from PyQt5.QtCore import Qt") == [
        "PyQt5.QtCore",
        "PyQt5",
    ]
    assert faults_of("x = Qt.AlignLeft") == ["Qt.AlignLeft"] and faults_of("y(QgsTask.CanCancel)") == [
        "QgsTask.CanCancel"
    ]
    assert faults_of("dialog.exec_()") and faults_of("QgsField('a', QVariant.Double)")
    assert faults_of("from qgis.PyQt.QtCore import Qt\nx = Qt.AlignmentFlag.AlignLeft\nQgsProject.instance()") == []


def test_the_levers_are_those_of_the_engine_and_the_page() -> None:
    from scoring.rank.what_if import LEVERS

    found: dict[str, Any] = {}
    exec(compile((PARTS / "levers.py").read_text(encoding="utf-8"), "levers", "exec"), found)
    assert {*found["NUMBERS"], *found["CHOICES"], found["OF_METALS"]} == set(LEVERS)
    page = (ROOT / "publishing/page/what_if.js").read_text(encoding="utf-8")
    of_page = re.findall(r"\['(\w+)', '([^']+)', '([^']*)', ([\d.]+), ([\d.]+)\]", page)
    assert {k: (t, u, float(lo), float(hi)) for k, t, u, lo, hi in of_page} == found["NUMBERS"]
    standing = {"price_factor": 1.0, "price_factors": {"Ni": 1.5}, "basket": "critical_30", "apply_gates": True}
    moved = found["moved"]
    assert moved({**standing}, standing) == []
    chosen = {
        "price_factor": 1.25,
        "price_factors": {"Ni": 2.0, "Sc": 0.0, "Co": 1.0},
        "basket": "critical_30",
        "apply_gates": False,
    }
    assert moved(chosen, standing) == [
        "ranking.price_factor=1.25", "ranking.apply_gates=false", "ranking.price_factors.Ni=2", "ranking.price_factors.Sc=0",
    ]  # fmt: skip


def test_a_layer_is_offered_as_each_contract() -> None:
    from data_sources.contracts.registry import ALL

    text = (PARTS / "own_layers.py").read_text(encoding="utf-8") + (PARTS / "own_tools.py").read_text(encoding="utf-8")
    assert {name for name in ALL if f'"{name}"' not in text} == set()


# --- in a real QGIS ---------------------------------------------------------------------------------------------------


def lay_down(folder: Path) -> None:
    """A person's own layers: sites in UTM without columns of coordinates, one of them twice; blocks with a key of their own."""
    made, own = MadeRegion(folder), folder / "own"
    own.mkdir(parents=True)
    points = [shapely.Point(s.pop("lon"), s.pop("lat")) for s in made.sites]
    made.sites[5]["site_id"] = "S-04"
    gpd.GeoDataFrame(made.sites, geometry=points, crs=4326).to_crs(32645).to_file(own / "sites.gpkg")
    write_csv(own / "tonnages.csv", made.tonnages)
    write_csv(own / "grades.csv", [grade(g["site_id"], g["element"], 12 * g["ppm_mode"]) for g in made.grades])
    blocks = gpd.GeoDataFrame.from_features(made.blocks, crs=4326).rename(columns={"block_id": "BLK_NO"})
    blocks.to_file(own / "blocks.gpkg")
    for name, code, origin, cell in (
        ("geophysics", 32645, (390_000, 2_530_000), 1000),
        ("in_degrees", 4326, (85.8, 22.8), 0.01),
    ):
        grid = rasterio.transform.from_origin(*origin, cell, cell)
        shape = {
            "driver": "GTiff",
            "width": 60,
            "height": 60,
            "count": 1,
            "dtype": "float32",
            "crs": code,
            "transform": grid,
        }
        with rasterio.open(own / f"{name}.tif", "w", **shape) as out:
            out.write(np.add.outer(np.arange(60.0), np.arange(60.0)).astype("float32"), 1)
            out.set_band_description(1, "magnetic_anomaly_nt")
    fault = shapely.LineString([(86.0, 22.4), (86.2, 22.6)])
    gpd.GeoDataFrame({"fault_name": ["F1"]}, geometry=[fault], crs=4326).to_file(own / "faults.gpkg")


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What QGIS reports of the plugin at work."""
    folder = tmp_path_factory.mktemp("qgis_plugin")
    lay_down(folder)
    archive = folder / "khanij_qgis.zip"
    archive.write_bytes(plugin_zip())
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_", "PYTHON", "COV"))}
    env = {
        **kept, "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(runtime), "HOME": str(folder), "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1",
    }  # fmt: skip
    command = [PYTHON, str(Path(__file__).with_name("qgis_plugin_probe.py")), str(archive)]
    command += [str(Path(sys.executable).with_name("khanij")), str(folder)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=600, check=False)
    report = folder / "probe.json"
    assert report.is_file(), done.stderr[-3000:]
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    assert "traceback" not in found, found["traceback"]
    return found | {"folder": folder}


TABLE_OF_TEXTS = """
import sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
from pathlib import Path
from qgis.core import QgsApplication, QgsFeature, QgsVectorLayer
application = QgsApplication([], False)
application.initQgis()
from plugin.own_layers import exported
layer = QgsVectorLayer("NoGeometry?field=site_id:string&field=remark:string", "mine", "memory")
for values in (["A", "one\\r\\ntwo"], ["B", "one\\rtwo"], ["C", "one"]):
    feature = QgsFeature(layer.fields())
    feature.setAttributes(values)
    layer.dataProvider().addFeatures([feature])
print(exported(layer, Path(sys.argv[2]), "tonnages"))
"""


@NEEDS_QGIS[0]
@NEEDS_QGIS[1]
def test_a_row_of_a_table_stays_in_its_line_whatever_ends_the_lines_of_its_texts(tmp_path: Path) -> None:
    """The place of a row in its layer is told by its line: a text of two lines would move all that follow."""
    env = os.environ | {"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(tmp_path)}
    command = [PYTHON, "-c", TABLE_OF_TEXTS, str(PARTS.parent), str(tmp_path)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=True)
    frame = read_file(Path(done.stdout.strip().splitlines()[-1]))
    assert frame["site_id"].tolist() == ["A", "B", "C"] and frame["remark"].tolist() == ["one two", "one two", "one"]


class TestInQgis:
    """What the probe saw."""

    pytestmark = NEEDS_QGIS

    def test_it_is_installed_from_its_zip_and_taken_out_again(self, probed: dict[str, Any]) -> None:
        assert probed["available"] == [FOLDER] and probed["loaded"] is True
        assert probed["metadata"] == {"name": "Khanij", "version": khanij_version(), "hasProcessingProvider": "yes"}
        assert probed["tools"] == TOOLS and min(probed["helps"].values()) > 100
        assert probed["menu"] == ["Khanij: Explain a block", "Khanij: What if ...", "Khanij: Settings ..."]
        assert probed["unloaded"] is True and probed["menu_after"] == [] and probed["provider_after"]

    def test_a_command_that_is_not_there_is_told_with_the_remedy_in_log_and_message_bar(
        self, probed: dict[str, Any]
    ) -> None:
        assert "khanij command was not found" in probed["no_command"]["error"]
        assert "What to do: Plugins > Khanij > Settings" in probed["no_command"]["error"]
        (said,) = probed["bar"]
        assert "was not found" in said and "Plugins > Khanij > Settings" in said
        assert probed["tried"].startswith(f"khanij {khanij_version()} (")

    def test_a_layer_is_validated_and_each_row_stands_at_its_place(self, probed: dict[str, Any]) -> None:
        found = probed["validate"]
        assert found["error"] is None and found["results"]["HELD"] == 1 and found["results"]["KEPT"] == 5
        assert [(r["what"], r["row"], r["value"], r["placed"]) for r in found["rows"]] == [
            ("held", 6.0, "S-04", True), ("flagged", 5.0, "S-04", True),
        ]  # fmt: skip
        assert "duplicate key" in found["rows"][0]["reason"]

    def test_own_layers_are_ranked_with_progress_and_loaded_styled(self, probed: dict[str, Any]) -> None:
        found = probed["own"]
        assert found["error"] is None and found["shares"][-1] == 100 and len(found["shares"]) > 10
        layers = {name: (provider, renderer, rows) for name, provider, renderer, rows in found["loaded"]}
        assert layers["Ranked blocks"] == ("ogr", "QgsRuleBasedRenderer", 8) and layers["Waste sites"][2] == 5
        assert any(re.search(r"waste_block: 5 of 5 ranked", line) for line in found["lines"])
        assert any(" B-1 " in line or " B-0 " in line for line in found["lines"]), "the key that was chosen, BLK_NO"
        with sqlite3.connect(found["results"]["OUTPUT"]) as file:
            told = {
                row[0]: json.loads(row[1]) for row in file.execute("SELECT key, value FROM run_info WHERE key = 'rows'")
            }
        assert told["rows"]["faults"]["rows_kept"] == 1 and "absent" not in told["rows"]["geophysics"]
        assert probed["groups"] == ["Khanij: Own layers: mine"]
        assert probed["no_layers"]["error"] and "neither blocks nor waste sites" in "".join(
            probed["no_layers"]["lines"]
        )
        assert "no region can be called '../mine'" in "".join(probed["no_name"]["lines"])
        assert "are not in metres" in "".join(probed["in_degrees"]["lines"])
        assert probed["told"] == "x.gpkg" and probed["told_lines"] == ["a remark", "lease: 0 of 2 ranked", "  - B-9 "]

    def test_a_region_that_is_current_is_not_made_again(self, probed: dict[str, Any]) -> None:
        again = probed["again"]
        assert again["error"] is None and again["shares"] == [] and again["loaded"] == []
        assert again["results"]["OUTPUT"] == probed["own"]["results"]["OUTPUT"]

    def test_cancel_ends_the_process_and_keeps_what_was_finished(self, probed: dict[str, Any]) -> None:
        found = probed["cancelled"]
        assert "stopped; what was finished is kept" in found["error"] and found["loaded"] == []
        assert found["ended_after_s"] < 20 and probed["left_alive"] == []

    def test_a_block_is_explained_as_the_command_does(self, probed: dict[str, Any]) -> None:
        assert probed["explain"]["error"] is None and "<h4>WB-my-S-01  Pond 1</h4>" in probed["explained_page"]
        assert "did you mean" in probed["no_block"]["error"] or "copy a block_id" in probed["no_block"]["error"]
        assert "shows no result of Khanij" in probed["no_result"]["error"]

    def test_a_click_shows_the_same_answer_in_the_panel(self, probed: dict[str, Any]) -> None:
        said = " ".join(probed["panel"].split())
        assert probed["clicked"] and said in " ".join(" ".join(probed["explain"]["lines"]).split())
        assert "Place: " in probed["panel"] and "In words: Pond 1 ranks" in probed["panel"]
        assert probed["beside"].startswith(("No block of a result", "Asking khanij about"))
        picture = matplotlib.image.imread(probed["folder"] / "pictures" / "click.png")
        assert len({tuple(v) for v in picture[::4, ::4, :3].reshape(-1, 3).round(1)}) > 8

    def test_a_shortlist_is_written_and_loaded(self, probed: dict[str, Any]) -> None:
        found, folder = probed["shortlist"], probed["folder"]
        assert found["error"] is None and found["results"]["COUNT"] == 4
        assert [row[0] for row in found["loaded"]] == ["Shortlist"] and found["loaded"][0][3] == 4
        assert {p.name for p in (folder / "short").iterdir()} == {"shortlist.gpkg", "shortlist.xlsx", "shortlist.csv"}

    def test_a_budget_buys_campaigns_with_their_sources(self, probed: dict[str, Any]) -> None:
        found = probed["sample"]
        assert found["error"] is None and found["results"]["COUNT"] == len(found["rows"]) >= 1
        cost = sum(row["cost_inr_lakh"] for row in found["rows"]) / 100
        assert found["results"]["SPENT_INR_CRORE"] == pytest.approx(cost) and 0 < cost <= 50
        assert all(row["sources"] and row["worth_usd"] > row["cost_usd"] and row["placed"] for row in found["rows"])

    def test_the_dialog_ranks_again_and_loads_a_temporary_styled_group(self, probed: dict[str, Any]) -> None:
        assert probed["metals"] == ["Co", "Cu"] and probed["what_if"] == [True]
        assert probed["settings"] == ["ranking.discount_rate=0.12", "ranking.price_factors.Cu=20"]
        assert (
            probed["command"]
            == f"khanij run --region mine --scenario what_if --set {' --set '.join(probed['settings'])}"
        )
        layers = {name: (provider, renderer) for name, provider, renderer, _ in probed["what_if_layers"]}
        assert layers["Ranked blocks"] == ("memory", "QgsRuleBasedRenderer") and "Why" in probed["what_if_form"]
        assert probed["what_if_groups"][0] == "Khanij: what if what_if: Own layers: mine"
        assert probed["shown_groups"] == ["Khanij: what if what_if: Own layers: mine"], "one ranking at a time"
        before, after = probed["p_pays"]
        assert before.keys() == after.keys() and after["WB-my-S-01"] > before["WB-my-S-01"]
        assert (probed["folder"] / "pictures" / "what_if.png").stat().st_size > 10_000

    def test_a_lever_that_was_not_moved_or_is_none_is_refused_with_the_remedy(self, probed: dict[str, Any]) -> None:
        assert "no lever was moved" in probed["no_lever"]["error"] and "Ni=2" in probed["no_lever"]["error"]
        assert "no price of a metal: Ni=two" in probed["wrong_lever"]["error"]

    def test_the_temporary_layer_explains_and_compares_the_scenario(self, probed: dict[str, Any]) -> None:
        assert probed["what_if_explained"] and "what_if" in probed["what_if_panel"]
        found = probed["compare"]
        assert found["error"] is None and found["results"]["COUNT"] == len(found["rows"]) >= 1
        assert any("ranking.price_factors.Cu = 20" in line for line in found["lines"])
        assert {row["block_id"] for row in found["rows"]} <= {*probed["p_pays"][0]} and any(
            r["placed"] for r in found["rows"]
        )

    def test_a_result_that_was_mailed_loads_and_explains(self, probed: dict[str, Any]) -> None:
        assert probed["load"]["error"] is None and probed["load"]["loaded"][0][0] == "Ranked blocks"
        assert probed["mailed"]["error"] is None and any("Pond 2" in line for line in probed["mailed"]["lines"])
        assert "not a result of Khanij" in probed["load_none"]["error"]
        assert "no result of Khanij here" in probed["load_nothing"]["error"]
        assert (
            "several results lie in" in probed["load_several"]["error"]
            and "mine, other" in probed["load_several"]["error"]
        )
