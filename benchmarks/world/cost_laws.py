"""Cost laws fitted to published plants: ``ln cost = family + slope ln(Q / 5 Mt)``, one slope for all families.

Belongs here: the fit that gives back ``cost_scale.csv`` from ``plant_costs.csv``, also with plants left out. Does not
belong here: using a law (``scoring.waste.projects.project_model``), reading the plants (``published_costs``).

Notes
-----
Robust and regularised: Huber weights (1.345 at a scale of 0.4), one unit of weight a project however many figures it
has, the slope and each family's level drawn towards a prior. Families without plants keep the table's figure.
References: Huber 1964; priors are the expert defaults of ``docs/does_it_pay.md``.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from benchmarks.world.published_costs import PublishedCosts
from data_sources.reference.economic_facts import CostLaw, EconomicTables, Family
from khanij.foundation.errors import ScoringError

HUBER, SCALE = 1.345, 0.4
SCATTER = {"operating": 0.45, "capital": 0.40}
"""Log sd of a plant about its law; with the uncertainty of the law itself it gives the table's ``log_sd``."""
NOT_FITTED_FAMILIES = ("cil_copper",)
NOT_FITTED_OUTCOMES = ("MVC",)
SET_BY_HAND = {("mag_fe", "capital")}
"""Two figures a factor of 16 apart per annual tonne: the geometric mean stands in the table, not the fit."""


@dataclass(frozen=True)
class Prior:
    """Mean and sd of a normal prior."""

    mean: float
    sd: float


SLOPE = {"operating": Prior(-0.33, 0.10), "capital": Prior(0.62, 0.07)}
LEVEL = {
    "operating": {
        "cil": Prior(9, 0.5), "flot_cu": Prior(7, 0.6), "flot_zn": Prior(15, 0.6), "grav": Prior(15, 0.6),
        "leach_pg": Prior(35, 0.6), "leach_small": Prior(60, 0.6), "acid": Prior(60, 0.6), "hpal": Prior(60, 0.5),
        "mag_fe": Prior(5, 0.6),
    },
    "capital": {
        "cil": Prior(110, 0.5), "flot_cu": Prior(250, 0.6), "flot_zn": Prior(280, 0.6), "grav": Prior(250, 0.6),
        "leach_pg": Prior(600, 0.6), "leach_small": Prior(1000, 0.6), "acid": Prior(1000, 0.6), "hpal": Prior(2000, 0.5),
        "mag_fe": Prior(100, 0.8),
    },
}  # fmt: skip
"""Expert defaults at 5 Mt/a [USD of 2024 per t; million USD of 2024], with their log sd."""
_COLUMNS = {"operating": ("opex_usd_per_t", "opex_year"), "capital": ("capex_musd", "capex_year")}


@dataclass(frozen=True)
class Fit:
    """One quantity's laws: the slope with its standard error; each family's cost at 5 Mt/a, its scatter, its plants."""

    slope: float
    slope_se: float
    level: Mapping[str, float]
    log_sd: Mapping[str, float]
    n_plants: Mapping[str, int]


def fitted_plants(plants: pd.DataFrame, quantity: str, leave_out: Collection[str] = ()) -> pd.DataFrame:
    """The plants that enter the fit of ``quantity`` (operating or capital): family, ln of size and of real cost, weight.

    Left out: families that are another process, projects told twice, and the outcomes of ``leave_out``. A project with
    two figures has half the weight on each.
    """
    if quantity not in _COLUMNS:
        raise ScoringError(f"unknown quantity {quantity!r}", do="ask for operating or capital")
    cost, year = _COLUMNS[quantity]
    kept = plants[
        plants[cost].notna()
        & ~plants["family"].isin(NOT_FITTED_FAMILIES)
        & ~plants["outcome_id"].isin(NOT_FITTED_OUTCOMES)
        & ~plants["outcome_id"].isin(list(leave_out))
        & plants["family"].isin(list(LEVEL[quantity]))
    ]
    same = kept.groupby(["family", "outcome_id"])["plant"].transform("size")
    return pd.DataFrame(
        {
            "family": kept["family"],
            "ln_size": np.log(kept["rate_mtpa"].astype(float) / 5.0),
            "ln_nominal": np.log(kept[cost].astype(float)),
            "year": kept[year].astype(float).astype(int),
            "weight": 1.0 / same,
        }
    ).reset_index(drop=True)


