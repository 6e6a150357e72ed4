"""Each classic mistake has a guard: the guard holds for the code as it is, and fails when the mistake is put in.

The mistakes of the ground (closure, detection limits, cross-validation) are guarded beside the ground's tests.
"""

from __future__ import annotations

import dataclasses
import math

import cases
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import scoring.rank.assess as assess_module
import scoring.rank.gating as gating_module
import scoring.waste.inventory as inventory
import scoring.waste.shares.allocation as allocation_module
import scoring.waste.shares.areas as areas
from data_sources.contracts import CrsError
from data_sources.contracts.admitting import chemistry
from data_sources.reference import load_reference
from khanij.foundation import wording
from khanij.foundation.cells import is_known
from scoring.waste.draws.streams import normals
from scoring.waste.routes import RouteBook

from .mini import CRS, mini, needed_draws


def blocks(result):
    return result.ranked_blocks.set_index("block_id").sort_index()


def run(**changes):
    arguments = mini()
    arguments.update(changes)
    return cases.run(**arguments)


def assess(**changes):
    arguments = mini()
    arguments.update(changes)
    return cases.assess(**arguments)


# --- guards: each asserts what the mistake would break ---------------------------------------------------------------


def guard_price_is_not_in_criticality():
    reference = load_reference()
    dearer = reference.elements.copy()
    dearer[["price_2024_usd_per_kg", "price_2025e_usd_per_kg"]] *= 3
    changed = dataclasses.replace(reference, elements=dearer)
    assert RouteBook(changed).importance() == RouteBook(reference).importance()
    a, b = blocks(assess()), blocks(assess(reference=changed))
    assert a.at["WB-CU1", "contribution_value"] < b.at["WB-CU1", "contribution_value"]


def guard_access_enters_the_cost_only():
    far = mini()
    far["sites"]["plant_distance_km"] = np.where(far["sites"]["site_id"] == "CU1", 60.0, np.nan)
    a, b = blocks(assess()), blocks(cases.assess(**far))
    assert b.at["WB-CU1", "npv_usd_p50"] < a.at["WB-CU1", "npv_usd_p50"]
    assert b.at["WB-CU1", "price_multiple_needed"] > a.at["WB-CU1", "price_multiple_needed"]
    assert b.at["WB-CU1", "modifier"] == 1.0


def guard_gangue_is_not_metal():
    table = blocks(assess())
    assert table.at["WB-AU1", "top_elements"] == "Au 100 %" and table.at["WB-CU2", "top_elements"] == "Cu 100 %"
    assert table.at["WB-AU1", "status"] == "OUT_OF_BASKET"


def guard_total_and_yttrium_are_not_added():
    """The site with an assay of Y beside its total holds as much in all as the one with the same total alone."""
    rows = assess().element_potential.set_index(["block_id", "element"])["contained_kg_p50"]
    assert rows["WB-FA1"].sum() == pytest.approx(rows["WB-FA2"].sum(), rel=0.08)


def guard_one_site_is_shared_within_a_kind():
    result = assess()
    given = result.site_shares.groupby(["kind", "site_id"])[["inside", "near"]].sum().sum(axis=1)
    assert given.max() <= 1 + 1e-9
    table = result.mass_balance.set_index(["kind", "quantity"])
    for key in table.index:
        assert table.loc[key, ["inside", "near", "unallocated"]].sum() == pytest.approx(
            table.loc[key, "total"], rel=1e-9
        )


def guard_known_waste_is_not_in_fertility():
    fertility = pd.DataFrame({"block_id": ["ML1", "ML2", "ML3", "ML4"], "fertility_axis": [0.2, 0.4, 0.6, 0.8]})
    table = blocks(assess(fertility=fertility))
    assert [table.at[b, "fertility_axis"] for b in ("ML1", "ML2", "ML3", "ML4")] == [0.2, 0.4, 0.6, 0.8]


def guard_outcomes_do_not_leak():
    leaking = mini()
    leaking["blocks"]["tranche"], leaking["blocks"]["premium_pct"] = 3, np.arange(len(leaking["blocks"])) * 10.0
    a, b = blocks(assess()), blocks(cases.assess(**leaking))
    assert (a["score_mean"].dropna() == b["score_mean"].dropna()).all()


def guard_areas_are_not_in_degrees():
    with pytest.raises(CrsError):
        assess(crs="EPSG:4326")
    with pytest.raises(CrsError):
        assess(crs="EPSG:7755")


