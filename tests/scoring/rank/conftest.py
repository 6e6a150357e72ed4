"""The embedded region, assessed once for all tests of the ranking."""

from __future__ import annotations

import pytest
from cases import assess
from india import CRS, india_frames

from scoring.rank.assess import Assessment

__all__ = ["CRS", "india_frames"]


@pytest.fixture(scope="session")
def india() -> Assessment:
    return assess(**india_frames(draws=2000))
