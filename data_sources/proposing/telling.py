"""What an admission tries out says of a data set: where its rows lie, which sites it names, what a person should look at.

Belongs here: words and numbers from one admission. Does not belong here: which layer it is (``judging``).
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from data_sources.contracts.admitting.admission import Admission
from data_sources.contracts.shapes.datums import in_degrees
from data_sources.register.routes import known_routes, why_not_valued

Bounds = tuple[float, float, float, float]
_FEWEST_PLACES, _FAR_DEG, _FAR_TIMES = 5, 3.0, 4.0


def facts(admission: Admission) -> dict[str, Any]:
    """The report, the box and the ids of the sites of what would be kept, as a proposal has them."""
    kept = admission.kept
    ids = kept["site_id"].dropna().astype("str") if "site_id" in kept.columns else ()
    return {"report": admission.report, "bounds_deg": bounds_deg(kept), "site_ids": frozenset(ids)}


def look_at(admission: Admission) -> list[str]:
    """What a person should see before this layer is used."""
    report = admission.report
    out = []
    if report["rows_quarantined"]:
        reasons = report["by_reason"]["quarantined"] or {"see khanij validate": 0}
        out.append(f"{report['rows_quarantined']} of {report['rows_in']} rows would be held: {next(iter(reasons))}")
    if report.get("fails"):
        out.append(f"the layer fails: {report['fails']}")
    if report.get("key_made"):
        out.append(str(report["key_made"]))
    if report["layer"] == "waste_sites":
        kept = admission.kept
        out += far_off(kept)
        for word in kept["waste_type_code"].dropna().astype("str").unique():
            n = int((kept["waste_type_code"] == word).sum())
            sites = f"{n} site{'s' if n > 1 else ''} cannot be valued"
            if word in known_routes() and (why := why_not_valued(word, None)):
                out.append(f"{sites}: {why}; nothing is to be mended")
            elif why_not_valued(word, None):
                out.append(
                    f"{sites}: no route takes {word!r}; write a code for it under values in the card, if docs/reference_tables.md has one"
                )
    if report.get("columns_held"):
        out.append(f"columns not used for their unit: {', '.join(map(str, report['columns_held']))}")
    return out


def far_off(sites: pd.DataFrame) -> list[str]:
    """Sites that lie so far from all others that a place may be typed wrong; none where the sites are few."""
    placed = sites[sites["lon"].notna() & sites["lat"].notna()]
    if len(placed) < _FEWEST_PLACES:
        return []
    gap = np.hypot(placed["lon"] - placed["lon"].median(), placed["lat"] - placed["lat"].median())
    usual = float(np.quantile(gap, 0.8))
    far = placed.loc[(gap > _FAR_DEG) & (gap > _FAR_TIMES * max(usual, 0.1)), "site_id"].astype("str").tolist()
    return (
        [
            f"far from all other sites, a place typed wrong? {', '.join(far)}; an extent from the files is drawn around them too"
        ]
        if far
        else []
    )


def bounds_deg(frame: pd.DataFrame) -> Bounds | None:
    """West, south, east, north of a frame's shapes in degrees (WGS84); None where it has none."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None or frame.active_geometry_name is None:
        return None
    known = frame.geometry[frame.geometry.notna() & ~frame.geometry.is_empty]
    if not len(known):
        return None
    west, south, east, north = gpd.GeoSeries(in_degrees(known)[0]).total_bounds.tolist()
    return (west, south, east, north)
