"""Tools for a person's own layers: *Rank my layers*, *Validate a layer*.

Belongs here: which layers of the project are what. Does not belong here: how they are written (``own_layers``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterField,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
)

from .calling import AskedError, environment_of
from .own_layers import BLOCKS, GRADES, LEASES, OUTLINES, SITES, SURVEY, TABLES, TONNAGES, OwnRegion, exported
from .results import scratch_folder
from .run_tools import told
from .tool import LOAD, OUTPUT, KhanijTool, fields_of, put

NAME, FOLDER, INPUT, AS, HELD, MARKED = "NAME", "FOLDER", "INPUT", "AS", "HELD", "MARKED"
OWN = {
    BLOCKS: "Blocks (polygons: block_id, name)",
    SITES: "Waste sites (site_id, name, waste_type_code; points, or a table with lat and lon)",
    TONNAGES: "Tonnages (table: tonnage_id, site_id, tonnage_mode_mt, basis_code, knowledge_class)",
    GRADES: "Grades (table: grade_id, site_id, element, value_mode, unit, basis_code, knowledge_class)",
    OUTLINES: "Outlines of the waste (polygons)",
    LEASES: "Mining leases (polygons)",
}
KINDS = (*OWN, *SURVEY, *(name for name in TABLES if name not in OWN))
_KEY = {BLOCKS: "BLOCK_ID", SITES: "SITE_ID"}


def _source(what: str) -> list[Any]:
    """Which layers of the project are offered."""
    lines, areas = ("faults", "folds"), (BLOCKS, OUTLINES, LEASES, "lithology", "catchments")
    if what in areas:
        return [QgsProcessing.SourceType.TypeVectorPolygon]
    if what in lines:
        return [QgsProcessing.SourceType.TypeVectorLine]
    return [QgsProcessing.SourceType.TypeVector] if what in TABLES else [QgsProcessing.SourceType.TypeVectorPoint]


def _grid_file(raster: Any) -> Path | None:
    """The file of a raster that a run can take.

    Raises
    ------
    AskedError : it is no file, or its cells are no metres.
    """
    if raster is None:
        return None
    if not Path(raster.source()).is_file():
        raise AskedError(f"the raster {raster.name()} is no file", "export it: right click on it, Export, Save As")
    if not raster.crs().isValid() or raster.crs().isGeographic():
        remedy = "reproject it (Raster > Projections > Warp) to a system in metres, such as the UTM zone"
        raise AskedError(f"the cells of the raster {raster.name()} are not in metres", remedy)
    return Path(raster.source())


class RankMyLayers(KhanijTool):
    """Ranks the blocks and waste sites of layers in the project."""

    NAME, TITLE = "rankmylayers", "Rank my layers"
    HELP = (
        "Ranks blocks and waste sites of your own, from layers of the project: they are exported into a folder as a region "
        "with its cards, ranked there, and loaded, styled. What a column means is found from its name (the page sources of "
        "the documentation lists them); Validate a layer says beforehand what would be held. Choose a folder of your own "
        "to keep the region; khanij run ranks it there too."
    )

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.addParameter(QgsProcessingParameterString(NAME, "Name (small letters, digits, _)", "my_layers"))
        for what, title in {**OWN, **SURVEY}.items():
            self.addParameter(QgsProcessingParameterVectorLayer(what.upper(), title, _source(what), optional=True))
            if what in _KEY:
                self.addParameter(
                    QgsProcessingParameterField(
                        _KEY[what], f"{_KEY[what].lower()}, where the field has another name",
                        parentLayerParameterName=what.upper(), optional=True,
                    )
                )  # fmt: skip
        self.addParameter(
            QgsProcessingParameterRasterLayer(
                "GEOPHYSICS", "Geophysics (a raster file; its bands named)", optional=True
            )
        )
        self.addParameter(QgsProcessingParameterString("BASKET", "Metals that count (basket)", "critical_30"))
        self.addParameter(QgsProcessingParameterString("PRICE_DECK", "Price deck", "2025e"))
        whole = QgsProcessingParameterNumber.Type.Integer
        self.addParameter(QgsProcessingParameterNumber("DRAWS", "Draws", whole, 1000, False, 100, 100_000))
        self.addParameter(QgsProcessingParameterFolderDestination(FOLDER, "Folder of the region and its result"))
        self.add_load()
        self.addOutput(QgsProcessingOutputFile(OUTPUT, "Ranked blocks (GeoPackage)"))
        self.addOutput(QgsProcessingOutputFile("REGION_FILE", "The region (YAML)"))

    def prepare_layers(self, parameters: dict[str, Any], context: Any, feedback: Any) -> None:
        found = {what: self.parameterAsVectorLayer(parameters, what.upper(), context) for what in (*OWN, *SURVEY)}
        keys = {what: self.given_text(parameters, name, context) for what, name in _KEY.items()}
        self.region = OwnRegion(
            grid=_grid_file(self.parameterAsRasterLayer(parameters, "GEOPHYSICS", context)),
            folder=Path(self.parameterAsString(parameters, FOLDER, context)),
            name=self.given_text(parameters, NAME, context),
            layers={what: layer for what, layer in found.items() if layer is not None},
            keys={what: key for what, key in keys.items() if key},
            ranking={
                "basket": self.given_text(parameters, "BASKET", context),
                "price_deck": self.given_text(parameters, "PRICE_DECK", context),
                "draws": self.parameterAsInt(parameters, "DRAWS", context),
            },
        )
        self.yaml = self.region.write()

    def work(self, parameters: dict[str, Any], context: Any, feedback: Any) -> dict[str, Any]:
        region = self.region
        feedback.pushInfo(f"written: {self.yaml}")
        answer = self.ask(["run", "--region", region.name], feedback, environment_of(region.folder))
        file = told(answer, feedback)
        if self.parameterAsBool(parameters, LOAD, context):
            self.to_load.append((file, False))
        return {OUTPUT: str(file), "REGION_FILE": str(self.yaml)}


class ValidateLayer(KhanijTool):
    """What of a layer would be kept, flagged and held."""

    NAME, TITLE = "validatelayer", "Validate a layer"
    HELP = (
        "Holds a layer of the project against the contract of what it is to be, and lists each row that would be held or "
        "marked, with the reason, at its place on the map. row counts the layer's rows from 1."
    )

    def initAlgorithm(self, configuration: Any = None) -> None:
        source = [QgsProcessing.SourceType.TypeVector]
        self.addParameter(QgsProcessingParameterVectorLayer(INPUT, "Layer", source))
        self.addParameter(QgsProcessingParameterEnum(AS, "It is to be", list(KINDS), defaultValue=0))
        self.addParameter(QgsProcessingParameterFeatureSink(OUTPUT, "What was held and marked"))
        for name, title in ((HELD, "Rows held"), (MARKED, "Rows marked"), ("KEPT", "Rows kept")):
            self.addOutput(QgsProcessingOutputNumber(name, title))

    def prepare_layers(self, parameters: dict[str, Any], context: Any, feedback: Any) -> None:
        layer = self.parameterAsVectorLayer(parameters, INPUT, context)
        self.kind = KINDS[self.parameterAsEnum(parameters, AS, context)]
        self.file = exported(layer, scratch_folder(), self.kind)
        self.shapes = [f.geometry() for f in layer.getFeatures()] if layer.isSpatial() else []
        self.shape = (layer.wkbType(), layer.crs())

    def work(self, parameters: dict[str, Any], context: Any, feedback: Any) -> dict[str, Any]:
        answer = self.ask(["validate", str(self.file), "--as", self.kind, "--rows", "100000"], feedback)
        counts = answer["rows"]
        feedback.pushInfo(
            f"{counts['in']} rows: {counts['kept']} kept, of them {counts['flagged']} marked; {counts['quarantined']} held"
        )
        if answer["fails"]:
            feedback.reportError(answer["fails"])
        rows = [{"what": what, **row} for what in ("held", "flagged") for row in answer[what]]
        for row in rows:
            feedback.pushInfo(f"  {row['what']}, row {row['row']}, {row['field']}: {row['reason']}")
        texts = dict.fromkeys(("what", "field", "value", "reason"), False)
        fields = fields_of([], {**texts, "row": True})
        sink, target = self.sink(parameters, context, (fields, *self.shape))
        for row in rows:
            at = int(row["row"] or 0) - 1
            put(sink, fields, row, self.shapes[at] if 0 <= at < len(self.shapes) else None)
        return {OUTPUT: target, HELD: counts["quarantined"], MARKED: counts["flagged"], "KEPT": counts["kept"]}
