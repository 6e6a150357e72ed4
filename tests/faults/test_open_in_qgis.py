"""A real QGIS has the GeoPackage open while it is replaced: it keeps what it reads, and its edits are not overwritten."""

import importlib.util
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from qgis_here import NEEDS_QGIS, PYTHON

from khanij.foundation.files import sha256_of
from publishing.geopackage.geopackage import publish_geopackage

EXAMPLE = Path(__file__).resolve().parents[1] / "publishing" / "example_publication.py"

# What a person does in QGIS, one step a line of its input; each answer is one line of its output.
QGIS = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from qgis.core import QgsApplication, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
source = sys.argv[1] + "|layername=ranked_blocks"
layer = QgsVectorLayer(source, "ranked", "ogr")
features = layer.getFeatures()
first = next(features)["block_id"]
print("reading", first, flush=True)
sys.stdin.readline()
print("read", 1 + sum(1 for f in features if f["block_id"]), flush=True)
del features, layer
layer = QgsVectorLayer(source, "ranked", "ogr")
print("anew", layer.isValid(), layer.featureCount(), flush=True)
sys.stdin.readline()
layer.setReadOnly(False)  # the project's layers are for reading; a person may lift that
layer.startEditing()
some = next(layer.getFeatures())
layer.changeAttributeValue(some.id(), layer.fields().indexOf("name"), "changed by hand")
print("editing", layer.isEditable(), flush=True)
sys.stdin.readline()
print("saved", layer.commitChanges(), flush=True)
names = [f["name"] for f in layer.getFeatures()]
print("after", len(names), names.count("changed by hand"), flush=True)
del layer
os._exit(0)
"""


pytestmark = NEEDS_QGIS


def example(blocks: int):
    spec = importlib.util.spec_from_file_location("example_publication", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.make_publication(blocks)


def test_a_geopackage_that_is_open_in_qgis_is_replaced_and_an_edited_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "ranked_blocks.gpkg"
    publish_geopackage(example(20), path)
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")} | {"XDG_RUNTIME_DIR": str(runtime)}
    with subprocess.Popen(
        [PYTHON, "-c", QGIS, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env={**env, "HOME": str(tmp_path)}, cwd=tmp_path,
    ) as qgis:  # fmt: skip

        def told() -> list[str]:
            return qgis.stdout.readline().split()

        def go_on() -> None:
            qgis.stdin.write("\n")
            qgis.stdin.flush()

        assert told()[0] == "reading", qgis.stderr.read()
        replaced = publish_geopackage(example(24), path)
        assert replaced.path == path and replaced.changed
        new = sha256_of(path)
        go_on()
        assert told() == ["read", "20"], "the file that was open is read to its end"
        assert told() == ["anew", "True", "24"], "opened anew it is the new one"
        go_on()
        assert told() == ["editing", "True"]
        beside = publish_geopackage(example(22), path)
        assert beside.path.name == "ranked_blocks.v2.gpkg" and "QGIS" in beside.message
        go_on()
        assert told() == ["saved", "True"]
        assert told() == ["after", "24", "1"], "the edits are in the file that was edited"
        qgis.wait(timeout=60)
    assert sha256_of(path) != new, "QGIS changed it"
    for file, rows in ((path, 24), (beside.path, 22)):
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("SELECT count(*) FROM ranked_blocks").fetchone() == (rows,)
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert publish_geopackage(example(24), path).path == path, "closed in QGIS, it is replaced again"
    assert sha256_of(path) == new