def guard_longitude_comes_first():
    block = blocks(assess()).loc["WB-CU2"].geometry.centroid
    assert block.x == pytest.approx(78.3, abs=1e-3) and block.y == pytest.approx(18.0, abs=1e-3)
    shares = assess().site_shares
    assert shares.query("block_id == 'ML3' and site_id == 'CU2'")["inside"].sum() > 0.99


def guard_ppm_percent_and_grams():
    for unit, ppm in (("%", 1e4), ("g/t", 1.0), ("ppb", 1e-3)):
        assert chemistry.PPM_PER_UNIT[chemistry.unit_of(unit)] == ppm
    kilograms = assess().element_potential.set_index(["block_id", "element"]).at[("WB-CU1", "Cu"), "contained_kg_p50"]
    assert kilograms == pytest.approx(40e6 * 4000 / 1000, rel=0.2)


def guard_oxide_is_not_element():
    column = chemistry.parse_column("La2O3_pct")
    assert column.species.factor("pct") == pytest.approx(8526.8)


def guard_crore():
    assert wording.usd_to_inr_crore(1e7, 80.0) == pytest.approx(80)
    row = blocks(assess()).loc["WB-CU1"]
    assert row["npv_inr_crore_p50"] == pytest.approx(row["npv_usd_p50"] * 87.7 / 1e7, rel=1e-6)


def guard_recovered_is_not_discounted():
    state = run()
    unit = state.scored.plan.whole["CU2"]
    units, held = state.scored.plan.units, state.scored.metal
    (copper,) = (
        p for p in range(*units.element_ptr[unit : unit + 2]) if state.scored.elements[units.element[p]] == "Cu"
    )
    # what is left where the route fails, and the width of the recovery, but not the recovery once more
    assert 0.6 < held.recoverable[copper, 3] / held.contained[copper, 3] < 1.0


def guard_a_fraction_is_not_the_whole():
    frames = mini()
    frames["grades"].loc[frames["grades"]["site_id"] == "CU1", "basis_code"] = "subfraction"
    row = blocks(cases.assess(**frames)).loc["WB-CU1"]
    assert row["status"] == "UNQUANTIFIED" and math.isnan(row["npv_usd_p50"])


def guard_ore_is_not_metal():
    frames = mini()
    frames["tonnages"].loc[frames["tonnages"]["site_id"] == "CU1", "quantity_kind"] = "contained_monazite"
    row = blocks(cases.assess(**frames)).loc["WB-CU1"]
    assert row["status"] == "UNQUANTIFIED" and math.isnan(row["tonnage_t_p50"])


def guard_capacity_is_not_stock():
    frames = mini()
    frames["tonnages"].loc[frames["tonnages"]["site_id"] == "CU1", "basis_code"] = "capacity"
    assert math.isnan(blocks(cases.assess(**frames)).loc["WB-CU1"]["tonnage_t_p50"])


def guard_an_upper_limit_is_not_a_value():
    result = assess()
    assert blocks(result).at["WB-ZN1", "top_elements"] == "Ag 100 %"
    assert "Zn" not in set(result.element_potential.query("block_id == 'WB-ZN1'")["element"])


def guard_wet_tonnes_are_dried():
    frames = mini()
    frames["tonnages"]["mass_basis"] = "wet"
    frames["tonnages"]["moisture_pct"] = np.where(frames["tonnages"]["site_id"] == "CU1", 30.0, np.nan)
    a, b = blocks(assess()), blocks(cases.assess(**frames))
    assert b.at["WB-CU1", "tonnage_t_p50"] == pytest.approx(0.7 * a.at["WB-CU1", "tonnage_t_p50"], rel=1e-6)
    assert "wet_tonnes_without_moisture" in b.at["WB-CU2", "flags"] and "wet" not in b.at["WB-CU1", "flags"]


def guard_a_head_grade_is_not_the_tailings():
    frames = mini()
    frames["grades"].loc[frames["grades"]["site_id"] == "CU1", "basis_code"] = "head_grade"
    row = blocks(cases.assess(**frames)).loc["WB-CU1"]
    assert row["status"] == "UNQUANTIFIED" and "milled" in row["status_reason"] and math.isnan(row["npv_usd_p50"])


def guard_quantiles_of_ranks():
    """Two blocks that swap places share the middle; ranks of quantiles would put each on a whole place."""
    from scoring.rank.ranking import rank_draws

    a, b = 50 + 10 * normals(1, 4000, "grade", "a"), 50.2 + 0.1 * normals(1, 4000, "grade", "b")
    summary = rank_draws(-np.array([a, b], np.float32))
    assert summary.p05[0] == 1 and summary.p95[0] == 2 and summary.p05[1] == 1 and summary.p95[1] == 2


