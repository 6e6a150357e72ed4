"""What a stream sample says of its catchment: dilution by barren ground, and productivity.

Belongs here: Hawkes's mass balance. Does not belong here: drawing the catchments.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from khanij.foundation.errors import ScoringError


def _check(area_km2: ArrayLike, exposed_km2: ArrayLike | None = None) -> None:
    if (np.asarray(area_km2, dtype=np.float64) <= 0).any():
        raise ScoringError(
            "a catchment's area must be positive", field="catchment_km2", do="leave the row's area blank"
        )
    if exposed_km2 is not None:
        exposed, area = np.asarray(exposed_km2, dtype=np.float64), np.asarray(area_km2, dtype=np.float64)
        if (exposed <= 0).any() or (exposed > area).any():
            raise ScoringError(
                "the exposed area must be positive and no larger than its catchment", field="exposed_km2"
            )


def dilution_corrected(
    y_ppm: ArrayLike, background_ppm: ArrayLike, area_km2: ArrayLike, exposed_km2: ArrayLike
) -> NDArray[Any]:
    """Grade of the exposed source that would explain the sample, ``Y_a = Y' + A (Y - Y') / a`` [ppm].

    Parameters
    ----------
    y_ppm, background_ppm : the sample and its local background Y' [ppm].
    area_km2, exposed_km2 : catchment area A and assumed exposed mineralised area a [km2].

    Source: Hawkes 1976; Bonham-Carter & Goodfellow 1986; Carranza 2009.
    """
    _check(area_km2, exposed_km2)
    y, b = np.asarray(y_ppm, dtype=np.float64), np.asarray(background_ppm, dtype=np.float64)
    return np.asarray(b + np.asarray(area_km2, dtype=np.float64) * (y - b) / np.asarray(exposed_km2, dtype=np.float64))


def productivity(y_ppm: ArrayLike, background_ppm: ArrayLike, area_km2: ArrayLike) -> NDArray[Any]:
    """Excess metal the catchment sheds, ``A (Y - Y')`` [ppm km2]; needs no guess of the exposed area."""
    _check(area_km2)
    y, b = np.asarray(y_ppm, dtype=np.float64), np.asarray(background_ppm, dtype=np.float64)
    return np.asarray(np.asarray(area_km2, dtype=np.float64) * (y - b))
