"""Values below detection: what can honestly be said of a column, by the share of it that is censored.

Belongs here: Kaplan-Meier, robust regression on order statistics, and the choice between them. Does not belong here:
deciding that a zero is a non-detect (the contract's reader does, and hands over the limit with a flag).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from khanij.foundation.errors import ScoringError

KAPLAN_MEIER_UP_TO = 0.5
ROS_UP_TO = 0.8
MIN_DETECTED = 10

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class CensoredSummary:
    """One column's treatment: ``method`` is none, kaplan_meier, regression_on_order_statistics or presence_only."""

    method: str
    n: int
    n_censored: int
    n_missing: int
    n_limits: int
    limit_max: float
    median: float
    q1: float
    q3: float
    log_mean: float
    log_sd: float

    @property
    def censored_share(self) -> float:
        """Censored values over values given, 0..1."""
        return self.n_censored / self.n if self.n else float("nan")


def _given(values: Floats, censored: Bools) -> tuple[Floats, Bools]:
    values, censored = np.asarray(values, dtype=np.float64), np.asarray(censored, dtype=bool)
    if values.shape != censored.shape or values.ndim != 1:
        raise ScoringError("values and censored flags must be two columns of one length")
    keep = np.isfinite(values)
    if (values[keep] <= 0).any():
        raise ScoringError(
            "a concentration of zero or less reached the statistics",
            do="hand a non-detect over as its limit with the censored flag",
        )
    return values[keep], censored[keep]


def kaplan_meier_quantiles(values: Floats, censored: Bools, probabilities: Floats) -> Floats:
    """Quantiles of a left-censored column by the Kaplan-Meier product limit.

    Left-censored data are right-censored once their sign is turned, so that scipy's right-censored estimate serves. A
    quantile below the lowest value the estimate can reach is NaN: it is known only to lie below the limits.

    Source: Helsel 2012, *Statistics for censored environmental data*, ch. 6.
    """
    from scipy.stats import CensoredData, ecdf

    x, c = _given(values, censored)
    out = np.full(len(probabilities), np.nan)
    if not (~c).any():
        return out
    survival = ecdf(CensoredData(uncensored=-x[~c], right=-x[c])).sf
    detected = np.unique(x[~c])
    # scipy's step function gives P(-X > -v) = P(X < v) at each detected v; P(X <= v) is P(X < the next one)
    below = np.asarray(survival.evaluate(-detected), dtype=np.float64)
    up_to = np.append(below[1:], 1.0)
    for i, p in enumerate(probabilities):
        if p > below[0]:
            out[i] = detected[min(int(np.searchsorted(up_to, p - 1e-12)), len(detected) - 1)]
    return out


def plotting_positions(values: Floats, censored: Bools) -> Floats:
    """Helsel-Cohn plotting positions of detected and censored values for any number of detection limits.

    Exceedance of limit j: ``pe_j = pe_{j+1} + (A_j / (A_j + B_j)) (1 - pe_{j+1})`` with A_j detected values in
    [L_j, L_{j+1}) and B_j values (of either kind) known to lie below L_j; detected values are spread evenly (Weibull)
    between ``1 - pe_j`` and ``1 - pe_{j+1}``, censored ones of limit j between 0 and ``1 - pe_j``.

    Source: Helsel & Cohn 1988, *Water Resources Research* 24, 1997-2004.
    """
    x, c = _given(values, censored)
    out = np.empty(len(x))
    limits = np.unique(x[c])
    if len(limits) == 0:
        order = np.argsort(x, kind="stable")
        out[order] = np.arange(1, len(x) + 1) / (len(x) + 1)
        return out
    edges = np.concatenate([[-np.inf] if (x[~c] < limits[0]).any() else [], limits])
    exceed = np.zeros(len(edges) + 1)
    for j in range(len(edges) - 1, -1, -1):
        upper = edges[j + 1] if j + 1 < len(edges) else np.inf
        a = int(((~c) & (x >= edges[j]) & (x < upper)).sum())
        b = int(((~c) & (x < edges[j])).sum() + (c & (x <= edges[j])).sum())
        exceed[j] = exceed[j + 1] + (a / (a + b) if a + b else 0.0) * (1 - exceed[j + 1])
    for j in range(len(edges)):
        upper = edges[j + 1] if j + 1 < len(edges) else np.inf
        here = np.flatnonzero((~c) & (x >= edges[j]) & (x < upper))
        here = here[np.argsort(x[here], kind="stable")]
        out[here] = (1 - exceed[j]) + (exceed[j] - exceed[j + 1]) * np.arange(1, len(here) + 1) / (len(here) + 1)
        below = np.flatnonzero(c & (x == edges[j]))
        out[below] = (1 - exceed[j]) * np.arange(1, len(below) + 1) / (len(below) + 1)
    return out


