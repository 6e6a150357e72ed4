"""How tables of others write the same thing: units in headers, limits, decimal commas, degrees and minutes, sheet numbers."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from data_sources.contracts.admitting import places, values
from data_sources.contracts.admitting.admission import admit
from data_sources.contracts.admitting.chemistry import parse_column
from data_sources.contracts.admitting.values import parse_numbers
from data_sources.contracts.survey import STREAM_SEDIMENTS
from data_sources.sheets import normalise


@pytest.mark.parametrize(
    ("name", "target", "unit"),
    [
        ("K2O%", "K2O_pct", "pct"),
        ("Cu.ppm", "Cu_ppm", "ppm"),
        ("Cu in ppm", "Cu_ppm", "ppm"),
        ("ppm Cu", "Cu_ppm", "ppm"),
        ("Cu µg g-1", "Cu_ppm", "ppm"),
        ("Au_g_t", "Au_ppm", "ppm"),
        ("La (ppm) ICP-MS", "La_ppm", "ppm"),
        ("Copper (ppm)", "Cu_ppm", "ppm"),
        ("Gold_ppb", "Au_ppm", "ppb"),
        ("L.O.I.", "LOI_pct", ""),
        ("SiO2 (wt.%)", "SiO2_pct", "pct"),
    ],
)
def test_units_in_headers(name: str, target: str, unit: str) -> None:
    column = parse_column(name)
    assert column is not None and (column.species.target, column.stated_unit) == (target, unit)


@pytest.mark.parametrize("name", ["S No", "S.No.", "Cu_flag", "Cu_DL", "in_situ", "Sn_id", "Lithium", "Lead", "No."])
def test_what_stands_beside_an_analysis_is_none(name: str) -> None:
    assert parse_column(name) is None


def test_a_column_of_an_unknown_unit_does_not_take_the_place_of_a_known_one() -> None:
    frame = pd.DataFrame(
        {"sampleno": ["57B/08/1"], "longitude": [76.1], "latitude": [15.2], "Cu_xyz": [1], "Cu_ppm": [20]}
    )
    out = admit(frame, STREAM_SEDIMENTS, source="s", layer="stream_sediments")
    assert out.kept["Cu_ppm"].tolist() == [20.0]


@pytest.mark.parametrize(
    ("cell", "limit"),
    [
        ("5 (DL)", 5.0),
        ("<5 (LOD)", 5.0),
        ("BDL (5)", 5.0),
        ("<1,000", 1000.0),
        ("&lt;5", 5.0),
        ("\uff1c5", 5.0),
        ("\u22125", 5.0),
    ],
)
def test_limits_in_other_words(cell: str, limit: float) -> None:
    out = parse_numbers(pd.Series([cell, "900", "2000", "7"]), censorable=True)
    assert out.values[0] == limit and out.censored[0]


@pytest.mark.parametrize("cell", ["Not detected", "not det.", "LLD", "BQL", "DL", "<", "tr."])
def test_below_a_limit_that_is_not_said(cell: str) -> None:
    out = parse_numbers(pd.Series([cell, "3", "2"]), censorable=True)
    assert out.values[0] == 2.0 and out.censored[0] and values.NO_LIMIT in out.notes


def test_a_decimal_comma_is_decimal_where_the_column_says_so() -> None:
    out = parse_numbers(pd.Series(["0,5", "1,234", "<0,2", "1.234,5"]), censorable=True)
    assert out.values.tolist() == [0.5, 1.234, 0.2, 1234.5] and out.censored.tolist() == [False, False, True, False]
    assert out.notes[values.COMMA].tolist() == [0, 1, 2, 3]
    thousands = parse_numbers(pd.Series(["1,234", "1,23,456", "12 345"]))
    assert thousands.values.tolist() == [1234.0, 123456.0, 12345.0] and values.COMMA not in thousands.notes


def test_commas_that_contradict_each_other_are_not_guessed() -> None:
    out = parse_numbers(pd.Series(["0,5", "1,23,456"]))
    assert np.isnan(out.values[0]) and out.notes[values.UNREADABLE].tolist() == [0]


def test_a_negative_number_far_above_all_that_was_reported_is_no_limit() -> None:
    out = parse_numbers(pd.Series([-777.0, -5.0, 8.0, 20.0]), censorable=True)
    assert np.isnan(out.values[0]) and out.values[1] == 5.0
    assert out.notes[values.SENTINEL].tolist() == [0] and out.notes[values.NEGATIVE_LIMIT].tolist() == [1]


def test_a_limit_is_no_value_where_no_column_can_mark_it() -> None:
    out = parse_numbers(pd.Series(["<5", "BDL", "7"]))
    assert np.isnan(out.values[:2]).all() and out.notes[values.UNREADABLE].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("text", "degrees"),
    [("76°30'15\"E", 76.504166667), ("76 30 15", 76.504166667), ("76-30-15", 76.504166667), ("N 15°20.5'", 15.341666667),
     ("76.5 E", 76.5), ("15.5S", -15.5), ("76°75'", np.nan), ("abc", np.nan)],
)  # fmt: skip
def test_degrees_and_minutes(text: str, degrees: float) -> None:
    np.testing.assert_allclose(places.degrees_of(text), degrees, rtol=1e-9)


def test_positions_in_degrees_and_minutes_are_read_and_said_and_unreadable_ones_are_shown() -> None:
    frame = pd.DataFrame(
        {
            "Sample No.": ["57B/08/1", "57B/08/2", "57B/08/3"],
            "Longitude (DD)": ["76°30'15\"E", "76,25", "near the bridge"],
            "Latitude (DD)": ["15°12'N", "15,3", "15,4"],
            "Cu (ppm)": [20, 30, 40],
        }
    )
    out = admit(frame, STREAM_SEDIMENTS, source="s", layer="stream_sediments")
    assert out.kept["sample_id"].tolist() == ["57B/08/1", "57B/08/2"]
    np.testing.assert_allclose(out.kept.geometry.x, [76.504166667, 76.25])
    assert {places.DMS, values.COMMA} <= set(out.flags["reason"])
    held = out.quarantine.iloc[0]
    assert (held["row"], held["reason"], held["value"]) == (3, places.NO_POSITION, "near the bridge, 15,4")


@pytest.mark.parametrize(
    ("text", "sheet"),
    [("057B/08", "57B/08"), ("57.B.8", "57B/08"), ("57_B_8", "57B/08"), ("Toposheet No. 57 B/8", "57B/08"),
     ("57B/NE", "57B"), ("57B/8/NE", "57B/08"), ("57B/17", None), ("57B/NW/3", None)],
)  # fmt: skip
def test_sheet_numbers_in_more_spellings(text: str, sheet: str | None) -> None:
    assert normalise(text) == sheet


def samples() -> pd.DataFrame:
    rows = range(4)
    return pd.DataFrame(
        {
            "sampleno": [f"57A/08/{i}" for i in rows],
            "longitude": [76.3 + i / 100 for i in rows],
            "latitude": [15.05 + i / 100 for i in rows],
            "Cu_ppm": 20.0,
        }
    )


@pytest.mark.parametrize(
    ("to", "stated", "reason"),
    [
        (32643, 32643, None),
        (3857, 3857, None),
        (32643, 32644, places.OTHER_CRS),
        (4326, 32643, places.DEGREES),
        (32643, 4326, places.NOT_DEGREES),
    ],
)
def test_a_wrong_crs_is_held_by_what_the_rows_say_themselves(to: int, stated: int, reason: str | None) -> None:
    raw = samples()
    shapes = gpd.points_from_xy(raw["longitude"], raw["latitude"], crs=4326).to_crs(to)
    frame = gpd.GeoDataFrame(raw, geometry=gpd.GeoSeries(shapes).set_crs(stated, allow_override=True))
    out = admit(frame, STREAM_SEDIMENTS, source="s", layer="stream_sediments")
    if reason is None:
        assert len(out.kept) == 4 and not len(out.quarantine)
    else:
        assert out.quarantine["row"].tolist() == [1, 2, 3, 4] and out.quarantine["reason"].str.startswith(reason).all()


def test_a_geometry_with_its_axes_swapped_is_called_so_though_the_columns_are_right() -> None:
    raw = samples()
    frame = gpd.GeoDataFrame(raw, geometry=gpd.points_from_xy(raw["latitude"], raw["longitude"]), crs=4326)
    out = admit(frame, STREAM_SEDIMENTS, source="s", layer="stream_sediments")
    assert set(out.quarantine["reason"]) == {places.SWAPPED} and len(out.quarantine) == 4


def test_a_table_without_coordinates_says_what_to_do() -> None:
    frame = samples().drop(columns=["longitude", "latitude"])
    out = admit(frame, STREAM_SEDIMENTS, source="s", layer="stream_sediments")
    assert set(out.quarantine["reason"]) == {places.NO_COLUMNS} and not len(out.kept)
