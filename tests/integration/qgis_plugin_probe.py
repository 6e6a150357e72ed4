# ruff: noqa: E402
"""Run by the Python that QGIS is installed for: installs the plugin's zip, loads it, works every tool, reports as JSON.

Usage: python3 qgis_plugin_probe.py PLUGIN_ZIP KHANIJ_COMMAND FOLDER (with the tables of a made-up region in FOLDER/own)
"""

import json
import os
import sys
import time
import traceback
import zipfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
archive, command, folder = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
PROFILE, OWN, RESULT, PICTURES = folder / "profile", folder / "own", folder / "result", folder / "pictures"
PLUGINS = PROFILE / "python" / "plugins"
for needed in (PLUGINS, RESULT, PICTURES):
    needed.mkdir(parents=True, exist_ok=True)
zipfile.ZipFile(archive).extractall(PLUGINS)
sys.path.insert(0, str(PLUGINS))

from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsSettings,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas, QgsMessageBar
from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QMainWindow

app = QgsApplication([], True, str(PROFILE))
app.initQgis()
sys.path.append(str(Path(QgsApplication.pkgDataPath()) / "python" / "plugins"))  # of QGIS itself: Processing
import processing
import qgis.utils
from processing.core.Processing import Processing

Processing.initialize()
out = {"seconds": {}}


class Window:
    """What the plugin asks of QGIS's window, with real widgets."""

    def __init__(self):
        self.window, self.menu = QMainWindow(), []
        self.canvas, self.bar = QgsMapCanvas(self.window), QgsMessageBar(self.window)
        self.window.setCentralWidget(self.canvas)
        self.window.resize(1100, 700)

    def mainWindow(self):
        return self.window

    def mapCanvas(self):
        return self.canvas

    def messageBar(self):
        return self.bar

    def addToolBar(self, title):
        return self.window.addToolBar(title)

    def addDockWidget(self, area, dock):
        self.window.addDockWidget(area, dock)

    def removeDockWidget(self, dock):
        self.window.removeDockWidget(dock)

    def addPluginToMenu(self, menu, action):
        self.menu.append(f"{menu}: {action.text()}")

    def removePluginMenu(self, menu, action):
        self.menu.remove(f"{menu}: {action.text()}")


class Heard(QgsProcessingFeedback):
    """Keeps what it was told, and cancels at a wish."""

    def __init__(self, cancel_at=""):
        super().__init__(False)
        self.lines, self.shares, self.cancel_at = [], [], cancel_at
        self.progressChanged.connect(self.shares.append)

    def pushInfo(self, info):
        self.lines.append(info)
        if self.cancel_at and self.cancel_at in info:
            self.cancelled_at = time.monotonic()
            self.cancel()

    def reportError(self, error, fatalError=False):
        self.lines.append(error)


def until(is_so, seconds=60):
    began = time.monotonic()
    while not is_so() and time.monotonic() - began < seconds:
        QCoreApplication.processEvents()
        time.sleep(0.02)
    return bool(is_so())


def tool(name, parameters, cancel_at=""):
    """Run a tool as the toolbox does; what came of it is plain values."""
    began, heard, context = time.monotonic(), Heard(cancel_at), QgsProcessingContext()
    context.setProject(QgsProject.instance())
    before = set(QgsProject.instance().mapLayers())
    found = {"error": None}
    try:
        results = processing.run(f"khanij:{name}", parameters, feedback=heard, context=context)
        layers = {k: v for k, v in results.items() if isinstance(v, QgsVectorLayer)}
        found["results"] = {k: v for k, v in results.items() if k not in layers}
        found["rows"] = [
            {f.name(): plain(feature[f.name()]) for f in layer.fields()} | {"placed": feature.hasGeometry()}
            for layer in layers.values()
            for feature in layer.getFeatures()
        ]
    except Exception as error:
        found["error"] = str(error)
    found["lines"], found["shares"] = heard.lines, heard.shares
    if hasattr(heard, "cancelled_at"):
        found["ended_after_s"] = time.monotonic() - heard.cancelled_at
    new = [QgsProject.instance().mapLayer(i) for i in set(QgsProject.instance().mapLayers()) - before]
    found["loaded"] = sorted(
        [layer.name(), layer.providerType(), type(layer.renderer()).__name__, layer.featureCount()] for layer in new
    )
    out["seconds"][f"{name} {len(out['seconds'])}"] = round(time.monotonic() - began, 1)
    return found


def plain(value):
    return None if value is None or (hasattr(value, "isNull") and value.isNull()) else value


def children_of(pid):
    """Processes of this one that are alive, by /proc."""
    alive = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = status.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(parts[1]) == pid and parts[0] != "Z":
            alive.append(int(status.parent.name))
    return alive


