"""Of several routes of a waste the one by which the site scores highest is taken, one for all draws, and all are named."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from cases import assess

from data_sources.reference import load_reference
from data_sources.reference.waste_routes import from_type, routes_of_wastes

from .districts import frames_of, grade_row, site_row, tonnage_row

WASTE = "cu_flotation_tailings"
ASSAYS = {
    "A": {"Cu": 5000.0},
    "B": {"Cu": 60.0, "Au": 2.5},
    "C": {"Ag": 0.01},
    "D": {"Cu": 4000.0, "Au": 0.01},
    "E": {"Cu": 2500.0, "Au": 2.5},
}
TAKEN = {"A": "flotation_cu", "B": "cil_releach", "C": "cil_releach", "D": "flotation_cu", "E": "cil_releach"}
"""A has no gold to leach, the copper of B is of no use, C pays by neither and has silver for both, D has gold in traces, E plenty of both."""


def tables() -> Any:
    """The project's tables, in which copper tailings may be leached for gold and silver or floated."""
    reference = load_reference()
    routes, products = reference.routes.copy(), reference.route_products
    routes.loc[routes["route_code"] == "cil_releach", "waste_type_codes"] = f"au_mill_tailings;{WASTE}"
    gold = products[products["route_code"] == "cil_releach"].assign(waste_type_code=WASTE)
    return dataclasses.replace(reference, routes=routes, route_products=pd.concat([products, gold], ignore_index=True))


def scored(routes: dict[str, str], **settings: Any) -> pd.DataFrame:
    """The ranked blocks of the made-up sites, each with the route that is named for it."""
    rng = np.random.default_rng(5)
    sites, tonnages, grades = [], [], []
    for i, (site, assays) in enumerate(ASSAYS.items()):
        row = site_row(rng, site, WASTE, routes.get(site, ""))
        plain = {"test_level": "plant", "mineral_state": "free", "is_mill_standing": False, "is_transported": False}
        plain |= {"plant_distance_km": math.nan, "product_freight_usd_per_t": math.nan, "lat": 20 + i / 10, "lon": 80.0}
        sites.append(row | plain)
        tonnages.append(tonnage_row(site, math.nan, 40.0, math.nan, "G1"))
        grades += [grade_row(site, element, math.nan, ppm, math.nan, "G1") for element, ppm in assays.items()]
    frames = frames_of(
        sites, tonnages, grades, None, basket="all_recoverable", baskets=("all_recoverable",), **settings
    )
    return assess(**frames | {"reference": tables()}).ranked_blocks.set_index("block_id")


@pytest.fixture(scope="module")
def chosen() -> pd.DataFrame:
    return scored({})


@pytest.fixture(scope="module")
def named() -> dict[str, pd.DataFrame]:
    return {route: scored(dict.fromkeys(ASSAYS, route)) for route in ("cil_releach", "flotation_cu")}


def block_of(frame: pd.DataFrame, site: str) -> pd.Series:
    (found,) = frame.index[frame.index.str.endswith(f"-{site}")]
    return frame.loc[found]


@pytest.mark.parametrize("site", ["A", "B", "D", "E"])
def test_the_route_is_that_of_the_highest_mean_score(chosen, named, site) -> None:
    scores = {route: np.nan_to_num(block_of(frame, site)["score_mean"]) for route, frame in named.items()}
    assert max(scores, key=scores.__getitem__) == TAKEN[site], scores
    assert (
        block_of(chosen, site)["score_mean"] == pytest.approx(scores[TAKEN[site]], rel=1e-12)
        and max(scores.values()) > 0
    )


@pytest.mark.parametrize("site", sorted(ASSAYS))
def test_the_flags_name_the_route_and_the_others(chosen, named, site) -> None:
    other = next(r for r in named if r != TAKEN[site])
    assert from_type(TAKEN[site], [other]) in block_of(chosen, site)["flags"].split("; ")
    for frame in named.values():
        assert "route_from_waste_type" not in str(block_of(frame, site)["flags"]), "a route that is named is not chosen"


def test_one_route_stands_for_all_draws(chosen, named) -> None:
    """All that is said of money is as if the route had been named: no draw is taken from the other."""
    columns = ["score_p05", "score_p95", "p_pays", "npv_usd_p10", "npv_usd_p90", "main_product"]
    columns = [c for c in columns if c in chosen.columns]
    assert len(columns) >= 4
    for site, route in TAKEN.items():
        mine, theirs = block_of(chosen, site)[columns], block_of(named[route], site)[columns]
        assert mine.equals(theirs), (site, mine.to_dict(), theirs.to_dict())


def test_where_nothing_scores_the_route_that_needs_the_lowest_prices_is_taken(chosen, named) -> None:
    needed = {route: block_of(frame, "C")["price_multiple_needed"] for route, frame in named.items()}
    assert block_of(chosen, "C")["score_mean"] == 0 and min(needed, key=needed.__getitem__) == TAKEN["C"], needed


def test_prices_decide_anew() -> None:
    """With gold at a thousandth of its price the copper of E is what pays."""
    cheap = scored({}, price_factors={"Au": 0.001, "Ag": 0.001})
    assert from_type("flotation_cu", ["cil_releach"]) in block_of(cheap, "E")["flags"]


def test_the_routes_of_a_waste_stand_in_the_order_of_the_table() -> None:
    assert routes_of_wastes(tables().routes)[WASTE] == ("cil_releach", "flotation_cu")
    assert {len(found) for found in routes_of_wastes(load_reference().routes).values()} == {1}
