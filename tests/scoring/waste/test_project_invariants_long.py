"""The invariants of a project on ten thousand worlds each; run apart (``make test-all``)."""

from __future__ import annotations

import pytest

from .made_up import IMPROVEMENTS
from .test_project_coverage import check_coverage
from .test_project_invariants import check_improvement


@pytest.mark.parametrize("seed", range(10, 20))
@pytest.mark.parametrize("name", IMPROVEMENTS)
def test_ten_thousand_worlds(name, seed):
    check_improvement(name, 10_000, seed)


def test_coverage_of_ten_thousand_worlds():
    check_coverage(10_000, 0.012)
