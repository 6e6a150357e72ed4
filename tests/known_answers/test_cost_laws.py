"""The fit gives the cost table back from the published plants, and forgets a project that is left out."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from benchmarks.world.cost_laws import LEVEL, SET_BY_HAND, fit, fitted_plants, refitted, without_scale
from benchmarks.world.published_costs import checked_costs, published_costs
from data_sources.reference.economics import economic_tables
from data_sources.reference.tables import load_evidence
from khanij.foundation.errors import ContractError, ScoringError

TABLES, COSTS = economic_tables(), published_costs()


@pytest.mark.parametrize(("quantity", "slope", "error"), [("operating", -0.36, 0.08), ("capital", 0.59, 0.06)])
def test_the_table_is_the_fit(quantity, slope, error):
    found = fit(COSTS, quantity)
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
    again = refitted(TABLES, COSTS)
    for name, family in TABLES.families.items():
        for quantity in ("operating", "capital"):
            old, new = getattr(family, quantity), getattr(again.families[name], quantity)
            assert new.value == pytest.approx(old.value, rel=0.005) and new.exponent == pytest.approx(
                old.exponent, abs=0.005
            )
            assert new.log_sd == pytest.approx(old.log_sd, rel=0.08)


def test_a_projects_own_plants_are_left_out():
    century = {"WO-015"}
    assert len(fitted_plants(COSTS.plants, "operating", century)) == len(fitted_plants(COSTS.plants, "operating")) - 2
    own = refitted(TABLES, COSTS, century).families["flot_zn"]
    assert own.operating.value != pytest.approx(TABLES.families["flot_zn"].operating.value, rel=0.02)
    assert own.operating.n_plants == 1 and own.operating.log_sd > TABLES.families["flot_zn"].operating.log_sd
    # the figures of the project itself can be anything: the fit does not see them
    plants = COSTS.plants.copy()
    plants.loc[plants["outcome_id"] == "WO-015", "opex_usd_per_t"] = 999.0
    other = refitted(TABLES, replace(COSTS, plants=plants), century).families["flot_zn"]
    assert other == own


def test_a_project_with_two_figures_weighs_as_one():
    rows = fitted_plants(COSTS.plants, "operating")
    assert rows[rows["family"] == "cil"]["weight"].sum() == pytest.approx(4.0), "FWGR stands twice"
    assert not rows["family"].isin(["cil_copper"]).any() and "MVC" not in set(rows["family"])


def test_a_family_without_plants_keeps_the_table():
    again = refitted(TABLES, COSTS, {"WO-023"})
    assert again.families["grav_simple"].operating.value == TABLES.families["grav_simple"].operating.value
    assert again.families["leach_small"].capital.value == pytest.approx(LEVEL["capital"]["leach_small"].mean, rel=1e-3)
    assert again.families["mag_fe"].capital.value == 80.0, "set by hand, and said so"


def test_costs_without_scale():
    flat = without_scale(TABLES)
    assert {f.operating.exponent for f in flat.families.values()} == {0.0}
    assert {f.capital.exponent for f in flat.families.values()} == {1.0}
    assert flat.families["cil"].operating.value == TABLES.families["cil"].operating.value


def test_an_outlier_moves_a_law_less_than_its_share():
    plants = COSTS.plants.copy()
    row = plants.index[plants["plant"] == "Elikhulu"][0]
    ten, hundred = plants.copy(), plants.copy()
    ten.loc[row, "opex_usd_per_t"] *= 10
    hundred.loc[row, "opex_usd_per_t"] *= 100
    a, b, c = (fit(replace(COSTS, plants=p), "operating").level["cil"] for p in (plants, ten, hundred))
    assert math.log(c / b) < 0.5 * math.log(b / a) + 0.1


def test_an_unknown_quantity_is_refused():
    with pytest.raises(ScoringError, match="unknown quantity"):
        fitted_plants(COSTS.plants, "labour")


def changed(table, row, column, value):
    """The two tables with one cell changed."""
    frames = {name: load_evidence(name).astype(object) for name in ("plant_costs", "us_cpi")}
    (key, word), frame = row, frames[table]
    assert (frame[key] == word).sum() == 1
    frame.loc[frame[key] == word, column] = value
    return frames["plant_costs"], frames["us_cpi"]


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf"), "dear"])
@pytest.mark.parametrize(
    ("table", "row", "column"),
    [
        ("us_cpi", ("cpi_year", 2018), "index"),
        ("plant_costs", ("plant", "Mogale"), "opex_usd_per_t"),
        ("plant_costs", ("plant", "Mogale"), "rate_mtpa"),
    ],
)
def test_a_number_that_cannot_be_is_refused(table, row, column, bad):
    frames = changed(table, row, column, bad)
    if bad != bad and column == "opex_usd_per_t":
        checked_costs(*frames)  # a blank is not known, and not fitted
        return
    with pytest.raises(ContractError) as caught:
        checked_costs(*frames)
    assert (caught.value.file, caught.value.field) == (f"{table}.csv", column)
    assert caught.value.row >= 2 and caught.value.do


@pytest.mark.parametrize(("old", "new", "words"), [(2018, 2019, "stands twice"), (2024, 2027, "no row for 2024")])
def test_a_year_twice_or_no_year_to_compare_with_is_refused(old, new, words):
    with pytest.raises(ContractError, match=words):
        checked_costs(*changed("us_cpi", ("cpi_year", old), "cpi_year", new))


def test_a_cost_is_carried_to_another_year():
    assert COSTS.cpi_factor(2024) == 1.0 and COSTS.cpi_factor(1987) == pytest.approx(113.6 / 313.689)
    with pytest.raises(ContractError, match="no consumer price index for 1950"):
        COSTS.cpi_factor(1950)
