"""What identifies a site in an office's own table: a code, though a row stands twice; never a serial number, a depth, a total."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml
from offices import home, inventory, proposed

from data_sources.readers.quality import quality_table
from data_sources.reference.waste_routes import nearest_code
from data_sources.register.routes import known_routes
from pipelines.cli import main

__all__ = ["home"]
CODES = [f"ESB/TP/{i:02d}" for i in range(1, 13)]


def register(folder: Path, *, far: bool = False) -> Path:
    """Twelve ponds by serial number and code, one of them twice, a total and a note below."""
    folder.mkdir(parents=True)
    table = pd.DataFrame(
        {
            "Sl. No.": range(1, 13), "Pond/Dump Code": CODES, "Name of Pond / Dump": [f"Pond {c}" for c in CODES],
            "Nature of Material": ["Copper flotation tailings"] * 12, "Latitude": [22.5 + 0.02 * i for i in range(12)],
            "Longitude": [86.3 + 0.01 * i for i in range(12)], "Qty. (Lakh MT)": [40.0 + i for i in range(12)],
        }
    )  # fmt: skip
    if far:
        table.loc[4, "Latitude"] = 26.66
    again = table.iloc[[2]].assign(**{"Sl. No.": 13})
    total = pd.DataFrame({"Name of Pond / Dump": ["TOTAL"], "Qty. (Lakh MT)": [546.0]})
    note = pd.DataFrame({"Name of Pond / Dump": ["Note: as on 31.03.2025"]})
    pd.concat([table, again, total, note]).to_csv(folder / "tailing_ponds.csv", index=False)
    return folder


def assays(folder: Path, titles: bool = False) -> None:
    """Samples of every second metre; half of the sites are another office's."""
    sites = [c for c in [*CODES, *(f"KGF-{i}" for i in range(12))] for _ in range(3)]
    table = pd.DataFrame(
        {"Lab No": range(1, 73), "Sample Id": [f"S{i}" for i in range(72)], "Site Code": sites,
         "Depth From (m)": [0, 2, 4] * 24, "Depth To (m)": [2, 4, 6] * 24, "Cu (%)": [0.09 + 0.001 * i for i in range(72)]}
    )  # fmt: skip
    text = table.to_csv(index=False)
    head = '"Test report: augered composites"\nMethod: ICP-OES\n' if titles else ""
    (folder / "assays.csv").write_text(head + text, encoding="utf-8")


def test_the_code_is_the_id_though_a_row_stands_twice_and_a_total_has_none(home, tmp_path, capsys):
    files = register(tmp_path / "files")
    assays(files)
    maps = {row["layer"]: row["field_map"] for row in proposed(files, capsys)["placed"]}
    assert {maps[n]["Pond/Dump Code"] for n in ("waste_sites", "tonnages")} == {"site_id"}
    assert maps["grades"] == {"Site Code": "site_id"}, "neither a depth nor the number of a sample"
    got = inventory()
    assert sorted(got.sites["site_id"]) == CODES and set(got.grades["site_id"]) == set(CODES)
    assert len(got.grades) == 36


def test_a_serial_number_is_taken_where_there_is_nothing_else(home, tmp_path, capsys):
    files = register(tmp_path / "files")
    table = pd.read_csv(files / "tailing_ponds.csv").head(12).drop(columns=["Pond/Dump Code", "Name of Pond / Dump"])
    table.to_csv(files / "tailing_ponds.csv", index=False)
    maps = {row["layer"]: row["field_map"] for row in proposed(files, capsys)["placed"]}
    assert maps["waste_sites"]["Sl. No."] == "site_id"


def test_titles_above_a_text_table_are_passed_over_and_told(home, tmp_path, capsys):
    files = register(tmp_path / "files")
    assays(files, titles=True)
    placed = {row["layer"]: row for row in proposed(files, capsys)["placed"]}
    assert placed["grades"]["field_map"] == {"Site Code": "site_id"}
    assert yaml.safe_load((home / "cards" / "belt_grades.yaml").read_text())["options"] == {"header_row": 3}
    asked = ["validate", str(files / "assays.csv"), "--as", "grades", "--map", "Site Code=site_id"]
    assert main(asked) == 2
    assert "a title; row 3 looks like the header" in capsys.readouterr().err
    assert main([*asked, "--header-row", "3"]) == 0


