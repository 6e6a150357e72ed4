"""Every kind of waste source without a row: an inventory without sites, in its columns, and the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_regions import EXTENT_DEG, SITES, SmallRegion, site, with_figures

from data_sources.readers.blocks import read_blocks, without_taken
from data_sources.readers.quality import quality_table
from data_sources.readers.references import ORPHAN, ORPHAN_ALIKE, ORPHAN_HELD, SPELLED_APART
from data_sources.readers.waste import WasteInventory, read_inventory
from data_sources.readers.waste_merge import empty_inventory, merged_inventory
from data_sources.regions import Waste
from pipelines.cli.own.whole_region import lines_of

HEADER = ",".join(SITES) + "\n"
FAR = HEADER + ",".join(map(str, site(0, lon=80.0, lat=15.0))) + "\n"
KINDS = {
    "table": ("own_waste_table", "a.csv", HEADER, "empty", "there are no rows"),
    "table_far": ("own_waste_table", "a.csv", FAR, "empty", "all 1 rows lie outside the region's extent"),
    "table_held": ("own_waste_table", "a.csv", HEADER + "S-1" + "," * 13 + "\n", "empty", "all 1 rows are held"),
    "table_other": ("own_waste_table", "a.csv", "a,b\n1,2\n", "absent", "coordinate column"),
    "table_geojson": ("own_waste_table", "a.geojson", '{"type": "FeatureCollection", "features": []}', "empty", "there are no rows"),
    "portal": ("global_tailings_portal", "a.csv", "id,tsf,latitude,longitude,country\n", "empty", "there are no rows"),
    "portal_abroad": ("global_tailings_portal", "a.csv", "id,tsf,latitude,longitude,country\n1,x,1,2,Chile\n", "empty", "other countries"),
    "osm": ("osm_tailings_ponds", "a.json", '{"elements": []}', "empty", "there are no rows"),
    "stations": ("power_stations_india", "a.csv", "gppd_id,name,capacity_mw,latitude,longitude\n", "empty", "there are no rows"),
    "no_workbook": ("own_waste_table", "a.xlsx", "no workbook", "absent", "a.xlsx"),
    "not_there": ("own_waste_table", "a.csv", None, "absent", "missing"),
}  # fmt: skip


def read(sources: dict[str, tuple[str, Path]]) -> WasteInventory:
    waste = Waste.model_validate({"sources": [{"name": n, "card": c, "path": p.name} for n, (c, p) in sources.items()]})
    paths = {n: {"sites": p} for n, (_, p) in sources.items()}
    return merged_inventory(empty_inventory(), waste, paths, extent_deg=EXTENT_DEG)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_row_is_no_site_and_says_why(tmp_path: Path, kind: str) -> None:
    card, file, text, finding, word = KINDS[kind]
    if text is not None:
        (tmp_path / file).write_text(text)
    # a good source beside it is read all the same
    (tmp_path / "good.csv").write_text(HEADER + ",".join(map(str, site(0))) + "\n")
    for more, n in (({}, 0), ({"good": ("own_waste_table", tmp_path / "good.csv")}, 1)):
        inventory = read({"none": (card, tmp_path / file), **more})
        assert len(inventory.sites) == n
        whole = empty_inventory()
        for name in ("sites", "footprints", "tonnages", "grades", "constraints"):
            frame, wanted = getattr(inventory, name), getattr(whole, name)
            assert list(frame.columns) == list(wanted.columns), name
            if not len(frame):
                assert frame.dtypes.astype(str).to_dict() == wanted.dtypes.astype(str).to_dict(), name
        told = quality_table({"waste_inventory": inventory.report})
        mine = told[(told["finding"] == finding) & (told["source"] == "none")]
        assert mine["detail"].str.contains(word, regex=False).any(), told.to_string()
        assert not told["detail"].str.contains(str(tmp_path), regex=False).any(), "no path of this machine is published"
        assert inventory.report["rows_in"] == inventory.report["rows_kept"] + inventory.report["rows_quarantined"]


def inventory_of(region: SmallRegion, home: Path) -> WasteInventory:
    data = region.write(home)
    files = {"waste_sites": "sites.csv", "tonnages": "tonnages.csv", "grades": "grades.csv"}
    return read_inventory({k: data / v for k, v in files.items()}, card_name="own_waste_table", extent_deg=EXTENT_DEG)


def test_figures_find_their_site_or_are_held_with_the_reason(tmp_path: Path) -> None:
    region = with_figures([site(0, "End-01"), site(1, "S-01"), site(2, "S-02", lon=60.0, lat=10.0)])
    region.grades = []
    named = ["END-01", "end\u201301", "S-99", "S-02", "\u0415nd-01", "S-01\u200b"]
    region.tonnages = [
        (f"T{i}", s, "waste", 8, 10, 14, "published", "G3", "true", "src") for i, s in enumerate(named)
    ]  # fmt: skip
    inventory = inventory_of(region, tmp_path)
    assert dict(zip(inventory.tonnages["tonnage_id"], inventory.tonnages["site_id"])) == {
        "T0": "End-01", "T1": "End-01", "T5": "S-01",
    }  # fmt: skip
    held = inventory.quarantine[inventory.quarantine["layer"] == "tonnages"]
    assert dict(zip(held["row"].astype(int), held["reason"])) == {3: ORPHAN, 4: ORPHAN_HELD, 5: ORPHAN_ALIKE}
    apart = inventory.flags[inventory.flags["reason"] == SPELLED_APART]
    assert sorted(apart["row"].astype(int)) == [1, 2, 6]
    report = inventory.report["layers"]["tonnages"]
    assert (report["rows_in"], report["rows_kept"], report["rows_quarantined"]) == (6, 3, 3)
    assert report["by_reason"]["flagged"][SPELLED_APART] == 3


def test_a_named_table_that_is_not_there_says_so(tmp_path: Path) -> None:
    region = with_figures([site(0)])
    region.tonnages = None
    inventory = inventory_of(region, tmp_path)
    assert "tonnages.csv" in inventory.report["layers"]["tonnages"]["absent"]
    assert inventory.quarantine["reason"].str.contains("tonnages.csv").any()


def test_a_block_whose_id_another_layer_has_is_held(tmp_path: Path) -> None:
    data = SmallRegion().write(tmp_path)
    admitted = read_blocks(data / "blocks.geojson", "auction_blocks", card_name="own_blocks", extent_deg=EXTENT_DEG)
    left = without_taken(admitted, {"b-1": "waste block b-1"})
    assert left.kept["block_id"].tolist() == ["B-0", "B-2"] and left.report["rows_quarantined"] == 1
    assert left.quarantine["reason"].str.contains("waste block b-1").all()


def test_a_place_outside_that_names_what_is_inside_is_told_and_neither_held_nor_kept(tmp_path: Path) -> None:
    far = {"lon": 80.0, "lat": 15.0}
    rows = [list(r) for r in (site(0), site(1, **far), site(2, **far), site(3, lon=77.0, lat=23.0), site(4, **far))]
    for row, state, district in zip(
        rows,
        ["Jharkhand", "Jharkhand", "Andhra Pradesh", "Madhya Pradesh", "Old Bihar"],
        ["Singhbhum", "Ranchi", "Ongole", "Bhopal", "Singhbhum"],
    ):
        row[SITES.index("state")], row[SITES.index("district")] = state, district
    file = tmp_path / "a.csv"
    file.write_text(HEADER + "".join(",".join(map(str, row)) + "\n" for row in rows))
    report = read({"further": ("own_waste_table", file)}).report["layers"]["waste_sites of further"]
    assert (report["rows_in"], report["rows_kept"], report["rows_outside_region"]) == (1, 1, 4)
    (told,) = report["outside_but_named_inside"]
    assert told == "row 2: its State is Jharkhand, but it lies at 80.0000 E, 15.0000 N"
    (line,) = [
        line for line in lines_of("waste_sites of further", "a.csv", report) if "of the rows outside" in line.says
    ]
    assert line.verdict == "note" and told in line.says
    table = quality_table({"waste_sites of further": report})
    assert table.loc[table["finding"] == "outside, named inside", "detail"].tolist() == [
        "row 2: its State is Jharkhand"
    ], "the table of a release tells no place of a row whose source may not be passed on"


def test_a_district_of_the_region_that_a_far_row_names_is_told_where_no_state_is(tmp_path: Path) -> None:
    rows = [
        list(r) for r in (site(0), site(1, lon=80.0, lat=15.0), site(2, lon=84.2))
    ]  # the last is a neighbour, not a wrong place
    for row, district in zip(rows, ["Singhbhum", "SINGHBHUM", "Singhbhum"]):
        row[SITES.index("state")], row[SITES.index("district")] = "", district
    file = tmp_path / "a.csv"
    file.write_text(HEADER + "".join(",".join(map(str, row)) + "\n" for row in rows))
    report = read({"further": ("own_waste_table", file)}).report["layers"]["waste_sites of further"]
    assert report["outside_but_named_inside"] == [
        "row 2: its district is SINGHBHUM, but it lies at 80.0000 E, 15.0000 N"
    ]
