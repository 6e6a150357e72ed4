"""What every reader does: ask the card, cut a national source to the region, admit, stamp the source on the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj.exceptions import ProjError

from data_sources.cards import Card, load_card
from data_sources.contracts.admitting.admission import Admission, admit
from data_sources.contracts.admitting.places import INDIA_DEG, coordinate_pair
from data_sources.contracts.admitting.values import parse_numbers
from data_sources.contracts.contract import Contract
from data_sources.contracts.shapes.datums import in_degrees
from khanij.foundation.errors import SourceError

Extent = tuple[float, float, float, float]


def card_of(card: Card | str | None, layer: str) -> tuple[Card | None, Card | None]:
    """(card, the card whose field map and units apply): a card that follows another per layer points to it."""
    if card is None or card == "":
        return None, None
    own = load_card(card) if isinstance(card, str) else card
    follows = getattr(own, "follows", None) or {}
    return own, (load_card(follows[layer]) if layer in follows else own)


def admit_layer(
    frame: pd.DataFrame,
    contract: Contract,
    *,
    layer: str,
    card: Card | str | None = None,
    source: str | None = None,
    file: object = None,
    extent_deg: Extent | None = None,
    options: Mapping[str, Any] | None = None,
    field_map: Mapping[str, str] | None = None,
    units: Mapping[str, object] | None = None,
    states: gpd.GeoDataFrame | None = None,
    row_numbers: np.ndarray | None = None,
) -> Admission:
    """Admit one raw frame as the card says, and stamp ``source`` and ``redistribute`` on the rows.

    A source wider than the region is cut to it (``clip: true`` in the options, or when more than half of its placed rows
    lie in India but outside the region); the rows cut are counted in ``rows_outside_region`` and belong to no report.
    With ``clip: false`` such a row is held. Lines and rock units may lie up to ``margin_deg`` (0.25) outside.
    """
    options = dict(options or {})
    own, says = card_of(card, layer)
    name = source or (own.name if own else layer)
    maps = dict(says.field_map) if says else {}
    says_units: dict[str, object] = dict(says.units) if says else {}
    maps |= dict(options.get("field_map") or {}) | dict(field_map or {})
    says_units |= dict(options.get("units") or {}) | dict(units or {})
    rows = np.arange(1, len(frame) + 1) if row_numbers is None else row_numbers
    cut = 0
    margin = float(options.get("margin_deg", _margin(contract)))
    if extent_deg is not None and margin:
        west, south, east, north = extent_deg
        extent_deg = (west - margin, south - margin, east + margin, north + margin)
    if extent_deg is not None and contract.geometry is not None:
        elsewhere = _elsewhere(frame, maps, extent_deg, contract)
        clip = options.get("clip")
        if elsewhere.any() and (clip or (clip is None and elsewhere.mean() > 0.5)):
            cut = int(elsewhere.sum())
            frame, rows = frame[~elsewhere], rows[~elsewhere]
    try:
        admission = admit(
            frame, contract, source=name, layer=layer, file=file, field_map=maps, units=says_units, row_numbers=rows,
            region_extent=extent_deg, crs=options.get("crs"), states=states,
            stamp={"source": name, "redistribute": own.redistribute if own else "no"},
        )  # fmt: skip
    except (shapely.errors.ShapelyError, ProjError) as error:
        told = f"a geometry that the library cannot handle: {error}"
        raise SourceError(told, file=file, layer=layer, do="repair it in QGIS and export it again") from error
    report = admission.report | {"rows_outside_region": cut, "card": own.name if own else None}
    if cut and not report["rows_in"]:
        report["empty"] = f"no {contract.title.lower()}: all {cut} rows lie outside the region's extent"
    return replace(admission, report=report)


def _margin(contract: Contract) -> float:
    """Lines and rock units up to one sheet outside the region stay: distances at the edge need what lies beyond it."""
    wanted = str(contract.geometry)
    return 0.25 if "LINE" in wanted or contract.name == "lithology" else 0.0


def _elsewhere(frame: pd.DataFrame, field_map: Mapping[str, str], extent: Extent, contract: Contract) -> np.ndarray:
    """Rows that lie properly in India but outside the extent: another region's rows, not wrong ones."""
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None and frame.crs is not None:
        box = shapely.bounds(in_degrees(frame.geometry)[0])
    else:
        back = {target: raw for raw, target in field_map.items() if raw in frame.columns}
        pair = (
            (back["longitude"], back["latitude"])
            if {"longitude", "latitude"} <= set(back)
            else coordinate_pair(list(frame.columns))
        )
        if pair is None:
            return np.zeros(len(frame), dtype=bool)
        x, y = (parse_numbers(frame[c]).values for c in pair)
        box = np.column_stack([x, y, x, y])
    west, south, east, north = INDIA_DEG
    with np.errstate(invalid="ignore"):
        proper = (box[:, 0] >= west) & (box[:, 2] <= east) & (box[:, 1] >= south) & (box[:, 3] <= north)
        apart = (box[:, 2] < extent[0]) | (box[:, 0] > extent[2]) | (box[:, 3] < extent[1]) | (box[:, 1] > extent[3])
        if not contract.india_only:
            proper = np.isfinite(box).all(axis=1)
    return proper & apart
