"""State polygons of a user: a layer that follows the Survey of India's boundary -> polygons with the column ``state``.

Belongs here: reading that layer. Does not belong here: the test itself and the rough boxes that stand in for polygons
(``contracts.states``); the project draws no boundary and carries none.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import shapely

from data_sources.connectors.files import read_file
from data_sources.contracts.shapes.datums import in_degrees
from data_sources.regions import StatesSource
from khanij.foundation.errors import ContractError, MissingSourceError


def read_states(path: Path | None, source: StatesSource) -> gpd.GeoDataFrame:
    """Read the state polygons.

    Raises
    ------
    MissingSourceError : the file is not there: a check that was asked for must not be replaced by a weaker one.
    ContractError : no polygons, or no such column of names.
    """
    if path is None or not path.exists():
        raise MissingSourceError(
            "the layer of state polygons is missing",
            file=path or source.path,
            layer="states",
            do="check the path in the region's YAML, or take `states` out: then rough boxes are used",
        )
    frame = read_file(path, layer=source.layer, options=dict(source.options))
    where = {"file": path.name, "layer": "states"}
    if not isinstance(frame, gpd.GeoDataFrame):
        raise ContractError("state polygons need geometries", **where, do="give a vector file")
    if source.name_field not in frame.columns:
        raise ContractError(
            f"no column {source.name_field!r}",
            **where,
            field="name_field",
            do=f"name one of {', '.join(str(c) for c in frame.columns if c != frame.geometry.name)}",
        )
    shapes = shapely.make_valid(in_degrees(frame.geometry)[0])
    kept = (shapely.get_dimensions(shapes) == 2) & frame[source.name_field].notna().to_numpy()
    if not kept.any():
        raise ContractError("no polygon with a name", **where, field=source.name_field, do="give the states' polygons")
    names = frame[source.name_field].astype("str").str.strip()
    return gpd.GeoDataFrame({"state": names[kept].to_numpy()}, geometry=shapes[kept], crs="EPSG:4326")
