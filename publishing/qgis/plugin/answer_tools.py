"""Tools that ask a result: *Explain a block*, *Compare two results*, *Shortlist*, *What to sample next*.

Belongs here: what a verb answers, as text, page or layer. Does not belong here: making a result.
"""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsPointXY,
    QgsProcessing,
    QgsProcessingOutputFile,
    QgsProcessingOutputFolder,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
    QgsVectorLayer,
    QgsWkbTypes,
)

from .calling import ask
from .results import PROPERTY, Result, result_of, result_of_layer
from .tool import OUTPUT, RESULT, KhanijTool, fields_of, put

BLOCK, OTHER, FOLDER, BUDGET, SPENT, COUNT = (
    "BLOCK_ID",
    "NEWER",
    "FOLDER",
    "BUDGET_INR_CRORE",
    "SPENT_INR_CRORE",
    "COUNT",
)
FORMATS = ("xlsx", "csv", "geojson", "kml", "pdf")
TEXTS = {
    "BASKET": "Basket", "KIND": "Kinds", "STATUS": "Statuses (default: RANKED)", "STATE": "States",
    "DISTRICT": "Districts", "ELEMENT": "Elements", "PROSPECT": "Prospects (PAYS, MAY_PAY, NEEDS_MORE)",
    "OPEN": "Open to bid (yes, operator, third_party, unknown)", "OUTCOME": "Outcomes of the auction",
    "OPERATOR": "Operator or lease holder", "WASTE_TYPE": "Waste types", "EXCLUDE_FLAG": "Without these flags",
    "WORST_CLASS": "Knowledge class of at least", "OF": "Near: a block, a site, or longitude,latitude",
    "SORT": "Order by a column (COLUMN:desc)",
}  # fmt: skip
FIGURES = {
    "MAX_RANK": "Rank or better", "MIN_P_TOP10": "P(top 10) of at least", "MIN_P_TOP20": "P(top 20) of at least",
    "MIN_P_PAYS": "P(pays) of at least", "MAX_PRICE_MULTIPLE": "Needed price multiple of at most",
    "MIN_TONNAGE_T": "Tonnes of at least", "WITHIN": "Near: within km",
}  # fmt: skip
_WGS84 = "EPSG:4326"


def explained(result: Result, block_id: str, feedback: Any = None) -> str:
    """The answer of ``khanij explain`` as it stands."""
    region, environment = result.asked_of()
    return "\n\n".join(ask(["explain", block_id, "--region", region], feedback, environment)["text"])


def page_of(title: str, text: str) -> str:
    """An explanation as a page that fits any width: what is set in is an item, what is set in further goes on with it."""
    parts: list[list[str]] = []
    for line in text.split("\n"):
        if line.startswith("    ") and parts:
            parts[-1].append(line.strip())
        elif line.strip():
            parts.append([line.rstrip()])
    told = [_paragraph(" ".join(part)) for part in parts]
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{html.escape(title)}</title></head><body>{"".join(told)}</body></html>'


def _paragraph(said: str) -> str:
    if not said.startswith("  "):
        return f"<h4>{html.escape(said)}</h4>"
    label, colon, rest = said.strip().partition(": ")
    if not colon:
        return f"<p>{html.escape(label)}</p>"
    return f"<p><b>{html.escape(label)}:</b> {html.escape(rest)}</p>"


class ExplainBlock(KhanijTool):
    """Why a block stands where it stands."""

    NAME, TITLE = "explainblock", "Explain a block"
    HELP = (
        "Why a block stands where it stands, and how sure that is. The tool of the same name in the toolbar of Khanij "
        "gives this answer at a click on the map."
    )

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_result()
        self.addParameter(QgsProcessingParameterString(BLOCK, "Block or site (identifier, or part of the name)"))
        self.addParameter(QgsProcessingParameterFileDestination(OUTPUT, "Explanation", "HTML files (*.html)"))

    def work(self, parameters: dict[str, Any], context: Any, feedback: Any) -> dict[str, Any]:
        block_id = self.given_text(parameters, BLOCK, context)
        text = explained(self.given_result(parameters, context), block_id, feedback)
        feedback.pushInfo(text)
        file = Path(self.parameterAsFileOutput(parameters, OUTPUT, context))
        file.write_text(page_of(block_id, text), encoding="utf-8")
        return {OUTPUT: str(file)}