def test_a_place_far_from_all_others_is_pointed_out(home, tmp_path, capsys):
    told = proposed(register(tmp_path / "files", far=True), capsys)
    look = [t for row in told["placed"] for t in row["look_at"]]
    assert any(t.startswith("far from all other sites, a place typed wrong? ESB/TP/05;") for t in look)
    main(["validate", "--region", "belt", "--json"])
    lines = json.loads(capsys.readouterr().out)["looked_at"]
    assert any("a place typed wrong? ESB/TP/05;" in line["says"] for line in lines)
    near = proposed(register(tmp_path / "near"), capsys, "--force")
    assert not any("far from" in t for row in near["placed"] for t in row["look_at"])


def test_leases_and_blocks_of_a_globe_are_known_by_their_names(home, tmp_path, capsys):
    files = tmp_path / "files"
    files.mkdir()
    squares = [shapely.box(86.3 + 0.05 * i, 22.5, 86.33 + 0.05 * i, 22.53) for i in range(8)]
    names = [f"ML {i} of X Ltd" for i in range(8)]
    leases = gpd.GeoDataFrame({"Name": [*names, "office"]}, geometry=[*squares, shapely.Point(86.5, 22.6)], crs=4326)
    leases.to_file(files / "Mining leases.kml", driver="KML")
    blocks = gpd.GeoDataFrame({"Name": ["North", "South"]}, geometry=squares[:2], crs=4326)
    blocks.to_file(files / "Auction_blocks_IX.kml", driver="KML")
    placed = {row["layer"]: row for row in proposed(files, capsys)["placed"]}
    assert set(placed) == {"mining_leases", "auction_blocks"}
    assert all("Name" in row["field_map"] for row in placed.values()), "what each is called by is read"
    assert (placed["mining_leases"]["rows_in"], placed["mining_leases"]["rows_kept"]) == (9, 8), (
        "the stray point is held"
    )


def test_assays_of_ponds_are_no_stream_sediments(home, tmp_path, capsys):
    files = tmp_path / "files"
    files.mkdir()
    lines = [
        f"CG-{i},Dyke {i},Fly ash,{22 + 0.1 * i:.1f},{82 + 0.1 * i:.1f},{9 + i},310,12,28,0.03" for i in range(1, 14)
    ]
    head = "Site,Name of dyke,Kind of residue,Lat,Long,Qty (Mt),TREE (ppm),Sc (ppm),Ga (ppm),V2O5 (%)\n"
    (files / "dgm_list.csv").write_text(head + "\n".join(lines) + "\n")
    layers = {row["layer"] for row in proposed(files, capsys)["placed"]}
    assert layers == {"waste_sites", "tonnages", "grades"}


def test_a_total_of_rare_earths_that_nothing_can_recompute_is_told():
    told = {
        "column": "TREE (ppm)",
        "used": False,
        "rows": 13,
        "formula": "cannot be recomputed",
        "missing": ["La", "Ce"],
    }
    table = quality_table({"stream_sediments": {"rows_in": 13, "rows_kept": 13, "derived_columns": [told]}})
    assert "no column of La, Ce" in " ".join(table["detail"].astype(str))


def test_sand_of_a_mill_is_no_sand_of_a_beach():
    codes = set(known_routes())
    assert (
        nearest_code("Old mill sand dump", codes) == "" and nearest_code("Gold mill sand", codes) == "au_mill_tailings"
    )
    assert nearest_code("Beach sand tailings", codes) == "beach_sand_tailings"


def test_outlines_of_one_pond_are_one_footprint(home, tmp_path, capsys):
    files = register(tmp_path / "files")
    pond, wing = shapely.box(86.299, 22.499, 86.301, 22.501), shapely.box(86.301, 22.499, 86.302, 22.501)
    drawn = gpd.GeoDataFrame({"Code": [CODES[0]] * 3}, geometry=[pond, pond, wing], crs=4326)
    drawn.to_file(files / "pond_footprints.gpkg")
    proposed(files, capsys)
    footprints = inventory().footprints
    assert footprints["site_id"].tolist() == [CODES[0]]
    both = gpd.GeoSeries([pond.union(wing)], crs=4326).to_crs("+proj=aea +lat_1=22 +lat_2=23 +lat_0=22.5 +lon_0=86.3")
    assert footprints["area_ha"].tolist() == [pytest.approx(both.area.iloc[0] / 1e4, rel=1e-4)]
