"""On inventories with a known truth P10-P90 holds 80 % of it, and P(top 10) and P(pays) come true as often as they say.

``KHANIJ_LONG=1`` takes a thousand inventories as well.
"""

from __future__ import annotations

import os

import numpy as np
import pytest

from .loading import load

LONG = bool(os.environ.get("KHANIJ_LONG"))


@pytest.mark.parametrize(("inventories", "tolerance"), [(40, 0.05), *([(1000, 0.03)] if LONG else [])])
def test_coverage_and_reliability(inventories, tolerance):
    coverage, table = load("coverage").study(inventories)
    for quantity, share in coverage.items():
        assert share == pytest.approx(0.80, abs=tolerance), quantity
    for what, rows in table.groupby("what"):
        error = np.average((rows["forecast"] - rows["observed"]).abs(), weights=rows["n"])
        # P(pays) is a little too high in the middle: figures err, and those that pay by their error are not known apart
        assert error < tolerance + (0.04 if what == "p_pays" else 0.0), what
        assert len(rows) >= 8, f"{what}: forecasts of every size"