def guard_prices_are_shared():
    state = run()
    assert np.corrcoef(needed_draws(state, "NI1"), needed_draws(state, "NI2"))[0, 1] > 0.2


def guard_borrowed_grades_are_shared():
    state = run()
    keys = {s: [a.borrowed_key for a in state.given.records[s].assays if a.label == "TREE"] for s in ("FA1", "FA2")}
    assert keys["FA1"] == keys["FA2"] != [None]
    assert np.corrcoef(needed_draws(state, "FA1"), needed_draws(state, "FA2"))[0, 1] > 0.5


def guard_missing_is_not_zero():
    """Gallium of ash has no recovery in the tables: it is not sold and named, not sold for nothing."""
    frames = mini()
    frames["grades"].loc[frames["grades"]["site_id"] == "FA1", ["element", "element_kind"]] = ["Ga", "element"]
    frames["grades"] = frames["grades"].drop_duplicates(["site_id", "element"])
    row = blocks(cases.assess(**frames)).loc["WB-FA1"]
    assert row["status"] == "UNQUANTIFIED" and "Ga: no recovery" in row["status_reason"]
    assert row[["score_mean", "npv_usd_p50", "p_pays", "rank"]].isna().all()


def guard_ranks_run_within_a_kind():
    ranked = assess().ranked_blocks.query("status == 'RANKED'")
    for _, group in ranked.groupby("kind"):
        assert sorted(group["rank"]) == list(range(1, len(group) + 1))


def guard_p10_is_low_and_rank_p05_is_best():
    ranked = assess().ranked_blocks.query("status == 'RANKED'")
    for name in ("score", "npv_usd", "basket_value_usd"):
        assert (ranked[f"{name}_p10"] <= ranked[f"{name}_p90"]).all() and (
            ranked[f"{name}_p10"] < ranked[f"{name}_p90"]
        ).any()
    assert (ranked["rank_p05"] <= ranked["rank_p95"]).all() and (ranked["rank_p05"] < ranked["rank_p95"]).any()


# --- mutations: each puts the mistake in ------------------------------------------------------------------------------


def mutate_importance_by_price(m):
    def mistaken(self):
        return {e: r.price_2025e_usd_per_kg for e, r in self._elements.items() if is_known(r.price_2025e_usd_per_kg)}

    m.setattr(RouteBook, "importance", mistaken)


def mutate_access_in_score(m):
    original = gating_module.register_gates

    def mistaken(records, constraints):
        gates = original(records, constraints)
        for site, gate in gates.items():
            if is_known(records[site].row.plant_distance_km):
                gate.multiplier *= 0.8
        return gates

    m.setattr(gating_module, "register_gates", mistaken)


def mutate_sell_every_assay(m):
    original = RouteBook.products_of

    def mistaken(self, route, waste):
        known = original(self, route, waste)
        row = next(iter(known.values()))
        return {
            e: dataclasses.replace(row, element=e, price_basis="any", recovery_mode=0.5, payability_mode=0.9)
            for e in self.elements
        }

    m.setattr(RouteBook, "products_of", mistaken)


def mutate_add_yttrium_to_the_total(m):
    original = inventory._select_grades

    def mistaken(record, rows, book):
        totals = [r for r in rows if r.element_kind == "total"]
        if not totals:
            return original(record, rows, book)
        for part in (totals, [r for r in rows if r.element_kind != "total"]):
            original(record, part, book)

    m.setattr(inventory, "_select_grades", mistaken)


def mutate_every_block_gets_the_whole_site(m):
    original = allocation_module._point_shares

    def mistaken(*arguments):
        _, drawn = original(*arguments)
        k = arguments[3].draws
        drawn = {j: dataclasses.replace(p, share=np.ones_like(p.share)) for j, p in drawn.items()}
        expected = np.zeros(len(arguments[2]))
        for j, p in drawn.items():
            expected[j] = p.share.sum() / k
        return expected, drawn

    m.setattr(allocation_module, "_point_shares", mistaken)


def mutate_fertility_from_the_inventory(m):
    from scoring.rank.state import Given

    m.setattr(
        Given,
        "fertility_of",
        lambda self, i: 1.0 if any(map(self.is_held, self.shares_of.get(self.ids[i], []))) else 0.0,
    )