def fit(costs: PublishedCosts, quantity: str, leave_out: Collection[str] = ()) -> Fit:
    """The laws of one quantity from the published plants, those of ``leave_out`` left out.

    Minimises ``sum w rho(r / s) + sum ((b - prior) / sd)^2 / 2`` with Huber's rho (1.345, s = 0.4) by reweighting.
    """
    rows = fitted_plants(costs.plants, quantity, leave_out)
    families = sorted(LEVEL[quantity])
    y = rows["ln_nominal"].to_numpy() - np.log([costs.cpi_factor(int(t)) for t in rows["year"]])
    design = np.zeros((len(rows), len(families) + 1))
    design[np.arange(len(rows)), [families.index(f) for f in rows["family"]]] = 1.0
    design[:, -1] = rows["ln_size"]
    priors = [LEVEL[quantity][f] for f in families]
    centre = np.array([*(math.log(p.mean) for p in priors), SLOPE[quantity].mean])
    precision = np.array([*(p.sd**-2 for p in priors), SLOPE[quantity].sd ** -2])
    beta, share = centre.copy(), rows["weight"].to_numpy()
    for _ in range(500):
        residual = np.abs(y - design @ beta) / SCALE
        weight = share * np.minimum(1.0, HUBER / np.maximum(residual, 1e-12)) / SCALE**2
        normal = design.T @ (design * weight[:, None]) + np.diag(precision)
        new = np.linalg.solve(normal, design.T @ (weight * y) + precision * centre)
        moved, beta = float(np.abs(new - beta).max()), new
        if moved < 1e-12:
            break
    counts = rows.groupby("family").size()
    variance = np.diag(np.linalg.inv(normal))
    return Fit(
        slope=float(beta[-1]),
        slope_se=float(math.sqrt(variance[-1])),
        level={f: math.exp(b) for f, b in zip(families, beta)},
        log_sd={f: math.sqrt(SCATTER[quantity] ** 2 + s2) for f, s2 in zip(families, variance)},
        n_plants={f: int(counts.get(f, 0)) for f in families},
    )


def _law(law: CostLaw, found: Fit, quantity: str, family: str) -> CostLaw:
    """The law of one family after a fit: its slope, and its level where plants stand behind the table's own."""
    if law.n_plants == 0 or (family, quantity) in SET_BY_HAND or family not in found.level:
        return replace(law, exponent=found.slope)
    return replace(
        law,
        value=found.level[family],
        exponent=found.slope,
        log_sd=found.log_sd[family],
        n_plants=found.n_plants[family],
    )


def refitted(tables: EconomicTables, costs: PublishedCosts, leave_out: Collection[str] = ()) -> EconomicTables:
    """The tables with every cost law fitted anew, the plants of ``leave_out`` not looked at."""
    operating, capital = fit(costs, "operating", leave_out), fit(costs, "capital", leave_out)
    families = {
        name: Family(name, _law(f.operating, operating, "operating", name), _law(f.capital, capital, "capital", name))
        for name, f in tables.families.items()
    }
    return replace(tables, families=families)


def without_scale(tables: EconomicTables) -> EconomicTables:
    """The tables with costs that know no scale: the cost a tonne and the capital an annual tonne of 5 Mt/a everywhere."""
    families = {
        name: Family(name, replace(f.operating, exponent=0.0), replace(f.capital, exponent=1.0))
        for name, f in tables.families.items()
    }
    return replace(tables, families=families)
