"""How high a site would stand if its tonnage lay on its own outline: what no heap can be has a wrong tonnage or a wrong outline.

    h = tonnage / (densest dry density of the waste x area)

Belongs here: that height, and from where on it is no heap. Does not belong here: what becomes of such a row (``readers``).

References
----------
The greatest heights of heaps and tailings dams, 200 to 300 m at the crest and less in the mean, are recalled, not read.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_sources.reference import load_table

HIGHEST_M = 200.0
"""Mean height above which a tonnage is not believed; recalled."""
DENSEST_T_PER_M3 = 3.5
"""Of a waste without a row of its own in ``dry_densities``: a dense slag, in place; own knowledge."""


@cache
def _densest() -> dict[str, float]:
    table = load_table("dry_densities")
    return dict(zip(table["waste_type_code"], table["density_max_t_per_m3"].astype("float64"), strict=True))


def least_heights_m(tonnage_mt: pd.Series, area_ha: pd.Series, waste_type_code: pd.Series) -> NDArray[np.float64]:
    """Mean height [m] at the least; NaN where tonnage or area is not known.

    Parameters
    ----------
    tonnage_mt : dry mass, million t. area_ha : hectares, above 0.
    waste_type_code : its densest dry density is taken, so that the height is the lowest that it can be.
    """
    density = waste_type_code.astype("object").map(_densest()).fillna(DENSEST_T_PER_M3).to_numpy(dtype="float64")
    tonnes, metres2 = tonnage_mt.to_numpy(dtype="float64") * 1e6, area_ha.to_numpy(dtype="float64") * 1e4
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(metres2 > 0.0, tonnes / (density * metres2), np.nan), dtype="float64")
