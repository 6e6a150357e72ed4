"""A person's own layers as a region: files, cards and the YAML that ``khanij run`` ranks.

Belongs here: writing what docs/sources.md asks of a region of one's own. Does not belong here: judging a row, which the
contracts do.
"""

from __future__ import annotations

import csv
import json
import math
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsFeatureRequest,
    QgsProject,
    QgsRectangle,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import Qt

from .calling import AskedError

BLOCKS, LEASES, SITES, OUTLINES = "auction_blocks", "mining_leases", "waste_sites", "waste_footprints"
TONNAGES, GRADES, GEOPHYSICS = "tonnages", "grades", "geophysics"
SURVEY = {
    "stream_sediments": "Stream sediments", "soil_samples": "Soil samples", "lithology": "Geological map",
    "faults": "Faults", "folds": "Folds", "occurrences": "Mineral occurrences", "magnetic_stations": "Magnetic stations",
    "gravity_stations": "Gravity stations", "catchments": "Catchments",
}  # fmt: skip
TABLES = (SITES, TONNAGES, GRADES, "constraints", "block_facts")
_OF_WASTE = (SITES, TONNAGES, GRADES, OUTLINES)
_LATITUDES, _LONGITUDES = {"lat", "latitude", "y"}, {"lon", "long", "lng", "longitude", "x"}
_KEYS = {BLOCKS: "block_id", LEASES: "block_id", SITES: "site_id"}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_AROUND_DEG = 0.1
_CELLS = 200.0
"""Cells along the longer side of the evidence grid, at cells of 100 m to 10 km."""


