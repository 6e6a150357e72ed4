"""Published figures as distributions: a tonnage or a grade with its knowledge class.

Belongs here: which distribution a figure stands for. Does not belong here: which figure is used (``inventory``), drawing.
"""

from __future__ import annotations

import math

from data_sources.reference.element_lists import pure_mineral_ppm

CLASSES = ("G1", "G2", "G3", "G4", "analogue", "none")
TONNAGE_GSD = {"G1": 1.05, "G2": 1.15, "G3": 1.3, "G4": 1.5, "analogue": 2.0}
GRADE_GSD = {"G1": 1.10, "G2": 1.25, "G3": 1.5, "G4": 2.0, "analogue": 2.5}
Z90 = 1.2815515655446004
"""Standard normal quantile of 0.90."""
LOGIT_ABOVE_PPM = 1e4
CEILING_PPM = pure_mineral_ppm()
"""Grade of the pure mineral [g/t]: haematite, pyrolusite, chromite, sphalerite, galena, chalcocite, millerite, rutile,
corundum, quartz, periclase, lime, pyrite, zircon (stoichiometry; own computation). Elsewhere 1,000,000."""


def tonnage_distribution(
    low_t: float, mode_t: float, high_t: float, knowledge_class: str, gsd: float | None = None
) -> tuple[int, float, float, float] | None:
    """Triangular (0, low, mode, high) where all three are known, else lognormal (1, ln median, ln GSD, 0); None: no value.

    The median is the mode, or the geometric mean of low and high where only these are known; a single bound says
    nothing of the middle and gives no value, nor do figures that are out of order. Inputs and outputs in tonnes.
    """
    known = [not math.isnan(v) for v in (low_t, mode_t, high_t)]
    if all(known):
        return (0, low_t, mode_t, high_t) if 0 <= low_t <= mode_t <= high_t and high_t > 0 else None
    if known[1]:
        median = mode_t
    elif known[0] and known[2] and low_t > 0:
        median = math.sqrt(low_t * high_t)
    else:
        return None
    spread = gsd or TONNAGE_GSD.get(knowledge_class)
    if spread is None or not median > 0:
        return None
    return 1, math.log(median), math.log(spread), 0.0


def grade_distribution(
    low: float, mode: float, high: float, knowledge_class: str, ceiling: float, gsd: float | None = None
) -> tuple[int, float, float, float] | None:
    """(kind, mu, sigma, median) of a grade in g/t: kind 0 lognormal, 1 logit-normal below ``ceiling``; None: no value.

    The median is the mode with the class's GSD; where only low and high are known they are P10 and P90. Above 1 % the
    logarithm is taken of the odds ``c / (ceiling - c)`` instead of c, so that no draw passes the pure mineral.
    """
    only_range = math.isnan(mode) and not math.isnan(low) and not math.isnan(high)
    if math.isnan(mode) and not only_range:
        return None
    middle = math.sqrt(low * high) if only_range else mode
    if not 0 < middle < ceiling or (only_range and not 0 < low <= high < ceiling):
        return None
    kind = 1 if middle > LOGIT_ABOVE_PPM else 0

    def scale(c: float) -> float:
        return math.log(c / (ceiling - c)) if kind else math.log(c)

    if only_range:
        mu, sigma = (scale(low) + scale(high)) / 2, (scale(high) - scale(low)) / (2 * Z90)
        if gsd is not None:
            sigma = min(sigma, math.log(gsd))
        median = ceiling / (1 + math.exp(-mu)) if kind else math.exp(mu)
        return kind, mu, sigma, median
    spread = gsd or GRADE_GSD.get(knowledge_class)
    return None if spread is None else (kind, scale(mode), math.log(spread), mode)
