"""Survey results brought into the shape of their output contracts.

Belongs here: reshaping for publication. Does not belong here: a threshold or a score (``scoring.ground``).
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from data_sources.contracts.published.outputs import ANOMALIES


def anomaly_points(samples: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Only what stands out: one row a sample and association, from columns ``<association>_z`` and ``<association>_class``.

    A sample whose class is ``background`` or ``not known`` in an association gives no row for it.
    """
    if samples is None or not len(samples):
        return None
    parts = []
    shared = [c for c in ("sample_id", "sheet", "masked_by_dump", "source", "redistribute") if c in samples.columns]
    for column in samples.columns:
        name = str(column).removesuffix("_class")
        if name == column or f"{name}_z" not in samples.columns:
            continue
        stands_out = samples[column].astype("str").str.startswith("above").to_numpy(dtype=bool)
        part = samples.loc[stands_out, [*shared, samples.geometry.name]].copy()
        part["association"] = name
        part["z"] = samples.loc[stands_out, f"{name}_z"].to_numpy(dtype=np.float64)
        part["anomaly_class"] = samples.loc[stands_out, column].to_numpy()
        parts.append(part)
    if not parts:
        return None
    out = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry=samples.geometry.name, crs=samples.crs)
    return out[[c for c in ANOMALIES.names() if c in out.columns] + [out.geometry.name]]