def mutate_leak_the_premium(m):
    original = assess_module.kind_scores

    def mistaken(decided, out, members, view, deck):
        scores = original(decided, out, members, view, deck)
        premium = decided.given.column.get("premium_pct", [0.0] * len(decided.given.ids))
        scores.mean = scores.mean + np.array([premium[i] for i in members])
        return scores

    m.setattr(assess_module, "kind_scores", mistaken)


def mutate_allow_any_crs(m):
    from pyproj import CRS as ProjCRS

    m.setattr(allocation_module, "require_equal_area", lambda crs: ProjCRS.from_user_input(crs))


def mutate_swap_axes(m):
    original = allocation_module._site_table

    def mistaken(sites):
        return [p._replace(lon=p.lat, lat=p.lon) for p in original(sites)]

    m.setattr(allocation_module, "_site_table", mistaken)


def mutate_percent_as_ppm(m):
    m.setitem(chemistry.PPM_PER_UNIT, "pct", 1.0)


def mutate_oxide_factor_ignored(m):
    m.setattr(chemistry.Species, "factor", lambda self, unit: chemistry.PPM_PER_UNIT[unit])


def mutate_crore_as_million(m):
    m.setattr(wording, "RUPEES_PER_CRORE", 1e6)


def _records_changed(m, change):
    original = inventory.site_records

    def mistaken(*a, **k):
        records = original(*a, **k)
        for record in records.values():
            for assay in record.assays:
                change(assay)
        return records

    m.setattr(assess_module, "site_records", mistaken)


def mutate_recovered_as_assay(m):
    _records_changed(m, lambda assay: setattr(assay, "recovered", False))


def _rows_changed(m, change):
    original = inventory._select_grades
    m.setattr(
        inventory,
        "_select_grades",
        lambda record, rows, book: original(record, [change(r) for r in rows], book),
    )


def _tonnages_changed(m, **changed):
    original = inventory._select_tonnage
    m.setattr(
        inventory,
        "_select_tonnage",
        lambda record, rows, low: original(record, [dataclasses.replace(r, **changed) for r in rows], low),
    )


def mutate_fraction_as_whole(m):
    _rows_changed(m, lambda r: dataclasses.replace(r, basis_code="assay"))


def mutate_head_grade_as_grade(m):
    _rows_changed(m, lambda r: dataclasses.replace(r, basis_code="assay"))


def mutate_wet_as_dry(m):
    _tonnages_changed(m, mass_basis="")


def mutate_ore_as_metal(m):
    _tonnages_changed(m, quantity_kind="waste")


def mutate_capacity_as_stock(m):
    _tonnages_changed(m, basis_code="published")


def mutate_limit_as_value(m):
    _rows_changed(
        m,
        lambda r: (
            dataclasses.replace(r, basis_code="assay", ppm_mode=r.ppm_max) if r.basis_code == "upper_limit" else r
        ),
    )


def mutate_rank_the_quantiles(m):
    from scoring.rank import ranking

    original = ranking.rank_draws

    def mistaken(keys, *a, **k):
        values = keys.copy()
        summary = original(keys, *a, **k)
        place = [np.argsort(np.argsort(np.quantile(values, p, axis=1))) + 1.0 for p in (0.05, 0.5, 0.95)]
        return dataclasses.replace(summary, p05=place[0], p50=place[1], p95=place[2])

    m.setattr(ranking, "rank_draws", mistaken)


def mutate_prices_by_site(m):
    """Every product its own price draws: each element's price is drawn again for every site that sells it."""
    original = assess_module.inputs_of

    def mistaken(*a, **k):
        inputs, ids, sold = original(*a, **k)
        rng, draws = np.random.default_rng(0), inputs.price.shape[2]
        own = [inputs.price[:, e, rng.permutation(draws)] for e in inputs.product_element]
        changed = inputs._replace(
            price=np.ascontiguousarray(np.stack(own, axis=1)),
            in_basket=np.ascontiguousarray(inputs.in_basket[:, inputs.product_element]),
            product_element=np.arange(len(inputs.product_element)),
        )
        return changed, ids, sold

    m.setattr(assess_module, "inputs_of", mistaken)


def mutate_own_borrowed_grades(m):
    _records_changed(m, lambda assay: setattr(assay, "borrowed_key", None))


def mutate_missing_as_zero(m):
    original = RouteBook.metallurgy

    def mistaken(self, *names):
        return tuple(1e-9 if math.isnan(v) else v for v in original(self, *names))

    m.setattr(RouteBook, "metallurgy", mistaken)
    m.setattr(RouteBook, "price_problem", lambda *names: None)