def ros(values: Floats, censored: Bools) -> tuple[Floats, float, float]:
    """Robust regression on order statistics, lognormal: detected values stay, censored ones come from the line.

    ``ln x = a + b z(p)`` is fitted by least squares to the detected values at their plotting positions p.

    Returns
    -------
    (values with censored ones imputed, in the order given and without the missing ones; intercept a; slope b)

    Raises
    ------
    ScoringError : fewer than three detected values.
    """
    from scipy.stats import norm

    x, c = _given(values, censored)
    if (~c).sum() < 3:
        raise ScoringError(
            f"{int((~c).sum())} detected values: no line can be fitted", do="treat the column as presence only"
        )
    z = norm.ppf(plotting_positions(x, c))
    slope, intercept = np.polyfit(z[~c], np.log(x[~c]), 1)
    out = x.copy()
    # an imputed value above its own limit would contradict the laboratory
    out[c] = np.minimum(np.exp(intercept + slope * z[c]), x[c])
    return out, float(intercept), float(slope)


def substitute(values: Floats, censored: Bools) -> Floats:
    """A column fit for mapping: each censored value is the lognormal line's median below its own limit.

    ``x = exp(a + b z(F(L) / 2))``, F the fitted distribution. Robust ROS gives censored samples different values in
    an arbitrary order, which would draw a false pattern on a map; one value per limit does not. Missing stays NaN.
    """
    from scipy.stats import norm

    values = np.asarray(values, dtype=np.float64)
    censored = np.asarray(censored, dtype=bool) & np.isfinite(values)
    if not censored.any():
        return values.copy()
    _, intercept, slope = ros(values, censored)
    out = values.copy()
    limit = np.log(values[censored])
    below = norm.cdf((limit - intercept) / slope) / 2 if slope > 0 else np.full(censored.sum(), 0.5)
    out[censored] = np.minimum(np.exp(intercept + slope * norm.ppf(np.clip(below, 1e-9, 0.5))), values[censored])
    return out


def summarise(values: Floats, censored: Bools) -> CensoredSummary:
    """Median, quartiles and log moments of a column by the method its censored share allows.

    None censored: plain. Up to 50 %: Kaplan-Meier quantiles, ROS moments. Up to 80 %: ROS for both. Above, or with
    fewer than ten detected values: presence only, and no statistic is given.

    Source of the shares: Helsel 2012, table 6.11.
    """
    raw = np.asarray(values, dtype=np.float64)
    x, c = _given(raw, censored)
    n, nc = len(x), int(c.sum())
    base = (n, nc, int(len(raw) - n), len(np.unique(x[c])), float(x[c].max()) if nc else float("nan"))
    nothing = float("nan")
    if n == 0 or nc / n > ROS_UP_TO or n - nc < MIN_DETECTED:
        return CensoredSummary("presence_only", *base, nothing, nothing, nothing, nothing, nothing)
    if nc == 0:
        q1, q2, q3 = np.quantile(x, [0.25, 0.5, 0.75])
        log = np.log(x)
        return CensoredSummary(
            "none", *base, float(q2), float(q1), float(q3), float(log.mean()), float(log.std(ddof=1))
        )
    filled, intercept, slope = ros(x, c)
    if nc / n <= KAPLAN_MEIER_UP_TO:
        q1, q2, q3 = kaplan_meier_quantiles(x, c, np.array([0.25, 0.5, 0.75]))
        method = "kaplan_meier"
    else:
        q1, q2, q3 = np.quantile(filled, [0.25, 0.5, 0.75])
        method = "regression_on_order_statistics"
    return CensoredSummary(method, *base, float(q2), float(q1), float(q3), intercept, slope)


def censoring_report(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """One row per column: how much of it is censored, how it is treated, and its statistics in the column's unit."""
    rows = []
    for column in columns:
        flags = frame.get(f"{column}_censored")
        censored = np.zeros(len(frame), dtype=bool) if flags is None else flags.fillna(False).to_numpy(dtype=bool)
        s = summarise(frame[column].to_numpy(dtype=np.float64, na_value=np.nan), censored)
        rows.append(
            {
                "column": column,
                "method": s.method,
                "n": s.n,
                "n_censored": s.n_censored,
                "n_missing": s.n_missing,
                "censored_pct": 100 * s.censored_share,
                "n_limits": s.n_limits,
                "limit_max": s.limit_max,
                "median": s.median,
                "q1": s.q1,
                "q3": s.q3,
                "log_mean": s.log_mean,
                "log_sd": s.log_sd,
            }
        )
    return pd.DataFrame(rows)
