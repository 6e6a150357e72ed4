"""One case to be assessed: the blocks, what is known of the waste beneath them, and the tables that value it.

Belongs here: what is handed in, as one value. Does not belong here: what is decided or scored (``scoring.rank.state``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from data_sources.reference import ReferenceTables
from khanij.foundation.errors import ContractError


@dataclass(frozen=True)
class Register:
    """The waste register's frames (docs/architecture.md); ``footprints`` None where no outline is mapped."""

    sites: gpd.GeoDataFrame
    footprints: gpd.GeoDataFrame | None
    tonnages: pd.DataFrame
    grades: pd.DataFrame
    constraints: pd.DataFrame


@dataclass(frozen=True)
class Case:
    """What an assessment is made from, but for its settings. Another scenario is ``dataclasses.replace`` of this one.

    Parameters
    ----------
    blocks : columns of the frame ``blocks`` (docs/architecture.md), EPSG:4326, any order.
    register : what is known of the waste sites.
    reference : tables of elements, routes and costs.
    crs : equal-area CRS of the region.
    fertility : block_id, posterior_mean, posterior_max, coverage_pct, fertility_axis, fertility_note; None where the
        region has no survey layers.
    gates : user layers by name (``scoring.rank.gates``).

    Raises
    ------
    ContractError : a key that repeats.
    """

    blocks: gpd.GeoDataFrame
    register: Register
    reference: ReferenceTables
    crs: str
    fertility: pd.DataFrame | None = None
    gates: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require_unique(self.blocks, "block_id", "blocks")
        _require_unique(self.register.sites, "site_id", "waste_sites")


def _require_unique(frame: pd.DataFrame, key: str, layer: str) -> None:
    repeated = frame[key].astype(str)
    repeated = repeated[repeated.duplicated()]
    if len(repeated):
        raise ContractError(
            f"{key} repeats: {repeated.iloc[0]}", layer=layer, field=key, do="give every row its own id"
        )
