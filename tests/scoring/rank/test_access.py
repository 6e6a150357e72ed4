"""Who holds a block and whether it can be bid for: what a source says, and unknown where none does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from cases import assess
from small_regions import CRS, EXTENT_DEG, SmallRegion, block, site

from data_sources.readers.block_facts import read_block_facts, with_block_facts
from data_sources.readers.blocks import embedded_auction_blocks, read_blocks
from data_sources.readers.waste import read_inventory
from data_sources.reference import load_reference
from scoring.rank.settings import RankingSettings
from scoring.waste.shares.waste_blocks import waste_blocks

LEASES = ("unknown", "operator", "third_party", "none", "state")


def offered(number: int, **told: Any) -> dict[str, Any]:
    """An auction block with what its own source says of the auction."""
    made = block(f"B-{number}", 85.95 + 0.06 * number)
    made["properties"] |= told
    return made


def frames(home: Path, leases: Sequence[str] = LEASES) -> dict[str, Any]:
    """Waste blocks, one of each lease status, and four auction blocks, one of each kind of outcome."""
    sites = [(*site(i)[:12], lease, "a source") for i, lease in enumerate(leases)]
    blocks = [
        offered(
            0, outcome="sold", outcome_date="2024-07-21", preferred_bidder="Vedanta", premium_pct=6.05, tranche="1"
        ),
        offered(1, outcome="offered_again", tranche="2, offered again in 4", concession="EL"),
        offered(2, outcome="annulled"),
        offered(3),
    ]
    data = SmallRegion(sites=sites, blocks=blocks).write(home)
    waste = read_inventory({"waste_sites": data / "sites.csv"}, card_name="own_waste_table", extent_deg=EXTENT_DEG)
    auction = read_blocks(data / "blocks.geojson", "auction_blocks", card_name="own_blocks", extent_deg=EXTENT_DEG).kept
    units = pd.concat([waste_blocks(waste.sites, waste.footprints), auction], ignore_index=True)
    return {
        "blocks": gpd.GeoDataFrame(units, crs=4326), "sites": waste.sites, "footprints": waste.footprints,
        "tonnages": waste.tonnages, "grades": waste.grades, "constraints": waste.constraints, "fertility": None,
        "reference": load_reference(), "settings": RankingSettings(draws=100, seed=1, threads=1), "crs": CRS,
    }  # fmt: skip


def told(given: dict[str, Any]) -> pd.DataFrame:
    return assess(**given).ranked_blocks.set_index("block_id")


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return frames(tmp_path_factory.mktemp("access"))


@pytest.fixture(scope="module")
def blocks(given: dict[str, Any]) -> pd.DataFrame:
    return told(given)


def test_each_says_what_its_source_says_and_unknown_where_none_does(blocks: pd.DataFrame) -> None:
    waste = [blocks.loc[f"WB-S-0{i}", "open_to_bid"] for i in range(5)]
    assert waste == ["unknown", "operator", "third_party", "yes", "yes"]
    assert [blocks.loc[f"B-{i}", "open_to_bid"] for i in range(4)] == ["third_party", "yes", "unknown", "unknown"]
    outcomes = [blocks.loc[f"B-{i}", "auction_outcome"] for i in range(4)]
    assert outcomes == ["sold", "offered_again", "annulled", "unknown"]
    assert blocks.loc["WB-S-00", "auction_outcome"] is None or pd.isna(blocks.loc["WB-S-00", "auction_outcome"])


def test_the_operator_holds_its_own_lease_and_no_other_holder_is_guessed(blocks: pd.DataFrame) -> None:
    assert blocks.loc["WB-S-01", "lease_holder"] == blocks.loc["WB-S-01", "operator"] == "Operator"
    others = blocks.drop("WB-S-01")["lease_holder"]
    assert others.isna().all()
    assert blocks.loc["B-0", "preferred_bidder"] == "Vedanta"
    assert blocks.loc["B-0", "auction_premium_pct"] == 6.05
    assert blocks.loc["B-1", "concession"] == "EL"
    assert "At auction: tranche 1: sold, 2024-07-21, to Vedanta, premium 6.05 %." in blocks.loc["B-0", "explanation"]


def test_a_lease_layer_names_its_holder_and_closes_the_block(given: dict[str, Any]) -> None:
    site_at = shapely.box(85.99, 22.49, 86.01, 22.51)
    lease = gpd.GeoDataFrame(
        {"name": ["L"], "fact": [None], "holder": ["A Ltd"], "lease_status": ["third_party"], "source": ["map"]},
        geometry=[site_at], crs=4326,
    )  # fmt: skip
    row = told(given | {"gates": {"leases": lease}}).loc["WB-S-00"]
    assert (row["status"], row["open_to_bid"], row["lease_holder"]) == ("LEASED", "third_party", "A Ltd")
    assert "A Ltd" in row["access_source"]


ALL, WEST, EAST = (-0.01, 0.01), (-0.01, 0.0001), (-0.0001, 0.01)
"""More than the western and the eastern half of a pond [deg]; its position is drawn with r90 50 m, a sigma of 0.0002 deg."""
THIRDS = (-0.01, -0.0001), (-0.0001, 0.0001), (0.0001, 0.01)
OVER = {
    "held": ([("third_party", "A Ltd", ALL)], "A Ltd (lease 0-0 over it)"),
    "status unknown": ([("unknown", "A Ltd", ALL)], "A Ltd (lease 1-0 over it)"),
    "ended": ([("none", "A Ltd", ALL)], None),
    "with the State": ([("state", "A Ltd", ALL)], None),
    "ended, another's since": ([("none", "A Ltd", ALL), ("third_party", "B Ltd", ALL)], "B Ltd (lease 4-1 over it)"),
    "a part": ([("third_party", "A Ltd", THIRDS[0])], None),
    "two parts of one holder": ([("third_party", "A Ltd", THIRDS[0]), ("third_party", "A  LTD", THIRDS[1])], "A Ltd (leases 6-0, 6-1 over it)"),
    "one over the other": ([("third_party", "A Ltd", ALL), ("third_party", "A Ltd", EAST)], "A Ltd (leases 7-0, 7-1 over it)"),
    "parts of two holders": ([("third_party", "A Ltd", THIRDS[0]), ("third_party", "B Ltd", THIRDS[2])], None),
    "halves of two holders": ([("third_party", "A Ltd", WEST), ("third_party", "B Ltd", EAST)], "A Ltd (lease 9-0 over it); B Ltd (lease 9-1 over it)"),
    "two thirds, the rest of it ended": ([("third_party", "A Ltd", WEST), ("none", "B Ltd", ALL)], "A Ltd (lease 10-0 over it)"),
    "three holders of one ground": ([("third_party", f"{c} Ltd", ALL) for c in "ABC"], "A Ltd (lease 11-0 over it); B Ltd (lease 11-1 over it); C Ltd (lease 11-2 over it)"),
    "a lease of nobody over it": ([("third_party", "A Ltd", ALL), ("third_party", None, ALL), ("unknown", "", WEST)], "A Ltd (lease 12-0 over it)"),
}  # fmt: skip
"""Mining leases among the blocks, each over a pond of its own -> its holder, where half of it must be held."""


@pytest.fixture(scope="module")
def under_leases(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    base = frames(tmp_path_factory.mktemp("leases"), ["unknown"] * len(OVER))
    at = base["sites"].set_index("site_id")
    leases = [
        (f"{i}-{j}", status, holder, (x + west, y - 0.01, x + east, y + 0.01))
        for i, ((made, _), x, y) in enumerate(zip(OVER.values(), at["lon"], at["lat"]))
        for j, (status, holder, (west, east)) in enumerate(made)
    ]
    return told(with_leases(base, leases) | {"settings": RankingSettings(draws=400, seed=1, threads=1)})


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize(("covered", "is_named"), [(0.06, False), (0.45, False), (0.55, True)])
def test_a_lease_over_mapped_ground_is_named_from_half_of_it_on(
    given: dict[str, Any], covered, is_named, ended
) -> None:
    pond = (85.99, 22.49, 86.01, 22.51)
    outline = gpd.GeoDataFrame({"site_id": ["S-00"], "source": ["map"]}, geometry=[shapely.box(*pond)], crs=4326)
    leases = [("L-0", "third_party", "A Ltd", (*pond[:2], 85.99 + 0.02 * covered, pond[3]))]
    leases += [("L-1", "none", "B Ltd", pond)] if ended else []
    rows = told(with_leases(given, leases) | {"footprints": outline})
    holder = rows.loc["WB-S-00", "lease_holder"]
    assert holder == "A Ltd (lease L-0 over it)" if is_named else pd.isna(holder)


@pytest.mark.parametrize("case", OVER)
def test_a_lease_among_the_blocks_that_holds_a_pond_names_whose_ground_it_lies_in(under_leases, case) -> None:
    """It bars nothing, for only a gate does; but the pond's holder is not unknown where the region's own blocks say it."""
    n = list(OVER).index(case)
    leases, holder = OVER[case]
    row = under_leases.loc[f"WB-S-{n:02d}"]
    assert row["lease_holder"] == holder or (holder is None and pd.isna(row["lease_holder"]))
    assert row["open_to_bid"] == "unknown"
    used = [f"map {n}-{j}" for j in range(len(leases)) if holder and f"{n}-{j}" in holder]
    assert [w for w in str(row["access_source"]).split(" | ") if w.startswith("map ")] == used


def test_what_a_site_says_itself_comes_before_a_lease_over_it(given: dict[str, Any]) -> None:
    """Free ground has no holder, and an operator's own lease is the operator's; where only a lease names one, it is its source."""
    wide = (85.5, 22.0, 86.8, 23.0)
    rows = told(with_leases(given, [("L-0", "third_party", "A Ltd", wide)]))
    names = dict(zip(LEASES, [rows.loc[f"WB-S-0{i}", "lease_holder"] for i in range(5)]))
    over = "A Ltd (lease L-0 over it)"
    assert (names["unknown"], names["operator"], names["third_party"]) == (over, "Operator", over)
    assert pd.isna(names["none"]) and pd.isna(names["state"])
    tells = {lease: "map L-0" in str(rows.loc[f"WB-S-0{i}", "access_source"]) for i, lease in enumerate(LEASES)}
    assert tells == {lease: name == over for lease, name in names.items()}
    assert str(rows.loc["WB-S-02", "access_source"]).endswith("a source | map L-0")


def with_leases(given: dict[str, Any], leases: list[tuple[str, str, str, tuple[float, ...]]]) -> dict[str, Any]:
    """The case with mining leases among its blocks, of some id, status, holder and outline."""
    made = [
        given["blocks"].iloc[[-1]].assign(
            block_id=number, kind="mining_lease", name=f"Lease {number}", lease_status=status, lease_holder=holder,
            source=f"map {number}", geometry=[shapely.box(*outline)],
        ) for number, status, holder, outline in leases
    ]  # fmt: skip
    return given | {"blocks": gpd.GeoDataFrame(pd.concat([given["blocks"], *made], ignore_index=True), crs=4326)}


def test_what_a_court_bars_is_not_open_although_nobody_holds_it(given: dict[str, Any]) -> None:
    bar = pd.DataFrame(
        {"constraint_id": ["K"], "site_id": ["S-03"], "constraint_type": ["court order"], "gate_code": ["hard"],
         "multiplier": [float("nan")], "fact": ["closed"], "source": ["court"]}
    )  # fmt: skip
    row = told(given | {"constraints": bar}).loc["WB-S-03"]
    assert (row["status"], row["open_to_bid"]) == ("GATED", "unknown")


def test_a_users_table_corrects_each_and_is_named(given: dict[str, Any], tmp_path: Path) -> None:
    table = tmp_path / "facts.csv"
    table.write_text(
        "site_id,field,value,source,date\n"
        "S-00,open_to_bid,yes,our notice,2026-11-01\nWB-S-01,lease_holder,B Ltd,deed 7,\nb-2,auction_outcome,sold,gazette,\n"
        "B-2,preferred_bidder,C Ltd,gazette,\nB-3,auction_premium_pct,12.5,gazette,\n"
    )
    units = given["blocks"]
    rows = told(given | {"blocks": with_block_facts(units, read_block_facts(table, "own_block_facts", units))})
    assert rows.loc["WB-S-00", "open_to_bid"] == "yes"
    assert rows.loc["WB-S-00", "access_source"].startswith(
        "own table facts.csv, row 1: open_to_bid by our notice, 2026-11-01"
    )
    assert "own_fact:open_to_bid" in rows.loc["WB-S-00", "flags"]
    assert rows.loc["WB-S-01", "lease_holder"] == "B Ltd"
    assert rows.loc["B-2", ["auction_outcome", "open_to_bid", "preferred_bidder"]].tolist() == [
        "sold",
        "third_party",
        "C Ltd",
    ]
    assert rows.loc["B-3", "auction_premium_pct"] == 12.5
    assert "own_fact" not in str(rows.loc["B-0", "flags"])


@pytest.mark.parametrize(
    ("line", "field", "words"),
    [
        ("S-99,open_to_bid,yes,x", "block_id", ("no block or waste site", "S-0")),
        ("S-00,open_to_bid,maybe,x", "value", ("one of yes, operator, third_party, unknown",)),
        ("B-0,auction_outcome,Sold,x", "value", ("one of sold, annulled", "small letters")),
        ("B-0,auction_premium_pct,much,x", "value", ("number in per cent",)),
        ("B-0,colour,red,x", "field", ("vocabulary", "lease_holder")),
        ("B-0,operator,,x", "value", ("must be filled",)),
        ("B-0,operator,A Ltd,", "source", ("must be filled",)),
    ],
)
def test_a_row_that_cannot_be_used_is_held_with_file_row_field_and_remedy(
    given: dict[str, Any], tmp_path: Path, line: str, field: str, words: tuple[str, ...]
) -> None:
    table = tmp_path / "facts.csv"
    table.write_text(f"block_id,field,value,source\nB-1,operator,D Ltd,x\n{line}\n")
    read = read_block_facts(table, "own_block_facts", given["blocks"])
    assert read.kept[["block_id", "value"]].values.tolist() == [["B-1", "D Ltd"]]
    held = read.quarantine.iloc[0]
    assert (held["row"], held["field"]) == (2, field)
    assert all(w in held["reason"] for w in (*words, "facts.csv")), held["reason"]
    assert read.report["rows_kept"] + read.report["rows_quarantined"] == read.report["rows_in"] == 2


def test_every_embedded_block_says_its_outcome_with_date_and_source() -> None:
    kept = embedded_auction_blocks().kept.set_index("block_id")
    assert kept["auction_outcome"].value_counts().to_dict()["sold"] == 32
    assert kept[["auction_tranche", "auction_outcome", "auction_outcome_date", "access_source"]].notna().all(axis=None)
    row = kept.loc["IN-AB-006"]
    assert (row["auction_tranche"], row["preferred_bidder"], row["auction_premium_pct"]) == (
        "1, offered again in 3",
        "Vedanta",
        6.05,
    )
    assert "derived, not printed" in kept.loc["IN-AB-004", "access_source"]
