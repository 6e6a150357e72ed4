"""The fit gives the cost table back from the published plants, and forgets a project that is left out."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from data_sources.reference.economics import economic_tables
from khanij.foundation.errors import ScoringError
from scoring.waste.projects.cost_laws import LEVEL, SET_BY_HAND, fit, fitted_plants, refitted, without_scale

TABLES = economic_tables()


@pytest.mark.parametrize(("quantity", "slope", "error"), [("operating", -0.36, 0.08), ("capital", 0.59, 0.06)])
def test_the_table_is_the_fit(quantity, slope, error):
    found = fit(TABLES, quantity)
    assert found.slope == pytest.approx(slope, abs=0.005) and found.slope_se == pytest.approx(error, abs=0.005)
    compared = 0
    for family, level in found.level.items():
        law = getattr(TABLES.families[family], quantity)
        assert law.exponent == pytest.approx(slope)
        if law.n_plants == 0 or (family, quantity) in SET_BY_HAND:
            continue
        compared += 1
        assert level == pytest.approx(law.value, rel=0.005), family
        assert found.log_sd[family] == pytest.approx(law.log_sd, rel=0.08), family
        assert found.n_plants[family] == law.n_plants, family
    assert compared == 6


def test_refitted_tables_are_the_tables():
    again = refitted(TABLES)
    for name, family in TABLES.families.items():
        for quantity in ("operating", "capital"):
            old, new = getattr(family, quantity), getattr(again.families[name], quantity)
            assert new.value == pytest.approx(old.value, rel=0.005) and new.exponent == pytest.approx(
                old.exponent, abs=0.005
            )
            assert new.log_sd == pytest.approx(old.log_sd, rel=0.08)


def test_a_projects_own_plants_are_left_out():
    century = {"WO-015"}
    assert len(fitted_plants(TABLES.plants, "operating", century)) == len(fitted_plants(TABLES.plants, "operating")) - 2
    own = refitted(TABLES, century).families["flot_zn"]
    assert own.operating.value != pytest.approx(TABLES.families["flot_zn"].operating.value, rel=0.02)
    assert own.operating.n_plants == 1 and own.operating.log_sd > TABLES.families["flot_zn"].operating.log_sd
    # the figures of the project itself can be anything: the fit does not see them
    plants = TABLES.plants.copy()
    plants.loc[plants["outcome_id"] == "WO-015", "opex_usd_per_t"] = 999.0
    other = refitted(replace(TABLES, plants=plants), century).families["flot_zn"]
    assert other == own


def test_a_project_with_two_figures_weighs_as_one():
    rows = fitted_plants(TABLES.plants, "operating")
    assert rows[rows["family"] == "cil"]["weight"].sum() == pytest.approx(4.0), "FWGR stands twice"
    assert not rows["family"].isin(["cil_copper"]).any() and "MVC" not in set(rows["family"])


def test_a_family_without_plants_keeps_the_table():
    again = refitted(TABLES, {"WO-023"})
    assert again.families["grav_simple"].operating.value == TABLES.families["grav_simple"].operating.value
    assert again.families["leach_small"].capital.value == pytest.approx(LEVEL["capital"]["leach_small"].mean, rel=1e-3)
    assert again.families["mag_fe"].capital.value == 80.0, "set by hand, and said so"


def test_costs_without_scale():
    flat = without_scale(TABLES)
    assert {f.operating.exponent for f in flat.families.values()} == {0.0}
    assert {f.capital.exponent for f in flat.families.values()} == {1.0}
    assert flat.families["cil"].operating.value == TABLES.families["cil"].operating.value


def test_an_outlier_moves_a_law_less_than_its_share():
    plants = TABLES.plants.copy()
    row = plants.index[plants["plant"] == "Elikhulu"][0]
    ten, hundred = plants.copy(), plants.copy()
    ten.loc[row, "opex_usd_per_t"] *= 10
    hundred.loc[row, "opex_usd_per_t"] *= 100
    a, b, c = (fit(replace(TABLES, plants=p), "operating").level["cil"] for p in (plants, ten, hundred))
    assert math.log(c / b) < 0.5 * math.log(b / a) + 0.1


def test_an_unknown_quantity_is_refused():
    with pytest.raises(ScoringError, match="unknown quantity"):
        fitted_plants(TABLES.plants, "labour")
