"""Run by the Python that QGIS is installed for: opens a GeoPackage as a user would, reports as JSON, draws a picture.

Usage: python3 qgis_probe.py GEOPACKAGE FOLDER_FOR_PICTURES
"""

import json
import os
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
from qgis.core import (
    QgsApplication,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsLayoutExporter,
    QgsProject,
    QgsVectorLayer,
)

app = QgsApplication([], False)
app.initQgis()
messages = []
QgsApplication.messageLog().messageReceived.connect(lambda text, tag, level: messages.append([tag, int(level), text]))
path, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
out = {}

# 1. The file alone, as dragged into QGIS.
alone = {}
for name in ("ranked_blocks", "waste_sites", "waste_footprints"):
    layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
    alone[name] = {
        "valid": layer.isValid(),
        "rows": layer.featureCount(),
        "renderer": type(layer.renderer()).__name__,
        "labels": layer.labelsEnabled(),
        "aliases": {f.name(): f.alias() for f in layer.fields()},
        "widgets": {f.name(): layer.editorWidgetSetup(i).type() for i, f in enumerate(layer.fields())},
        "tip": layer.mapTipTemplate(),
        "title": layer.metadata().title(),
        "abstract": layer.metadata().abstract(),
    }
    del layer
out["alone"] = alone

# 2. The embedded project.
project = QgsProject.instance()
out["read"] = project.read(f"geopackage:{path}?projectName=main")
out["title"], out["crs"] = project.title(), project.crs().authid()
out["layers"] = {
    layer.id().removeprefix("khanij_layer_"): {
        "valid": layer.isValid(),
        "styles": layer.styleManager().styles(),
        "source": layer.source(),
    }
    for layer in project.mapLayers().values()
}
out["themes"] = sorted(project.mapThemeCollection().mapThemes())
out["groups"] = [g.name() for g in project.layerTreeRoot().findGroups()]
out["layouts"] = sorted(item.name() for item in project.layoutManager().printLayouts())
relations = project.relationManager().relations()
out["relations"] = {key: relation.isValid() for key, relation in relations.items()}

# 3. A click on a block shows its sites and elements.
blocks = project.mapLayer("khanij_layer_ranked_blocks")
related = {}
for feature in blocks.getFeatures():
    for key in ("block_sites", "block_elements"):
        if key in relations:
            related.setdefault(str(feature["block_id"]), {})[key] = sum(
                1 for _ in relations[key].getRelatedFeatures(feature)
            )
out["related"] = related
form = blocks.editFormConfig()
out["tabs"] = [tab.name() for tab in form.tabs()]


def names(element):
    if hasattr(element, "relation"):
        element.init(project.relationManager())
        return [element.relation().id()]
    return [element.name()] + [n for child in getattr(element, "children", list)() for n in names(child)]


out["form"] = [n for tab in form.tabs() for n in names(tab)]

# 4. A map tip, evaluated for every block.
context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(blocks))
tips = {}
for feature in blocks.getFeatures():
    context.setFeature(feature)
    tips[str(feature["block_id"])] = QgsExpression.replaceExpressionText(blocks.mapTipTemplate(), context)
out["tips"] = tips

# 5. The pictures.
pictures = {}
for layout in project.layoutManager().printLayouts():
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = 96
    target = folder / (layout.name().split(" - ")[-1].lower().replace(" ", "_") + ".png")
    pictures[layout.name()] = [int(QgsLayoutExporter(layout).exportToImage(str(target), settings)), str(target)]
out["pictures"] = pictures
out["messages"] = messages
(folder / "probe.json").write_text(json.dumps(out), encoding="utf-8")
sys.stdout.flush()
os._exit(0)  # QGIS may crash while it cleans up; everything is judged by the file
