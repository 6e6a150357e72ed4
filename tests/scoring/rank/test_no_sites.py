"""No site, no figure, no block: every table keeps its columns, and what is UNQUANTIFIED carries no number."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from cases import assess, robustness
from small_regions import CRS, EXTENT_DEG, SmallRegion, block, site, tonnage, with_figures

from assets.quality import assessment_findings
from data_sources.contracts.published.outputs import OUTPUT_CONTRACTS
from data_sources.readers.blocks import read_blocks
from data_sources.readers.waste import read_inventory
from data_sources.reference import load_reference
from scoring.rank.sensitivity import ACCEPTABILITY
from scoring.rank.settings import RankingSettings

EMPTY = {
    "no row": SmallRegion(sites=[]),
    "all outside": with_figures([site(0, lon=70.0, lat=30.0)]),
    "no figures": SmallRegion(sites=[site(0), site(1)], units=("auction_block",)),
}


def inputs(region: SmallRegion, home: Path) -> dict[str, Any]:
    data = region.write(home)
    tables = {"waste_sites": "sites.csv", "tonnages": "tonnages.csv", "grades": "grades.csv"}
    paths = {k: data / v for k, v in tables.items() if (data / v).exists()}
    waste = read_inventory(paths, card_name="own_waste_table", extent_deg=EXTENT_DEG)
    blocks = read_blocks(data / "blocks.geojson", "auction_blocks", card_name="own_blocks", extent_deg=EXTENT_DEG).kept
    return {
        "blocks": blocks, "sites": waste.sites, "footprints": waste.footprints, "tonnages": waste.tonnages,
        "grades": waste.grades, "constraints": waste.constraints, "fertility": None, "reference": load_reference(),
        "settings": RankingSettings(draws=100, seed=1, threads=1), "crs": CRS,
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(EMPTY))
def test_every_stage_stands_it_and_keeps_its_columns(tmp_path: Path, name: str) -> None:
    given = inputs(EMPTY[name], tmp_path)
    result = assess(**given)
    assert result.ranked_blocks["status"].tolist() == ["UNQUANTIFIED"] * 3
    assert result.ranked_blocks[["tonnage_t_p50", "score_mean", "npv_usd_p50", "p_pays"]].isna().all(axis=None)
    tables = {f.name: getattr(result, f.name) for f in fields(result)}
    for layer, frame in tables.items():
        wanted = {f.name for f in OUTPUT_CONTRACTS[layer].fields if not f.optional}
        lacking = wanted - set(frame.columns) - {"site_id", "lease_status"}  # the units themselves say these two
        assert not lacking, (layer, lacking)
        assert "site_id" in frame.columns or layer not in ("site_potential", "site_shares")
    assert [f.reason for f in assessment_findings(tables) if not f.passed] == []
    report = robustness(**given)
    assert list(report.acceptability.columns) == ACCEPTABILITY and not len(report.acceptability)


def test_several_preferred_tonnages_are_flagged_on_the_site_and_on_every_block_that_holds_it(tmp_path: Path) -> None:
    region = with_figures([site(0), site(1)], blocks=[block("B-0", 85.95, 22.45, 0.2)])
    second = tonnage(0, "S-00")
    region.tonnages = [("T9", *second[1:]), *(region.tonnages or [])]
    result = assess(**inputs(region, tmp_path))
    flag = "several_preferred_tonnages:T0 used"
    assert flag in result.site_potential.set_index("site_id").loc["S-00", "flags"]
    assert f"{flag} (S-00)" in result.ranked_blocks.set_index("block_id").loc["B-0", "flags"]
    assert "S-01" not in str(result.ranked_blocks.set_index("block_id").loc["B-0", "flags"])


def test_a_tonnage_whose_table_states_no_class_is_not_said_to_be_published(tmp_path: Path) -> None:
    region = with_figures([site(0), site(1)], blocks=[block("B-0", 85.95, 22.45, 0.2)])
    stated = [tuple("" if v in ("G1", "G2", "G3", "G4") else v for v in row) for row in region.tonnages or []]
    assert stated != region.tonnages, "the table stated a class before"
    region.tonnages = stated
    told = assess(**inputs(region, tmp_path)).ranked_blocks.set_index("block_id").loc["B-0", "explanation"]
    assert "its table states no class, taken as G4" in told and "unverified" not in told
