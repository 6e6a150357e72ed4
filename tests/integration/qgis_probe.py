"""Run by the Python that QGIS is installed for: opens a GeoPackage as a user would, reports as JSON, draws a picture.

Usage: python3 qgis_probe.py GEOPACKAGE FOLDER_FOR_PICTURES [PROJECT_OF_A_PACKAGE]
"""

import json
import os
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "publishing"))
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsLayoutExporter,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsRenderContext,
    QgsSymbolLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from shipped_expressions import FUNCTIONS, documents_of, expressions_of

app = QgsApplication([], False)
app.initQgis()
messages = []
QgsApplication.messageLog().messageReceived.connect(lambda text, tag, level: messages.append([tag, int(level), text]))
path, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
out = {}


def facts_of(metadata):
    ends = [period.end().toString("yyyy-MM-dd") for period in metadata.extent().temporalExtents()]
    return {
        "licences": metadata.licenses(),
        "rights": metadata.rights(),
        "keywords": metadata.keywords(),
        "contacts": [contact.name for contact in metadata.contacts()],
        "links": [link.url for link in metadata.links()],
        "history": metadata.history(),
        "until": ends,
    }


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
        "facts": facts_of(layer.metadata()),
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
out["facts"] = facts_of(blocks.metadata())
# What a row is called, in lists of rows and on top of what Identify shows; figures in words; the action.
called = {}
for relation in relations.values():
    layer = relation.referencingLayer()
    shown = layer.createExpressionContext()
    for feature in layer.getFeatures():
        shown.setFeature(feature)
        called.setdefault(layer.id().removeprefix("khanij_layer_"), []).append(
            [str(feature[layer.fields().names()[1]]), QgsExpression(layer.displayExpression()).evaluate(shown)]
        )
shown = blocks.createExpressionContext()
said, commands = {}, {}
for feature in blocks.getFeatures():
    shown.setFeature(feature)
    key = str(feature["block_id"])
    called.setdefault("ranked_blocks", []).append([key, QgsExpression(blocks.displayExpression()).evaluate(shown)])
    said[key] = {n: feature[n] for n in blocks.fields().names() if n.endswith("_said")}
    commands[key] = [
        [action.type(), action.name(), QgsExpression.replaceExpressionText(action.command(), shown)]
        for action in blocks.actions().actions()
    ]
out["called"], out["said"], out["commands"] = called, said, commands
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

# 5. Every expression of every style and of the project.
shipped = [
    (name, of, text) for name, (layer, xml) in documents_of(path).items() for of, text in expressions_of(xml, layer)
]
out["expressions"] = len(shipped)
out["broken"] = [
    [name, of, text, QgsExpression(text).parserErrorString()]
    for name, of, text in shipped
    if QgsExpression(text).hasParserError()
]
known = {n for function in QgsExpression.Functions() for n in (function.name(), *function.aliases())}
out["functions_unknown"] = sorted(FUNCTIONS - known)

# 6. How large each site is drawn.
sites = project.mapLayer("khanij_layer_waste_sites")
drawing = QgsRenderContext()
drawing.setExpressionContext(sites.createExpressionContext())
renderer = sites.renderer()
renderer.startRender(drawing, sites.fields())
sizes = {}
for feature in sites.getFeatures():
    drawing.expressionContext().setFeature(feature)
    size = renderer.symbolsForFeature(feature, drawing)[0].symbolLayer(0).dataDefinedProperties()
    value, _ = size.property(QgsSymbolLayer.PropertySize).valueAsDouble(drawing.expressionContext(), -1.0)
    sizes[str(feature["site_id"])] = [feature["tonnage_t_p50"] or None, value]
renderer.stopRender(drawing)
out["sizes"] = sizes


# 7. Where the labels stand: text, layer, and a box in the units of the map.
def labels_drawn(layers, code, extent):
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(QgsCoordinateReferenceSystem(code))
    settings.setOutputSize(QSize(1600, 1200))
    settings.setOutputDpi(96)
    settings.setExtent(QgsRectangle(*extent))
    expressions = QgsExpressionContext()
    expressions.appendScope(QgsExpressionContextUtils.globalScope())
    expressions.appendScope(QgsExpressionContextUtils.mapSettingsScope(settings))
    settings.setExpressionContext(expressions)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    found = job.takeLabelingResults().labelsWithinRect(settings.visibleExtent())
    boxes = [[x.labelText, x.layerID, x.labelRect] for x in found]
    return [[t, i, [r.xMinimum(), r.yMinimum(), r.xMaximum(), r.yMaximum()]] for t, i, r in boxes]


whole = blocks.extent()
bare = [QgsVectorLayer(f"{path}|layername={name}", name, "ogr") for name in ("waste_sites", "ranked_blocks")]
middle = whole.center()
near = [middle.x() - 4, middle.y() - 3, middle.x() + 4, middle.y() + 3]
out["labels_of_the_bare_file"] = labels_drawn(bare, "EPSG:4326", near)
out["labels_near"] = {}
for feature in blocks.getFeatures():
    if feature["rank"] and feature.hasGeometry():
        box = feature.geometry().boundingBox()
        box.grow(0.02)
        extent = [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()]
        if len(out["labels_near"]) < 6:
            out["labels_near"][str(feature["block_id"])] = [
                int(feature["rank"]),
                labels_drawn([blocks], "EPSG:4326", extent),
            ]
out["labels_far"] = labels_drawn(
    [blocks], "EPSG:4326", [whole.xMinimum(), whole.yMinimum(), whole.xMaximum(), whole.yMaximum()]
)

# 8. The pictures.
pictures = {}
for layout in project.layoutManager().printLayouts():
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = 96
    target = folder / (layout.name().split(" - ")[-1].lower().replace(" ", "_") + ".png")
    pictures[layout.name()] = [int(QgsLayoutExporter(layout).exportToImage(str(target), settings)), str(target)]
out["pictures"] = pictures
out["messages"] = list(messages)

# 9. A package, unpacked and renamed: the project beside the data.
if len(sys.argv) > 3:
    project.clear()
    out["package_read"] = project.read(sys.argv[3])
    out["package_layers"] = {layer.id(): [layer.isValid(), layer.source()] for layer in project.mapLayers().values()}
(folder / "probe.json").write_text(json.dumps(out), encoding="utf-8")
sys.stdout.flush()
os._exit(0)  # QGIS may crash while it cleans up; everything is judged by the file