class CompareResults(KhanijTool):
    """What moved between two results."""

    NAME, TITLE = "compareresults", "Compare two releases"
    HELP = (
        "What moved between two results, releases or what-ifs of a region, and why: one row a block that changed, on the "
        "map. Choose two layers, or folders or files in their place."
    )

    def initAlgorithm(self, configuration: Any = None) -> None:
        for name, title in ((RESULT, "Older"), (OTHER, "Newer")):
            source = [QgsProcessing.SourceType.TypeVector]
            layer = QgsProcessingParameterVectorLayer(name, f"{title} (a layer of ranked blocks)", source, None, True)
            self.addParameter(layer)
            folder = QgsProcessingParameterFile.Behavior.Folder
            self.addParameter(
                QgsProcessingParameterFile(f"{name}_FOLDER", f"{title}: or a folder", folder, optional=True)
            )
        self.addParameter(QgsProcessingParameterFeatureSink(OUTPUT, "What moved"))
        self.addOutput(QgsProcessingOutputNumber(COUNT, "Blocks that changed"))

    def work(self, parameters: dict[str, Any], context: Any, feedback: Any) -> dict[str, Any]:
        older, newer = (self._one(parameters, name, context) for name in (RESULT, OTHER))
        answer = self.ask(["diff", str(older.file), str(newer.file)], feedback)
        for line in answer["settings"]:
            feedback.pushInfo(line)
        feedback.pushInfo(f"{len(answer['blocks'])} blocks changed, {answer['same']} did not")
        rows = answer["blocks"]
        shapes, crs = shapes_of([newer, older], "ranked_blocks", "block_id")
        fields = fields_of(rows, {"block_id": False})
        sink, target = self.sink(parameters, context, (fields, QgsWkbTypes.Type.MultiPolygon, crs))
        for row in rows:
            put(sink, fields, row, shapes.get(str(row.get("block_id"))))
        return {OUTPUT: target, COUNT: len(rows)}

    def _one(self, parameters: dict[str, Any], name: str, context: Any) -> Result:
        folder = self.parameterAsFile(parameters, f"{name}_FOLDER", context)
        return (
            result_of(Path(folder))
            if folder
            else result_of_layer(self.parameterAsVectorLayer(parameters, name, context))
        )


class Shortlist(KhanijTool):
    """Filters the blocks of a result and writes the list."""

    NAME, TITLE = "shortlist", "Shortlist"
    HELP = (
        "Filters the ranked blocks, loads those that pass, and writes them as workbook, table, map or report. Several "
        "values of a filter stand with commas between them; an empty filter lets everything pass."
    )

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_result()
        for name, title in TEXTS.items():
            self.addParameter(QgsProcessingParameterString(name, title, optional=True))
        for name, title in FIGURES.items():
            kind = QgsProcessingParameterNumber.Type.Double
            self.addParameter(QgsProcessingParameterNumber(name, title, kind, None, True, 0))
        self.addParameter(
            QgsProcessingParameterEnum(
                "FORMAT", "Files", list(FORMATS), allowMultiple=True, defaultValue=[0], optional=True
            )
        )
        self.addParameter(QgsProcessingParameterFolderDestination(FOLDER, "Folder of the files"))
        self.addOutput(QgsProcessingOutputFile(OUTPUT, "Blocks that pass (GeoPackage)"))
        self.addOutput(QgsProcessingOutputFolder("OUTPUT_FOLDER", "Folder"))
        self.addOutput(QgsProcessingOutputNumber(COUNT, "Blocks that pass"))

    def work(self, parameters: dict[str, Any], context: Any, feedback: Any) -> dict[str, Any]:
        result = self.given_result(parameters, context)
        region, environment = result.asked_of()
        folder = Path(self.parameterAsString(parameters, FOLDER, context))
        arguments = ["shortlist", "--region", region, "--out", str(folder)]
        for name in TEXTS:
            value = self.given_text(parameters, name, context)
            arguments += [_option(name), value] if value else []
        for name in FIGURES:
            if parameters.get(name) is not None:
                arguments += [_option(name), f"{self.parameterAsDouble(parameters, name, context):.12g}"]
        formats = [FORMATS[i] for i in self.parameterAsEnums(parameters, "FORMAT", context)]
        answer = self.ask([*arguments, "--format", ",".join(["gpkg", *formats])], feedback, environment)
        file = next(f for f in answer["files"] if f.endswith(".gpkg"))
        for written in answer["files"]:
            feedback.pushInfo(written)
        self.passing = (file, str(result.file))
        return {OUTPUT: file, "OUTPUT_FOLDER": str(folder), COUNT: len(answer["blocks"])}

    def postProcessAlgorithm(self, context: Any, feedback: Any) -> dict[str, Any]:
        file, origin = self.passing
        layer = QgsVectorLayer(file, "Shortlist", "ogr")
        if layer.isValid() and context.project() is not None:
            layer.setCustomProperty(PROPERTY, origin)
            context.project().addMapLayer(layer)
        return {}


