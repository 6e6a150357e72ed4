"""What a row says of itself in words of its own: another medium, a waste, the day a lease ends, a number that names no sheet."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml

from data_sources.cards.card import parse_card
from data_sources.contracts.admitting.places import NO_SHEET
from data_sources.readers.blocks import read_blocks
from data_sources.readers.layouts import BY_CARD, NOT_WRITTEN, OTHER_MEDIUM
from data_sources.readers.statuses.lease_status import columns_read, lease_statuses, unused_columns
from data_sources.readers.survey import admit_frame
from khanij.foundation.errors import SourceError
from pipelines.cli import main


def samples(kinds: list[str], column: str = "Sample type") -> pd.DataFrame:
    n = len(kinds)
    return pd.DataFrame(
        {"sample_id": [f"RJ{i:04d}" for i in range(n)], column: kinds, "longitude": [73.5 + 0.01 * i for i in range(n)],
         "latitude": [24.1] * n, "Cu_ppm": [20.0 + i for i in range(n)]}
    )  # fmt: skip


@pytest.mark.parametrize("column", ["Sample type", "MEDIUM", "sample_material", "Sample Medium"])
@pytest.mark.parametrize(
    ("layer", "word", "is_held"),
    [
        ("stream_sediments", "Soil", True), ("stream_sediments", "soil (C horizon)", True),
        ("stream_sediments", "Rock chip", True), ("stream_sediments", "Ground water", True),
        ("stream_sediments", "Stream sediment", False), ("stream_sediments", "SS", False),
        ("stream_sediments", "Nala silt", False), ("stream_sediments", "Composite", False),
        ("soil_samples", "stream_sediment", True), ("soil_samples", "Regolith", False), ("soil_samples", "Soil", False),
    ],
)  # fmt: skip
def test_a_sample_of_another_medium_is_held_and_said(column, layer, word, is_held):
    own = "Soil" if layer == "soil_samples" else "Stream sediment"
    got = admit_frame(samples([own, word, own, own], column), layer)
    held = got.quarantine[got.quarantine["reason"] == OTHER_MEDIUM]
    assert held["row"].tolist() == ([2] if is_held else []) and len(got.kept) == (3 if is_held else 4)
    assert column not in got.report["columns_unmapped"] or not is_held, "a column by which rows are judged is used"


def test_a_survey_of_mostly_soils_still_gives_its_sediments():
    got = admit_frame(samples(["Soil"] * 7 + ["Stream sediment"] * 2), "stream_sediments")
    assert len(got.kept) == 2 and not got.report.get("fails")
    assert got.report["rows_in"] == 9 == got.report["rows_kept"] + got.report["rows_quarantined"]


def test_a_survey_of_soils_alone_gives_no_sediment():
    got = admit_frame(samples(["Soil"] * 5), "stream_sediments")
    assert not len(got.kept) and got.report["empty"].endswith("all 5 rows are held in the quarantine")


def test_numbers_of_ones_own_name_no_sheet_and_need_none():
    got = admit_frame(samples(["x"] * 4), "stream_sediments")
    assert NO_SHEET not in set(got.flags["reason"])
    some = samples(["x"] * 4).assign(sample_id=["57A/1/001", "57A/1/002", "own-3", "57A/1/004"])
    flags = admit_frame(some, "stream_sediments").flags
    assert flags.loc[flags["reason"] == NO_SHEET, "row"].tolist() == [3]


@pytest.mark.parametrize(
    ("column", "written", "told"),
    [
        ("Expiry", "2030-03-31", "2030-03-31"), ("EXPIRY_DT", pd.Timestamp("2030-03-31"), "2030-03-31"),
        ("Valid upto", "31.03.2030", "31.03.2030"), ("lease_period_to", "31/03/2030", "31/03/2030"),
    ],
)  # fmt: skip
def test_the_day_until_which_a_lease_runs_is_told_and_compared_with_no_clock(column, written, told):
    frame = pd.DataFrame({"LESSEE": ["X Ltd", "Y Ltd"], column: [written, None]})
    status, _, remark = lease_statuses(frame)
    assert status.tolist() == ["third_party"] * 2
    assert remark.tolist() == [
        f"lease_status_not_stated_lessee_named; lease_until:{told}", "lease_status_not_stated_lessee_named",
    ]  # fmt: skip
    report = {"columns_unmapped": ["LESSEE", column, "Village"], "columns_read": columns_read(frame)}
    assert unused_columns(report) == ["Village"]


def test_a_word_that_the_card_translates_is_read_as_its_value_and_marked():
    frame = pd.DataFrame(
        {"site_id": ["a", "b", "c"], "name": ["A", "B", "C"], "lat": [24.0, 24.1, 24.2], "lon": [73.5, 73.6, 73.7],
         "Kind": [" Zinc Tailings", "red_mud", "who knows"]}
    )  # fmt: skip
    options = {
        "field_map": {"Kind": "waste_type_code"},
        "values": {"Kind": {"zinc tailings": "zn_pb_flotation_tailings"}},
    }
    got = admit_frame(frame, "waste_sites", options=options)
    assert got.kept["waste_type_code"].tolist() == ["zn_pb_flotation_tailings", "red_mud", "who knows"]
    assert got.flags.loc[got.flags["reason"] == BY_CARD, ["row", "value"]].to_numpy().tolist() == [
        [1, "zinc tailings -> zn_pb_flotation_tailings"]
    ]
    assert frame["Kind"].tolist()[0] == " Zinc Tailings", "the table of the caller stays as it was"


def test_a_card_may_translate_words_and_nothing_else():
    card = {
        "name": "own", "title": "t", "publisher": "p", "licence": "l", "redistribute": "no", "citation": "c", "protocol": "file",
        "contract": "waste_sites", "path": "x.csv",
    }  # fmt: skip
    parsed = parse_card(yaml.safe_dump(card | {"values": {"Kind": {"mud": "red_mud"}}}), file="own.yaml")
    assert parsed.values == {"Kind": {"mud": "red_mud"}}
    with pytest.raises(SourceError, match="values"):
        parse_card(yaml.safe_dump(card | {"values": {"Kind": "red_mud"}}), file="own.yaml")


def test_two_columns_for_one_field_are_refused(tmp_path, capsys):
    file = tmp_path / "a.csv"
    file.write_text("a,b,longitude,latitude,Cu_ppm\n1,2,73.5,24.1,20\n")
    asked = ["validate", str(file), "--as", "stream_sediments", "--map", "a=sample_id", "--map", "b=sample_id"]
    assert main(asked) == 2
    assert "--map a and --map b name one field" in capsys.readouterr().err


def test_lines_and_rocks_by_their_own_headers():
    line = shapely.LineString([(73.5, 24.1), (74.0, 24.5)])
    faults = gpd.GeoDataFrame({"fault_id": ["F9"], "fault_name": ["Great"]}, geometry=[line], crs=4326)
    assert admit_frame(faults, "faults").kept[["line_id", "name"]].to_numpy().tolist() == [["F9", "Great"]]
    rocks = gpd.GeoDataFrame({"ROCK_NAME": ["Dolomite"]}, geometry=[shapely.box(73.5, 24.1, 73.7, 24.3)], crs=4326)
    assert admit_frame(rocks, "lithology").kept["lithologic"].tolist() == ["Dolomite"]


def test_a_collection_of_point_and_outline_is_the_outline():
    pond = shapely.box(73.5, 24.1, 73.51, 24.11)
    both = shapely.GeometryCollection([shapely.Point(73.52, 24.12), pond])
    frame = gpd.GeoDataFrame(
        {"site_id": ["a", "b"], "name": ["A", "B"], "waste_type_code": ["red_mud"] * 2},
        geometry=[both, shapely.Point(73.6, 24.2)], crs=4326,
    )  # fmt: skip
    kept = admit_frame(frame, "waste_sites").kept
    assert pond.contains(kept.geometry[0]) and kept.geometry[1].equals(shapely.Point(73.6, 24.2))


def test_every_column_of_a_medium_is_asked_and_words_are_whole_words():
    table = samples(["ORIG"] * 6, "sample_type").assign(
        medium=["Soil", "Rock", "Rocky loam", "Plantation soil", "Soil", "Soil"]
    )
    got = admit_frame(table, "soil_samples")
    assert got.quarantine.loc[got.quarantine["reason"] == OTHER_MEDIUM, "row"].tolist() == [2]
    streams = samples(["Stream sediment", "stream water", "Active channel", "Channel bar", "Stream", "SS"])
    got = admit_frame(streams, "stream_sediments")
    assert got.quarantine.loc[got.quarantine["reason"] == OTHER_MEDIUM, "row"].tolist() == [2]


def test_a_code_with_gaps_is_translated_and_a_word_that_stands_nowhere_is_told():
    frame = pd.DataFrame(
        {"site_id": ["a", "b", "c"], "name": ["A", "B", "C"], "lat": [24.0, 24.1, 24.2], "lon": [73.5, 73.6, 73.7],
         "Kind": [1.0, None, 2.0]}
    )  # fmt: skip
    words = {"1": "red_mud", "mudd": "red_mud"}
    got = admit_frame(
        frame, "waste_sites", options={"field_map": {"Kind": "waste_type_code"}, "values": {"Kind": words}}
    )
    assert got.kept["waste_type_code"].fillna("").tolist() == ["red_mud", "", "2.0"]
    assert got.flags.loc[got.flags["reason"] == NOT_WRITTEN, "value"].tolist() == ["mudd"]


def test_the_status_of_leases_by_a_mapped_and_translated_column(tmp_path):
    shapes = [shapely.box(73.5 + i, 24.1, 73.52 + i, 24.12) for i in range(2)]
    file = tmp_path / "leases.gpkg"
    gpd.GeoDataFrame({"ML_NO": ["1", "2"], "STHITI": ["bandh", "working"]}, geometry=shapes, crs=4326).to_file(file)
    card = parse_card(
        yaml.safe_dump(
            {"name": "own", "title": "t", "publisher": "p", "licence": "l", "redistribute": "no", "citation": "c",
             "protocol": "file", "contract": "mining_leases", "path": "x.gpkg",
             "field_map": {"ML_NO": "block_id", "STHITI": "lease_status"}, "values": {"STHITI": {"bandh": "lapsed"}}}
        ), file="own.yaml",
    )  # fmt: skip
    kept = read_blocks(file, "mining_leases", card=card).kept
    assert kept.set_index("block_id")["lease_status"].to_dict() == {"1": "none", "2": "third_party"}
