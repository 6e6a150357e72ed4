"""Gate layers of a user: a vector file -> valid geometries in EPSG:4326 with the columns that a reason is made of."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_sources.connectors.files import read_file
from data_sources.contracts.contract import plain_name
from data_sources.contracts.shapes.datums import in_degrees
from data_sources.contracts.waste import LEASE_STATUS
from data_sources.readers.layouts import translated
from data_sources.readers.statuses.lease_status import STATUS_COLUMNS, column_read, lease_statuses, words_of
from data_sources.regions import GateSource
from khanij.foundation.errors import ContractError, CrsError

KEPT = ("name", "fact", "holder", "lease_status", "status_said")
SURROUNDINGS = r"(?<![^\W\d_])(?:buffers?|eco(?:logically)?[\W_]*sensitive|esz)(?![^\W\d_])"
"""What the ground around a core calls itself, with no letter before or after: there the wildlife board may allow mining."""
_SPEAKS_OF_OTHERS = re.compile(
    r"remark|comment|descri|observ|detail|histor|notif|gazet|source|refer|(?:^|_)notes?(?:_|$)"
)
"""Columns in which a core may speak of its buffer; in any other an outline says what it is."""
BARS_NOTHING = {"none": "ended", "state": "with the State"}
"""``lease_status`` of leases that a gate leaves out -> what they are called."""


def read_gate(path: Path, name: str, source: GateSource) -> gpd.GeoDataFrame:
    """Read one gate layer.

    Raises
    ------
    MissingSourceError : the file is not there: a gate that cannot be read must stop the run, not open the gate.
    CrsError : the layer states no CRS.
    ContractError : the file holds no geometry.
    """
    return read_gate_told(path, name, source)[0]


def read_gate_told(path: Path, name: str, source: GateSource) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """``read_gate``, and the report of what was read.

    ``rows_in``, ``rows_kept``, ``left_out`` by why, ``points_left_out``, ``lease_remarks``, and ``surroundings``: of
    ``protected_areas``, the outlines that call themselves a buffer or an eco-sensitive zone, which bar as a core does, and
    ``surroundings_in``, the columns where they do.
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
    if len(frame) and shapely.get_dimensions(frame.geometry.to_numpy()).max(initial=-1) != 2:
        do = "give the layer of outlines, or draw them around these places in QGIS (Vector, Buffer), as wide as the bar reaches"
        raise ContractError(
            "a gate needs outlines, and these are points or lines: it would bar nothing", file=path, layer=name, do=do
        )
    flat = shapely.get_dimensions(frame.geometry.to_numpy()) == 2
    without, frame = (
        int((~flat & frame.geometry.notna().to_numpy()).sum()),
        frame[flat | frame.geometry.isna().to_numpy()],
    )
    shapes = shapely.make_valid(in_degrees(frame.geometry)[0])
    columns = {c.lower(): c for c in frame.columns}
    data = {
        k: frame[columns[k]].astype("str") if k in columns else pd.Series(None, index=frame.index, dtype="str")
        for k in KEPT
    }
    report: dict[str, Any] = {"rows_in": len(frame) + without, "rows_kept": len(frame)}
    if without:
        report["points_left_out"] = without
    if name == "protected_areas":
        report |= _surroundings(frame)
    if name == "leases":
        data |= _leases(frame, source, data["holder"], report)
    gate = gpd.GeoDataFrame(pd.DataFrame(data).assign(source=source.source), geometry=shapes, crs="EPSG:4326")
    if name == "leases":
        # A lease that the layer calls ended bars nothing.
        gate = gate[~gate["lease_status"].isin(list(BARS_NOTHING))]
        report["rows_kept"] = len(gate)
    return gate.reset_index(drop=True), report


def _surroundings(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    columns = [
        c for c in frame.columns
        if c != frame.geometry.name and not pd.api.types.is_numeric_dtype(frame[c]) and not _SPEAKS_OF_OTHERS.search(plain_name(str(c)))
    ]  # fmt: skip
    said = {
        str(c): frame[c].astype("str").str.contains(SURROUNDINGS, case=False, regex=True, na=False).to_numpy()
        for c in columns
    }
    any_said = np.logical_or.reduce(list(said.values())) if said else np.zeros(0, dtype=bool)
    return {"surroundings": int(any_said.sum()), "surroundings_in": [c for c, rows in said.items() if rows.any()]}


def _leases(
    frame: gpd.GeoDataFrame, source: GateSource, holder: pd.Series, report: dict[str, Any]
) -> dict[str, pd.Series]:
    """Status, holder and the status in the layer's words, read as the layer ``mining_leases`` reads them."""
    maps = dict(source.options.get("field_map") or {})
    told = translated(frame, source.options.get("values") or {}, np.arange(1, len(frame) + 1))
    status, lessee, remarks = lease_statuses(told, maps, source.options.get("own_lessees", ()))
    words = words_of(told, column_read(told, maps, "lease_status", STATUS_COLUMNS))
    left = status[status.isin(list(BARS_NOTHING))].map(BARS_NOTHING).value_counts()
    report["left_out"] = {str(why): int(n) for why, n in left.sort_index().items()}
    report["lease_remarks"] = remarks[remarks != ""].str.split("; ").explode().value_counts().sort_index().to_dict()
    return {
        "lease_status": status,
        "holder": holder.where(holder.notna(), lessee),
        "status_said": words.mask(words.str.lower().isin(["", *LEASE_STATUS])).astype("str"),
    }
