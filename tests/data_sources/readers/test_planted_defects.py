"""The sample district lists the defects planted in it: each must come back from the readers, with its row."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from data_sources.contracts import CrsError
from data_sources.readers.blocks import read_blocks
from data_sources.readers.survey import read_layer
from data_sources.readers.waste import read_inventory
from data_sources.regions import load_region
from khanij.sample import sample_district_folder

pytestmark = pytest.mark.integration

TABLES = ("waste_sites", "waste_footprints", "tonnages", "grades", "constraints")
BLOCKS = ("auction_blocks", "mining_leases")
# Kind of the planted defect -> words of the reason, and where it must stand.
EXPECTED = {
    "point outside its stated state": ("outside the region", "quarantine"),
    "42 lakh t entered as 4,200,000 Mt": ("outside what is possible", "quarantine"),
    "REE above 5 % in waste": ("above 5 %", "quarantine"),
    "self-crossing polygon": ("invalid geometry repaired", "flags"),
    "BLANK for no name": ("sentinel", "flags"),
    "point near latitude 0": ("near 0 E or 0 N", "quarantine"),
    "duplicate sampleno": ("duplicate key", "quarantine"),
    "duplicate coordinates": ("same coordinates", "flags"),
    "swapped axes": ("axis order", "quarantine"),
    "per cent above 100": ("more than 100 %", "quarantine"),
    "oxide sum above 102 %": ("more than 102 %", "quarantine"),
    "ppm above 1e6": ("1,000,000 ppm", "quarantine"),
    "no-data value as a number": ("sentinel", "flags"),
    "point outside the extent": ("outside the region", "quarantine"),
    "block outside its stated state": ("outside the", "quarantine"),
    "0 for below detection": ("0 read as below detection", "flags"),
    "unit of a whole column": ("UNIT", "quarantine"),
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    folder = sample_district_folder(tmp_path_factory.mktemp("sample"))
    region = load_region("sample_district")
    paths = {name: folder / source.path for name, source in region.layers.items() if source.path}
    out = {}
    for name in paths:
        if name in BLOCKS:
            out[name] = read_blocks(paths[name], name, card_name="sample_district", extent_deg=region.extent_deg)
        elif name not in (*TABLES, "geophysics"):
            out[name] = read_layer(paths[name], name, card="sample_district", extent_deg=region.extent_deg)
    waste = {name: paths[name] for name in TABLES if name in paths}
    inventory = read_inventory(waste, card_name="sample_district", extent_deg=region.extent_deg)
    defects = pd.DataFrame(json.loads((folder / "truth.json").read_text())["defects"])
    by_file = {paths[n].name: n for n in paths}
    return out, inventory, defects.assign(layer=defects["file"].map(by_file)), folder


def test_every_planted_defect_comes_back(sample):
    layers, inventory, defects, _ = sample
    found = {
        where: pd.concat([getattr(a, where) for a in layers.values()] + [getattr(inventory, where)], ignore_index=True)
        for where in ("quarantine", "flags")
    }
    checked = 0
    for defect in defects.to_dict("records"):
        if defect["kind"] not in EXPECTED:
            continue
        words, where = EXPECTED[defect["kind"]]
        lines = found[where][found[where]["layer"] == defect["layer"]]
        lines = lines[lines["reason"].str.contains(words, regex=False)]
        assert len(lines), defect
        if str(defect["row"]).isdigit() and defect["layer"] in (
            "stream_sediments",
            "magnetic_stations",
            "gravity_stations",
        ):
            assert int(defect["row"]) in set(lines["row"].dropna().astype(int)), defect
        checked += 1
    assert checked >= 20
    assert set(defects["kind"]) - set(EXPECTED) <= {
        "Y counted again beside a total that includes Y", "sheet spelled many ways", "<DL as text beside 0", "undeclared no-data value",
        "no CRS stated",
    }  # fmt: skip


def test_spellings_and_texts_below_detection(sample):
    layers, _, _, _ = sample
    out = layers["stream_sediments"]
    assert out.report["sheets"]["unread"] == 0 and out.kept["sheet"].str.fullmatch(r"\d{2}[A-P]/\d{2}").all()
    assert {"Au_ppm", "W_ppm", "Sb_ppm"} <= set(out.report["censoring"]) and out.report["columns_held"] == ["ag"]
    assert (out.kept.filter(regex="_ppm$") > 0).sum().sum() == out.kept.filter(regex="_ppm$").notna().sum().sum()


def test_nothing_vanishes_in_any_layer(sample):
    layers, inventory, _, _ = sample
    for name, out in layers.items():
        assert out.report["rows_in"] == len(out.kept) + out.quarantine["row"].dropna().nunique(), name
    for name, report in inventory.report["layers"].items():
        assert report["rows_in"] == report["rows_kept"] + report["rows_quarantined"], name
    kept = sum(
        len(f)
        for f in (inventory.sites, inventory.footprints, inventory.tonnages, inventory.grades, inventory.constraints)
    )
    assert kept == inventory.report["rows_kept"]


def test_a_layer_without_a_crs_is_refused_with_what_to_do(sample):
    _, _, _, folder = sample
    with pytest.raises(CrsError) as error:
        read_blocks(folder / "mining_leases_unknown_crs.gpkg", "mining_leases")
    assert "name it" in str(error.value)
