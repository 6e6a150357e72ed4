"""Survey of India numbering, both ways, against the published index where it is at hand."""

from __future__ import annotations

import os

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_sources.regions import data_folder
from data_sources.sheets import (
    FOUR_DEGREE_SHEETS,
    bounds_of,
    index_disagreements,
    normalise,
    normalise_many,
    parent_of,
    sheet_of,
    sheets_in,
    sheets_of,
)
from khanij.foundation.errors import ContractError


@pytest.mark.parametrize(
    ("sheet", "bounds"),
    [
        ("55O/12", (79.50, 21.00, 79.75, 21.25)), ("57E/02", (77.0, 15.5, 77.25, 15.75)), ("57A/01", (76.0, 15.75, 76.25, 16.0)),
        ("57P/16", (79.75, 12.0, 80.0, 12.25)), ("57E", (77.0, 15.0, 78.0, 16.0)), ("57", (76.0, 12.0, 80.0, 16.0)),
        ("88E/12", (93.5, 7.0, 93.75, 7.25)), ("41A/01", (68.0, 23.75, 68.25, 24.0)), ("92A/01", (96.0, 27.75, 96.25, 28.0)),
    ],
)  # fmt: skip
def test_known_sheets_both_ways(sheet, bounds):
    assert bounds_of(sheet) == bounds
    west, south, east, north = bounds
    scale = {2: "4deg", 3: "1deg"}.get(len(sheet), "15min")
    assert sheet_of((west + east) / 2, (south + north) / 2, scale) == sheet


EVERY = 1 if os.environ.get("KHANIJ_LONG") else 8
"""Of so many sheets of four degrees one is looked at; of so many of its sheets one is looked up by its corners."""


def test_every_sheet_round_trips_and_none_overlaps():
    seen = {}
    chosen = dict(list(FOUR_DEGREE_SHEETS.items())[::EVERY])
    for number, (west, south) in chosen.items():
        for sheet in sheets_in((west, south, west + 4, south + 4))["sheet"]:
            assert sheet.startswith(str(number)) and sheet not in seen
            seen[sheet] = bounds_of(sheet)
            x0, y0, x1, y1 = seen[sheet]
            if len(seen) % EVERY == 0:
                assert sheet_of(x0, y0) == sheet == sheet_of(x1 - 1e-9, y1 - 1e-9), "half-open to the east and north"
    assert len(seen) == 256 * len(chosen) == len(set(seen.values())) and len(chosen) > 4


@settings(deadline=None)
@given(st.floats(68, 97.9), st.floats(5, 38))
def test_a_point_lies_on_its_own_sheet_and_on_all_its_parents(lon, lat):
    sheet = sheet_of(lon, lat)
    if sheet is None:
        assert sheet_of(lon, lat, "4deg") is None
        return
    while sheet:
        west, south, east, north = bounds_of(sheet)
        assert west <= lon < east and south <= lat < north
        sheet = parent_of(sheet)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("57E02", "57E/02"), ("57C9/1", "57C/09"), ("57F-09", "57F/09"), ("57/F10", "57F/10"), ("57B151", "57B/15"), ("53B3", "53B/03"),
        ("57C9/1/S/15", "57C/09"), ("57F/5-CS-1/10-12", "57F/05"), ("57/F10/048/SS/12/13", "57F/10"), ("57B15165/S/14", "57B/15"),
        ("57A/4/12/S/13", "57A/04"), ("57B/15/14", "57B/15"), ("57 o / 12", "57O/12"), ("55 O / NO. 12", "55O/12"), ("57 - F - 10", "57F/10"),
        ("57E", "57E"), ("57b3", "57B/03"), ("57B17", None), ("57Q01", None), ("sample 5", None), ("", None), (None, None), ("57E/00", None),
    ],
)  # fmt: skip
def test_spellings(text, expected):
    assert normalise(text) == expected


@settings(deadline=None)
@given(
    st.integers(39, 92),
    st.sampled_from("ABCDEFGHIJKLMNOP"),
    st.integers(1, 16),
    st.sampled_from(
        [
            "{n}{l}{q}",
            "{n}{l}{q:02d}",
            "{n}{l}/{q}",
            "{n}/{l}{q}",
            "{n}{l}-{q:02d}",
            "{n} {l} {q}",
            "{n}{l}/{q}/23/SS/14",
        ]
    ),
)
def test_any_spelling_of_any_sheet(number, letter, quarter, form):
    assert normalise(form.format(n=number, l=letter, q=quarter)) == f"{number}{letter}/{quarter:02d}"


def test_columns_agree_with_single_values():
    texts = pd.Series(["57E02/081/SS/00", None, "abc", "57F-09"] * 3)
    assert normalise_many(texts).tolist() == ["57E/02", "", "", "57F/09"] * 3
    lon, lat = np.array([77.1, 0.0, np.nan, 79.6]), np.array([15.6, 0.0, 15.0, 21.1])
    assert sheets_of(lon, lat).tolist() == ["57E/02", "", "", "55O/12"]


def test_what_is_no_sheet_is_refused():
    for wrong in ("50A/01", "57Q/01", "", "57E/17"):
        with pytest.raises(ContractError, match="55O/12"):
            bounds_of(wrong)


def test_sheets_in_an_extent():
    found = sheets_in((76.0, 13.75, 77.75, 15.75))
    assert len(found) == 7 * 8 and found.crs == "EPSG:4326" and found["sheet"].is_unique
    assert found.loc[0, "sheet"] == "57A/02" and found.loc[0, "parent"] == "57A"
    assert len(sheets_in((77.01, 15.51, 77.02, 15.52))) == 1
    assert len(sheets_in((76, 12, 80, 16), "1deg")) == 16 and len(sheets_in((66, 6, 99, 38), "4deg")) == len(
        FOUR_DEGREE_SHEETS
    )


@pytest.mark.real_data
def test_against_the_published_index():
    folder = data_folder()
    path = None if folder is None else folder / "soi_index" / "OldSystem_50K_Index.shp"
    if path is None or not path.exists():
        pytest.skip("soi_index is not here: set KHANIJ_DATA to the folder that holds it")
    index = gpd.read_file(path)
    box = index.bounds
    by_place = sheets_of(((box["minx"] + box["maxx"]) / 2).to_numpy(), ((box["miny"] + box["maxy"]) / 2).to_numpy())
    label = normalise_many(index["SheetNo"])
    differ = index.assign(label=label, by_place=by_place)[(label != by_place) | (label == "")]
    assert len(index) == 5110 and len(differ) == 257
    # 230 sheets of 64 carry 74, one digit wrong; 4 of Lakshadweep carry 0; the other 23 are slips of the pen.
    wrong_number = differ[differ["label"].str[:2] != differ["by_place"].str[:2]]
    assert ((differ["label"].str[:2] == "74") & (differ["by_place"].str[:2] == "64")).sum() == 230
    assert (index["SheetNo"] == "0").sum() == 4 and len(differ) - 230 - 4 == 23
    # Where the label agrees, its bounds are the polygon's to the last digit.
    agree = index[(label == by_place) & (label != "")]
    assert len(wrong_number) >= 230
    listed = index_disagreements(index)
    assert listed["row"].tolist() == (differ.index + 1).tolist()
    assert listed["why"].value_counts().to_dict() == {
        "4-degree number": 234, "no sheet number": 14, "letter": 8, "number": 1,
    }  # fmt: skip
    computed = np.array([bounds_of(s) for s in by_place[agree.index]])
    assert np.abs(computed - agree.bounds.to_numpy()).max() < 1e-6