@dataclass
class OwnRegion:
    """What is to be ranked: layers by what they are, and the choices of the ranking."""

    folder: Path
    name: str
    layers: dict[str, QgsVectorLayer]
    keys: dict[str, str] = field(default_factory=dict)
    ranking: dict[str, Any] = field(default_factory=dict)
    grid: Path | None = None
    """The file of a raster of geophysics, whose bands are named in it."""

    def write(self) -> Path:
        """Write ``data``, ``cards`` and ``regions`` below the folder; the path of the region's YAML.

        Raises
        ------
        AskedError : a name that is none, neither blocks nor waste sites, or a layer that cannot be exported or placed.
        """
        if not _NAME.fullmatch(self.name):  # it becomes a file's name and a folder's
            remedy = "write small letters, digits and _, the first a letter, such as my_layers"
            raise AskedError(f"no region can be called {self.name!r}", remedy)
        if not {BLOCKS, LEASES, SITES} & set(self.layers):
            raise AskedError("neither blocks nor waste sites were chosen", "choose a layer of the one or of the other")
        for name in ("data", "cards", "regions"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        paths = {
            what: exported(layer, self.folder / "data", what, self.keys.get(what, ""))
            for what, layer in self.layers.items()
        }
        if self.grid is not None:
            paths[GEOPHYSICS] = Path(
                shutil.copyfile(self.grid, self.folder / "data" / f"{GEOPHYSICS}{self.grid.suffix}")
            )
        for what in paths:
            if what not in _OF_WASTE:
                self._card(what)
        region = self._settings({what: path.name for what, path in paths.items()})
        target = self.folder / "regions" / f"{self.name}.yaml"
        _write_yaml(target, region)
        return target

    def _card(self, what: str) -> None:
        title = (self.layers[what].name() if what in self.layers else "") or what
        whose = "as its owner says; taken as not to be passed on"
        card = {
            "name": f"{self.name}_{what}", "title": title, "publisher": "the owner of the layer", "licence": whose,
            "redistribute": "no", "citation": f"Layer {title} of the user's own project", "protocol": "file",
        }  # fmt: skip
        if what != GEOPHYSICS:
            card["contract"] = what
        _write_yaml(self.folder / "cards" / f"{self.name}_{what}.yaml", card)

    def _settings(self, paths: dict[str, str]) -> dict[str, Any]:
        extent = self._extent()
        lon, lat = (extent[0] + extent[2]) / 2, (extent[1] + extent[3]) / 2
        sixth = (extent[3] - extent[1]) / 6
        settings: dict[str, Any] = {
            "name": self.name,
            "title": f"Own layers: {self.name}",
            "description": "Layers of the user's own QGIS project.",
            "needs_data": True,
            "how_to_get": "Rank my layers, in QGIS, writes them.",
            "extent_deg": [round(v, 6) for v in extent],
            # An equal-area one on the middle of the layers; two parallels a sixth in from north and south.
            "crs": f"+proj=aea +lat_1={extent[1] + sixth:.4f} +lat_2={extent[3] - sixth:.4f} +lat_0={lat:.4f} "
            f"+lon_0={lon:.4f} +datum=WGS84 +units=m +no_defs",
            "units": [u for u, what in (("waste_block", SITES), ("auction_block", BLOCKS), ("mining_lease", LEASES)) if what in paths],
            "layers": {
                what: {"card": f"{self.name}_{what}", "path": path}
                for what, path in paths.items()
                if what not in _OF_WASTE
            },
            "waste": {"sources": self._waste(paths)},
            # Layers under work change from one ranking to the next; what was lost against the last one is no fault.
            "publication": {"max_row_loss_pct": 100, "max_blocks_lost": 1_000_000, "max_coverage_loss_points": 100, "min_kendall_tau": -1},
            "ranking": self.ranking,
            "seed": 20260101,
        }  # fmt: skip
        if {*SURVEY, GEOPHYSICS} & set(paths):
            longest_m = 111_320 * max((extent[2] - extent[0]) * math.cos(math.radians(lat)), extent[3] - extent[1])
            cell_m = min(10_000.0, max(100.0, round(longest_m / _CELLS, -2)))
            settings["grid"] = {"cell_m": cell_m, "pad_m": 10 * cell_m}
        return settings

    def _waste(self, paths: dict[str, str]) -> list[dict[str, str]]:
        """The sites as a table of one's own, whose figures may stand in any unit; outlines are merged into them."""
        sources = []
        if SITES in paths:
            more = {what: paths[what] for what in (TONNAGES, GRADES) if what in paths}
            sources.append({"card": "own_waste_table", "name": "my", "path": paths[SITES], **more})
        if OUTLINES in paths:
            outlines = {"card": "own_waste_table", "name": "my_outlines", "kind": "outlines", "path": paths[OUTLINES]}
            sources.append(outlines)
        return sources

    def _extent(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees of the blocks and sites, and a little around them."""
        whole = QgsRectangle()
        whole.setMinimal()
        for what in (BLOCKS, LEASES, SITES, OUTLINES):
            if what in self.layers:
                whole.combineExtentWith(extent_deg(self.layers[what]))
        if not whole.isFinite() or whole.xMinimum() > whole.xMaximum():
            raise AskedError(
                "neither blocks nor waste sites have a place",
                "give polygons, or points, or a table with the columns lat and lon in degrees",
            )
        whole.grow(_AROUND_DEG)
        west, south = max(whole.xMinimum(), -180.0), max(whole.yMinimum(), -89.0)
        return west, south, min(whole.xMaximum(), 180.0), min(whole.yMaximum(), 89.0)


def exported(layer: QgsVectorLayer, folder: Path, what: str, key: str = "") -> Path:
    """The rows of a layer as a file, in their order: tables as CSV, shapes as GeoPackage in the layer's own system.

    Parameters
    ----------
    key : the field that identifies a row, which goes out under the contract's name.

    Raises
    ------
    AskedError : it has no system of coordinates, or cannot be written.
    """
    if what in TABLES:
        return _as_table(layer, folder / f"{what}.csv", what, key)
    if not layer.crs().isValid():
        remedy = "set it: right click on the layer, Layer CRS, Set Layer CRS"
        raise AskedError(f"the layer {layer.name()} has no coordinate system", remedy)
    target = folder / f"{what}.gpkg"
    target.unlink(missing_ok=True)
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.layerName = "GPKG", what
    options.layerOptions = ["FID=row_of_export"]  # a field of theirs may be called fid, and repeat
    options.fileEncoding = "UTF-8"
    source = _renamed(layer, what, key)
    error, message, *_ = QgsVectorFileWriter.writeAsVectorFormatV3(
        source, str(target), QgsCoordinateTransformContext(), options
    )
    if error != QgsVectorFileWriter.WriterError.NoError:
        raise AskedError(
            f"the layer {layer.name()} cannot be exported: {message}", "export it by hand, and choose the file"
        )
    return target


def _renamed(layer: QgsVectorLayer, what: str, key: str) -> QgsVectorLayer:
    """The layer, its key called as the contract calls it."""
    wanted = _KEYS.get(what, "")
    if not key or key == wanted or not wanted:
        return layer
    if layer.fields().lookupField(wanted) >= 0:
        remedy = f"leave the key empty, or rename {wanted}"
        raise AskedError(f"the layer {layer.name()} has a field {wanted} beside {key}", remedy)
    memory = layer.materialize(QgsFeatureRequest())
    memory.startEditing()
    memory.renameAttribute(memory.fields().lookupField(key), wanted)
    memory.commitChanges()
    return memory


def _as_table(layer: QgsVectorLayer, target: Path, what: str, key: str) -> Path:
    names = [f.name() for f in layer.fields()]
    lower = {n.lower() for n in names}
    is_placed = layer.isSpatial() and not (lower & _LATITUDES and lower & _LONGITUDES)
    to_degrees = _to_degrees(layer) if is_placed else None
    header = [_KEYS[what] if key and n == key else n for n in names] + (["lat", "lon"] if is_placed else [])
    with target.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(header)
        for feature in layer.getFeatures():
            row = [" ".join(_cell(v).splitlines()) for v in feature.attributes()]  # a row a line, whatever reads it
            if to_degrees is not None:
                row += _place(feature, to_degrees, layer.name())
            rows.writerow(row)
    return target


def _place(feature: Any, to_degrees: Any, name: str) -> list[str]:
    if not feature.hasGeometry():
        return ["", ""]
    point = feature.geometry().pointOnSurface()
    if point.isNull():
        return ["", ""]  # the contract holds the row
    try:
        at = to_degrees.transform(point.asPoint())
    except QgsCsException as error:
        raise AskedError(f"a row of {name} cannot be placed: {error}", "check the layer's coordinate system") from error
    return [f"{at.y():.8f}", f"{at.x():.8f}"]


def _cell(value: Any) -> str:
    """A value as it is written; NULL is empty."""
    if value is None or (hasattr(value, "isNull") and value.isNull()):
        return ""
    if isinstance(value, float):
        return repr(value) if not value.is_integer() or abs(value) > 1e15 else str(int(value))
    if hasattr(value, "toString"):  # a date
        return str(value.toString(Qt.DateFormat.ISODate))
    return str(value)


def extent_deg(layer: QgsVectorLayer) -> QgsRectangle:
    """West to north of a layer in degrees: of its shapes, or of its columns of coordinates; empty where it has neither."""
    if layer.isSpatial():
        layer.updateExtents()
        return _to_degrees(layer).transformBoundingBox(layer.extent())
    names = {f.name().lower(): f.name() for f in layer.fields()}
    x, y = (next((names[n] for n in sorted(wanted) if n in names), None) for wanted in (_LONGITUDES, _LATITUDES))
    box = QgsRectangle()
    box.setMinimal()
    if x and y:
        for feature in layer.getFeatures():
            try:
                box.combineExtentWith(float(feature[x]), float(feature[y]))
            except (TypeError, ValueError):
                continue  # the contract holds the row
    return box


def _to_degrees(layer: QgsVectorLayer) -> QgsCoordinateTransform:
    return QgsCoordinateTransform(layer.crs(), QgsCoordinateReferenceSystem("EPSG:4326"), QgsProject.instance())


def _write_yaml(target: Path, content: dict[str, Any]) -> None:
    """A key a line, its value as JSON writes it, which is YAML too."""
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in content.items()]
    target.write_text("".join(lines), encoding="utf-8")
