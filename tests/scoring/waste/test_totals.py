"""A rare-earth total counts once: assays of what is inside it count by themselves, and the rest is split by the profile."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_sources.reference import load_reference, load_table
from data_sources.reference.lanthanides import lanthanides
from scoring.rank.told.cautions import said_of_flag
from scoring.waste.inventory import SiteRecord, site_records
from scoring.waste.routes import RouteBook

BOOK = RouteBook(load_reference())
SITE = pd.DataFrame({"site_id": ["S"], "waste_type_code": ["coal_fly_ash"], "route_code": ["acid_leach_sx"]})
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
PPM = st.floats(1.0, 5000.0)


def record(*grades: dict, **site: str) -> SiteRecord:
    """The record of a waste with these grades: element, ppm and what else a row has."""
    table = pd.DataFrame(
        [{"grade_id": f"G{i}", "site_id": "S", "basis_code": "assay"} | g for i, g in enumerate(grades)]
    )
    return site_records(SITE.assign(**site), load_table("site_tonnages").head(0), table, BOOK, 0.1)["S"]


def of(element: str, ppm: float, **more: object) -> dict:
    return {"element": element, "ppm_mode": ppm, "knowledge_class": "G1"} | more


def grades_of(got: SiteRecord) -> dict[str, float]:
    """Mean grade [ppm] of each element by the distributions that are drawn from."""
    out: dict[str, float] = {}
    for assay in got.assays:
        drawn = assay.pure_ppm / (1 + np.exp(-(assay.width.mu + assay.width.sigma * NODES)))
        mean = float((drawn * WEIGHTS).sum() / WEIGHTS.sum())
        for element, share in assay.parts:
            assert element not in out, f"{element} counts twice"
            out[element] = mean * (1.0 if share is None else share)
    return out


def rare(grades: dict[str, float]) -> float:
    return math.fsum(ppm for element, ppm in grades.items() if element in lanthanides())


@pytest.mark.parametrize("said", [None, "unknown", "Y"])
def test_yttrium_inside_a_total_leaves_the_rest_to_the_lanthanides(said):
    got = record(of("TREE", 212.0, tree_includes=said), of("Y", 46.0))
    grades = grades_of(got)
    assert rare(grades) == pytest.approx(166.0, rel=1e-4) and grades["Y"] == pytest.approx(46.0, rel=1e-4)
    assert got.flags == ["total_less_its_assays:TREE 212 ppm less Y 46, the rest of 166 split by ree_coal_ash_world"]
    assert "212 ppm less Y 46" in said_of_flag(got.flags[0])


def test_a_total_that_does_not_say_what_is_inside_holds_yttrium_without_an_assay_of_it():
    for said in (None, "unknown", "Y"):
        grades = grades_of(record(of("TREE", 212.0, tree_includes=said)))
        assert grades["Y"] > 0 and rare(grades) + grades["Y"] == pytest.approx(212.0, rel=1e-4)


@settings(deadline=None, max_examples=40)
@given(
    total=PPM,
    parts=st.dictionaries(st.sampled_from(["Y", "Nd", "Dy", "Ce"]), st.floats(0.01, 0.24)),
    said=st.sampled_from([None, "unknown", "Y", "none"]),
)
def test_what_is_inside_a_total_sums_to_it_and_what_is_outside_is_added(total, parts, said):
    grades = grades_of(record(of("TREE", total, tree_includes=said), *(of(e, f * total) for e, f in parts.items())))
    outside = parts.get("Y", 0.0) * total if said == "none" else 0.0
    assert rare(grades) + grades.get("Y", 0.0) == pytest.approx(total + outside, rel=1e-3)
    for element, share in parts.items():
        assert grades[element] == pytest.approx(share * total, rel=1e-3), "an assay counts as it was assayed"


def test_an_assay_goes_before_its_share_of_the_total_and_nothing_is_said_to_be_assayed_that_was_not():
    got = record(of("TREE", 212.0), of("Y", 46.0), of("Nd", 28.0))
    grades = grades_of(got)
    assert grades["Nd"] == pytest.approx(28.0, rel=1e-4) and rare(grades) + grades["Y"] == pytest.approx(
        212.0, rel=1e-4
    )
    (total,) = (a for a in got.assays if a.label == "TREE")
    assert not {"Nd", "Y"} & {e for e, _ in total.parts} and "Nd" in got.sold
    assert [a.said for a in got.assays if a is not total] == ["Y", "Nd"]
    assert total.said.startswith("TREE (split into Ce, Dy, ") and total.said.endswith(" by ree_coal_ash_world)")


@pytest.mark.parametrize("yttrium", [212.0, 300.0])
def test_assays_above_their_total_are_kept_and_nothing_is_split(yttrium):
    got = record(of("TREE", 212.0), of("Y", yttrium))
    assert [a.label for a in got.assays] == ["Y"] and grades_of(got)["Y"] == pytest.approx(yttrium, rel=1e-4)
    assert got.flags == [f"assays_above_their_total:TREE 212 ppm less Y {yttrium:g}"]
    assert got.left_out == [f"TREE: the assays of Y come to {yttrium:g} ppm, the total to 212 ppm: not split"]


def test_a_total_of_which_every_element_was_assayed_is_not_split():
    singles = [of(e, 10.0) for e in (*lanthanides(), "Y")]
    got = record(of("TREE", 212.0), *singles)
    assert "TREE" not in {a.label for a in got.assays} and math.fsum(grades_of(got).values()) == pytest.approx(
        150, rel=1e-3
    )
    assert "every element of its profile has an assay of its own; 62 ppm of it are of none" in got.left_out[0]


@pytest.mark.parametrize("more", [{"knowledge_class": "analogue"}, {"basis_code": "recovered"}])
def test_an_assay_known_worse_or_of_another_kind_is_set_aside_and_told(more):
    got = record(of("TREE", 212.0), of("Nd", 28.0, **more))
    grades = grades_of(got)
    assert [a.label for a in got.assays] == ["TREE"] and grades["Nd"] != pytest.approx(28.0, rel=0.05)
    assert rare(grades) + grades["Y"] == pytest.approx(212.0, rel=1e-4)
    assert got.flags == ["assay_set_aside_for_total:Nd of TREE"] and "Nd is already inside" in got.left_out[0]


def test_a_range_and_a_total_of_lanthanides_alone():
    between = of("TREE", math.nan, ppm_min=100.0, ppm_max=400.0)
    got = record(between, of("Y", 50.0))
    (total,) = (a for a in got.assays if a.label == "TREE")
    assert total.median_ppm == pytest.approx(150.0, rel=1e-3), "the middle of the range less the assay"
    alone = grades_of(record(of("La..Lu", 166.0), of("Y", 46.0)))
    assert rare(alone) == pytest.approx(166.0, rel=1e-4) and alone["Y"] == pytest.approx(46.0, rel=1e-4)


def test_of_two_assays_of_one_element_inside_a_total_the_first_counts_and_the_second_is_named():
    used = {"use": "1"}
    got = record(of("TREE", 212.0, **used), of("Nd", 28.0, **used), of("Nd", 35.0, **used))
    assert grades_of(got)["Nd"] == pytest.approx(28.0, rel=1e-4)
    assert got.left_out == ["Nd: a second figure marked as used (G2)"]