def mutate_rank_across_kinds(m):
    original = assess_module._rank_basket

    def mistaken(decided, *a, **k):
        out = original(decided, *a, **k)
        for offset, scores in enumerate(out.values()):
            scores.rank = scores.rank * 2 - offset
        return out

    m.setattr(assess_module, "_rank_basket", mistaken)


def mutate_p10_as_high(m):
    original = assess_module.kind_scores

    def mistaken(*a):
        scores = original(*a)
        scores.quantiles = scores.quantiles[:, [2, 1, 0, 3]]
        return scores

    m.setattr(assess_module, "kind_scores", mistaken)


MISTAKES = [
    ("price inside criticality", guard_price_is_not_in_criticality, mutate_importance_by_price),
    ("access in cost and again in score", guard_access_enters_the_cost_only, mutate_access_in_score),
    ("gangue priced as metal", guard_gangue_is_not_metal, mutate_sell_every_assay),
    ("TREE plus Y counted twice", guard_total_and_yttrium_are_not_added, mutate_add_yttrium_to_the_total),
    (
        "one site in two blocks of a kind",
        guard_one_site_is_shared_within_a_kind,
        mutate_every_block_gets_the_whole_site,
    ),
    ("inventory proximity inside F", guard_known_waste_is_not_in_fertility, mutate_fertility_from_the_inventory),
    ("outcome leakage", guard_outcomes_do_not_leak, mutate_leak_the_premium),
    ("area in degrees", guard_areas_are_not_in_degrees, mutate_allow_any_crs),
    ("axis order", guard_longitude_comes_first, mutate_swap_axes),
    ("ppm, % and g/t", guard_ppm_percent_and_grams, mutate_percent_as_ppm),
    ("oxide and element", guard_oxide_is_not_element, mutate_oxide_factor_ignored),
    ("lakh, crore and million", guard_crore, mutate_crore_as_million),
    ("wet tonnes as dry", guard_wet_tonnes_are_dried, mutate_wet_as_dry),
    ("head grade as tailings grade", guard_a_head_grade_is_not_the_tailings, mutate_head_grade_as_grade),
    ("recovered as assay", guard_recovered_is_not_discounted, mutate_recovered_as_assay),
    ("one size fraction's grade for the whole", guard_a_fraction_is_not_the_whole, mutate_fraction_as_whole),
    ("ore tonnage read as metal", guard_ore_is_not_metal, mutate_ore_as_metal),
    ("pond capacity read as stock", guard_capacity_is_not_stock, mutate_capacity_as_stock),
    ("upper limit read as value", guard_an_upper_limit_is_not_a_value, mutate_limit_as_value),
    ("ranking quantiles", guard_quantiles_of_ranks, mutate_rank_the_quantiles),
    ("independent price draws", guard_prices_are_shared, mutate_prices_by_site),
    ("independent borrowed grades", guard_borrowed_grades_are_shared, mutate_own_borrowed_grades),
    ("missing scored as zero", guard_missing_is_not_zero, mutate_missing_as_zero),
    ("ranks across kinds", guard_ranks_run_within_a_kind, mutate_rank_across_kinds),
    ("P10/P90 convention", guard_p10_is_low_and_rank_p05_is_best, mutate_p10_as_high),
]
IDS = [m[0] for m in MISTAKES]


@pytest.mark.parametrize(("guard", "mutate"), [(g, m) for _, g, m in MISTAKES], ids=IDS)
def test_guard_holds_and_catches_the_mistake(guard, mutate, monkeypatch):
    guard()
    mutate(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        guard()


def test_near_is_not_scored_either():
    """A site just outside a lease changes nothing in the lease's score."""
    frames = mini()
    lonely = gpd.GeoDataFrame(
        frames["blocks"].iloc[[-1]].drop(columns="geometry").assign(block_id="ML9"),
        geometry=[shapely.box(78.62, 17.99, 78.64, 18.01)],
        crs=4326,
    )
    frames["blocks"] = gpd.GeoDataFrame(pd.concat([frames["blocks"], lonely], ignore_index=True), crs=4326)
    row = blocks(cases.assess(**frames)).loc["ML9"]
    assert row["status"] == "UNQUANTIFIED" and "near" in row["top_sites"] and math.isnan(row["score_mean"])
    assert areas.require_equal_area(CRS) is not None
