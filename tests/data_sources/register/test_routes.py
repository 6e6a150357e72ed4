"""The route of a site that names its waste: from the table, of several by the margin that the tables support."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from data_sources.readers.waste import embedded_inventory, read_inventory, with_waste_routes
from data_sources.reference import load_table
from data_sources.register.routes import choose_route, margin_usd_per_t, routes_of_wastes, why_not_valued, with_routes

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
    assert set(routes_of_wastes()) == codes and routes_of_wastes()["fe_slimes"] == ("gravity_mag_fe",)
    assert with_waste_routes(embedded_inventory()).marks == embedded_inventory().marks, (
        "the register names its routes itself"
    )


def test_the_margin_is_what_a_tonne_earns_less_what_it_costs() -> None:
    """By hand: 0.52 % Cu is 5.2 kg/t, times recovery, payability and price, less the operating cost of the preferred row."""
    product = load_table("route_products").query("route_code == 'flotation_cu' and element == 'Cu'").iloc[0]
    price = load_table("elements").set_index("element").loc["Cu", "price_2024_usd_per_kg"]
    cost = (
        load_table("route_costs").query("route_code == 'flotation_cu' and is_preferred").iloc[0]["opex_mode_usd_per_t"]
    )
    by_hand = 5.2 * product["recovery_mode"] * product["payability_mode"] * price - cost
    assert margin_usd_per_t("flotation_cu", "cu_flotation_tailings", {"Cu": 5200.0}) == pytest.approx(by_hand)
    assert math.isnan(margin_usd_per_t("flotation_cu", "cu_flotation_tailings", {"Sc": 60.0}))


def test_of_several_routes_the_one_that_earns_most_is_taken_and_the_others_are_named() -> None:
    routes = {"cu_flotation_tailings": ("cil_releach", "flotation_cu", "none_known")}
    choice = choose_route("cu_flotation_tailings", {"Cu": 5200.0}, routes)
    assert choice is not None and choice.route == "flotation_cu" and choice.margin_usd_per_t > 0
    assert choice.words == "route_from_waste_type:flotation_cu (others: cil_releach, none_known)"
    first = choose_route("cu_flotation_tailings", {}, routes)
    assert first is not None and first.route == "cil_releach", "without a grade the first of the table"
    assert choose_route("unheard_of", {"Cu": 1.0}) is None and choose_route(None, {}) is None


def test_one_route_stands_for_the_site_whatever_the_order_of_its_grades() -> None:
    sites = pd.DataFrame({"site_id": ["A"], "waste_type_code": ["cu_flotation_tailings"], "route_code": [None]}).astype(
        "str"
    )
    grades = pd.DataFrame({"site_id": ["A", "A"], "element": ["Cu", "Mo"], "ppm_mode": [5200.0, 50.0]})
    one, two = with_routes(sites, grades), with_routes(sites, grades[::-1])
    assert one[0]["route_code"].tolist() == two[0]["route_code"].tolist() == ["flotation_cu"] and one[1] == two[1]


@pytest.mark.parametrize(
    ("waste", "route", "told"),
    [
        ("cu_flotation_tailings", None, ""), ("red_mud", "acid_leach_sx", ""), (None, None, "no waste_type_code"),
        ("unheard_of", None, "no route of data_sources/reference/routes.csv takes unheard_of"), ("u_overburden", None, "is known (route none_known)"),
        ("red_mud", "flotation_cu", "no treatment that sells a product of red_mud is known (route flotation_cu)"),
    ],
)  # fmt: skip
def test_why_a_site_cannot_be_valued(waste: object, route: object, told: str) -> None:
    found = why_not_valued(waste, route)
    assert (found == "") is (told == "") and told in found
