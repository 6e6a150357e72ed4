"""Run by the Python that QGIS is installed for: opens what a server of releases serves, reports as JSON.

Usage: python3 qgis_served_probe.py ADDRESS REGION VERSION PICTURE
"""

import json
import os
import sys

os.environ["QT_QPA_PLATFORM"] = "offscreen"
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsFeatureRequest,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QSize

address, region, version, picture = sys.argv[1:]
app = QgsApplication([], False)
app.initQgis()
out = {}

features = QgsVectorLayer(
    f" pagingEnabled='true' restrictToRequestBBOX='1' typename='{region}.ranked_blocks' url='{address}/ogc' ",
    "b",
    "OAPIF",
)
out["ogc_valid"] = features.isValid()
out["ogc"] = {
    f["block_id"]: [f.geometry().asWkt(9) if f.hasGeometry() else "", str(f["rank"]), str(f["npv_usd_p50"])]
    for f in features.getFeatures()
}
west, south, east, north = json.loads(os.environ["PROBE_BOX"])
request = QgsFeatureRequest(QgsRectangle(west, south, east, north))
out["ogc_in_box"] = sorted(f["block_id"] for f in features.getFeatures(request))
out["fields"] = features.fields().names()

files = f"/vsicurl/{address}/files/{region}/{version}"
geopackage = QgsVectorLayer(f"{files}/ranked_blocks.gpkg|layername=ranked_blocks", "g", "ogr")
out["geopackage"] = [geopackage.isValid(), geopackage.featureCount()]

tiles = QgsVectorTileLayer(
    f"type=xyz&url={address}/tiles/{region}/ranked_blocks/%7Bz%7D/%7Bx%7D/%7By%7D&zmin=8&zmax=13", "t"
)
out["tiles_valid"] = tiles.isValid()
settings = QgsMapSettings()
settings.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
settings.setLayers([tiles])
settings.setOutputSize(QSize(400, 400))
extent = json.loads(os.environ["PROBE_EXTENT_3857"])
settings.setExtent(QgsRectangle(*extent))
job = QgsMapRendererSequentialJob(settings)
job.start()
job.waitForFinished()
image = job.renderedImage()
image.save(picture)
white = image.pixelColor(0, 0)
out["drawn"] = sum(image.pixelColor(x, y) != white for x in range(0, 400, 4) for y in range(0, 400, 4))
print(json.dumps(out))
sys.stdout.flush()
os._exit(0)
