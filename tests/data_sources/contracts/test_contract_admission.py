"""Nothing vanishes: rows in = kept + quarantined, whatever is wrong; each wrong row is named with its number."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from contract_samples import samples
from hypothesis import given, settings
from hypothesis import strategies as st

from data_sources.contracts import QUARANTINE_COLUMNS, ContractError, CrsError
from data_sources.contracts.admitting.admission import Area, admit
from data_sources.contracts.registry import ALL
from data_sources.contracts.survey import FAULTS, LITHOLOGY, MAGNETIC_STATIONS, OCCURRENCES, STREAM_SEDIMENTS
from data_sources.contracts.waste import WASTE_CONTRACTS


def held(out, text):
    """Row numbers held for a reason that contains ``text``."""
    q = out.quarantine
    return q.loc[q["reason"].str.contains(text, regex=False) & q["row"].notna(), "row"].astype(int).tolist()


def marked(out, text):
    return out.flags.loc[out.flags["reason"].str.contains(text, regex=False), "row"].astype(int).tolist()


def take(frame, **more):
    out = admit(frame, STREAM_SEDIMENTS, source="s", layer="stream_sediments", **more)
    assert len(frame) == len(out.kept) + out.quarantine["row"].dropna().nunique()
    assert list(out.quarantine.columns) == list(out.flags.columns) == list(QUARANTINE_COLUMNS)
    return out


def full(n=40):
    """Samples with oxides that add up to 95 % and two traces."""
    oxides = {"Si02": 62.0, "Al2O3": 15.0, "Fe2O3": 5.0, "TiO2": 0.6, "CaO": 3.0, "MgO": 2.0, "Na2O": 3.0, "K2O": 2.5}
    i = np.arange(n)
    return samples(
        n,
        **{k: x * (1 + 0.02 * np.sin(i + len(k))) for k, x in oxides.items()},
        Cu_ppm=28.0 + i % 7,
        La_ppm=31.0 + i % 5,
    )


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("longitude", 0.0, "near 0"),
        ("latitude", 0.0016, "near 0"),
        ("longitude", -9999.0, "no position"),
        ("latitude", -3.4e38, "no position"),
        ("longitude", None, "no position"),
        ("longitude", 131.0, "outside India"),
        ("latitude", 25.1, "outside the region"),
        ("longitude", 412_345.0, "not degrees"),
        ("Cu_ppm", 1_000_001.0, "1,000,000 ppm"),
        ("Si02", 100.5, "more than 100 %"),
        ("Al2O3", 25.0, "more than 102 %"),
        ("La_ppm", 60_000.0, "rare earths above 5 %"),
        ("sampleno", "BLANK", "missing"),
        ("sampleno", "57E02/003/SS/14", "duplicate key"),
    ],
)
def test_a_row_that_cannot_be_right_is_held_with_its_number_value_and_reason(column, value, reason):
    frame = full()
    frame[column] = frame[column].astype(object)
    frame.loc[17, column] = value
    out = take(frame, within=Area((77.0, 15.5, 77.25, 15.75)))
    assert held(out, reason) == [18], out.quarantine.to_string()
    assert out.quarantine["row"].dropna().unique().tolist() == [18]
    assert out.report["by_reason"]["quarantined"] and out.report["rows_quarantined"] == 1


def test_swapped_axes_are_held_not_mended():
    frame = full()
    frame.loc[4, ["longitude", "latitude"]] = list(frame.loc[4, ["latitude", "longitude"]])
    out = take(frame)
    assert held(out, "axis order") == [5]
    assert out.quarantine.iloc[0]["value"].startswith("15.51, 77.03")
    everything = full().rename(columns={"longitude": "latitude", "latitude": "longitude"})
    assert held(take(everything), "axis order") == list(range(1, 41))


def test_sheet_of_the_number_against_sheet_of_the_coordinates():
    frame = full()
    frame.loc[0, "sampleno"] = "53E02/900/SS/14"
    frame.loc[1, "sampleno"] = "sample one"
    out = take(frame)
    assert marked(out, "not the sheet of its coordinates") == [1] and marked(out, "no survey sheet") == [2]
    assert out.flags.loc[0, "value"] == "53E/02 named, 57E/02 by coordinates"
    assert out.report["sheets"] == {"agree": 38, "differ": 1, "unread": 1}
    assert out.kept.loc[0, "sheet"] == "53E/02", "the named sheet stays: nothing is mended"


def test_same_place_marks_both_and_keeps_both():
    frame = full()
    frame.loc[9, ["longitude", "latitude"]] = list(frame.loc[3, ["longitude", "latitude"]])
    out = take(frame)
    assert marked(out, "same coordinates") == [4, 10] and len(out.kept) == 40


def test_bom_spellings_and_unmapped_columns():
    frame = (
        full()
        .rename(columns={"sampleno": "\ufeffSampleNo", "longitude": "longitude_", "latitude": "latitude_r"})
        .assign(remarks="x")
    )
    out = take(frame)
    assert len(out.kept) == 40 and out.report["columns_unmapped"] == ["remarks"] and "SiO2_pct" in out.kept


def test_not_analysed_is_missing_and_below_detection_is_censored():
    frame = full()
    oxides = [c for c in frame if c in ("Si02", "Al2O3", "Fe2O3", "TiO2", "CaO", "MgO", "Na2O", "K2O")]
    frame.loc[6, oxides] = 0.0
    frame.loc[7, "MgO"] = 0.0
    out = take(frame)
    assert marked(out, "not analysed (missing)") == [7]
    row = out.kept.iloc[6]
    assert np.isnan(row["SiO2_pct"]) and not row["SiO2_pct_censored"]
    assert out.kept.loc[7, "MgO_pct_censored"] and out.kept.loc[7, "MgO_pct"] == pytest.approx(
        frame["MgO"].drop([6, 7]).min()
    )
    assert out.report["censoring"]["MgO_pct"]["censored"] == 1


def test_required_column_missing_says_where_and_what_to_do():
    grades = pd.DataFrame({"grade_id": ["G1"], "element": ["Cu"]})
    with pytest.raises(ContractError) as error:
        admit(grades, WASTE_CONTRACTS["grades"], source="s", layer="grades", file="a.csv")
    for piece in ("site_id", "a.csv", "grades", "field_map"):
        assert piece in str(error.value)
    with pytest.raises(ContractError, match="no column of an element"):
        admit(samples()[["sampleno", "longitude", "latitude"]], STREAM_SEDIMENTS, source="s", layer="stream_sediments")


def test_unknown_crs_is_refused_and_a_projected_layer_is_brought_to_degrees():
    line = shapely.LineString([(77.0, 15.0), (77.1, 15.1)])
    with pytest.raises(CrsError, match="name it in the card"):
        admit(gpd.GeoDataFrame({"objectid": [1]}, geometry=[line]), FAULTS, source="s", layer="faults", file="f.shp")
    utm = gpd.GeoDataFrame({"objectid": [1]}, geometry=[line], crs=4326).to_crs(32643)
    out = admit(utm, FAULTS, source="s", layer="faults")
    assert out.kept.crs == "EPSG:4326" and shapely.distance(out.kept.geometry[0], line) < 1e-9


def test_invalid_geometry_is_repaired_and_said_and_other_types_are_held():
    bow = shapely.Polygon([(77, 15), (77.1, 15.1), (77.1, 15), (77, 15.1)])
    frame = gpd.GeoDataFrame(
        {"objectid": [1, 2, 3, 4]},
        geometry=[bow, shapely.box(77, 15, 77.1, 15.1), shapely.Point(77, 15), None],
        crs=4326,
    )
    out = admit(frame, LITHOLOGY, source="s", layer="lithology")
    assert marked(out, "repaired") == [1] and held(out, "another type") == [3] and held(out, "no position") == [4]
    assert out.kept.geometry.is_valid.all() and "Self-intersection" in out.flags.iloc[0]["value"]


def test_a_geometry_that_cannot_be_repaired_is_held_and_the_others_are_kept():
    nan = float("nan")
    lines = [shapely.LineString([(nan, nan), (77.1, 15.1)]), shapely.LineString([(77, 15), (77.1, 15.1)])]
    out = admit(gpd.GeoDataFrame({"objectid": [1, 2]}, geometry=lines, crs=4326), FAULTS, source="s", layer="faults")
    assert held(out, "cannot be repaired") == [1] and len(out.kept) == 1
    assert out.report["rows_in"] == out.report["rows_kept"] + out.report["rows_quarantined"] == 2


def test_blank_is_missing_and_a_key_is_made_where_there_is_none():
    frame = gpd.GeoDataFrame(
        {"fault_name": ["BLANK"] * 2, "fault_type": ["FAULT", "THRUST"], "toposheet_": ["57A03", "57/B-8"]},
        geometry=[shapely.LineString([(77, 15), (77.1, 15)])] * 2, crs=4326,
    )  # fmt: skip
    out = admit(frame, FAULTS, source="s", layer="faults")
    assert out.kept["name"].isna().all() and marked(out, "sentinel") == [1, 2]
    assert (
        out.kept["sheet"].tolist() == ["57A/03", "57B/08"] and out.kept["line_id"].is_unique and out.report["key_made"]
    )


def test_out_of_bounds_and_sentinel_stations():
    frame = pd.DataFrame(
        {
            "objectid": range(5),
            "magnetic_a": [100.0, -3.4e38, 9e5, 7000.0, None],
            "longitude_": 77.1 + np.arange(5) / 100,
            "latitude_r": 15.1,
        }
    )
    out = admit(frame, MAGNETIC_STATIONS, source="s", layer="magnetic_stations")
    assert held(out, "outside what is possible") == [3] and marked(out, "outside what is usual") == [4]
    assert marked(out, "sentinel") == [2] and out.kept["magnetic_anomaly_nt"].isna().tolist() == [
        False,
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("state", "lon", "lat", "is_held"),
    [
        ("Odisha", 89.33, 20.80, True), ("Odisha", 83.33, 20.80, False), ("ORISSA", 83.33, 20.80, False),
        ("Maharashtra", 77.246, 31.7537, True), ("BIHAR", 85.3, 23.3, False), ("Madhya Pradesh", 82.7, 22.3, False),
        ("GUJRAT", 72.0, 22.0, False), ("Karnataka / Andhra Pradesh", 77.5, 15.0, False), ("UT: Jammu and Kashmir", 74.8, 33.1, False),
        ("Nowhere", 77.0, 15.0, False),
    ],
)  # fmt: skip
def test_state_boxes(state, lon, lat, is_held):
    frame = pd.DataFrame(
        {"objectid": [1], "commodity": ["iron"], "state": [state], "longitude": [lon], "latitude": [lat]}
    )
    out = admit(frame, OCCURRENCES, source="s", layer="occurrences")
    assert (held(out, "outside the state") == [1]) is is_held
    assert (out.report.get("states_not_known") == {"Nowhere": 1}) is (state == "Nowhere")


def test_state_polygons_of_the_user_decide_exactly():
    frame = pd.DataFrame(
        {"objectid": [1, 2], "commodity": "iron", "state": "Goa", "longitude": [74.0, 74.35], "latitude": [15.3, 15.85]}
    )
    assert len(admit(frame, OCCURRENCES, source="s", layer="occurrences").kept) == 2
    polygons = gpd.GeoDataFrame({"state": ["GOA"]}, geometry=[shapely.box(73.7, 14.9, 74.2, 15.7)], crs=4326)
    assert held(
        admit(frame, OCCURRENCES, source="s", layer="occurrences", within=Area(states=polygons)), "outside the state"
    ) == [2]


def test_no_rows_is_no_error_here():
    out = take(full().iloc[:0])
    assert len(out.kept) == 0 and out.report["rows_in"] == 0


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_contract_yields_a_schema(name):
    contract = ALL[name]
    names = contract.names()
    assert len(set(names)) == len(names) and set(contract.key) <= set(names)


DEFECTS = {
    "longitude": [0.0, -9999.0, None, 15.6, 412345.0, 200.0, -3.4e38],
    "latitude": [0.0, 77.1, None, 2.0, 89.0],
    "Cu_ppm": ["<5", "BDL", 0, -3, "BLANK", 2e6, "x", None],
    "Si02": [0, 140.0, None],
    "sampleno": ["57E02/001/SS/14", "", None, "BLANK", "no sheet"],
}


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_whatever_is_planted_rows_in_equal_rows_kept_plus_quarantined(data):
    frame = full(12).astype(dict.fromkeys(DEFECTS, object))
    for _ in range(data.draw(st.integers(0, 12))):
        column = data.draw(st.sampled_from(sorted(DEFECTS)))
        frame.loc[data.draw(st.integers(0, 11)), column] = data.draw(st.sampled_from(DEFECTS[column]))
    out = take(frame, within=Area((77.0, 15.5, 77.25, 15.75)))
    assert out.kept["sample_id"].is_unique and out.kept["sample_id"].notna().all()
    assert not set(out.flags["row"]) & set(out.quarantine["row"].dropna())
    assert set(range(1, 13)) == set(out.quarantine["row"].dropna().astype(int)) | set(range(1, 13)) - set(
        out.quarantine["row"].dropna().astype(int)
    )
    assert (out.kept.geometry.x.between(77, 77.25) & out.kept.geometry.y.between(15.5, 15.75)).all()
    censored = [c for c in out.kept if c.endswith("_censored")]
    for c in censored:
        assert (out.kept.loc[out.kept[c], c.removesuffix("_censored")] > 0).all()


def test_shuffling_rows_changes_only_the_row_numbers():
    frame = full()
    frame.loc[3, "Cu_ppm"], frame.loc[8, "longitude"] = 2e6, 0.0
    order = np.random.default_rng(3).permutation(40)
    one, two = take(frame), take(frame.iloc[order].reset_index(drop=True))
    a, b = (o.kept.drop(columns="geometry").sort_values("sample_id").reset_index(drop=True) for o in (one, two))
    pd.testing.assert_frame_equal(a, b)
    assert one.report["by_reason"] == two.report["by_reason"]


def test_two_columns_of_one_name_and_names_that_are_no_texts():
    frame = full()
    twice = pd.concat([frame, frame[["Cu_ppm"]] * 9], axis=1)
    twice[2014] = "x"
    out = take(twice)
    assert np.allclose(out.kept["Cu_ppm"], frame["Cu_ppm"]) and "2014" in out.report["columns_unmapped"]
    assert out.report["columns_unused"][0]["column"] == "Cu_ppm"


def test_element_beside_its_oxide_counts_once():
    frame = full().assign(La2O3_ppm=40.0)
    out = take(frame)
    assert np.allclose(out.kept["La_ppm"], frame["La_ppm"]) and out.report["columns_unused"][0]["column"] == "La2O3_ppm"
