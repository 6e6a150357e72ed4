"""Railways and roads of a user for the base map: a vector file -> lines in EPSG:4326.

Belongs here: reading such a layer. Does not belong here: the base that every result has (``base_map``), or clipping and
drawing (``publishing``).
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from data_sources.connectors.files import read_file
from data_sources.contracts.shapes.datums import in_degrees
from data_sources.regions import LayerSource
from khanij.foundation.errors import ContractError, MissingSourceError


def read_base_lines(path: Path | None, name: str, source: LayerSource) -> np.ndarray:
    """The lines of one layer, in parts.

    Raises
    ------
    MissingSourceError : the file is not there. ContractError : it holds no line.
    """
    if path is None or not path.exists():
        raise MissingSourceError(
            "a layer of the base map is missing", file=path or source.path, layer=f"base.{name}",
            do="check the path in the region's YAML, or take the layer out",
        )  # fmt: skip
    frame = read_file(path, layer=source.layer, options=dict(source.options))
    if not isinstance(frame, gpd.GeoDataFrame):
        raise ContractError("lines need geometries", file=path.name, layer=f"base.{name}", do="give a vector file")
    shapes = np.asarray(in_degrees(frame.geometry)[0])
    parts = shapely.get_parts(shapes[~shapely.is_missing(shapes)])
    lines = parts[shapely.get_dimensions(parts) == 1]
    if not len(lines):
        raise ContractError("no line in the file", file=path.name, layer=f"base.{name}", do="give railways or roads")
    return np.asarray(shapely.force_2d(lines))