class SampleNext(KhanijTool):
    """Which campaigns a budget should buy."""

    NAME, TITLE = "samplenext", "What to sample with N crore"
    HELP = (
        "The campaigns of sampling, mapping and test work that are worth most within a budget, at most one a site, each "
        "with its cost, the source of the cost and what it is worth; 0 crore lists all that are worth their cost."
    )

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_result()
        kind = QgsProcessingParameterNumber.Type.Double
        self.addParameter(QgsProcessingParameterNumber(BUDGET, "Budget (Rs crore)", kind, 5.0, False, 0))
        self.addParameter(
            QgsProcessingParameterFeatureSink(OUTPUT, "Campaigns", QgsProcessing.SourceType.TypeVectorPoint)
        )
        self.addOutput(QgsProcessingOutputNumber(COUNT, "Campaigns"))
        self.addOutput(QgsProcessingOutputNumber(SPENT, "Cost (Rs crore)"))

    def work(self, parameters: dict[str, Any], context: Any, feedback: Any) -> dict[str, Any]:
        result = self.given_result(parameters, context)
        region, environment = result.asked_of()
        budget = self.parameterAsDouble(parameters, BUDGET, context)
        wanted = ["--budget-inr-crore", f"{budget:.12g}"] if budget else ["--top", "1000"]
        rows = self.ask(["sample", "--region", region, *wanted], feedback, environment)["campaigns"]
        for row in rows:
            feedback.pushInfo(f"{row['site_id']} {row['name'] or ''}: {row['advice']}\n  {row['sources']}")
        shapes, crs = shapes_of([result], "waste_sites", "site_id")
        fields = fields_of(rows, {"site_id": False, "campaign": False, "cost_inr_lakh": True, "net_worth_usd": True})
        sink, target = self.sink(parameters, context, (fields, QgsWkbTypes.Type.Point, crs))
        for row in rows:
            shape = shapes.get(str(row["site_id"]))
            put(sink, fields, row, QgsGeometry.fromPointXY(_middle(shape)) if shape else None)
        spent = sum(float(row["cost_inr_lakh"]) for row in rows) / 100
        feedback.pushInfo(f"{len(rows)} campaigns for Rs {spent:g} crore")
        return {OUTPUT: target, COUNT: len(rows), SPENT: spent}


def _middle(shape: QgsGeometry) -> QgsPointXY:
    return shape.centroid().asPoint()


def _option(name: str) -> str:
    return "--" + name.lower().replace("_", "-")


def shapes_of(
    results: list[Result], table: str, key: str
) -> tuple[dict[str, QgsGeometry], QgsCoordinateReferenceSystem]:
    """Geometry by identifier, of the first result that has it."""
    found: dict[str, QgsGeometry] = {}
    crs = QgsCoordinateReferenceSystem(_WGS84)
    for result in results:
        layer = QgsVectorLayer(f"{result.file}|layername={table}", table, "ogr")
        if not layer.isValid():
            continue
        crs = layer.crs()
        for feature in layer.getFeatures():
            if feature.hasGeometry():
                found.setdefault(str(feature[key]), QgsGeometry(feature.geometry()))
    return found, crs
