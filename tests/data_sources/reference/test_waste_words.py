"""Words of a waste -> its code: plain words are read, others bring a hint that shares more than *tailings* with them."""

import re

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml

from data_sources.contracts.admitting.admission import Admission
from data_sources.contracts.errors import ContractError
from data_sources.readers.survey import admit_frame
from data_sources.reference.waste_routes import nearest_code, plain_code
from data_sources.register.routes import known_routes


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Copper tailings (old)", "cu_flotation_tailings"),
        ("Gold mill tailings", "au_mill_tailings"),
        ("Copper smelter slag", "cu_smelter_slag"),
        ("Smelter slag", ""),
        ("Steel slag", ""),
        ("ISF slag", ""),
        ("Zinc residue", ""),
        ("Zn-Pb tailings", "zn_pb_flotation_tailings"),
        ("Coal rejects", ""),
        ("Washery rejects", ""),
        ("Coal OB dump", "coal_overburden"),
        ("Bauxite residue (dry stacked)", "red_mud"),
        ("Bauxite", ""),
        ("Bauxite overburden", ""),
        ("Red earth", ""),
        ("Old gold dump", ""),
        ("Chromite OB dump (lateritic)", "cr_laterite_overburden"),
        ("COB plant tailing", "cr_dumps_tailings"),
        ("Jarosite residue", "jarosite_jarofix"),
        ("Iron ore tailings", "fe_slimes"),
        ("Iron ore slimes", "fe_slimes"),
        ("Chromite overburden", "cr_laterite_overburden"),
        ("pond ash", "coal_fly_ash"),
        ("lignite ash", "lignite_fly_ash"),
        ("phosphogypsum stack", "phosphogypsum"),
        ("tailings", ""),
        ("Pyrite", ""),
        ("Overburden / waste rock", ""),
    ],
)
def test_a_hint_shares_the_commodity_or_there_is_none(words, code):
    assert nearest_code(words, known_routes()) == code


def admitted(**columns: list) -> Admission:
    frame = gpd.GeoDataFrame(
        columns, geometry=[shapely.Point(76 + i / 10, 15) for i in range(len(next(iter(columns.values()))))], crs=4326
    )
    return admit_frame(frame, "waste_sites", file="register.csv")


def test_words_that_are_a_code_are_read_as_it():
    found = admitted(site_id=["a", "b"], name=["A", "B"], waste_type_code=["Red Mud", "Copper tailings"])
    assert (
        found.kept["waste_type_code"].tolist() == ["red_mud", "Copper tailings"] and plain_code("Red  mud") == "red_mud"
    )
    (flag,) = found.flags.loc[found.flags["field"] == "waste_type_code", "value"]
    assert flag == "Copper tailings (did you mean cu_flotation_tailings?)"


@pytest.mark.parametrize("given", ["name", "site_id"])
def test_sites_with_one_column_for_what_they_are_called_have_both(given):
    found = admitted(**{given: ["North dam", "South dam"]}, waste_type_code=["red_mud", "red_mud"])
    assert found.kept["site_id"].tolist() == found.kept["name"].tolist() == ["North dam", "South dam"]
    assert given in found.report["key_made"]


def test_a_column_that_a_card_names_keeps_the_unit_of_its_header():
    shape = shapely.box(76, 15, 76.11, 15.11)
    block = gpd.GeoDataFrame({"Block_Name": ["A"], "Area_sqkm": [144.0]}, geometry=[shape], crs=4326)
    mapped = {"field_map": {"Block_Name": "block_id", "Area_sqkm": "area_ha"}}
    found = admit_frame(block, "auction_blocks", file="blocks.gpkg", options=mapped)
    assert found.kept["area_ha"].tolist() == [pytest.approx(14_400)] and not len(found.flags)


@pytest.mark.parametrize(
    ("column", "units", "tonnes_mt", "is_told"),
    [
        ("qty_best", {}, 12.5, True),
        ("qty_mt_best", {}, 12.5, True),
        ("qty_best", {"qty_best": "lakh t"}, 1.25, False),
        ("qty (lakh t)", {}, 1.25, False),
    ],
)
def test_a_tonnage_that_a_card_names_without_a_unit_is_told(column, units, tonnes_mt, is_told):
    table = pd.DataFrame({"site_id": ["a"], column: [12.5]})
    options = {"field_map": {column: "tonnage_mode_mt"}, "units": units}
    found = admit_frame(table, "tonnages", file="stock.csv", options=options)
    assert found.kept["tonnage_mode_mt"].tolist() == [pytest.approx(tonnes_mt)]
    assert found.flags["reason"].str.contains("nobody its unit").any() == is_told


def test_a_name_that_several_sites_have_is_no_key_and_the_remedy_names_the_column_that_is():
    table = pd.DataFrame(
        {
            "Sl No": [1, 2, 3, 4],
            "Name of Dump": ["Balaghat", "BALAGHAT", "Balaghat ", "Tirodi"],
            "lat": [22.02, 22.05, 22.06, 22.07],
            "lon": [80.71, 80.73, 80.74, 80.75],
            "waste_type_code": ["red_mud"] * 4,
        }
    )
    with pytest.raises(ContractError, match="Name of Dump repeats: no key by itself") as refused:
        admit_frame(table, "waste_sites", file="register.csv")
    assert refused.value.field == "site_id" and "--map 'Sl No=site_id'" in refused.value.do
    remedy = yaml.safe_load(re.search(r"field_map: (\{.*?\})", refused.value.do)[1])
    found = admit_frame(table, "waste_sites", file="register.csv", options={"field_map": remedy})
    assert found.kept["site_id"].tolist() == ["1", "2", "3", "4"] and not found.report["rows_quarantined"]
    with pytest.raises(ContractError) as refused:
        admit_frame(table.drop(columns="Sl No"), "waste_sites", file="register.csv")
    assert "add a column site_id" in refused.value.do


def test_a_name_that_one_row_in_many_repeats_is_a_key_of_rows_that_stand_twice():
    names = [f"Dump {i}" for i in range(19)] + ["Dump 3"]
    found = admitted(name=names, waste_type_code=["red_mud"] * 20)
    assert len(found.kept) == 19 and found.report["key_made"] == "site_id taken from name"


def test_a_dump_is_called_by_its_own_name_before_its_sites():
    found = admitted(**{"Site Name": ["M", "M"], "Name of Facilities": ["A", "B"], "waste_type_code": ["red_mud"] * 2})
    assert found.kept["name"].tolist() == ["A", "B"]
