"""Gate layers of a user: a vector file -> valid geometries in EPSG:4326 with the columns that a reason is made of."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from data_sources.connectors.files import read_file
from data_sources.contracts.shapes.datums import in_degrees
from data_sources.readers.lease_status import lease_statuses
from data_sources.regions import GateSource
from khanij.foundation.errors import ContractError, CrsError

KEPT = ("name", "fact", "holder", "lease_status")


def read_gate(path: Path, name: str, source: GateSource) -> gpd.GeoDataFrame:
    """Read one gate layer.

    Raises
    ------
    MissingSourceError : the file is not there: a gate that cannot be read must stop the run, not open the gate.
    CrsError : the layer states no CRS.
    ContractError : the file holds no geometry.
    """
    frame = read_file(path, layer=source.layer, options=source.options)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise ContractError("a gate needs geometries", file=path, layer=name, do="give a vector file")
    if frame.crs is None:
        raise CrsError(
            "the layer states no CRS",
            file=path,
            layer=name,
            do="write it into the file, or say it in options: {crs: EPSG:4326}",
        )
    shapes = shapely.make_valid(in_degrees(frame.geometry)[0])
    columns = {c.lower(): c for c in frame.columns}
    data = {
        k: frame[columns[k]].astype("str") if k in columns else pd.Series(None, index=frame.index, dtype="str")
        for k in KEPT
    }
    if name == "leases":
        data["lease_status"], holder, _ = lease_statuses(frame, own_lessees=source.options.get("own_lessees", ()))
        data["holder"] = data["holder"].where(data["holder"].notna(), holder)
    gate = gpd.GeoDataFrame(pd.DataFrame(data).assign(source=source.source), geometry=shapes, crs="EPSG:4326")
    # A lease that the layer calls ended bars nothing.
    return (gate[gate["lease_status"] != "none"] if name == "leases" else gate).reset_index(drop=True)
