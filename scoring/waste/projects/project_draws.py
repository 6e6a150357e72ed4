"""What is drawn for a project, and how wide: tonnage, grade, recovery, prices, costs.

Belongs here: the width of a figure, the price draws that all sites share. Does not belong
here: the choice of a figure (``inventory``), the project itself (``project_model``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_sources.reference.element_lists import pure_mineral_ppm
from khanij.foundation.errors import ScoringError
from scoring.waste.draws.stream_names import Stream
from scoring.waste.draws.streams import normals

TONNAGE_GSD = {"G1": 1.05, "G2": 1.15, "G3": 1.3, "G4": 1.5, "analogue": 2.0, "default": 2.0}
GRADE_GSD = {"G1": 1.10, "G2": 1.25, "G3": 1.5, "G4": 2.0, "analogue": 2.5, "default": 2.5}
P10_TO_P90 = 2.563
"""Width of P10 to P90 in standard deviations."""
P05_TO_P95_INSIDE = 3.0
"""Conflicting figures lie this many sd apart: both inside P05 to P95 (3.29 sd)."""
GRADE_SHARED, RECOVERY_SHARED, COST_SHARED = 0.7, 0.7, 0.5
CAPITAL_WITH_COST = 0.5
HIGHEST_RECOVERY = 0.97
PURE_PPM = {**pure_mineral_ppm(), "Fe": 699_000.0, "Zn": 670_000.0, "Pb": 870_000.0, "Cu": 350_000.0}
"""Grade of the pure mineral [g/t]: of waste haematite, sphalerite, galena, chalcopyrite; elsewhere that of ``elements.csv``."""


def pure_ppm(element: str) -> float:
    """What no grade of the element can pass [g/t]."""
    return PURE_PPM.get(element, 1e6)


@dataclass(frozen=True)
class Width:
    """A figure as a normal: tonnage ``ln T``, grade ``ln(x / (1 - x))`` of ``x = c / pure``; mean ``mu``, sd ``sigma``."""

    mu: float
    sigma: float


def _width(
    y: Mapping[str, float], x_likely: float, sigma: float, *, is_median: bool, is_conflict: bool
) -> Width | None:
    """The rule for widths, on the transformed figures ``y`` (low, likely, high; NaN where not given)."""
    low, likely, high = y["low"], y["likely"], y["high"]
    both = not math.isnan(low) and not math.isnan(high)
    if both and high < low:
        return None
    if is_conflict:
        return Width((low + high) / 2, max(sigma, (high - low) / P05_TO_P95_INSIDE)) if both else None
    s = max(sigma, (high - low) / P10_TO_P90) if both else sigma
    if math.isnan(likely):
        return Width((low + high) / 2, s) if both else None
    if is_median:
        return Width(likely, s)
    return Width(likely - s * s / 2 * (1.0 - 2.0 * x_likely), s)


def tonnage_width(
    low: float, likely: float, high: float, log_sd: float, *, is_median: bool = False, is_conflict: bool = False
) -> Width | None:
    """A tonnage as a lognormal; None: no value in it. Figures in one unit, NaN where not given.

    A likely figure is an average and is kept as the mean, ``ln m - s^2/2``; a range alone, or a stated median, gives the
    middle of the logarithm; ``s = max(log_sd, ln(high / low) / 2.563)``. Two figures in conflict: half-way,
    ``s = max(log_sd, ln(b / a) / 3)``.
    """
    if any(v <= 0.0 or math.isinf(v) for v in (low, likely, high)):
        return None
    y = {
        k: math.log(v) if not math.isnan(v) else math.nan for k, v in (("low", low), ("likely", likely), ("high", high))
    }
    return _width(y, 0.0, log_sd, is_median=is_median, is_conflict=is_conflict)


def grade_width(
    low: float,
    likely: float,
    high: float,
    log_sd: float,
    pure: float,
    *,
    is_median: bool = False,
    is_conflict: bool = False,
) -> Width | None:
    """A grade [g/t] as a logit-normal of ``x = c / pure``; None: no value in it. The rule is that of a tonnage.

    The mean of a likely figure is kept to second order, ``y(m) - (s^2/2)(1 - 2x)``.
    """
    if any(v <= 0.0 or v >= pure for v in (low, likely, high)):
        return None
    y = {
        k: math.log(v / (pure - v)) if not math.isnan(v) else math.nan
        for k, v in (("low", low), ("likely", likely), ("high", high))
    }
    return _width(y, likely / pure, log_sd, is_median=is_median, is_conflict=is_conflict)


def recovery_logit(median: float, state_factor: float, factor: float = 1.0) -> float:
    """``logit(min(.97, f min(.97, R50 x state)))``, the middle of a recovery on the scale on which it is drawn.

    Raises
    ------
    ScoringError : a recovery of 0: nothing is recovered and there is nothing to draw.
    """
    r = min(HIGHEST_RECOVERY, factor * min(HIGHEST_RECOVERY, median * state_factor))
    if not r > 0.0:
        raise ScoringError(f"a median recovery of {r:g}", field="recovery", do="leave the product out: it is not sold")
    return math.log(r / (1.0 - r))


def recovered_scale(median: float, state_factor: float) -> float:
    """``1 / min(.97, R50 x state)``: what a figure that is already recovered is multiplied by, before R is drawn."""
    return 1.0 / min(HIGHEST_RECOVERY, median * state_factor)


def price_normals(
    elements: Sequence[str], groups: Mapping[str, tuple[str, float]], seed: int, draws: int
) -> NDArray[np.float64]:
    """(E, K) standard normals of the log prices, each from the stream of its element and that of its group."""
    return grouped_normals(elements, groups, draws, lambda stream, name: normals(seed, draws, stream, name))


def grouped_normals(
    elements: Sequence[str],
    groups: Mapping[str, tuple[str, float]],
    draws: int,
    drawn: Callable[[Stream, str], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """(E, K) of normals that hang together: ``sqrt(rho) z_group + sqrt(1 - rho) z_e`` within a group of metals."""
    common: dict[str, NDArray[np.float64]] = {}
    out = np.empty((len(elements), draws))
    for i, element in enumerate(elements):
        own = drawn(Stream.PRICE, element)
        group, rho = groups.get(element, ("", 0.0))
        if group:
            if group not in common:
                common[group] = drawn(Stream.PRICE_OF_GROUP, group)
            own = math.sqrt(rho) * common[group] + math.sqrt(1.0 - rho) * own
        out[i] = own
    return out


def price_draws(
    price_usd_per_kg: Mapping[str, float], elements: Sequence[str], log_sd: Mapping[str, float], z: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(E, K) prices [USD/kg] whose mean is the deck's: ``P exp(s z - s^2/2)``; 0 where the deck has none."""
    out = np.zeros_like(z)
    for i, element in enumerate(elements):
        price = price_usd_per_kg.get(element, 0.0)
        s = log_sd[element]
        out[i] = price * np.exp(s * z[i] - s * s / 2)
    return out
