"""On inventories with a known truth the P10-P90 intervals hold 80 % of it and P(top 10) comes true as often as it says."""

from __future__ import annotations

import numpy as np
import pytest

from .loading import load


def check(n, tolerance):
    coverage, table = load("coverage").study(n)
    for quantity, share in coverage.items():
        assert share == pytest.approx(0.80, abs=tolerance), quantity
    error = np.average((table["forecast"] - table["observed"]).abs(), weights=table["n"])
    assert error < tolerance


def test_coverage_and_reliability_of_a_few_inventories():
    check(25, 0.06)


@pytest.mark.integration
def test_coverage_and_reliability_of_a_thousand_inventories():
    check(1000, 0.03)
