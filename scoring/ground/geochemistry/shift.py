"""Whether the values of one element moved as a whole between two deliveries of one survey layer.

Belongs here: the paired and the unpaired comparison, and how much is a shift. Does not belong here: which samples are
kept for it, or how it is told (``assets.over_time``).

A laboratory's new calibration, a wrong unit or a second correction moves every value by one factor; new, dropped and
mended samples do not. In samples that both deliveries have such a factor is seen exactly, however widely the values
spread, so these are asked wherever there are enough of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MIN_PAIRS = 30
MIN_CHANGED_SHARE = 0.10  # below it samples were mended, not the layer moved
MIN_SHIFT = 0.01  # a factor; the survey's own duplicates agree to a few per cent at best
P_BELOW = 1e-6  # sixty elements of ten layers, every night of a year, are 2e5 looks
Z_ABOVE = 5.0  # two-sided 5.7e-7, for the same reason
_ROUNDING = 1e-9
_Z_OF_ERROR = 2.5758293035489004  # the standard normal quantile of 0.995


@dataclass(frozen=True)
class PairedShift:
    """Samples that two deliveries share, for one element.

    ``pairs`` with a value in both; ``changed`` of them differ. ``factor`` is the typical one of the changed, ``layer_factor``
    that of all pairs; ``p_value`` of the sign test that ups and downs are as frequent.
    """

    pairs: int
    changed: int
    factor: float
    layer_factor: float
    p_value: float

    @property
    def is_shift(self) -> bool:
        """Enough pairs, a tenth of them changed or more, by 1 % or more, and nearly all to one side."""
        return (
            self.pairs >= MIN_PAIRS
            and self.changed >= MIN_CHANGED_SHARE * self.pairs
            and abs(self.factor - 1) >= MIN_SHIFT - _ROUNDING
            and self.p_value < P_BELOW
        )


def paired_shift(before: Floats, now: Floats) -> PairedShift:
    """The factor between two deliveries of the same samples, and a sign test that it has no side.

    ``r_i = now_i / before_i``; ``changed`` are those with ``|ln r_i| > 1e-9``; ``factor = exp(median of ln r_i over the
    changed)``, ``layer_factor`` the same over all; ``p = 2 P(X <= min(ups, downs))``, ``X ~ Binomial(changed, 1/2)``, at
    most 1. Unchanged pairs are ties, which the test leaves out.

    Parameters
    ----------
    before, now : shape (n,), contents in one unit, above 0; NaN where not known or below detection.

    Source: Dixon and Mood 1946, *The statistical sign test*, J. Am. Stat. Assoc. 41, 557-566.
    """
    from scipy.stats import binomtest

    known = (before > 0) & (now > 0)  # False for NaN
    logs = np.log(now[known] / before[known])
    moved = logs[np.abs(logs) > _ROUNDING]
    if not len(moved):
        return PairedShift(len(logs), 0, 1.0, 1.0, 1.0)
    ups = int((moved > 0).sum())
    p_value = float(binomtest(min(ups, len(moved) - ups), len(moved)).pvalue)
    factor, layer_factor = (float(np.exp(np.median(values))) for values in (moved, logs))
    return PairedShift(len(logs), len(moved), factor, layer_factor, p_value)


def log_median_error(values: Floats) -> float:
    """Standard error of the median of the logarithms, from two order statistics; NaN of fewer than ``MIN_PAIRS``.

    ``(x_(n-c+1) - x_(c)) / (2 z)`` with ``c = (n + 1) / 2 - z sqrt(n) / 2`` rounded and ``z`` the normal quantile of 0.995.

    Parameters
    ----------
    values : shape (n,), above 0, without NaN, in any order.

    Source: McKean and Schrader 1984, *A comparison of methods for studentizing the sample median*, Commun. Stat. Simul.
    Comput. 13, 751-773.
    """
    n = len(values)
    if n < MIN_PAIRS:
        return float("nan")
    c = max(1, round((n + 1) / 2 - _Z_OF_ERROR * np.sqrt(n) / 2))
    x = np.partition(values, [c - 1, n - c])
    return float(np.log(x[n - c] / x[c - 1]) / (2 * _Z_OF_ERROR))


def medians_differ(before: tuple[float, float], now: tuple[float, float]) -> bool:
    """Whether two medians differ by more than 1 % and more than five standard errors of their difference.

    ``|ln m_now - ln m_before| > 5 sqrt(e_before^2 + e_now^2)``: for deliveries that share no samples. A shift is seen only
    where it exceeds the errors: of 500 samples with a log spread of 0.7, from about 30 % on.

    Parameters
    ----------
    before, now : the median (above 0) and the standard error of its logarithm; NaN is never a difference.
    """
    change = abs(np.log(now[0] / before[0]))
    return bool(change > np.log1p(MIN_SHIFT) and change > Z_ABOVE * np.hypot(before[1], now[1]))
