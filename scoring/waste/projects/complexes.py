"""Which sites are worked together: those that say they share a complex, directly or by way of others; and which should say so.

Belongs here: closing the links, who carries a complex, pairs that lie near and are named alike. Does not belong here: what a complex is worth
(``project_complexes``), the register.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

from data_sources.reference.site_names import names_alike
from khanij.foundation.errors import ScoringError
from scoring.waste.projects.project_facts import Project

ALIKE_KM = 1.0
_EARTH_KM = 6371.0088


def complexes_of(links: Mapping[str, str], tonnes: Mapping[str, float]) -> list[tuple[str, ...]]:
    """The complexes of a register, each with its largest site first, and by tonnes then id after it.

    Parameters
    ----------
    links : site -> the site that it shares a complex with; closed transitively and in both directions.
    tonnes : median tonnes of every site of the register, NaN where they are not known; no other id is looked at.

    Returns
    -------
    list : complexes of two or more sites, by the id of their first; ties of tonnes go to the lower id.
    """
    joined: dict[str, str] = {}

    def root(site: str) -> str:
        while joined.setdefault(site, site) != site:
            site = joined[site]
        return site

    for a, b in sorted(links.items()):
        if a in tonnes and b in tonnes:
            joined[root(a)] = root(b)
    together: dict[str, list[str]] = {}
    for site in joined:
        together.setdefault(root(site), []).append(site)

    def size(site: str) -> tuple[float, str]:
        return (math.inf if math.isnan(tonnes[site]) else -tonnes[site], site)

    return sorted(tuple(sorted(sites, key=size)) for sites in together.values() if len(sites) > 1)


def by_carrier(complexes: Sequence[tuple[str, ...]], projects: Mapping[str, Project]) -> dict[str, tuple[Project, ...]]:
    """Carrier -> its complex, the carrier first and the others by id; sites that are no project are passed over.

    The first site that is a project carries the complex; one that is left alone is no complex.

    Raises
    ------
    ScoringError : a site in two complexes, or twice in one.
    """
    out: dict[str, tuple[Project, ...]] = {}
    seen: set[str] = set()
    for sites in complexes:
        if len(set(sites)) < len(sites) or seen & set(sites):
            raise ScoringError(
                f"a site stands twice in the complexes: {', '.join(sites)}", field="shares_complex_with",
                do="give each site to one complex, as complexes_of does",
            )  # fmt: skip
        seen |= set(sites)
        carrier, *others = [s for s in sites if s in projects] or [""]
        if others:
            out[carrier] = tuple(projects[s] for s in (carrier, *sorted(others)))
    return out


def alike_pairs(
    ids: Sequence[str],
    names: Sequence[str],
    lon_deg: NDArray[np.float64],
    lat_deg: NDArray[np.float64],
    links: Mapping[str, str],
) -> list[tuple[str, str]]:
    """Pairs of sites within 1 km (geodesic) whose names are alike and that do not say they share a complex.

    Metal of one pond that stands twice in a register counts twice; only a person can say whether it is so.

    Parameters
    ----------
    ids, names, lon_deg, lat_deg : of n sites; one whose position is NaN is near nothing.
    links : site -> the site that it shares a complex with.
    """
    from scipy.spatial import cKDTree

    at = np.flatnonzero(np.isfinite(lon_deg) & np.isfinite(lat_deg))
    if len(at) < 2:
        return []
    together = {site: sites[0] for sites in complexes_of(links, dict.fromkeys(ids, 1.0)) for site in sites}
    lon, lat = np.radians(lon_deg[at]), np.radians(lat_deg[at])
    unit = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    geod = Geod(ellps="WGS84")
    out = []
    # The sphere's distance is within 1 % of the ellipsoid's; what it lets through is measured on the ellipsoid.
    for i, j in cKDTree(unit).query_pairs(1.01 * ALIKE_KM / _EARTH_KM):
        a, b = sorted((at[i], at[j]), key=lambda k: ids[k])
        one = together.get(ids[a], ids[a]) == together.get(ids[b], ids[b])
        if one or not names_alike(names[a], names[b]):
            continue
        if geod.inv(lon_deg[a], lat_deg[a], lon_deg[b], lat_deg[b])[2] <= 1000.0 * ALIKE_KM:
            out.append((ids[a], ids[b]))
    return sorted(out)
