"""Run by the Python that QGIS is installed for: opens a project with a base map and with services, reports as JSON.

Usage: python3 qgis_base_probe.py PROJECT_FILE PICTURE
"""

import json
import os
import sys
import time

os.environ["QT_QPA_PLATFORM"] = "offscreen"
from qgis.core import (
    QgsApplication,
    QgsExpression,
    QgsLayoutExporter,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
)
from qgis.PyQt.QtCore import QSize

app = QgsApplication([], False)
app.initQgis()
messages = []
QgsApplication.messageLog().messageReceived.connect(lambda text, tag, level: messages.append([tag, int(level), text]))
project = QgsProject.instance()
began = time.monotonic()
out = {"read": project.read(sys.argv[1]), "seconds": time.monotonic() - began}
tree = project.layerTreeRoot()
layers = {layer.id(): layer for layer in project.mapLayers().values()}
out["invalid"] = sorted(i for i, layer in layers.items() if not layer.isValid())
out["layers"] = sorted(layers)
out["rows"] = {i: layer.featureCount() for i, layer in layers.items() if i.startswith("khanij_base_")}
out["visible"] = sorted(i for i in layers if tree.findLayer(i).isVisible())
out["groups"] = {g.name(): g.itemVisibilityChecked() for g in tree.findGroups()}
texts = [
    rule.filterExpression()
    for i in ("khanij_base_towns", "khanij_base_ports")
    for rule in layers[i].renderer().rootRule().children()
]
texts += [
    rule.settings().fieldName
    for i in ("khanij_base_towns", "khanij_base_ports")
    for rule in layers[i].labeling().rootRule().children()
]
out["expressions"] = {text: QgsExpression(text).parserErrorString() for text in texts}

settings = QgsMapSettings()
settings.setDestinationCrs(project.crs())
settings.setLayers([layer for layer in tree.layerOrder() if tree.findLayer(layer.id()).isVisible()])
settings.setExtent(project.layoutManager().layouts()[0].referenceMap().extent())
settings.setOutputSize(QSize(600, 500))
job = QgsMapRendererSequentialJob(settings)
job.start()
job.waitForFinished()
image = job.renderedImage()
image.save(sys.argv[2])
colours = {}
for x in range(0, 600, 3):
    for y in range(0, 500, 3):
        name = image.pixelColor(x, y).name()
        colours[name] = colours.get(name, 0) + 1
out["colours"] = colours
export = QgsLayoutExporter(project.layoutManager().layouts()[0])
out["layout"] = int(export.exportToPdf(sys.argv[2] + ".pdf", QgsLayoutExporter.PdfExportSettings()))
out["messages"] = [m for m in messages if m[1] > 0]
print(json.dumps(out))
project.clear()
os._exit(0)