def blocks_layer():
    from khanij_qgis.explain_dock import result_layers

    return result_layers(QgsProject.instance())[0]


def main():
    # 1. Installed and loaded as QGIS does it.
    window = qgis.utils.iface = Window()
    qgis.utils.plugin_paths = [str(PLUGINS)]
    qgis.utils.updateAvailablePlugins()
    out["available"] = list(qgis.utils.available_plugins)
    out["metadata"] = {
        k: qgis.utils.pluginMetadata("khanij_qgis", k) for k in ("name", "version", "hasProcessingProvider")
    }
    out["loaded"] = qgis.utils.loadPlugin("khanij_qgis") and qgis.utils.startPlugin("khanij_qgis")
    plugin = qgis.utils.plugins["khanij_qgis"]
    provider = QgsApplication.processingRegistry().providerById("khanij")
    out["tools"] = {a.id(): a.displayName() for a in provider.algorithms()}
    out["helps"] = {a.id(): len(a.shortHelpString()) for a in provider.algorithms()}
    out["menu"] = list(window.menu)
    QgsSettings().setValue("khanij/home", str(RESULT))

    # 2. No command: what is wrong, and what to do, in the log and in the message bar.
    QgsSettings().setValue("khanij/command", str(folder / "nowhere" / "khanij"))
    out["no_command"] = tool("rankregion", {"REGION": "mine"})
    QCoreApplication.processEvents()
    out["bar"] = [item.text() for item in window.bar.items()]
    window.bar.clearWidgets()
    QgsSettings().setValue("khanij/command", command)
    from khanij_qgis.settings_dialog import SettingsDialog

    dialog = SettingsDialog()
    dialog.try_it()
    out["tried"] = dialog.said.text()

    # 3. Own layers.
    def own(name):
        layer = QgsVectorLayer(str(OWN / name), name.split(".")[0], "ogr")
        assert layer.isValid(), name
        QgsProject.instance().addMapLayer(layer)
        return layer

    sites, grades = own("sites.gpkg"), own("grades.csv")
    out["validate"] = tool("validatelayer", {"INPUT": sites, "AS": 1, "OUTPUT": "memory:"})
    given = {
        "NAME": "mine", "AUCTION_BLOCKS": own("blocks.gpkg"), "BLOCK_ID": "BLK_NO", "WASTE_SITES": sites,
        "TONNAGES": own("tonnages.csv"), "GRADES": grades, "FAULTS": own("faults.gpkg"), "GEOPHYSICS": str(OWN / "geophysics.tif"), "DRAWS": 100, "FOLDER": str(RESULT),
    }  # fmt: skip
    out["cancelled"] = tool("rankmylayers", given, cancel_at=" ...")
    out["left_alive"] = children_of(os.getpid())
    out["no_layers"] = tool("rankmylayers", {"NAME": "none", "FOLDER": str(folder / "none")})
    out["no_name"] = tool("rankmylayers", {**given, "NAME": "../mine"})
    out["in_degrees"] = tool("rankmylayers", {**given, "GEOPHYSICS": str(OWN / "in_degrees.tif")})
    out["own"] = tool("rankmylayers", given)
    out["again"] = tool("rankregion", {"REGION": "mine", "LOAD": False})
    out["groups"] = [g.name() for g in QgsProject.instance().layerTreeRoot().findGroups()]

    from khanij_qgis.run_tools import told

    listed = {
        "blocks": 2,
        "ranked": 0,
        "top": [{"block_id": "B-9", "fertility_axis": 0.9}],
    }  # without layers of survey: none
    heard = Heard()
    out["told"] = str(
        told({"regions": [{"remarks": ["a remark"], "kinds": {"lease": listed}, "geopackage": "x.gpkg"}]}, heard)
    )
    out["told_lines"] = heard.lines

    # 4. What a result is asked.
    blocks = blocks_layer()
    out["explain"] = tool(
        "explainblock", {"RESULT": blocks, "BLOCK_ID": "WB-my-S-01", "OUTPUT": str(folder / "why.html")}
    )
    out["explained_page"] = (folder / "why.html").read_text(encoding="utf-8")
    out["no_block"] = tool("explainblock", {"RESULT": blocks, "BLOCK_ID": "nobody", "OUTPUT": str(folder / "x.html")})
    out["no_result"] = tool("explainblock", {"RESULT": sites, "BLOCK_ID": "x", "OUTPUT": str(folder / "x.html")})
    short = {"RESULT": blocks, "STATE": "Jharkhand", "MAX_RANK": 3, "FORMAT": [0, 1], "FOLDER": str(folder / "short")}
    out["shortlist"] = tool("shortlist", short)
    out["sample"] = tool("samplenext", {"RESULT": blocks, "BUDGET_INR_CRORE": 50, "OUTPUT": "memory:"})

    # 5. A click on the map.
    canvas = window.canvas
    window.window.show()
    canvas.setDestinationCrs(blocks.crs())
    canvas.setLayers([blocks])
    feature = next(f for f in blocks.getFeatures() if f["block_id"] == "WB-my-S-01")
    box = feature.geometry().boundingBox()
    box.grow(0.02)
    canvas.setExtent(box)
    canvas.refresh()
    until(lambda: not canvas.isDrawing())
    plugin.actions[0].trigger()
    pixel = canvas.mapSettings().mapToPixel().transform(feature.geometry().centroid().asPoint())
    QTest.mouseClick(
        canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, pixel.toQPointF().toPoint()
    )
    shown = plugin.dock.shown
    out["clicked"] = until(lambda: "WB-my-S-01" in shown.toPlainText() and "Place" in shown.toPlainText())
    out["panel"] = shown.toPlainText()
    window.window.grab().save(str(PICTURES / "click.png"))
    corner = canvas.viewport().rect().bottomLeft()
    QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, corner)
    out["beside"] = shown.toPlainText()

    # 6. The levers.
    out["no_lever"] = tool("whatif", {"RESULT": blocks})
    out["wrong_lever"] = tool("whatif", {"RESULT": blocks, "PRICE_FACTORS": "Ni=two"})
    before = set(QgsProject.instance().mapLayers())
    dialog = plugin.what_if()
    out["metals"] = sorted(dialog.prices)
    dialog.prices["Cu"].setValue(20.0)
    dialog.numbers["discount_rate"].setValue(0.12)
    out["command"], out["settings"] = dialog.command.text(), dialog.settings()
    QCoreApplication.processEvents()
    dialog.grab().save(str(PICTURES / "what_if.png"))
    ended, began = [], time.monotonic()
    dialog.ended.connect(ended.append)
    dialog.run.click()
    until(lambda: ended, 240)
    out["seconds"]["dialog"] = round(time.monotonic() - began, 1)
    out["what_if"] = ended
    new = [QgsProject.instance().mapLayer(i) for i in set(QgsProject.instance().mapLayers()) - before]
    out["what_if_layers"] = sorted(
        [x.name(), x.providerType(), type(x.renderer()).__name__, x.featureCount()] for x in new
    )
    out["what_if_groups"] = [g.name() for g in QgsProject.instance().layerTreeRoot().findGroups()]
    tree = QgsProject.instance().layerTreeRoot()
    out["shown_groups"] = [g.name() for g in tree.findGroups() if g.itemVisibilityChecked()]
    moved = next(x for x in new if x.fields().lookupField("rank") >= 0)
    out["what_if_form"] = [tab.name() for tab in moved.editFormConfig().tabs()]
    out["p_pays"] = [{str(f["block_id"]): plain(f["p_pays"]) for f in layer.getFeatures()} for layer in (blocks, moved)]
    plugin.dock.ask(moved, "WB-my-S-01")
    out["what_if_explained"] = until(lambda: shown.toPlainText().startswith("Scenario what_if"))
    out["what_if_panel"] = shown.toPlainText()
    out["compare"] = tool("compareresults", {"RESULT": blocks, "NEWER": moved, "OUTPUT": "memory:"})

    # 7. A result that lies elsewhere, and one that is none.
    from shutil import copyfile

    copyfile(RESULT / "output" / "mine" / "ranked_blocks.gpkg", folder / "mailed (1).gpkg")
    out["load"] = tool("loadresult", {"FILE": str(folder / "mailed (1).gpkg")})
    mailed = blocks_layer()
    out["mailed"] = tool("explainblock", {"RESULT": mailed, "BLOCK_ID": "WB-my-S-02", "OUTPUT": str(folder / "m.html")})
    out["load_none"] = tool("loadresult", {"FILE": str(OWN / "blocks.gpkg")})
    out["load_nothing"] = tool("loadresult", {"FOLDER": str(PICTURES)})
    (RESULT / "output" / "other").mkdir()
    copyfile(RESULT / "output" / "mine" / "ranked_blocks.gpkg", RESULT / "output" / "other" / "ranked_blocks.gpkg")
    out["load_several"] = tool("loadresult", {"FOLDER": str(RESULT / "output")})

    # 8. Out again.
    out["unloaded"] = qgis.utils.unloadPlugin("khanij_qgis")
    out["menu_after"] = list(window.menu)
    out["provider_after"] = QgsApplication.processingRegistry().providerById("khanij") is None


try:
    main()
except Exception:
    out["traceback"] = traceback.format_exc()
(folder / "probe.json").write_text(json.dumps(out, default=str), encoding="utf-8")
sys.stdout.flush()
os._exit(0)  # QGIS may crash while it cleans up; everything is judged by the file
