"""``khanij new region`` where files speak of each other: ponds that are outlines, sites by their names, words for wastes."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml
from foreign_belts import NAMES, belt_in_hindi, belt_of_outlines, belt_of_tables, belt_of_words, belt_of_workbook
from offices import home, inventory, proposed

from data_sources.readers.references import ORPHAN_HELD
from data_sources.regions import load_region
from data_sources.register.routes import why_not_valued
from pipelines.cli import main

__all__ = ["home"]


def test_outlines_of_ponds_are_sites_and_their_footprints(home, tmp_path, capsys):
    told = proposed(belt_of_outlines(tmp_path / "files"), capsys)
    layers = {row["layer"]: row for row in told["placed"]}
    assert not told["unplaced"] and "waste_footprints" not in layers
    assert layers["waste_sites"]["field_map"] == {"dump_name": "site_id", "material": "waste_type_code"}
    got = inventory()
    assert sorted(got.sites["site_id"]) == sorted(NAMES) and sorted(got.footprints["site_id"]) == sorted(NAMES)
    drawn = got.footprints.set_index("site_id").geometry
    for site in got.sites.itertuples(index=False):
        assert drawn[site.site_id].contains(shapely.Point(site.lon, site.lat)), "the position lies in the outline"
    files = gpd.read_parquet(tmp_path / "files" / "tsf_polygons.parquet").to_crs(4326).set_index("dump_name").geometry
    for name in NAMES:
        assert drawn[name].symmetric_difference(files[name]).area < 1e-9
    assert got.flags["reason"].str.startswith("an outline and no point").any()
    assert got.report["rows_in"] == got.report["rows_kept"] + got.report["rows_quarantined"]


def test_sites_are_known_by_the_column_that_other_tables_name(home, tmp_path, capsys):
    told = proposed(belt_of_outlines(tmp_path / "files"), capsys)
    sites = next(row for row in told["placed"] if row["layer"] == "waste_sites")
    assert any("dump_name taken as site_id: its values are named in" in text for text in sites["look_at"])
    got = inventory()
    assert set(got.tonnages["site_id"]) == set(NAMES) and got.tonnages["tonnage_mode_mt"].notna().all()
    assert len(got.grades) == 4 * 8 and not len(got.quarantine)


def test_words_for_wastes_are_translated_in_the_card_and_marked(home, tmp_path, capsys):
    told = proposed(belt_of_outlines(tmp_path / "files"), capsys)
    card = yaml.safe_load((home / "cards" / "belt_waste_sites.yaml").read_text())
    assert card["values"]["material"] == dict.fromkeys(
        ("Zn-Pb tailings", "zinc tailings", "zinc-lead tailings"), "zn_pb_flotation_tailings"
    )
    sites = inventory().sites.set_index("site_id")["waste_type_code"]
    assert sites.to_dict() == {n: "waste rock" if "dump" in n else "zn_pb_flotation_tailings" for n in NAMES}, (
        "words that come near to no code stay"
    )
    assert why_not_valued("waste rock", None)
    marks = inventory().marks
    assert {s for s, words in marks.items() if "word_translated_by_card" in words} == {
        n for n in NAMES if "dump" not in n
    }
    look = [t for row in told["placed"] for t in row["look_at"]]
    assert any(t.startswith("1 site cannot be valued: no route takes 'waste rock'") for t in look)


def test_a_workbook_of_everything_beside_outlines_that_name_its_ponds(home, tmp_path, capsys):
    told = proposed(belt_of_workbook(tmp_path / "files"), capsys, "--crs", "EPSG:32645")
    layers = {row["layer"]: row for row in told["placed"]}
    assert set(layers) == {
        "waste_sites", "tonnages", "grades", "waste_footprints", "auction_blocks", "stream_sediments", "forest",
    }  # fmt: skip
    assert not told["unplaced"] and layers["waste_footprints"]["file"] == "tailing_ponds.kml"
    got = inventory()
    assert len(got.footprints) == 3 and got.tonnages["tonnage_mode_mt"].tolist() == pytest.approx([8.25, 3.1, 1.2])
    card = yaml.safe_load((home / "cards" / "belt_stream_sediments.yaml").read_text())
    assert card["options"] == {"x": "EASTING", "y": "NORTHING"} and card["crs"] == "EPSG:32645"


def test_metres_without_their_grid_are_asked_for(home, tmp_path, capsys):
    told = proposed(belt_of_workbook(tmp_path / "files"), capsys)
    (lost,) = told["unplaced"]
    assert lost["file"] == "NGCM samples.csv" and "in metres (EASTING, NORTHING)" in lost["why"]
    assert "--crs CODE" in lost["needs"] and "32645 to 90 E" in lost["needs"]


def test_outlines_that_name_nothing_are_those_of_the_sites_in_them(home, tmp_path, capsys):
    told = proposed(belt_of_tables(tmp_path / "files"), capsys)
    layers = {row["layer"]: row for row in told["placed"]}
    assert set(layers) == {"waste_sites", "tonnages", "grades", "mining_leases", "outlines"} and not told["unplaced"]
    assert layers["mining_leases"]["field_map"] == {"lease": "block_id"}, "a day until which it runs is no number of it"
    region = load_region("belt")
    assert region.waste.sources[0].kind == "outlines" and "outlines" not in region.layers
    got = inventory()
    assert sorted(got.footprints["site_id"]) == ["Belgaum", "Damanjodi"]
    assert got.sites.set_index("site_id")["waste_type_code"].to_dict() == {
        "Damanjodi": "red_mud", "Belgaum": "red_mud", "Renukoot": "red_mud", "Talcher STPS": "coal_fly_ash",
    }  # fmt: skip
    assert main(["validate", "--region", "belt"]) == 0
    assert "columns not used" not in capsys.readouterr().out, "what one layer leaves another reads"


def test_points_of_another_file_are_the_positions_of_a_register_without(home, tmp_path, capsys):
    told = proposed(belt_of_words(tmp_path / "files"), capsys)
    layers = {row["layer"]: row for row in told["placed"]}
    assert set(layers) == {"waste_sites", "tonnages", "grades", "positions"}
    (lost,) = told["unplaced"]
    assert lost["why"] == "tonnages of sites (A, B) that the file of the sites does not name"
    got = inventory()
    assert got.sites.set_index("site_id")[["lon", "lat"]].to_dict("index") == {
        "KGF-1": {"lon": 78.26, "lat": 12.95}, "KGF-2": {"lon": 78.27, "lat": 12.96}, "KGF-3": {"lon": 78.255, "lat": 12.93},
    }  # fmt: skip
    assert [p.coords[0] for p in got.sites.geometry] == list(zip(got.sites["lon"], got.sites["lat"]))
    assert set(got.sites["position_basis"]) == {"as in dump_points.kml, as waste_footprints"}
    assert got.sites["source"].str.endswith("; position: dump_points.kml, as waste_footprints").all()
    assert got.tonnages["tonnage_mode_mt"].tolist() == pytest.approx([6.1, 3.3, 1.3]) and len(got.grades) == 9


def test_a_place_is_held_where_no_site_may_lie_and_of_two_neither_is_taken(home, tmp_path, capsys):
    files = belt_of_words(tmp_path / "files")
    points = gpd.read_file(files / "dump_points.kml")[["Name", "geometry"]]
    points.loc[0, "geometry"] = shapely.Point(12.95, 78.26)  # swapped
    points.loc[3] = ["KGF-2", shapely.Point(78.3, 12.9)]
    points.loc[4] = ["Kolar town", shapely.Point(78.13, 13.13)]
    (files / "dump_points.kml").unlink()
    points.to_file(files / "dump_points.geojson", driver="GeoJSON")
    proposed(files, capsys, "--extent", "78,12.5,78.5,13.5")
    got = inventory()
    assert got.sites.set_index("site_id")["lon"].isna().to_dict() == {"KGF-1": True, "KGF-2": True, "KGF-3": False}
    report = got.report["layers"]["positions of positions"]
    assert (report["rows_in"], report["rows_kept"], report["rows_quarantined"]) == (2, 1, 1)
    assert report["places_of_sites_named_twice"] == 2 and report["places_of_no_site_without_position"] == 1


def test_a_register_in_hindi_is_sites_tonnages_and_grades(home, tmp_path, capsys):
    told = proposed(belt_in_hindi(tmp_path / "files"), capsys)
    assert {row["layer"] for row in told["placed"]} == {"waste_sites", "tonnages", "grades"} and not told["unplaced"]
    got = inventory()
    assert set(got.sites["waste_type_code"]) == {"coal_fly_ash"}
    assert got.tonnages["tonnage_mode_mt"].tolist() == pytest.approx([45, 30]) and len(got.grades) == 4


def test_the_same_table_is_read_alike_whatever_its_rows_order(home, tmp_path, capsys):
    files = belt_of_outlines(tmp_path / "files")
    table = pd.read_csv(files / "quantities.csv")
    first = proposed(files, capsys)
    table.iloc[::-1].to_csv(files / "quantities.csv", index=False)
    again = proposed(files, capsys, "--force")
    assert [r["field_map"] for r in first["placed"]] == [r["field_map"] for r in again["placed"]]


def test_a_position_brings_its_terms_with_it(home, tmp_path, capsys):
    proposed(belt_of_words(tmp_path / "files"), capsys)
    sites, positions = (home / "cards" / f"belt_{n}.yaml" for n in ("waste_sites", "positions"))
    sites.write_text(sites.read_text().replace("redistribute: 'no'", "redistribute: 'yes'"))
    assert set(inventory().sites["redistribute"]) == {"no"}
    positions.write_text(positions.read_text().replace("redistribute: 'no'", "redistribute: 'yes'"))
    assert set(inventory().sites["redistribute"]) == {"yes"}


def test_outlines_follow_the_column_that_their_card_names(home, tmp_path, capsys):
    proposed(belt_of_tables(tmp_path / "files"), capsys)
    card = home / "cards" / "belt_outlines.yaml"
    card.write_text(card.read_text() + "field_map: {name: site_id}\nvalues: {}\n")
    path = home / "data" / "belt" / "pond_outlines.gpkg"
    outlines = gpd.read_file(path).assign(name=["Belgaum ", "damanjodi"])
    path.unlink()
    outlines.to_file(path, layer="ponds")
    drawn = inventory().footprints.set_index("site_id").geometry
    assert set(drawn.index) == {"Belgaum", "Damanjodi"}
    assert drawn["Belgaum"].centroid.x == pytest.approx(82.91), "as its row says, and not as it lies"


def office_of_other_spellings(folder):
    """A register with codes as RM-1, of which one is held, and assays of a laboratory that calls them RM1."""
    folder.mkdir()
    (folder / "waste_register.csv").write_text(
        "Site Code,Name of pond,Latitude,Longitude,Type of waste\nRM-1,Hill pond,18.77,82.91,red_mud\nRM-2,River pond,19.21,83.04,red_mud\n"
        "RM-3,Town pond,19.71,83.39,red_mud\nFA-1,Ash pond,83.09,17.59,coal_fly_ash\n"
    )
    (folder / "assays.csv").write_text(
        "Lab No,Site,Sc (ppm)\nL1,RM1,48\nL2,RM2,42\nL3,Town mud,52\nL4,FA-1,22\n".replace("FA-1", "FA1")
    )
    return folder


def test_sites_in_another_spelling_are_named_with_what_to_write_and_that_works(home, tmp_path, capsys):
    told = proposed(office_of_other_spellings(tmp_path / "files"), capsys)
    grades = next(row for row in told["placed"] if row["layer"] == "grades")
    assert any("every row would be held" in text and "(RM1, RM2, Town mud ...)" in text for text in grades["look_at"])
    assert main(["validate", "--region", "belt", "--json"]) == 1
    lines = json.loads(capsys.readouterr().out)["looked_at"]
    line = next(x for x in lines if "sites that the register lacks" in x["says"])
    assert line["says"].endswith("lacks: RM1 (RM-1?), RM2 (RM-2?), Town mud, FA1")
    card = home / "cards" / "belt_grades.yaml"
    words = yaml.safe_load(line["do"][line["do"].index("values: ") :])["values"]
    assert words == {"Site": {"RM1": "RM-1", "RM2": "RM-2"}}
    words["Site"] |= {"Town mud": "RM-3", "FA1": "FA-1"}
    card.write_text(card.read_text() + yaml.safe_dump({"values": words}))
    got = inventory()
    assert dict(zip(got.grades["site_id"], got.grades["value_mode"])) == {"RM-1": 48.0, "RM-2": 42.0, "RM-3": 52.0}
    held = got.quarantine[got.quarantine["layer"] == "grades"]
    assert held[["row", "value", "reason"]].to_numpy().tolist() == [[4, "FA-1", ORPHAN_HELD]], "its place was turned"


def test_a_code_that_stands_twice_is_not_said_to_stand_once(home, tmp_path, capsys):
    folder = tmp_path / "files"
    folder.mkdir()
    rows = [
        f"{c},Pond {i},{18 + i / 10},{83 + i / 10},red_mud" for i, c in enumerate("MN-1 MN-1 RM-1 RM-2 RM-3".split())
    ]
    (folder / "waste_register.csv").write_text(
        "\n".join(["Site Code,Name of pond,Latitude,Longitude,Type of waste", *rows, ""])
    )
    told = proposed(folder, capsys)
    (sites,) = (row for row in told["placed"] if row["layer"] == "waste_sites")
    guess = next(text for text in sites["look_at"] if "Site Code taken as site_id" in text)
    assert "nearly each value stands once (MN-1 not)" in guess
