"""Lessee and status of a real lease layer become ``lease_status``, and a lease in force bars its block."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from data_sources.readers.blocks import read_blocks
from data_sources.readers.gates import read_gate
from data_sources.readers.lease_status import lease_statuses
from data_sources.readers.quality import quality_table
from data_sources.regions import GateSource


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
