"""On inventories with a known truth the P10-P90 intervals hold 80 % of it and P(top 10) comes true as often as it says.

``KHANIJ_LONG=1`` takes a thousand inventories as well.
"""

from __future__ import annotations

import os

import numpy as np
import pytest

from .loading import load

LONG = bool(os.environ.get("KHANIJ_LONG"))


def check(n, tolerance):
    coverage, table = load("coverage").study(n)
    for quantity, share in coverage.items():
        assert share == pytest.approx(0.80, abs=tolerance), quantity
    error = np.average((table["forecast"] - table["observed"]).abs(), weights=table["n"])
    assert error < tolerance


@pytest.mark.parametrize(("inventories", "tolerance"), [(25, 0.06), *([(1000, 0.03)] if LONG else [])])
def test_coverage_and_reliability(inventories, tolerance):
    check(inventories, tolerance)
