"""How much of a site lies under several blocks together, whoever else has blocks over it.

Belongs here: the share of one group of blocks. Does not belong here: how a site is split among all blocks (``allocation``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import shapely

from khanij.foundation.equal_area import require_equal_area
from scoring.waste.shares.allocation import Allocation, projected_footprints
from scoring.waste.shares.areas import to_equal_area


def held_shares(
    groups: Mapping[tuple[str, str], Sequence[str]],
    allocation: Allocation,
    footprints: gpd.GeoDataFrame | None,
    blocks: gpd.GeoDataFrame,
    crs: str,
    draws: int,
) -> dict[tuple[str, str], float]:
    """Share of a site under the union of a group of blocks, ``area(site & union) / area(site)``, by (site, group).

    Of a site of uncertain position it is the share of its drawn positions that lie in one of the blocks, of a sure position
    0 or 1. What other blocks hold of the same ground takes nothing away.

    Parameters
    ----------
    groups : (site_id, name of the group) -> block ids. allocation : of the same blocks, by which positions were drawn.
    footprints : site_id and polygons, or None. blocks : block_id and polygons. crs : equal-area.
    draws : how many positions of each site were drawn.

    Raises
    ------
    CrsError : ``crs`` does not keep areas, or a frame has no CRS.
    """
    sites, ids = {site for site, _ in groups}, {i for members in groups.values() for i in members}
    known = require_equal_area(crs)
    of_sites = None if footprints is None else footprints[footprints["site_id"].astype(str).isin(sites)]
    mapped = projected_footprints(of_sites, known)
    over = to_equal_area(
        blocks.loc[blocks["block_id"].astype(str).isin(ids), ["block_id", "geometry"]], known, "blocks"
    )
    shapes = dict(zip(over["block_id"].astype(str), shapely.make_valid(over.geometry.to_numpy())))
    out = {}
    for (site, group), members in groups.items():
        if site in mapped:
            ground = shapely.union_all([shapes[i] for i in members])
            out[site, group] = shapely.intersection(mapped[site], ground).area / mapped[site].area
        else:
            drawn = [allocation.points[i, site].draws for i in members if (i, site) in allocation.points]
            out[site, group] = len(np.unique(np.concatenate(drawn))) / draws if drawn else 1.0
    return out
