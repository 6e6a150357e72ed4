"""Sites that may be one and the same, or one complex: near each other and alike in name; flagged, never merged.

Belongs here: which names are alike, and which sites are near. Does not belong here: what a complex is worth
(``complexes``), the equality of keys (``data_sources.contracts``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod
from scipy.spatial import cKDTree

from scoring.waste.projects.complexes import complexes_of

ALIKE_KM = 1.0
_EARTH_KM = 6371.0088
_GENERIC = frozenset(
    "ash bund copper dam deposit dump dyke facility fly gold gypsum heap iron lagoon mine mines mining mud of ore old new pile plant "
    "pond ponds red refinery reject rejects site slag slime slimes stack storage tailing tailings the tsf waste works zinc".split()
)


def names_alike(first: str, second: str) -> bool:
    """Whether two names differ only in numbers (also A1, S-2), order, case and words such as *tailings* or *pond*, or one holds the other.

    Names of which nothing else is left ("Dump 1", "Dump 2") are alike where those words are the same.
    """
    a, b = _words(first), _words(second)
    own = a - _GENERIC, b - _GENERIC
    if not all(own):
        return a == b and bool(a)
    return own[0] <= own[1] or own[1] <= own[0]


def _words(name: str) -> frozenset[str]:
    plain = unicodedata.normalize("NFKC", name).casefold()
    words = re.findall(r"[\w\u0900-\u0DFF]+", plain)  # the signs of Indian vowels are marks, not letters
    return frozenset(w for w in words if not any(c.isdigit() for c in w) and (len(w) > 1 or not w.isascii()))


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
