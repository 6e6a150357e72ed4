"""A result of Khanij in the project: which file a layer shows, what the file says of itself, how it is loaded.

Belongs here: from a layer to its GeoPackage and back. Does not belong here: how it is styled, which the file brings itself.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qgis.core import QgsFeatureRequest, QgsMapLayer, QgsProject, QgsVectorLayer
from qgis.PyQt.QtXml import QDomDocument

from .calling import AskedError, environment_of, home_folder

BLOCKS = "ranked_blocks"
FILE = f"{BLOCKS}.gpkg"
PROPERTY = "khanij/geopackage"
_GROUP = "Khanij: "
# From below to above; the first is the answer and stands in every result.
_SHOWN = (BLOCKS, "waste_footprints", "waste_sites", "anomalies")


@dataclass(frozen=True)
class Result:
    """One published set: its GeoPackage, and where commands on it look."""

    file: Path
    info: dict[str, str] = field(compare=False, repr=False)

    @property
    def region(self) -> str:
        """The region that was ranked."""
        return self.info.get("region", self.file.parent.name)

    @property
    def title(self) -> str:
        """What the group in the layer tree is called."""
        # The published title of a what-if names every lever that was moved: as much as a layer tree cannot show.
        named = str(json.loads(self.info.get("configuration", "{}")).get("title", self.region))
        scenario = self.info.get("scenario", "")
        return f"{_GROUP}what if {scenario}: {named}" if scenario else f"{_GROUP}{named}"

    @property
    def home(self) -> Path:
        """The working folder that it was made in, where it still lies there; else the plugin's own."""
        folder = self.file.parent.parent  # output, or output/scenarios/NAME
        output = folder.parent.parent if folder.parent.name == "scenarios" else folder
        return output.parent if output.name == "output" else home_folder()

    def asked_of(self) -> tuple[str, dict[str, str]]:
        """(``--region``, environment) with which a verb reads this very file, wherever it lies and whatever it is called.

        A file of another name is copied into a new folder first: the command looks for a published set.
        """
        file = self.file
        if file.name != FILE:
            file = scratch_folder() / self.region / FILE
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.file, file)
        return file.parent.name, {**environment_of(self.home), "KHANIJ_OUTPUT": str(file.parent.parent)}


def result_of(file: Path) -> Result:
    """The result in a GeoPackage, or in a folder of one (a region's output, a release, an unpacked zip).

    Raises
    ------
    AskedError : no GeoPackage that Khanij has written.
    """
    found = file
    if file.is_dir():
        inside = [p for p in (file / FILE, *sorted(file.glob(f"*/{FILE}"))) if p.is_file()]
        if len(inside) > 1 and inside[0].parent != file:
            several = ", ".join(p.parent.name for p in inside)
            raise AskedError(f"several results lie in {file}: {several}", "choose the folder of one of them")
        found = inside[0] if inside else file / FILE
    if not found.is_file():
        raise AskedError(f"no result of Khanij here: {file}", f"choose a {FILE}, or the folder that it lies in")
    try:
        info = {str(k): str(v) for k, v in rows_of(found, "SELECT key, value FROM run_info")}
    except sqlite3.Error as error:
        remedy = f"choose a {FILE} that khanij run, khanij release or khanij package has written"
        raise AskedError(f"not a result of Khanij: {found}", remedy) from error
    return Result(found.resolve(), info)


def rows_of(file: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query of the file, which is opened for reading alone."""
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as base:
        return base.execute(sql).fetchall()


def what_if_model(result: Result) -> dict[str, Any]:
    """Levers as they stand, baskets and metals of a result: what its page offers.

    Raises
    ------
    AskedError : the file is of a version without them.
    """
    try:
        ((content,),) = rows_of(result.file, "SELECT content FROM what_if WHERE part = 'model'")
    except (sqlite3.Error, ValueError) as error:
        raise AskedError(f"the result has no levers: {result.file}", "rank the region again") from error
    return dict(json.loads(content))


def file_of(layer: QgsMapLayer | None) -> Path | None:
    """The GeoPackage of Khanij that a layer shows; None where it shows something else."""
    if not isinstance(layer, QgsVectorLayer) or layer.fields().lookupField("block_id") < 0:
        return None
    named = layer.customProperty(PROPERTY, "")
    path = Path(str(named or layer.source().split("|")[0]))
    return path if path.suffix == ".gpkg" and path.is_file() else None


def result_of_layer(layer: QgsMapLayer | None) -> Result:
    """The result that a layer shows.

    Raises
    ------
    AskedError : it shows none.
    """
    file = file_of(layer)
    if file is None:
        raise AskedError(
            f"the layer {layer.name() if layer is not None else ''} shows no result of Khanij",
            "choose the layer of ranked blocks; Load a result or Rank a region brings one into the project",
        )
    return result_of(file)


def load(result: Result, project: QgsProject, temporary: bool = False) -> list[str]:
    """Add the layers of a result as a group, styled as the file says; ids of the layers, the blocks first.

    ``temporary`` keeps them in memory: another what-if of the same name does not change what is shown.
    """
    layers = []
    for name in _SHOWN:
        layer = QgsVectorLayer(f"{result.file}|layername={name}", name, "ogr")
        if not layer.isValid() or (name != BLOCKS and layer.featureCount() == 0):
            continue
        title = (layer.metadata().title() or name).split(" - ")[0]
        if temporary:
            layer = _in_memory(layer)
        layer.setName(title)
        layer.setCustomProperty(PROPERTY, str(result.file))
        layers.append(layer)
    if not layers:
        raise AskedError(f"no layer could be read from {result.file}", "rank the region again")
    root = project.layerTreeRoot()
    if temporary:  # two rankings of the same blocks, one drawn upon the other, could not be read
        for other in root.findGroups():
            other.setItemVisibilityChecked(not other.name().startswith(_GROUP) and other.itemVisibilityChecked())
    group = root.insertGroup(0, result.title)
    for layer in layers:
        project.addMapLayer(layer, False)
        group.insertLayer(0, layer).setItemVisibilityChecked(layer.fields().lookupField("association") < 0)
    return [str(layer.id()) for layer in layers]


def _in_memory(layer: QgsVectorLayer) -> QgsVectorLayer:
    copy, style = layer.materialize(QgsFeatureRequest()), QDomDocument()
    layer.exportNamedStyle(style)
    copy.importNamedStyle(style)
    return copy


def scratch_folder() -> Path:
    """A new folder for what one command needs, which the system clears."""
    return Path(tempfile.mkdtemp(prefix="khanij-qgis-"))
