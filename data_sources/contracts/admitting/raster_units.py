"""Does a band hold what its unit says? A picture of a field is not the field.

Belongs here: evidence in the values of one raster band against its stated unit. Does not belong here: reading a file.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

ORDINAL_UNITS = ("", "class", "code", "level")
"""Units under which whole numbers 0..255 are what one expects."""
MIN_CELLS = 1000  # fewer cells may be whole numbers by chance


def picture_levels(values: ArrayLike, unit: str) -> str | None:
    """Why a band in a physical unit is a picture of the field and not the field; None where nothing speaks for it.

    A band exported from a picture holds whole numbers between 0 and 255 only, and reaches 250 or more, because its
    colours were stretched to the full range: a field in nT, mGal, ppm or metres does neither.

    Parameters
    ----------
    values : the band, any shape; NaN where there is no data.
    unit : unit that the source card states.
    """
    if unit in ORDINAL_UNITS:
        return None
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    if known.size < MIN_CELLS or known.min() < 0 or not 250 <= known.max() <= 255 or (known != np.round(known)).any():
        return None
    levels = np.unique(known)
    if len(levels) < 3:
        return None
    return (
        f"{len(levels)} whole numbers from {known.min():.0f} to {known.max():.0f} in all {known.size} cells: "
        f"the colours of a picture, not {unit}"
    )
