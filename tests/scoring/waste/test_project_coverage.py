"""P10 to P90 hold the truth in 80 % of the worlds whose figures err as their class says; correlation left out, they do not.

Truths are drawn; a figure is ``truth / exp(s z - s^2 / 2)`` (its errors within a site correlated as the model assumes);
the model sees the figures only.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from data_sources.reference.economics import economic_tables
from scoring.waste.projects.project_draws import GRADE_GSD, TONNAGE_GSD, grade_width, tonnage_width
from scoring.waste.projects.project_inputs import Grade, Product, Project, Run, Terms, project_inputs
from scoring.waste.projects.project_kernel import fill_site, new_draws

DRAWS, BORROWERS = 600, 20
TABLES = economic_tables()
PLANT = next(r for r in TABLES.routes if r.family == "flot_cu")
RUN = Run(seed=3, draws=DRAWS, decks=({"Cu": 9.0},), baskets=(frozenset({"Cu"}),), views=((0, 0),))


def _project(site, tonnes, s_t, grade, s_g, borrowed):
    width = grade_width(math.nan, grade, math.nan, s_g, 350_000.0)
    figure = Grade("Cu", width, 350_000.0, (Product("Cu"),), borrowed)
    return Project(site, tonnage_width(math.nan, tonnes, math.nan, s_t), (figure,), PLANT)


def _truth(figure, s, z):
    return figure * np.exp(s * z - s * s / 2)


def _world(rng, number, *, correlated=True):
    """20 sites with own tonnages and one borrowed grade; the truths, and the draws of the model."""
    s_t = math.log(TONNAGE_GSD[rng.choice(["G2", "G3", "G4"])])
    s_g = math.log(GRADE_GSD[rng.choice(["G2", "G3", "G4"])])
    figure_g = 2000.0 * math.exp(rng.normal(0.0, 0.5))
    shared = rng.standard_normal()
    projects, tonnes, grades = [], [], []
    for i in range(BORROWERS):
        site = f"W{number}-{i:02d}"
        figure_t = 1e7 * math.exp(rng.normal(0.0, 0.8))
        z = math.sqrt(0.7) * shared + math.sqrt(0.3) * rng.standard_normal()
        tonnes.append(_truth(figure_t, s_t, rng.standard_normal()))
        grades.append(_truth(figure_g, s_g, z))
        borrowed = ("figure", number) if correlated else ("figure", number, i)
        projects.append(_project(site, figure_t, s_t, figure_g, s_g, borrowed))
    inputs, ids, _ = project_inputs(projects, TABLES, Terms(), RUN)
    d = new_draws(1, 1, DRAWS)
    drawn = np.empty((3, BORROWERS, DRAWS))
    for i in range(len(ids)):
        fill_site(inputs, i, d)
        drawn[:, i] = d.tonnes, d.contained[0], d.tonnes * d.contained[0]
    t, c = np.array(tonnes), np.array(grades) / 1000.0
    return (t, c, t * c), drawn


def coverage(worlds: int, *, correlated: bool = True) -> dict[str, float]:
    """Share of the worlds in which P10 to P90 hold the truth."""
    rng = np.random.default_rng(11)
    inside: dict[str, list[bool]] = {"tonnage": [], "grade": [], "metal": [], "metal of 20 sites": []}
    for number in range(worlds):
        truth, drawn = _world(rng, number, correlated=correlated)
        for row, name in enumerate(("tonnage", "grade", "metal")):
            low, high = np.quantile(drawn[row, 0], [0.1, 0.9])
            inside[name].append(bool(low <= truth[row][0] <= high))
        low, high = np.quantile(drawn[2].sum(axis=0), [0.1, 0.9])
        inside["metal of 20 sites"].append(bool(low <= truth[2].sum() <= high))
    return {name: float(np.mean(hits)) for name, hits in inside.items()}


def check_coverage(worlds: int, tolerance: float) -> None:
    for name, share in coverage(worlds).items():
        assert share == pytest.approx(0.80, abs=tolerance), f"{name}: {share:.3f} of {worlds} worlds"


def test_intervals_hold_what_they_say():
    check_coverage(600, 0.03)


def test_correlation_left_out_is_caught():
    assert coverage(150, correlated=False)["metal of 20 sites"] < 0.60
