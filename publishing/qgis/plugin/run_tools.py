"""Tools that rank and load: *Rank a region*, *What if*, *Load a result*.

Belongs here: ``khanij run``, and bringing a result into the project. Does not belong here: layers of a person's own.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingOutputFile,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from .calling import AskedError, environment_of
from .levers import CHOICES, MOST_TIMES, NUMBERS, OF_METALS, moved, set_options
from .results import FILE, result_of, what_if_model
from .tool import LOAD, OUTPUT, KhanijTool

REGION, NAME, ALL, GATES, FOLDER, FILE_IN = "REGION", "NAME", "ALL", "APPLY_GATES", "FOLDER", "FILE"
AS_IT_IS = "as in the result"
_PRICE = re.compile(r"([A-Z][A-Za-z]?(?:2O\d)?)\s*[=:]\s*([0-9.]+(?:[eE][-+]?\d+)?)")


class RankRegion(KhanijTool):
    """Ranks a region that Khanij knows."""

    NAME, TITLE = "rankregion", "Rank a region"
    HELP = (
        "Makes whatever is not current of a region and loads the ranked blocks, styled. Regions that need no data: india, "
        "sample_district (made up). A region of yours is a YAML in the folder regions of the working folder."
    )

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.addParameter(QgsProcessingParameterString(REGION, "Region", "india"))
        self.addParameter(QgsProcessingParameterBoolean(ALL, "Make everything again, current or not", False))
        self.add_load()
        self.addOutput(QgsProcessingOutputFile(OUTPUT, "Ranked blocks (GeoPackage)"))

    def work(self, parameters: dict[str, Any], context: Any, feedback: Any) -> dict[str, Any]:
        arguments = ["run", "--region", self.given_text(parameters, REGION, context)]
        arguments += ["--all"] if self.parameterAsBool(parameters, ALL, context) else []
        file = told(self.ask(arguments, feedback), feedback)
        if self.parameterAsBool(parameters, LOAD, context):
            self.to_load.append((file, False))
        return {OUTPUT: str(file)}


class WhatIf(KhanijTool):
    """Ranks a result's region again under other levers."""

    NAME, TITLE = "whatif", "What if"
    HELP = (
        "Ranks the region of a result again with other prices, costs, recoveries, caps, weights, basket or gates, as a "
        "scenario of its own; the result itself stays as it was. Prices of single metals: Ni=2, Sc=0 (times today's). "
        "What comes of it is loaded as temporary layers: not the published result."
    )

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_result()
        self.addParameter(QgsProcessingParameterString(NAME, "Name of the scenario", "what_if"))
        prices = QgsProcessingParameterString(OF_METALS.upper(), "Prices of metals, times", optional=True)
        self.addParameter(prices)
        for key, (title, unit, least, most) in NUMBERS.items():
            self.addParameter(
                QgsProcessingParameterNumber(
                    key.upper(), f"{title} ({unit})" if unit else title, QgsProcessingParameterNumber.Type.Double, None,
                    True, least, most,
                )
            )  # fmt: skip
        self.addParameter(QgsProcessingParameterString("BASKET", "Metals that count (basket)", optional=True))
        self.addParameter(QgsProcessingParameterString("PRICE_DECK", "Price deck", optional=True))
        self.addParameter(
            QgsProcessingParameterEnum(GATES, "Gates and leases apply", [AS_IT_IS, "yes", "no"], defaultValue=0)
        )
        self.add_load()
        self.addOutput(QgsProcessingOutputFile(OUTPUT, "Ranked blocks of the scenario (GeoPackage)"))

    def work(self, parameters: dict[str, Any], context: Any, feedback: Any) -> dict[str, Any]:
        result = self.given_result(parameters, context)
        settings = moved(self._chosen(parameters, context), what_if_model(result)["levers"])
        if not settings:
            raise AskedError("no lever was moved", "move one, such as the prices of metals: Ni=2")
        name = self.given_text(parameters, NAME, context)
        arguments = ["run", "--region", result.region, "--scenario", name, *set_options(settings)]
        file = told(self.ask(arguments, feedback, environment_of(result.home)), feedback)
        if self.parameterAsBool(parameters, LOAD, context):
            self.to_load.append((file, True))
        return {OUTPUT: str(file)}

    def _chosen(self, parameters: dict[str, Any], context: Any) -> dict[str, Any]:
        """The levers that were given a value."""
        chosen: dict[str, Any] = {
            key: self.parameterAsDouble(parameters, key.upper(), context)
            for key in NUMBERS
            if parameters.get(key.upper()) is not None
        }
        for key in CHOICES[:2]:
            value = self.given_text(parameters, key.upper(), context)
            if value:
                chosen[key] = value
        gates = self.parameterAsEnum(parameters, GATES, context)
        if gates:
            chosen["apply_gates"] = gates == 1
        chosen[OF_METALS] = prices_of(self.given_text(parameters, OF_METALS.upper(), context))
        return chosen


class LoadResult(KhanijTool):
    """Brings a published set or a release into the project."""

    NAME, TITLE = "loadresult", "Load a release or a published set"
    HELP = (
        "Loads the ranked blocks, sites and outlines of a folder (output/REGION, a release, an unpacked zip of khanij "
        "package) or of a GeoPackage as a styled group. Needs no khanij command."
    )

    def initAlgorithm(self, configuration: Any = None) -> None:
        folder = QgsProcessingParameterFile.Behavior.Folder
        self.addParameter(QgsProcessingParameterFile(FOLDER, "Folder", folder, optional=True))
        self.addParameter(QgsProcessingParameterFile(FILE_IN, f"or file ({FILE})", extension="gpkg", optional=True))
        self.addOutput(QgsProcessingOutputFile(OUTPUT, "Ranked blocks (GeoPackage)"))

    def work(self, parameters: dict[str, Any], context: Any, feedback: Any) -> dict[str, Any]:
        given = [self.parameterAsFile(parameters, name, context) for name in (FILE_IN, FOLDER)]
        path = next((p for p in given if p), None)
        if path is None:
            raise AskedError("neither a folder nor a file was named", f"choose the folder that {FILE} lies in")
        result = result_of(Path(path))
        feedback.pushInfo(f"{result.title}: {result.file}")
        self.to_load.append((result.file, False))
        return {OUTPUT: str(result.file)}


def prices_of(text: str) -> dict[str, float]:
    """``Ni=2, Sc=0`` -> symbol and times.

    Raises
    ------
    AskedError : something in it is no such pair.
    """
    pairs = [p.strip() for p in re.split(r"[,;\s]\s*(?=[A-Z])", text) if p.strip()]
    found = {}
    for pair in pairs:
        match = _PRICE.fullmatch(pair)
        if match is None or not 0.0 <= float(match[2]) <= MOST_TIMES:
            raise AskedError(f"no price of a metal: {pair}", "write symbol=times, such as Ni=2, Sc=0 (0: no buyer)")
        found[match[1]] = float(match[2])
    return found


def told(answer: dict[str, Any], feedback: Any) -> Path:
    """Say what a run came to, and return its GeoPackage."""
    (region,) = answer["regions"]
    for line in (*region["remarks"], *region.get("differs", ())):
        feedback.pushInfo(line)
    for kind, found in region.get("kinds", {}).items():
        feedback.pushInfo(f"{kind}: {found['ranked']} of {found['blocks']} ranked")
        for block in found["top"]:
            place = f"{block['rank']}." if block.get("rank") else "-"  # listed by fertility: no rank
            feedback.pushInfo(f"  {place} {block['block_id']} {block.get('name') or ''}")
    return Path(region["geopackage"])
