"""Heuristics that a reviewer broke: a word more may make another thing of a quantity, a place, a zone, a sample or an auction."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from strangers import own_card

from data_sources.connectors.files import read_file
from data_sources.connectors.vectors.vector_opening import WRITERS_NUMBERS
from data_sources.contracts.admitting.cells.measured import TWO_STOCKS
from data_sources.contracts.admitting.places import coordinate_pair
from data_sources.contracts.shapes.remarks import remarks_of
from data_sources.contracts.waste import GRADES, TONNAGES
from data_sources.proposing.guessing import amount_column, metres_of, utm_crs_of
from data_sources.readers.common import _constants
from data_sources.readers.gates import read_gate_told
from data_sources.readers.statuses.auction_status import outcome_said
from data_sources.readers.survey import admit_frame
from data_sources.reference.waste_routes import nearest_code
from data_sources.regions import GateSource
from data_sources.register.routes import known_routes
from data_sources.register.tables import prefer_over_sources
from data_sources.register.volumes import UNREAD


@pytest.mark.parametrize(
    "header",
    [
        "Mineral reserve (Mt)",
        "Cu quantity (t)",
        "Qty transported (t)",
        "Gold qty (kg)",
        "Ash utilisation quantity (t)",
        "Quantity of concentrate (t)",
    ],
)
def test_another_quantity_is_no_tonnage_of_waste(header):
    got = admit_frame(pd.DataFrame({"site_id": ["A"], header: [120.0]}), "tonnages")
    assert got.kept["tonnage_mode_mt"].isna().all()


def test_of_two_stocks_none_is_taken():
    columns = ["Fly ash quantity (t)", "Bottom ash quantity (t)"]
    got = admit_frame(pd.DataFrame({"site_id": ["A"], **dict.fromkeys(columns, 5.0e6)}), "tonnages")
    assert got.kept["tonnage_mode_mt"].isna().all() and amount_column(columns) is None
    assert set(got.quarantine["reason"]) == {TWO_STOCKS.format(names=", ".join(columns), raw=c) for c in columns}


@pytest.mark.parametrize("of", ["Nearest town", "Plant", "Village", "Min", "Sec"])
def test_another_place_or_a_part_of_an_angle_is_no_position(of):
    assert coordinate_pair([f"{of} Lat", f"{of} Long"]) is None and coordinate_pair([f"Lat {of}", f"Long {of}"]) is None


@pytest.mark.parametrize(
    "more", [{"Zone": [44, 44], "Datum": ["Everest 1830"] * 2}, {"Grid No": [45, 45]}, {"Forest Zone": [43, 43]}]
)
def test_no_zone_beside_another_datum_or_from_any_number(more):
    frame = pd.DataFrame({"Easting": [384971, 385786], "Northing": [2706082, 2705400], **more})
    assert utm_crs_of(frame, metres_of(frame)) is None


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("Not yet allotted", "to_be_offered"), ("Yet to be granted", "to_be_offered"), ("Never auctioned", ""), ("Tender documents sold to 3 bidders", ""),
        ("Annulled twice, sold in 3rd attempt", ""), ("Offered in Tranche II (2024)", ""), ("Tender opened", ""), ("NIT issued for auction", "open"),
        ("Preferred bidder declared", "sold"), ("Annulled", "annulled"), ("G3 - to be auctioned", "to_be_offered"),
    ],
)  # fmt: skip
def test_what_became_of_an_auction(words, outcome):
    assert outcome_said(words) == outcome


@pytest.mark.parametrize("words", ["copper sludge", "copper smelter dust", "rice husk ash", "zinc ash"])
def test_no_code_for_a_waste_of_another_kind(words):
    assert nearest_code(words, known_routes()) == ""


def test_a_row_without_a_figure_cancels_none():
    table = pd.DataFrame(
        {"tonnage_id": ["1", "2"], "site_id": ["A", "A"], "tonnage_mode_mt": [5.0, None], "basis_code": ["published"] * 2, "is_preferred": pd.array([None, None], dtype="boolean"), "preference_reason": [None, None]}
    )  # fmt: skip

    got = prefer_over_sources(table, np.array([0, 0]), np.array([False]))
    assert got["is_preferred"].tolist() == [True, False]


@pytest.mark.parametrize(("ids", "kept"), [(["TSF-1", "TSF-2"], True), (["ID_00000", "ID_00001"], False)])
def test_ids_of_a_kml_stay_and_numbers_of_its_writer_go_with_a_word(tmp_path, ids, kept):
    marks = "".join(
        f'<Placemark id="{i}"><name>N{n}</name><Point><coordinates>82.{n},20.1,0</coordinates></Point></Placemark>'
        for n, i in enumerate(ids)
    )
    (tmp_path / "k.kml").write_text(f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{marks}</Document></kml>')
    got = read_file(tmp_path / "k.kml")
    assert ("id" in got.columns) == kept
    assert any(r == WRITERS_NUMBERS for *_, r, _ in remarks_of(got)) != kept


def test_a_volume_that_is_no_number_is_told():
    frame = pd.DataFrame(
        {"site_id": ["A", "B"], "Volume (m3)": ["2.0 million", "1000000"], "Density (t/m3)": ["1.6", "1.5"]}
    )
    got = admit_frame(frame, "tonnages")
    assert got.flags.loc[got.flags["reason"] == UNREAD, "row"].tolist() == [1]


def test_a_row_that_names_its_medium_is_not_held_for_another_column():
    frame = pd.DataFrame(
        {"sample_id": ["1", "2"], "longitude": [76.0, 76.1], "latitude": [15.1, 15.2], "Cu (ppm)": [20, 30], "sample_type": ["stream sediment"] * 2,
         "matrix": ["sand with rock fragments", "sand with plant debris"]}
    )  # fmt: skip
    assert len(admit_frame(frame, "stream_sediments").kept) == 2


@pytest.mark.parametrize("cell", ["ND", "BDL", "<0.5"])
def test_a_first_row_of_results_is_no_header(tmp_path, cell):
    (tmp_path / "t.csv").write_text(f"Sample,Au,Au,Remarks\nP-1,{cell},{cell},\nP-2,0.5,0.6,x\n")
    got = read_file(tmp_path / "t.csv")
    assert got["Sample"].tolist() == ["P-1", "P-2"]


def test_points_of_a_gate_of_outlines_are_counted_and_left_out(tmp_path):
    shapes = [shapely.box(76, 15, 76.1, 15.1), shapely.Point(76.5, 15.5)]
    gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=shapes, crs=4326).to_file(tmp_path / "g.gpkg")
    gate, report = read_gate_told(tmp_path / "g.gpkg", "forest", GateSource(path="g.gpkg", source="s"))
    assert len(gate) == 1 and (report["rows_in"], report["rows_kept"], report["points_left_out"]) == (2, 1, 1)


def test_a_constant_for_one_table_of_a_card_leaves_the_other():
    card = own_card("waste_sites", constants={"basis_code": "assay", "knowledge_class": "G3"})
    assert _constants(card, GRADES, "x")["basis_code"] == "assay"
    assert _constants(card, TONNAGES, "x") == {"knowledge_class": "G3"}
