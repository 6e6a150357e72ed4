"""Lessee and status of a real lease layer become ``lease_status``, and a lease in force bars its block."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from data_sources.contracts.parties import LESSEES, OPERATORS, OWNERS
from data_sources.readers.blocks import read_blocks
from data_sources.readers.gates import read_gate, read_gate_told
from data_sources.readers.layouts import BY_CARD, NOT_WRITTEN, translated
from data_sources.readers.quality import quality_table
from data_sources.readers.statuses.lease_status import lease_statuses, words_not_understood
from data_sources.readers.survey import admit_frame
from data_sources.regions import GateSource
from khanij.foundation.cells import flag_parts
from pipelines.cli.own.whole_region import _gate
from scoring.rank.gates import leases_said
from scoring.waste.rows import LayerRow


@pytest.mark.parametrize(
    ("word", "lessee", "told"),
    [
        ("Working", "Tata Steel Ltd", "third_party"),
        ("NON-WORKING", "Tata Steel Ltd", "third_party"),
        ("Lease executed", "", "third_party"),
        ("Lapsed", "Tata Steel Ltd", "none"),
        ("Expired on 31.03.2020", "Tata Steel Ltd", "none"),
        ("surrendered", "", "none"),
        ("Active", "M/s HINDUSTAN ZINC LIMITED", "operator"),
        ("", "Hindustan Zinc Ltd.", "operator"),
        ("", "Tata Steel Ltd", "third_party"),
        ("Application pending", "Tata Steel Ltd", "unknown"),
        ("", "", "unknown"),
        ("BLANK", None, "unknown"),
        ("third_party", "", "third_party"),
        ("state", "", "state"),
    ],
)
def test_words_of_a_lease_layer(word, lessee, told):
    frame = pd.DataFrame({"LESSEE_NAM": [lessee], "Status_": [word]})
    status, _, remark = lease_statuses(frame, own_lessees=["Hindustan Zinc"])
    assert status.tolist() == [told]
    assert remark[0] or word in ("third_party", "state"), "what was concluded from words says so"


def leases() -> gpd.GeoDataFrame:
    boxes = [shapely.box(77.0 + i / 10, 15.0, 77.05 + i / 10, 15.05) for i in range(4)]
    return gpd.GeoDataFrame(
        {
            "LEASE_ID": ["L1", "L2", "L3", "L4"],
            "MINERAL": ["Iron"] * 4,
            "LESSEE": ["A Ltd", "B Ltd", None, "C Ltd"],
            "LEASE_STAT": ["Working", "Surrendered", None, None],
        },
        geometry=boxes,
        crs=4326,
    )


def test_a_lease_layer_gives_blocks_with_their_status_and_the_reason(tmp_path):
    leases().to_file(tmp_path / "leases.shp")
    admission = read_blocks(tmp_path / "leases.shp", "mining_leases", card_name="own_waste_table")
    kept = admission.kept.set_index("block_id")
    assert kept["lease_status"].to_dict() == {"L1": "third_party", "L2": "none", "L3": "unknown", "L4": "third_party"}
    assert "Surrendered" in kept["flags"]["L2"] and "lessee_named" in kept["flags"]["L4"]
    assert admission.report["rows_in"] == admission.report["rows_kept"] == 4
    told = quality_table({"blocks": {"layers": {"mining_leases": admission.report}}})
    assert (told["finding"] == "lease status").sum() == 4


def test_a_lease_that_has_ended_bars_no_block(tmp_path):
    leases().to_file(tmp_path / "leases.gpkg")
    gate = read_gate(tmp_path / "leases.gpkg", "leases", GateSource(path="leases.gpkg", source="A state's lease map"))
    assert gate["holder"].tolist() == ["A Ltd", None, "C Ltd"] or gate["holder"].fillna("").tolist() == [
        "A Ltd",
        "",
        "C Ltd",
    ]
    assert gate["lease_status"].tolist() == ["third_party", "unknown", "third_party"]


def unclear(tmp_path) -> gpd.GeoDataFrame:
    rows = leases().assign(LESSEE="FACOR", LEASE_STAT=["Temp. discontinued", "Surrendered", "Lapsed", "Working"])
    rows.to_file(tmp_path / "leases.gpkg")
    return rows


def test_a_gate_reads_a_status_as_the_layer_of_leases_does_and_tells_what_it_left_out(tmp_path):
    unclear(tmp_path)
    source = GateSource(path="leases.gpkg", source="A state's lease map")
    gate, report = read_gate_told(tmp_path / "leases.gpkg", "leases", source)
    layer = read_blocks(tmp_path / "leases.gpkg", "mining_leases", card_name="own_waste_table")
    assert gate["lease_status"].tolist() == ["unknown", "third_party"]
    assert layer.kept["lease_status"].tolist() == ["unknown", "none", "none", "third_party"]
    assert gate["status_said"].tolist() == ["Temp. discontinued", "Working"]
    assert (report["rows_in"], report["rows_kept"], report["left_out"]) == (4, 2, {"ended": 2})
    assert words_not_understood(report) == words_not_understood(layer.report) == ["'Temp. discontinued' (1 row)"]


def test_a_word_that_the_options_of_a_gate_translate_is_read_as_what_it_means(tmp_path):
    unclear(tmp_path)
    options = {"values": {"LEASE_STAT": {"Temp. discontinued": "Surrendered"}}}
    gate = read_gate(tmp_path / "leases.gpkg", "leases", GateSource(path="leases.gpkg", source="x", options=options))
    assert gate["status_said"].tolist() == ["Working"]


@pytest.mark.parametrize("column", ["lease_status", "STATUS"])
def test_a_word_of_a_layer_of_leases_that_is_translated_is_told_so_whatever_its_column_is_called(tmp_path, column):
    shape = '"POLYGON((80 22,80.1 22,80.1 22.1,80 22))"'
    text = f"block_id,name,{column},wkt\nA,a,Working,{shape}\n\nC,c,Handed back,{shape}\n"
    (tmp_path / "a.csv").write_text(text)
    words = {"Handed back": "Surrendered", "Gone": "Lapsed"}
    options = {"values": {column: words}}
    found = read_blocks(tmp_path / "a.csv", "mining_leases", card_name="own_blocks", options=options)
    assert found.kept["lease_status"].tolist() == ["third_party", "none"]
    told = found.flags[found.flags["field"] == column]
    assert told.loc[told["reason"] == BY_CARD, ["row", "value"]].to_numpy().tolist() == [
        [2, "Handed back -> Surrendered"]
    ]
    assert told.loc[told["reason"] == NOT_WRITTEN, "value"].tolist() == ["Gone"]


def test_words_with_a_semicolon_are_translated_as_they_are_told():
    frame = pd.DataFrame({"STATUS": ["Stopped; closed", "Stopped ;x"]})
    _, _, remarks = lease_statuses(frame)
    word = flag_parts(remarks[0])[1]
    assert word == "Stopped, closed"
    told = translated(frame, {"STATUS": {word: "Surrendered"}}, np.array([2, 3]))
    assert told["STATUS"].tolist() == ["Surrendered", "Stopped ;x"]
    assert translated(frame, {"STATUS": {"Stopped; closed": "x"}}, np.array([2, 3]))["STATUS"].tolist()[0] == "x"


def test_validate_counts_the_leases_that_ended_and_shows_words_that_are_not_understood(tmp_path):
    unclear(tmp_path)
    region = SimpleNamespace(gates={"leases": GateSource(path="leases.gpkg", source="x")})
    lines = _gate("leases", tmp_path / "leases.gpkg", region)
    assert (lines[0].rows_kept, lines[0].rows_in, lines[0].says) == (2, 4, "2 ended leases left out")
    assert "'Temp. discontinued' (1 row)" in lines[1].says


def test_the_reason_says_what_the_layer_says_and_never_operating():
    rows = [LayerRow(holder="FACOR", lease_status="unknown", status_said="Temp. discontinued"), LayerRow(holder="A Ltd", lease_status="third_party", status_said="Working")]  # fmt: skip
    assert leases_said(rows) == (
        "a third party's lease (A Ltd): its status is 'Working'; and in a lease that may be in force (FACOR): "
        "its status 'Temp. discontinued' is not understood"
    )
    assert leases_said([LayerRow(name="L")]) == "a lease that may be in force (L): its layer states no status"


@pytest.mark.parametrize("spelling", [*LESSEES, *OWNERS, *OPERATORS])
def test_a_register_and_a_layer_of_leases_know_whom_they_name_by_the_same_spellings(spelling):
    layer = pd.DataFrame({spelling: ["A Ltd"], "status": ["working"]})
    assert lease_statuses(layer)[1].tolist() == ["A Ltd"]
    register = pd.DataFrame({"site_id": ["S"], "name": ["N"], "waste_type_code": ["red_mud"], spelling: ["A Ltd"]})
    assert admit_frame(register, "waste_sites").kept["operator"].tolist() == ["A Ltd"]


def test_a_blank_operator_is_not_filled_by_the_lessee():
    """A register that has a column of operators says by a blank that it names none."""
    register = pd.DataFrame({"site_id": ["S", "T"], "name": ["N", "M"], "waste_type_code": ["red_mud"] * 2})
    kept = admit_frame(register.assign(operator=["A", None], lessee=["B", "C"]), "waste_sites").kept
    assert kept["operator"].fillna("").tolist() == ["A", ""]
