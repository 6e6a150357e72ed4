"""Pooling is calibrated in simulation before it may be used, and says nothing where too few sites teach."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from data_sources.contracts import ScoringError
from data_sources.reference import load_table
from scoring.waste.pooling import pool, pooled_grades


@pytest.mark.parametrize(("n", "tau"), [(8, 0.8), (10, 0.4), (25, 1.2)])
def test_predicted_p10_to_p90_holds_80_percent_of_new_sites(n, tau):
    rng = np.random.default_rng(n)
    hits, trials = 0, 800
    for _ in range(trials):
        s = np.log(rng.choice([1.10, 1.25, 1.5], n))
        truth = rng.normal(5.0, tau, n + 1)
        fit = pool(truth[:n] + s * rng.normal(size=n), s)
        hits += fit.p10_ppm <= math.exp(truth[n]) <= fit.p90_ppm
    assert hits / trials == pytest.approx(0.80, abs=0.03)


def test_too_few_sites_are_refused():
    with pytest.raises(ScoringError, match="too few"):
        pool(np.zeros(4), np.ones(4))


def test_the_register_is_too_thin_to_pool():
    assert len(pooled_grades(load_table("waste_sites"), load_table("site_grades"))) == 0


def test_a_site_without_an_assay_gets_an_analogue_range_and_others_are_left_alone():
    sites = pd.DataFrame(
        {
            "site_id": [f"S{i}" for i in range(10)],
            "waste_type_code": "cu_flotation_tailings",
            "host_commodity": ["Cu"] * 9 + ["Cu-Mo"],
        }
    )
    grades = pd.DataFrame(
        {
            "grade_id": [f"G{i}" for i in range(8)],
            "site_id": [f"S{i}" for i in range(8)],
            "element": "Cu",
            "element_kind": "element",
            "ppm_min": np.nan,
            "ppm_mode": [800.0, 1200, 1500, 900, 1000, 1100, 950, 1050],
            "ppm_max": np.nan,
            "basis_code": "assay",
            "knowledge_class": "G3",
            "use": "1",
            "source": "x",
        }
    )
    (row,) = pooled_grades(sites, grades).to_dict("records")
    assert row["site_id"] == "S8" and row["knowledge_class"] == "analogue" and row["basis_code"] == "pooled"
    assert row["ppm_min"] < 1000 < row["ppm_max"] and "S0" in row["source"]
    recovered = grades.assign(basis_code="recovered")
    assert len(pooled_grades(sites, recovered)) == 0
