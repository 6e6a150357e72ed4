"""Where background ends: median + 2 MAD, the Tukey fence, the concentration-area fractal; and sample classes.

Belongs here: thresholds of one column. Does not belong here: mean + 2 sd, which the anomalies themselves inflate.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from khanij.foundation.errors import ScoringError

MAD_TO_SD = 1.4826  # of the normal distribution; stated because half the literature leaves it out

Floats = NDArray[Any]
Quartiles = Literal["type7", "hinges"]


def _finite(x: ArrayLike) -> Floats:
    out = np.asarray(x, dtype=np.float64)
    out = out[np.isfinite(out)]
    if out.size == 0:
        raise ScoringError("no value to take a threshold from")
    return out


def mad(x: ArrayLike, *, normal: bool = True) -> float:
    """Median absolute deviation; ``normal`` multiplies by 1.4826 so that it estimates a normal sd."""
    v = _finite(x)
    return float(np.median(np.abs(v - np.median(v)))) * (MAD_TO_SD if normal else 1.0)


def median_mad_threshold(x: ArrayLike, k: float = 2.0, *, normal: bool = True, log: bool = True) -> float:
    """``median + k MAD``, on log10 by default and turned back into the unit of ``x``.

    Source: Reimann, Filzmoser & Garrett 2005, *Science of the Total Environment* 346, 1-16.
    """
    v = _finite(x)
    if log:
        if (v <= 0).any():
            raise ScoringError(
                "a threshold on logs needs positive values", do="treat non-detects first, or take the raw threshold"
            )
        return float(10 ** median_mad_threshold(np.log10(v), k, normal=normal, log=False))
    return float(np.median(v)) + k * mad(v, normal=normal)


def quartiles(x: ArrayLike, kind: Quartiles = "type7") -> tuple[float, float]:
    """Lower and upper quartile: ``type7`` (linear, numpy and R default) or Tukey's ``hinges`` (medians of the halves).

    With an odd count each half holds the median, as Tukey 1977 has it.
    """
    v = np.sort(_finite(x))
    if kind == "type7":
        q1, q3 = np.quantile(v, [0.25, 0.75])
        return float(q1), float(q3)
    half = (len(v) + 1) // 2
    return float(np.median(v[:half])), float(np.median(v[-half:]))


def tukey_fence(x: ArrayLike, k: float = 1.5, *, kind: Quartiles = "type7", log: bool = True) -> float:
    """Upper inner fence ``Q3 + k (Q3 - Q1)``, on log10 by default and turned back into the unit of ``x``."""
    v = _finite(x)
    if log:
        if (v <= 0).any():
            raise ScoringError(
                "a fence on logs needs positive values", do="treat non-detects first, or take the raw fence"
            )
        return float(10 ** tukey_fence(np.log10(v), k, kind=kind, log=False))
    q1, q3 = quartiles(v, kind)
    return q3 + k * (q3 - q1)


def robust_z(x: ArrayLike) -> Floats:
    """``(x - median) / (1.4826 MAD)``, missing stays missing; 0 where the column does not vary at all."""
    v = np.asarray(x, dtype=np.float64)
    if not np.isfinite(v).any():
        return np.full(v.shape, np.nan)
    centre, scale = float(np.nanmedian(v)), mad(v)
    if scale == 0:  # more than half the values are equal: fall back on the mean deviation, Iglewicz & Hoaglin 1993
        scale = 1.2533 * float(np.nanmean(np.abs(v - centre)))
    return (v - centre) / scale if scale > 0 else np.where(np.isfinite(v), 0.0, np.nan)


def concentration_area(x: ArrayLike, thresholds: ArrayLike, cell_area: float = 1.0) -> Floats:
    """Area A(>= rho) at or above each threshold, on equal-area cells; NaN cells have no area."""
    ordered = np.sort(_finite(x))
    return cell_area * (len(ordered) - np.searchsorted(ordered, np.asarray(thresholds, dtype=np.float64), side="left"))


def concentration_area_threshold(
    x: ArrayLike, cell_area: float = 1.0, points: int = 60, min_points: int = 5
) -> dict[str, float]:
    """The break between background and anomaly: the best two straight lines on the log-log C-A plot.

    Returns
    -------
    ``threshold`` in the unit of ``x``, ``slope_background``, ``slope_anomaly``; the last few cells, whose area steps
    are single cells, are left out of the fit.

    Source: Cheng, Agterberg & Ballantyne 1994, *J. Geochemical Exploration* 51, 109-130.
    """
    v = _finite(x)
    v = v[v > 0]
    if len(v) < 10 * min_points:
        raise ScoringError(f"{len(v)} positive cells: too few for a concentration-area plot")
    rho = np.unique(np.quantile(v, 1 - np.geomspace(0.98, 5 / len(v), points)))
    area = concentration_area(v, rho, cell_area)
    u, w = np.log(rho), np.log(area)
    best = (np.inf, 0, 0.0, 0.0)
    for cut in range(min_points, len(u) - min_points + 1):
        sides = []
        for part in (slice(0, cut), slice(cut, None)):
            du, dw = u[part] - u[part].mean(), w[part] - w[part].mean()
            slope = (du * dw).sum() / (du * du).sum()
            sides.append((float(((dw - slope * du) ** 2).sum()), float(slope)))
        total = sides[0][0] + sides[1][0]
        if total < best[0]:
            best = (total, cut, sides[0][1], sides[1][1])
    if not np.isfinite(best[0]):
        raise ScoringError("too few distinct concentrations for a concentration-area plot")
    return {"threshold": float(rho[best[1]]), "slope_background": best[2], "slope_anomaly": best[3]}
