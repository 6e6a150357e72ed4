"""Units in headers of quantities: a multiplier outside brackets counts, and half of a unit is none."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from data_sources.contracts.admitting.raw_columns import NOT_TURNED
from data_sources.readers.survey import admit_frame

HELD = NOT_TURNED.split("{")[0]


def tonnages(header: str, *, is_mapped: bool = False):
    frame = pd.DataFrame({"site_id": ["A"], header: [9.6]})
    return admit_frame(frame, "tonnages", options={"field_map": {header: "tonnage_mode_mt"}} if is_mapped else {})


@pytest.mark.parametrize("is_mapped", [False, True])
@pytest.mark.parametrize(
    ("header", "million_t"),
    [
        ("Qty_million_t", 9.6), ("Qty million tonnes", 9.6), ("Quantity_million_tonnes", 9.6), ("Qty_lakh_t", 0.96),
        ("Qty_in_lakh_tonnes", 0.96), ("Stock_000_t", 0.0096), ("Stock_thousand_tonnes", 0.0096), ("crore_t", 96.0), ("Qty_MnT", 9.6),
        ("Qty (mill. tonnes)", 9.6), ("Qty (lac tonnes)", 0.96), ("Qty million (t)", 9.6), ("मात्रा (लाख टन)", 0.96), ("टनेज लाख टन", 0.96),
        ("Qty (million t)", 9.6), ("Qty_Mt", 9.6), ("Qty (MMT)", 9.6), ("Qty (lakh MT)", 0.96), ("Stock (000 t)", 0.0096), ("Qty_kt", 0.0096),
        ("Qty in Crore T", 96.0), ("Qty_t", 9.6e-6),
    ],
)  # fmt: skip
def test_a_multiplier_counts_wherever_it_stands(header, million_t, is_mapped):
    got = tonnages(header, is_mapped=is_mapped)
    assert got.kept["tonnage_mode_mt"].tolist() == pytest.approx([million_t])
    assert not len(got.quarantine)


@pytest.mark.parametrize(
    "header",
    ["Qty_zillion_t", "Qty_million", "Qty in lakhs", "Qty_million_short_tons", "Qty (bags)", "Qty tpa", "Qty_M_t", "Pond_no_3_t", "Qty_MT"],
)  # fmt: skip
def test_half_of_a_unit_is_none(header):
    got = tonnages(header, is_mapped=True)
    assert got.kept["tonnage_mode_mt"].isna().all(), "no number by a unit of which a part is not understood"
    assert got.quarantine["field"].tolist() == [header] and got.quarantine["reason"].iloc[0].startswith(HELD)


def test_a_tonnage_in_hindi_without_a_unit_is_held_as_in_english():
    got = tonnages("टनेज")
    assert got.kept["tonnage_mode_mt"].isna().all() and "no unit" in got.quarantine["reason"].iloc[0]


@pytest.mark.parametrize(
    ("header", "hectares"),
    [("area_sq_km", 960.0), ("Area_in_sq_m", 9.6e-4), ("Area_acres", 3.884982), ("area_km", None), ("area_000_ha", None)],
)  # fmt: skip
def test_areas_by_the_unit_of_their_header(header, hectares):
    shape = [shapely.box(76, 14, 76.05, 14.05)]
    frame = gpd.GeoDataFrame({"site_id": ["A"], header: [9.6]}, geometry=shape, crs=4326)
    got = admit_frame(frame, "waste_footprints", options={"field_map": {header: "area_ha"}})
    if hectares is None:  # the area is that of the outline then
        assert got.quarantine["field"].tolist() == [header] and got.kept["area_ha"].iloc[0] > 2000
    else:
        assert got.kept["area_ha"].tolist() == pytest.approx([hectares], rel=1e-5)
