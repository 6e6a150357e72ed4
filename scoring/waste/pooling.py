"""Partial pooling: what assayed sites of one waste type and host say of a site of that kind without an assay.

A closed-form log-normal hierarchy, ``y_i ~ N(theta_i, s_i^2)``, ``theta_i ~ N(mu, tau^2)`` with y the logarithm of a
published grade and s the class's ln(GSD). The figures are of class ``analogue``; they are used only where a user turns
``ranking.pooling`` on, and their calibration is shown in simulation (``tests/scoring/waste/test_pooling.py``).

Belongs here: the hierarchy and its prediction. Does not belong here: an assay of the site itself.

The spread tau between sites is integrated out on a grid under a flat prior: given tau everything is closed-form. A
point estimate of tau (moments, restricted likelihood) is often 0 for few sites and its intervals then hold 65 to 75 %
instead of 80 % of the truth, as tried here.

References
----------
Gelman (2006), Prior distributions for variance parameters in hierarchical models, Bayesian Analysis 1, 515-534.
Gelman, Carlin, Stern & Rubin, Bayesian Data Analysis, section 5.4 (the posterior of tau with mu integrated out).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_sources.contracts import ScoringError
from khanij.foundation.cells import text
from scoring.waste.projects.project_draws import GRADE_GSD

MIN_SITES = 8
_TAU = np.concatenate([[0.0], np.geomspace(0.01, 6.0, 120)])
_TAU_WIDTH = np.gradient(_TAU)


@dataclass(frozen=True)
class Pool:
    """Mean and spread of ln(grade) over sites of one kind, and the prediction for another: P10, P50, P90 in g/t."""

    mu: float
    tau: float
    n_sites: int
    p10_ppm: float
    p50_ppm: float
    p90_ppm: float


def pool(ln_grades: NDArray[np.float64], ln_gsds: NDArray[np.float64]) -> Pool:
    """Fit the hierarchy and predict a new site: a mixture over tau of ``N(mu(tau), tau^2 + se(tau)^2)``.

    ``mu = sum w y / sum w``, ``se^2 = 1 / sum w`` with ``w = 1 / (s^2 + tau^2)``;
    ``p(tau | y) ~ se prod (s_i^2 + tau^2)^(-1/2) exp(-(y_i - mu)^2 w_i / 2)``.

    Parameters
    ----------
    ln_grades, ln_gsds : (n,) logarithm of each site's grade in g/t and of its class's GSD.

    Raises
    ------
    ScoringError : fewer than 8 sites.
    """
    from scipy.optimize import brentq
    from scipy.stats import norm

    y, s = np.asarray(ln_grades, float), np.asarray(ln_gsds, float)
    n = len(y)
    if n < MIN_SITES:
        raise ScoringError(f"{n} sites are too few to pool", do=f"pool at least {MIN_SITES} sites with own assays")
    variance = s[:, None] ** 2 + _TAU**2
    total = (1.0 / variance).sum(axis=0)
    mean = (y[:, None] / variance).sum(axis=0) / total
    log_p = -0.5 * (np.log(variance) + (y[:, None] - mean) ** 2 / variance).sum(axis=0) - 0.5 * np.log(total)
    p = np.exp(log_p - log_p.max()) * _TAU_WIDTH
    p /= p.sum()
    spread = np.sqrt(_TAU**2 + 1.0 / total)
    low, high = float((mean - 40 * spread).min()), float((mean + 40 * spread).max())

    def quantile(level: float) -> float:
        return math.exp(brentq(lambda x: float((p * norm.cdf((x - mean) / spread)).sum()) - level, low, high))

    return Pool(float((p * mean).sum()), float((p * _TAU).sum()), n, quantile(0.1), quantile(0.5), quantile(0.9))


def pooled_grades(sites: pd.DataFrame, grades: pd.DataFrame, min_sites: int = MIN_SITES) -> pd.DataFrame:
    """Grade rows (class ``analogue``, basis ``pooled``, P10 and P90) for sites without any usable assay of an element.

    Only a site's own assays teach: borrowed ranges, proxies, upper limits and recovered grades do not. Groups are
    waste type x host commodity x element with at least ``min_sites`` taught sites; smaller groups give no row.
    """
    facts = pd.DataFrame(sites.drop(columns="geometry", errors="ignore")).set_index(sites["site_id"].astype(str))
    group: dict[str, tuple[str, str]] = {
        str(s): (text(r["waste_type_code"]), text(r["host_commodity"])) for s, r in facts.to_dict("index").items()
    }
    usable = grades[(grades["use"].astype(str) == "1") & (grades["element_kind"] == "element")]
    has_any = set(grades.loc[grades["use"].astype(str) == "1", "site_id"].astype(str))
    own = usable[
        (usable["basis_code"] == "assay") & (usable["knowledge_class"] != "analogue") & (usable["ppm_mode"] > 0)
    ]
    taught: dict[tuple[str, str, str], list[tuple[str, float, float]]] = {}
    for row in own.sort_values(["site_id", "element"]).to_dict("records"):
        site, gsd = str(row["site_id"]), GRADE_GSD.get(str(row["knowledge_class"]))
        if gsd is not None and site in group:
            taught.setdefault((*group[site], str(row["element"])), []).append(
                (site, math.log(float(row["ppm_mode"])), math.log(gsd))
            )
    rows = []
    for (waste, host, element), members in sorted(taught.items()):
        if len(members) < max(min_sites, MIN_SITES):
            continue
        fit = pool(np.array([m[1] for m in members]), np.array([m[2] for m in members]))
        for site in sorted(s for s, g in group.items() if g == (waste, host) and s not in has_any):
            rows.append(
                {
                    "grade_id": f"POOL-{site}-{element}",
                    "site_id": site,
                    "element": element,
                    "element_kind": "element",
                    "unit": "ppm",
                    "ppm_min": fit.p10_ppm,
                    "ppm_mode": math.nan,
                    "ppm_max": fit.p90_ppm,
                    "basis_code": "pooled",
                    "knowledge_class": "analogue",
                    "use": "1",
                    "use_reason": "no assay of the site itself",
                    "source": f"pooled over {fit.n_sites} sites of the same waste and host: {', '.join(m[0] for m in members)}",
                }
            )
    return pd.DataFrame(rows, columns=[c for c in grades.columns if c in rows[0]] if rows else list(grades.columns))
