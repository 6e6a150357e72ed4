"""Choosing blocks by who holds them, what lies in them and where they are; and what is said of those that are left out."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from example_publication import make_publication
from pyproj import Geod

from data_sources.contracts import PublishingError
from publishing.block_search import explanations
from publishing.explain import explain_block
from publishing.geopackage.geopackage import publish_geopackage
from publishing.page import page_html
from publishing.shortlists.compared import give_host_evidence
from publishing.shortlists.filters import load_filter, make_filter, save_filter
from publishing.shortlists.nearby import Place, distances_km, place_named
from publishing.shortlists.shortlist import Shortlist, build_shortlist, nothing_passes
from publishing.shortlists.shortlist_files import csv_bytes
from publishing.shortlists.shortlist_maps import geojson_bytes, kml_bytes
from publishing.shortlists.shortlist_xlsx import xlsx_bytes

ALL = {"status": "all"}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_publication(30, seed=5, is_sample=False)
    blocks = made.layers["ranked_blocks"]
    ids = blocks["block_id"]
    told = {
        "EX-AB-005": {"open_to_bid": "third_party", "auction_outcome": "sold", "preferred_bidder": "Vedanta", "minerals": "Nickel;Copper", "concession": "CL"},
        "EX-AB-010": {"open_to_bid": "yes", "auction_outcome": "offered_again", "minerals": "Rare-earth elements", "nearest_site_km": 90.0, "concession": "EL"},
        "EX-AB-015": {"open_to_bid": "unknown", "auction_outcome": "annulled", "minerals": "Graphite", "nearest_site_km": 3.0, "concession": "ML"},
        "EX-AB-020": {"open_to_bid": "unknown", "auction_outcome": "unknown", "minerals": "Nickel", "nearest_site_km": 8.0},
        "EX-WB-026": {"open_to_bid": "operator", "operator": "NTPC Ltd", "lease_holder": "NTPC Ltd", "flags": "soft:forest x0.67"},
        "EX-WB-023": {"open_to_bid": "unknown", "operator": "Tata Steel"},
    }  # fmt: skip
    for block_id, values in told.items():
        for column, value in values.items():
            blocks.loc[ids == block_id, column] = value
    blocks.loc[
        ids.isin(["EX-AB-005", "EX-AB-010", "EX-AB-015", "EX-AB-020", "EX-AB-025", "EX-AB-030"]), "rank_fertility"
    ] = pd.NA
    made.tables["quarantine"]["row_name"] = "AB-099, Biarpalli Graphite Block"
    return publish_geopackage(made, tmp_path_factory.mktemp("choose") / "example" / "ranked_blocks.gpkg").path


def ids(shortlist: Shortlist) -> list[str]:
    return shortlist.blocks["block_id"].tolist()


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"open_to_bid": "yes"}, ["EX-AB-010"]),
        ({"open_to_bid": "operator,third_party"}, ["EX-AB-005", "EX-WB-026"]),
        ({"outcome": "SOLD"}, ["EX-AB-005"]),
        ({"concession": "EL"}, ["EX-AB-010"]),
        ({"concession": "exploration licence, mining lease"}, ["EX-AB-010", "EX-AB-015"]),
        ({"operator": "ntpc"}, ["EX-WB-026"]),
        ({"operator": "tata,ntpc"}, ["EX-WB-023", "EX-WB-026"]),
        ({"element": "nickel", "kind": "auction_block"}, ["EX-AB-005", "EX-AB-020"]),
        ({"element": "rare earths", "kind": "auction_block"}, ["EX-AB-010"]),
        ({"element": "Nd", "kind": "auction_block"}, ["EX-AB-010"]),
    ],
)
def test_each_filter_keeps_what_it_says(file: Path, settings: dict[str, str], wanted: list[str]) -> None:
    assert sorted(ids(build_shortlist(file, make_filter(**ALL | settings)))) == wanted


def test_a_waste_type_is_found_by_code_and_by_words(file: Path) -> None:
    codes = ids(build_shortlist(file, make_filter(**ALL, waste_type="red_mud")))
    words = ids(build_shortlist(file, make_filter(**ALL, waste_type="Red Mud")))
    names = build_shortlist(file, make_filter(**ALL, kind="waste_block")).blocks.set_index("block_id")
    assert codes == words
    assert len(codes) == 4
    assert "EX-WB-002" in codes  # the second of seven types
    with pytest.raises(PublishingError, match=r"is a waste type, no kind of block; write --waste-type red_mud"):
        make_filter(kind="red_mud")
    assert set(codes) < set(names.index)


def test_a_flag_leaves_its_blocks_out_and_one_that_nobody_has_is_told(file: Path) -> None:
    everything = set(ids(build_shortlist(file, make_filter())))
    left = build_shortlist(file, make_filter(exclude_flag="forest"))
    assert everything - set(ids(left)) == {"EX-WB-026"}
    assert not any("exclude-flag" in line for line in left.told())
    nothing = build_shortlist(file, make_filter(exclude_flag="glacier"))
    assert set(ids(nothing)) == everything
    assert any("no block that passes has a flag with glacier" in line for line in nothing.told())


def test_elements_and_states_are_understood_by_their_names(file: Path) -> None:
    assert make_filter(element="nickel, ni,Ni").element == ("Ni", "Ni", "Ni")
    assert make_filter(state="Orissa, odis").state == ("Odisha", "odis")
    assert set(build_shortlist(file, make_filter(state="Orissa")).blocks["state"]) == {"Odisha"}
    with pytest.raises(PublishingError, match=r"nikel is no element; write a symbol or a name, such as nickel"):
        make_filter(element="nikel")


def test_distances_are_geodesic_from_the_outline_and_zero_inside() -> None:
    square = shapely.box(80.0, 20.0, 80.2, 20.2)
    place = Place("west of it", shapely.Point(79.5, 20.1))
    found = distances_km(place, [square, None, shapely.Polygon()])
    wanted = Geod(ellps="WGS84").inv(79.5, 20.1, 80.0, 20.1)[2] / 1000
    assert found[0] == pytest.approx(wanted, rel=1e-5)
    assert np.isnan(found[1:]).all()
    assert distances_km(Place("inside", shapely.Point(80.1, 20.1)), [square])[0] == 0
    far = shapely.box(88.0, 20.05, 88.1, 20.15)
    both = distances_km(Place("square", square), [far])[0]
    pairs = [(a, b) for a in np.linspace(20.0, 20.2, 21) for b in np.linspace(20.05, 20.15, 11)]
    nearest = min(Geod(ellps="WGS84").inv(80.2, a, 88.0, b)[2] for a, b in pairs) / 1000
    assert both == pytest.approx(nearest, rel=1e-5)


def test_within_keeps_what_is_near_and_tells_of_what_has_no_position(file: Path) -> None:
    found = build_shortlist(file, make_filter(**ALL, within_km=400, of="EX-WB-001", sort="distance_km"))
    km = found.blocks["distance_km"]
    assert km.is_monotonic_increasing
    assert km.iloc[0] == 0
    assert km.max() <= 400
    assert "EX-WB-001" in ids(found)
    assert len(found.blocks) < 29
    assert any("1 more have no position" in line for line in found.told())
    rows = list(csv.DictReader(io.StringIO(csv_bytes(found).decode("utf-8-sig"))))
    assert [float(r["distance_km"]) for r in rows] == pytest.approx(km.tolist(), rel=1e-8)


@pytest.mark.parametrize(
    ("of", "told"),
    [
        ("Atlantis", "a town or port of India"),
        ("Bilaspur", "Bilaspur, Chhattisgarh; Bilaspur, Uttar Pradesh"),
        ("Visakapatnam", "did you mean Visakhapatnam, Andhra Pradesh"),
        ("tailings", "places match"),
        ("EX-WB-13", "did you mean"),
        ("20.3,85.8", "longitude first: 85.8,20.3"),
        ("20.3,185.8", "longitude"),
        ("EX-WB-013", "EX-WB-013 has no position"),
    ],
)
def test_a_place_that_is_not_one_is_met_with_what_to_write(file: Path, of: str, told: str) -> None:
    with pytest.raises(PublishingError, match=told):
        build_shortlist(file, make_filter(within_km=50, of=of))


def test_a_place_is_a_block_a_site_or_a_position(file: Path) -> None:
    assert place_named("ex-wb-014", [file]).shape.geom_type == "MultiPolygon"
    assert place_named("EX-S-014", [file]).shape.geom_type == "Point"
    assert place_named("85.8, 20.3", [file]).shape.equals(shapely.Point(85.8, 20.3))
    for half in ({"within_km": 5}, {"of": "85.8,20.3"}, {"sort": "distance_km"}):
        with pytest.raises(PublishingError, match=r"--of PLACE"):
            make_filter(**half)


def test_a_list_is_sorted_by_a_column_with_what_is_missing_last(file: Path) -> None:
    down = build_shortlist(file, make_filter(**ALL, sort="tonnage_t_p50:desc")).blocks["tonnage_t_p50"]
    known = down.dropna()
    assert known.is_monotonic_decreasing
    assert down.iloc[: len(known)].notna().all()
    assert len(known) < len(down)
    with pytest.raises(PublishingError, match=r"tonage is no column to sort by; try .*tonnage_t_p50"):
        make_filter(sort="tonage")
    with pytest.raises(PublishingError, match=r"down is no direction; write tier:asc or tier:desc"):
        make_filter(sort="tier:down")


def test_ranked_blocks_come_first_whatever_their_kind(file: Path) -> None:
    ranks = build_shortlist(file, make_filter(**ALL)).blocks["rank"]
    n = int(ranks.notna().sum())
    assert ranks.iloc[:n].tolist() == list(range(1, n + 1))
    assert ranks.iloc[n:].isna().all()


def test_a_kind_without_ranks_is_listed_whole_in_an_order_that_is_no_rank(file: Path) -> None:
    found = build_shortlist(file, make_filter(kind="auction_block"))
    assert len(found.blocks) == 6
    assert found.blocks["rank"].isna().all()
    # open first; of those of which it is not known the one with waste nearest; the one that is sold after them
    assert [i for i in ids(found) if i[-3:] in ("005", "010", "015", "020")] == [
        "EX-AB-010",
        "EX-AB-015",
        "EX-AB-020",
        "EX-AB-005",
    ]
    assert "which is no ranking" in found.told()[0]
    assert set(build_shortlist(file, make_filter(kind="auction_block", status="GATED")).blocks["status"]) == set()


def test_the_evidence_of_a_blocks_own_minerals_is_found_by_its_title() -> None:
    blocks = [
        SimpleNamespace(block_id=b, minerals=m)
        for b, m in zip("ABC", ("Nickel;Copper", "Rare-earth elements", None), strict=True)
    ]
    evidence = [
        SimpleNamespace(block_id=b, evidence=e, title=t, role="evidence", percentile=p)
        for b in "ABC"
        for e, t, p in (
            ("ni", "Mafic and ultramafic: nickel, cobalt", 0.92),
            ("cu", "Copper, molybdenum, gold", 0.4),
            ("ree", "Light rare earths", 0.7),
        )
    ]
    give_host_evidence(blocks, evidence)
    told = [b.host_evidence for b in blocks]
    assert told[0] == "Mafic and ultramafic: nickel, cobalt: above 92 %; Copper, molybdenum, gold: above 40 %"
    assert told[1] == "Light rare earths: above 70 %"
    assert told[2] is None


def test_nothing_that_passes_says_which_option_keeps_how_many_out(file: Path) -> None:
    none = build_shortlist(file, make_filter(operator="ntpc", exclude_flag="forest"))
    told = str(nothing_passes(none))
    assert "1 without --exclude-flag" in told
    sold = str(nothing_passes(build_shortlist(file, make_filter(outcome="sold"))))
    assert "only their status keeps out 1 auction block: add --status all" in sold
    assert "no block has operator Vedantaa" in str(
        nothing_passes(build_shortlist(file, make_filter(operator="Vedantaa")))
    )
    assert "no block has waste type red_mad" in str(
        nothing_passes(build_shortlist(file, make_filter(waste_type="red mad")))
    )


def test_what_a_status_alone_keeps_out_is_told(file: Path) -> None:
    found = build_shortlist(file, make_filter(open_to_bid="operator,third_party"))
    assert ids(found) == ["EX-WB-026"]
    assert found.told() == ["Only their status keeps out 1 auction block: add --status all, or --kind auction_block."]


def test_a_filter_with_a_place_is_saved_and_repeated(tmp_path: Path) -> None:
    chosen = make_filter(
        **ALL, name="near", within_km=50, of="85.8,20.3", open_to_bid="yes,unknown", sort="area_ha:desc"
    )
    assert load_filter(save_filter(chosen, tmp_path)) == chosen


def test_every_product_says_who_holds_a_block_and_what_became_of_its_auction(file: Path) -> None:
    found = build_shortlist(file, make_filter(**ALL, open_to_bid="operator,third_party"))
    mine = {f["id"]: f["properties"] for f in json.loads(geojson_bytes(found))["features"]}
    assert mine["EX-AB-005"]["auction_outcome"] == "sold"
    assert mine["EX-WB-026"]["lease_holder"] == "NTPC Ltd"
    kml = kml_bytes(found).decode()
    assert all(w in kml for w in ("NTPC Ltd", "no, a third party holds it", "Vedanta", "own lease"))
    rows = {r["block_id"]: r for r in csv.DictReader(io.StringIO(csv_bytes(found).decode("utf-8-sig")))}
    assert rows["EX-WB-026"]["open_to_bid"] == "operator"
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(found)))["Shortlist"]
    titles = [c.value for c in sheet[1]]
    cover = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(found)))["Cover"]
    assert any("which is no ranking" in str(c.value) for row in cover.iter_rows() for c in row)
    assert {"Open to bid", "Operator", "Lease holder", "Outcome of the auction", "Preferred bidder"} <= set(titles)
    said = explain_block(file, "EX-AB-005")
    assert "Held and offered" in said
    assert "Preferred bidder: Vedanta" in said
    page = page_html(file)
    assert '"NTPC Ltd"' in page
    assert "B.operator[i]" in page


def test_a_held_row_is_found_and_says_why_it_is_held(file: Path) -> None:
    (said,) = explanations("biarpalli", [file])
    assert said.startswith("AB-099, Biarpalli Graphite Block\n  Held back")
    assert "above 1,000,000 ppm" in said
    assert "Row 7 of layer waste_sites" in said
