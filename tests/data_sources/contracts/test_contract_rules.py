"""Rules across fields: ranges in order, grades against their unit, areas, printed coordinates."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from data_sources.contracts.admitting.admission import admit
from data_sources.contracts.admitting.deposits import printed_coordinates
from data_sources.contracts.admitting.rules import geodesic_area_ha
from data_sources.contracts.blocks import AUCTION_BLOCKS
from data_sources.contracts.survey import OCCURRENCES
from data_sources.contracts.waste import GRADES, TONNAGES, WASTE_FOOTPRINTS


def grades(**changes):
    row = {
        "grade_id": "G1",
        "site_id": "S1",
        "element": "Cu",
        "value_mode": 0.2,
        "unit": "%",
        "ppm_mode": 2000.0,
        "use": "1",
    }
    return admit(pd.DataFrame([row | changes]), GRADES, source="s", layer="grades")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ppm_mode": 200.0}, "disagree"),
        ({"unit": "stones"}, "unknown unit"),
        ({"unit": None}, "unknown unit"),
        ({"value_mode": 140.0, "ppm_mode": None}, "1,000,000 ppm"),
        ({"element": "TREE", "value_mode": 6.2, "ppm_mode": 62000.0}, "above 5 %"),
        ({"element": "La", "value_mode": 62000, "unit": "ppm", "ppm_mode": 62000.0}, "above 5 %"),
        ({"value_min": 0.3, "ppm_min": 3000.0}, "does not hold"),
        ({"value_mode": -1.0, "ppm_mode": None}, "outside what is possible"),
        ({"basis_code": "guess"}, "vocabulary"),
    ],
)
def test_wrong_grades_are_held(changes, reason):
    out = grades(**changes)
    assert len(out.kept) == 0 and out.quarantine["reason"].str.contains(reason, regex=False).any()


@pytest.mark.parametrize(("unit", "value"), [("ppm", 2000), ("g/t", 2000), ("%", 0.2), ("ppb", 2e6)])
def test_ppm_is_filled_from_value_and_unit(unit, value):
    assert grades(unit=unit, value_mode=value, ppm_mode=None).kept["ppm_mode"].tolist() == [pytest.approx(2000.0)]


def test_tonnage_ranges_sizes_and_the_preferred_figure():
    base = {"site_id": "S1", "basis_code": "published", "is_preferred": "false"}
    rows = [
        {"tonnage_id": "a", "tonnage_min_mt": 1, "tonnage_mode_mt": 2, "tonnage_max_mt": 3},
        {"tonnage_id": "b", "tonnage_min_mt": 4, "tonnage_mode_mt": 2, "tonnage_max_mt": 3},
        {"tonnage_id": "c", "tonnage_mode_mt": 4_200_000},
        {"tonnage_id": "d", "tonnage_min_mt": 5, "tonnage_max_mt": 3},
    ]
    out = admit(pd.DataFrame([base | r for r in rows]), TONNAGES, source="s", layer="tonnages")
    assert out.kept["tonnage_id"].tolist() == ["a"] and sorted(out.quarantine["row"].unique()) == [2, 3, 4]
    assert out.flags["reason"].str.contains("exactly one preferred").any()


SQUARE = shapely.box(77.0, 15.0, 77.01, 15.01)
TRUE_HA = float(geodesic_area_ha(np.array([SQUARE]))[0])


def test_geodesic_area_against_the_published_figure_for_a_hundredth_of_a_degree():
    # 1.11 km by 1.07 km at 15 N: 0.01 deg x 110.66 km/deg by 0.01 deg x 107.55 km/deg.
    assert pytest.approx(1.1066 * 1.0755 * 100, rel=2e-3) == TRUE_HA


@pytest.mark.parametrize(
    ("area", "kept", "reason"),
    [
        (TRUE_HA, True, None), (TRUE_HA * 1.03, True, "differ by more than 2 %"), (SQUARE.area, False, "degrees"),
        (SQUARE.area * 1e-4, False, "degrees"), (0.0, False, "zero or negative"), (None, True, None),
    ],
)  # fmt: skip
def test_areas(area, kept, reason):
    for contract, key in ((AUCTION_BLOCKS, "block_id"), (WASTE_FOOTPRINTS, "site_id")):
        out = admit(
            gpd.GeoDataFrame({key: ["x"], "area_ha": [area]}, geometry=[SQUARE], crs=4326),
            contract,
            source="s",
            layer="l",
        )
        assert (len(out.kept) == 1) is kept
        if reason:
            assert pd.concat([out.quarantine, out.flags])["reason"].str.contains(reason, regex=False).any()
        if area is None:
            assert out.kept["area_ha"].iloc[0] == pytest.approx(TRUE_HA, abs=1e-3)


@pytest.mark.parametrize(
    ("text", "lat", "lon", "is_range"),
    [
        ("17^15' : 80^25'", 17.25, 80 + 25 / 60, False),
        ("13^07'40\" : 76^22'", 13 + 7 / 60 + 40 / 3600, 76 + 22 / 60, False),
        ("13^32' - 13^34' : 75^45' - 75^47'", 13.55, 75 + 46 / 60, True),
        ("20^28'30\" _ 20^29'30\" : 80^59'", 20 + 29 / 60, 80 + 59 / 60, True),
        ("a) 12^09' : 76^30'", 12.15, 76.5, False),
        ("9^32' : 77^54'", 9 + 32 / 60, 77.9, False),
        ("not known", np.nan, np.nan, False),
        ("12^75' : 76^30'", np.nan, 76.5, False),
    ],
)
def test_printed_coordinates(text, lat, lon, is_range):
    row = printed_coordinates(pd.Series([text])).iloc[0]
    assert np.allclose([row["lat"], row["lon"]], [lat, lon], equal_nan=True) and row["is_range"] is np.bool_(is_range)


def test_shifted_and_disagreeing_deposits():
    frame = pd.DataFrame(
        {
            "gsi_deposit_id": [1, 2, 3, 4], "mineral": "Iron Ore", "state": "ORISSA",
            "latlong": ["21^01' : 85^41'30\"\tCr\"", "21^01' : 85^41'30\"", "21^01' : 85^41'", "21^02' - 21^04' : 85^41'"],
            "latitude": [21.0167, 21.0167, 21.5, 21.05], "longitude": [85.6917, 85.6917, 85.6833, 85.6833],
        }
    )  # fmt: skip
    out = admit(frame, OCCURRENCES, source="s", layer="occurrences")
    reasons = out.quarantine.set_index("row")["reason"]
    assert "shifted" in reasons[1] and "differ from the printed" in reasons[3] and len(out.kept) == 2
    marks = out.flags[out.flags["field"] == "coordinates_text"].set_index("row")["reason"]
    assert "unescaped quote" in marks[2] and "range" in marks[4]
