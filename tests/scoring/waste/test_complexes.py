"""Which sites are one complex: links closed both ways, the largest first."""

from __future__ import annotations

import itertools
import math

import pytest

from khanij.foundation.errors import ScoringError
from scoring.waste.projects.complexes import by_carrier, complexes_of

from .made_up import made_up_projects


def test_links_are_closed_both_ways_and_the_largest_carries():
    links = {"a": "b", "b": "a", "c": "d", "e": "d", "f": "e", "g": "g"}
    tonnes = {"a": 3.0, "b": 5.0, "c": 1.0, "d": 2.0, "e": 9.0, "f": 4.0, "g": 7.0, "h": 8.0}
    assert complexes_of(links, tonnes) == [("b", "a"), ("e", "f", "d", "c")]


def test_ties_go_to_the_lower_id_and_unknown_tonnes_come_last():
    assert complexes_of({"z": "m", "m": "k"}, {"z": 2.0, "m": 2.0, "k": math.nan}) == [("m", "z", "k")]
    assert complexes_of({"z": "m"}, {"z": math.nan, "m": math.nan}) == [("m", "z")]


def test_ids_that_the_register_does_not_know_are_ignored():
    assert complexes_of({"a": "x", "b": "x", "x": "c"}, {"a": 1.0, "b": 2.0, "c": 3.0}) == []


def test_the_order_of_the_links_does_not_matter():
    links = [("a", "b"), ("c", "b"), ("d", "c"), ("e", "f")]
    tonnes = {s: float(i) for i, s in enumerate("fedcba")}
    expected = [("a", "b", "c", "d"), ("e", "f")]
    assert all(complexes_of(dict(order), tonnes) == expected for order in itertools.permutations(links))


def test_who_is_no_project_is_passed_over():
    a, b, c, d = made_up_projects(4)
    ids = {p.site_id: p for p in (a, b, c)}
    found = by_carrier([("unknown", c.site_id, "other", b.site_id, a.site_id)], ids)
    assert found == {c.site_id: (c, a, b)}
    assert by_carrier([(a.site_id, d.site_id), ("x", "y")], ids) == {}


@pytest.mark.parametrize("complexes", [[("a", "b"), ("b", "c")], [("a", "b", "a")]])
def test_a_site_in_two_complexes_is_refused(complexes):
    with pytest.raises(ScoringError, match="stands twice"):
        by_carrier(complexes, {})
