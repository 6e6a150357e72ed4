"""The invariants on ten thousand worlds and on the made-up district's register; run apart (``make test-all``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data_sources.readers.waste import read_inventory
from data_sources.reference import load_reference
from data_sources.regions import load_region
from scoring.rank.settings import RankingSettings
from scoring.waste.shares.waste_blocks import waste_blocks

from . import invariants as check
from .worlds import OWN, SHARED, region, run

SITES = 60
REGIONS = range(100, 250)
"""150 regions of 60 sites and 8 leases: ten thousand blocks."""


@pytest.mark.parametrize("seed", REGIONS)
def test_a_region_of_worlds(seed):
    state = run(region(seed, SITES, draws=200))
    assert check.check_bounds(state) + check.check_one_mind(state) + check.check_sums(state) > 100
    assert check.check_better(seed, (*OWN, *SHARED), SITES) > 400
    assert check.check_paying_site_added(seed, SITES) > 30
    assert check.check_worthless(seed, SITES) > 30
    assert check.check_withheld(seed, SITES) > 100
    assert check.check_others_added(seed, SITES) > 30


@pytest.mark.parametrize("seed", range(300, 312))
def test_knowing_less_gains_little(seed):
    _, often, seldom = check.check_class_lowered(seed, SITES, draws=2000)
    assert often <= 1 and seldom <= 2
    assert check.check_fixed_plan(seed, 20)[1] <= 0.02


@pytest.mark.parametrize("klass", ["G1", "G2", "G3", "G4", "default"])
def test_average_crust_needs_more(klass):
    assert check.check_average_crust(klass, draws=5000) == 60


def district(home: Path) -> dict[str, Any]:
    """The frames of the district that the project makes itself."""
    from khanij.sample import sample_district_folder

    told = load_region("sample_district")
    folder = sample_district_folder(home)
    names = {"waste_sites": "waste_sites", "tonnages": "tonnages", "grades": "grades", "constraints": "constraints"}
    paths = {k: folder / str(told.layers[v].path) for k, v in names.items()}
    paths["waste_footprints"] = folder / str(told.layers["waste_footprints"].path)
    waste = read_inventory(paths, card_name="sample_district", extent_deg=told.extent_deg)
    settings = RankingSettings.from_mapping(
        {**told.ranking, "draws": 1000, "baskets": ["critical_30", "all_recoverable"]}, seed=told.seed
    )
    return {
        "blocks": waste_blocks(waste.sites, waste.footprints), "sites": waste.sites,
        "footprints": waste.footprints, "tonnages": waste.tonnages, "grades": waste.grades,
        "constraints": waste.constraints, "fertility": None, "reference": load_reference(), "settings": settings,
        "crs": told.crs,
    }  # fmt: skip


@pytest.mark.integration
def test_the_made_up_district(tmp_path):
    state = run(district(tmp_path))
    assert check.check_bounds(state) > 5 and check.check_one_mind(state) > 5 and check.check_sums(state) > 5
