"""Sites that may be one and the same are flagged, and those that are not are left alone."""

from __future__ import annotations

import numpy as np
import pytest

from data_sources.reference.site_names import names_alike
from scoring.waste.projects.complexes import alike_pairs


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("Khetri tailings pond", "KHETRI Tailings Dam 2", True),
        ("Talcher STPS", "Talcher STPS (Kaniha) ash dyke", True),
        ("Dump 1", "Dump 2", True),
        ("खेतड़ी टेलिंग", "खेतड़ी टेलिंग 2", True),
        ("Khetri tailings", "Kolihan tailings", False),
        ("Dump 1", "Pond 1", False),
        ("Zawar zinc tailings", "", False),
        ("", "", False),
    ],
)
def test_names(first: str, second: str, alike: bool) -> None:
    assert names_alike(first, second) is alike and names_alike(second, first) is alike


def test_pairs_by_the_metre_and_not_where_a_complex_is_told() -> None:
    """One kilometre along a meridian at 24 N is 1 / 110.772 degrees (WGS84)."""
    ids = ["A", "B", "C", "D"]
    names = ["Agucha pond 1", "Agucha pond 2", "Agucha pond 3", "Agucha pond 4"]
    lat = 24.0 + np.array([0.0, 0.999 / 110.772, 2.0 / 110.772, np.nan])
    lon = np.full(4, 75.0)
    assert alike_pairs(ids, names, lon, lat, {}) == [("A", "B")]
    assert alike_pairs(ids, names, lon, lat, {"B": "A"}) == []
    lat[2] = lat[1] + 1.001 / 110.772
    assert alike_pairs(ids, names, lon, lat, {}) == [("A", "B")]
    assert alike_pairs(ids[:1], names[:1], lon[:1], lat[:1], {}) == []
