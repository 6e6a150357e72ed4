"""The route of a site that names its waste: the table's only one; what has several is left to who values them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import data_sources.register.routes as routes
from data_sources.readers.waste import embedded_inventory, read_inventory, with_waste_routes
from data_sources.reference import load_reference, load_table
from data_sources.reference.describe import page
from data_sources.reference.route_sales import sold_products
from data_sources.reference.waste_routes import from_type, routes_of_wastes
from data_sources.register.routes import known_routes, why_not_valued, with_routes
from scoring.waste.routes import RouteBook

SITES = "site_id,name,lat,lon,waste_type_code{head}\nA1,a,14.5,76.5,cu_flotation_tailings{cu}\nA2,b,14.6,76.6,red_mud{mud}\nA3,c,14.7,76.7,{none}\n"
GRADES = (
    "grade_id,site_id,element,value_mode,unit,basis_code,use\nG1,A1,copper,0.52,%,assay,1\nG2,A2,Sc,60,ppm,assay,1\n"
)


def inventory(folder: Path, head: str = "", cu: str = "", mud: str = ""):
    (folder / "sites.csv").write_text(SITES.format(head=head, cu=cu, mud=mud, none="," if head else ""))
    (folder / "grades.csv").write_text(GRADES)
    found = read_inventory(
        {"waste_sites": folder / "sites.csv", "grades": folder / "grades.csv"}, card_name="own_waste_table"
    )
    return with_waste_routes(found)


def test_a_table_without_routes_has_those_of_its_wastes(tmp_path: Path) -> None:
    bare, told = inventory(tmp_path), inventory(tmp_path, ",route_code", ",flotation_cu", ",acid_leach_sx")
    assert (
        bare.sites["route_code"].tolist()[:2]
        == ["flotation_cu", "acid_leach_sx"]
        == told.sites["route_code"].tolist()[:2]
    )
    assert pd.isna(bare.sites["route_code"].iloc[2])
    assert (
        bare.marks == {"A1": "route_from_waste_type:flotation_cu", "A2": "route_from_waste_type:acid_leach_sx"}
        and told.marks == {}
    )
    pd.testing.assert_frame_equal(bare.grades, told.grades)


def test_a_route_that_is_named_stays(tmp_path: Path) -> None:
    assert inventory(tmp_path, ",route_code", ",cil_releach", ",").sites["route_code"].tolist()[:2] == [
        "cil_releach",
        "acid_leach_sx",
    ]


def test_every_waste_of_the_table_has_its_routes() -> None:
    codes = {c for text in load_table("routes")["waste_type_codes"].dropna() for c in text.split(";")}
    assert set(known_routes()) == codes and known_routes()["fe_slimes"] == ("gravity_mag_fe",)
    assert with_waste_routes(embedded_inventory()).marks == embedded_inventory().marks, (
        "the register names its routes itself"
    )


def test_the_routes_of_a_waste_are_all_that_list_it() -> None:
    table = pd.DataFrame({"route_code": ["one", "two", "none"], "waste_type_codes": ["mud; ash", "ash;dust", None]})
    assert routes_of_wastes(table) == {"mud": ("one",), "ash": ("one", "two"), "dust": ("two",)}
    assert from_type("two", ["one"]) == "route_from_waste_type:two (others: one)"


def test_a_waste_with_several_routes_is_left_to_who_values_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "known_routes", lambda: {"ash": ("acid_leach_sx", "none_known"), "mud": ("pg_leach",)})
    sites = pd.DataFrame({"site_id": ["A", "B"], "waste_type_code": ["ash", "mud"], "route_code": [None, None]})
    found, told = with_routes(sites.astype("str"))
    assert pd.isna(found["route_code"].iloc[0]) and found["route_code"].iloc[1] == "pg_leach"
    assert told == {"B": "route_from_waste_type:pg_leach"}
    nothing = "no treatment that sells a product of ash is known (routes acid_leach_sx, none_known)"
    assert why_not_valued("ash", None) == nothing


@pytest.mark.parametrize(
    ("waste", "route", "told"),
    [
        ("cu_flotation_tailings", None, ""), ("red_mud", "acid_leach_sx", ""), (None, None, "no waste_type_code"),
        ("unheard_of", None, "no route of docs/reference_tables.md, routes, takes unheard_of"), ("u_overburden", None, "is known (route none_known)"),
        ("beach_sand_tailings", None, "no treatment that sells a product of beach_sand_tailings is known (route heavy_mineral)"),
        ("red_mud", "flotation_cu", "no treatment that sells a product of red_mud is known (route flotation_cu)"),
    ],
)  # fmt: skip
def test_why_a_site_cannot_be_valued(waste: object, route: object, told: str) -> None:
    found = why_not_valued(waste, route)
    assert (found == "") is (told == "") and told in found


def test_the_page_and_the_ranking_call_the_same_products_sold() -> None:
    book, rows = RouteBook(load_reference()), load_table("route_products").to_dict("records")
    keys = [(r["route_code"], r["waste_type_code"], r["element"]) for r in rows]
    sold = {k for k in keys if book.sells("", *k) == ""}
    told = sold_products()[["route_code", "waste_type_code", "element"]]
    assert set(told.itertuples(index=False, name=None)) == sold and ("acid_leach_sx", "red_mud", "Sc") in sold
    said = {line.split("`")[1]: line.split("|")[3] for line in page().splitlines() if line.startswith("| `")}
    assert "Sc" in said["red_mud"] and "gallium" not in said["red_mud"] and not said["beach_sand_tailings"].strip()
