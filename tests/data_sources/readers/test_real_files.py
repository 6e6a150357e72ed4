"""Every defect of the survey's real files is caught and named with its row; skipped, visibly, where the files are absent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_sources.connectors.files import read_file
from data_sources.contracts.admitting import values
from data_sources.contracts.admitting.states import STATE_SPELLING
from data_sources.readers.survey import admit_frame, read_layer
from data_sources.regions import data_folder

EXTENT = (76.0, 13.75, 77.75, 15.75)
REE = "La Ce Pr Nd Sm Eu Tb Gd Dy Ho Er Tm Yb Lu".split()

pytestmark = pytest.mark.real_data


def file(name: str) -> Path:
    folder = data_folder()
    if folder is None or not (folder / name).exists():
        pytest.skip(f"{name} is not here: set KHANIJ_DATA to the folder that holds it")
    return folder / name


@pytest.fixture(scope="module")
def sediments():
    path = file("ngdr_karnataka_andhra/stream_sediments.csv")
    return read_layer(path, "stream_sediments", card="ngcm_karnataka_andhra", extent_deg=EXTENT)


@pytest.fixture(scope="module")
def raw():
    return read_file(file("ngdr_karnataka_andhra/stream_sediments.csv"))


def rows(out, text: str, where: str = "flags") -> list[int]:
    frame = getattr(out, where)
    hit = frame["reason"].str.contains(text, regex=False) & frame["row"].notna()
    return sorted(set(frame.loc[hit, "row"].astype(int)))


def test_nothing_vanishes(sediments):
    report = sediments.report
    assert report["rows_in"] == 10_004 == len(sediments.kept) + sediments.quarantine["row"].nunique()
    assert (report["rows_kept"], report["rows_quarantined"]) == (10_002, 2)


def test_byte_order_mark_and_digit_zero(sediments):
    assert sediments.report["columns_unmapped"] == ["gid", "objectid"]
    assert sediments.kept["SiO2_pct"].median() == pytest.approx(61.63, abs=0.02)


def test_without_the_card_the_rare_earths_are_held_and_with_it_they_are_ppm(sediments, raw):
    bare = admit_frame(raw, "stream_sediments", extent_deg=EXTENT)
    assert bare.report["columns_held"] == [f"{e}_ppb" for e in REE]
    assert not [c for c in bare.kept if c.removesuffix("_censored").removesuffix("_ppm") in REE]
    held = bare.quarantine[bare.quarantine["row"].isna()].set_index("field")
    assert (
        len(held) == 14 and "median 28.6995" in held.loc["La_ppb", "value"] and "31000" in held.loc["La_ppb", "value"]
    )
    assert len(bare.kept) == 10_002, "columns are held, rows stay"

    assert sediments.report["columns_held"] == []
    assert sediments.kept["La_ppm"].median() == pytest.approx(28.7, abs=0.1)
    finding = next(u for u in sediments.report["units"] if u["column"] == "La_ppb")
    assert (finding["label_unit"], finding["stated_unit"], finding["stated_by"]) == ("ppb", "ppm", "card")


def test_tree_is_the_sum_with_la_twice_and_no_lu_and_is_not_used(sediments):
    found = sediments.report["derived_columns"]
    assert [f["column"] for f in found] == ["TREE"] and found[0]["used"] is False and found[0]["wrong"]
    assert found[0]["formula"] == "sum of 14 + La again - Lu, without Y"
    assert found[0]["rows_that_agree"]["sum of 14 + La again - Lu, without Y"] == 10_004
    assert not [c for c in sediments.kept if "TREE" in c]


def test_zeros_are_censored_or_not_analysed_never_zero(sediments, raw):
    raw = raw.apply(pd.to_numeric, errors="coerce")
    for column, target, zeros, silent in [
        ("Sc_ppm", "Sc_ppm", 398, 6),
        ("MgO", "MgO_pct", 124, 9),
        ("La_ppb", "La_ppm", 11, 11),
    ]:
        assert (raw[column] == 0).sum() == zeros
        censored = sediments.report["censoring"].get(target, {"censored": 0})["censored"]
        assert censored == zeros - silent
        smallest = raw.loc[raw[column] > 0, column].min()
        limit = sediments.kept.loc[sediments.kept[f"{target}_censored"], target]
        assert (limit == smallest).all()
    numbers = sediments.kept.filter(regex="_(ppm|pct)$")
    assert not (numbers == 0).any().any()
    zero_rows = {int(r) for r in rows(sediments, values.ZERO_LIMIT)}
    silent_rows = {int(r) for r in rows(sediments, "read as not analysed")}
    have_zero = set((raw.iloc[:, 5:-2] == 0).any(axis=1).to_numpy().nonzero()[0] + 1)
    quarantined = set(sediments.quarantine["row"].dropna().astype(int))
    assert have_zero - quarantined <= zero_rows | silent_rows
    assert len(silent_rows) == 14


def test_duplicate_number_and_coordinates(sediments):
    assert rows(sediments, "duplicate key", "quarantine") == [8295] and rows(sediments, "duplicate key") == [8235]
    line = sediments.quarantine[sediments.quarantine["row"] == 8295].iloc[0]
    assert line["value"] == "57A11/111/S/14"
    assert len(rows(sediments, "same coordinates")) == 22, "eleven pairs"


def test_sheets_in_all_their_spellings(sediments, raw):
    assert sediments.report["sheets"] == {"agree": 9_407, "differ": 597, "unread": 0}
    assert sediments.kept["sheet"].str.fullmatch(r"\d{2}[A-P]/\d{2}").all()
    wrong = sediments.flags[sediments.flags["reason"].str.contains("not the sheet of its coordinates", regex=False)]
    slips = wrong[wrong["value"].str.match(r"53B/\d\d named, 57B/\d\d by coordinates")]
    assert len(slips) == 72 and raw.loc[slips["row"].astype(int) - 1, "sampleno"].str.startswith("53B").all()


def test_impossible_oxide_sum(sediments, raw):
    oxides = ["Si02", "Al2O3", "Fe2O3", "TiO2", "CaO", "MgO", "MnO", "Na2O", "K2O", "P2O5"]
    expected = sorted((raw[oxides].apply(pd.to_numeric).sum(axis=1) > 102).to_numpy().nonzero()[0] + 1)
    assert rows(sediments, "more than 102 %", "quarantine") == expected and len(expected) == 1


def test_faults_and_folds(raw):
    faults = read_layer(
        file("ngdr_karnataka_andhra/fault_gcs_ngdr.shp"),
        "faults",
        card="ngdr_faults_karnataka_andhra",
        extent_deg=EXTENT,
    )
    assert len(faults.kept) == 393 and rows(faults, "sentinel") == list(range(1, 394))
    assert faults.kept["name"].isna().all() and faults.kept["sheet"].notna().all()
    folds = read_layer(
        file("ngdr_karnataka_andhra/Fold.shp"), "folds", card="ngdr_folds_karnataka_andhra", extent_deg=EXTENT
    )
    assert len(folds.kept) == 123 and folds.kept["line_type"].notna().all()


def test_deposits_read_rightly():
    out = read_layer(file("gsi_deposits/gsi_mineral_deposits.csv"), "occurrences", card="gsi_mineral_deposits")
    assert len(out.kept) == 1_447 and out.kept["commodity"].value_counts()["limestone"] == 360
    assert len(rows(out, "unescaped quote")) == 69
    ranges = out.flags[out.flags["reason"].str.startswith("locality given as a range")]
    assert ranges["row"].nunique() == 134
    old = out.flags[out.flags["reason"] == STATE_SPELLING]
    assert old["value"].value_counts().to_dict() == {
        "ORISSA = Odisha": 127, "GUJRAT = Gujarat": 10, "GOA, DAMAN AND DIU = Goa": 8, "MAHARASTRA = Maharashtra": 2,
    }  # fmt: skip
    window = read_layer(
        file("gsi_deposits/gsi_mineral_deposits.csv"), "occurrences", card="gsi_mineral_deposits", extent_deg=EXTENT
    )
    assert len(window.kept) == 57 and window.report["rows_outside_region"] == 1_390
    # A reader that honours quotes loses four of them: the 53 that are often quoted.
    plain = window.kept[~window.kept["occurrence_id"].isin(_ids(out, rows(window, "unescaped quote")))]
    counts = plain["commodity"].value_counts().to_dict()
    assert {k: counts[k] for k in ("iron ore", "gold", "manganese", "copper", "diamond")} == {
        "iron ore": 38, "gold": 5, "manganese": 4, "copper": 2, "diamond": 2,
    }  # fmt: skip


def _ids(whole, numbers: list[int]) -> list[str]:
    return whole.kept["occurrence_id"].iloc[np.array(numbers) - 1].tolist()


def test_deposits_read_with_a_quoting_reader_are_caught_row_by_row():
    shifted = pd.read_csv(file("gsi_deposits/gsi_mineral_deposits.csv"), sep="\t")
    out = admit_frame(shifted, "occurrences", card="gsi_mineral_deposits")
    expected = sorted(np.flatnonzero(shifted["latlong"].str.contains("\t")) + 1)
    assert len(expected) == 69 and rows(out, "shifted", "quarantine") == expected
    assert len(out.kept) == 1_447 - 69


def test_a_power_station_in_the_wrong_state():
    plants = read_file(file("power/india_coal_lignite_plants_CEA_v15_x_WRI.csv"))
    from data_sources.contracts.admitting.admission import admit
    from data_sources.contracts.admitting.raw_columns import Said
    from data_sources.contracts.waste import WASTE_SITES

    out = admit(
        plants.assign(waste_type_code="coal_fly_ash"), WASTE_SITES, source="wri", layer="waste_sites",
        says=Said({"gppd_id": "site_id", "cea_name": "name", "latitude": "lat", "longitude": "lon"}),
    )  # fmt: skip
    held = out.quarantine[out.quarantine["reason"].str.contains("outside the state")]
    assert held["value"].str.contains("MAHARASHTRA, but at 77.2460 E, 31.7537 N").any()
    assert len(plants) == len(out.kept) + out.quarantine["row"].nunique()
    # Two more of the list plot outside their state: in Rajasthan and in West Bengal.
    assert held["row"].tolist() == [49, 135, 165]
