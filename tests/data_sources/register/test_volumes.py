"""Tables of volume and density: the tonnage is their product and says so; a volume alone is no tonnage."""

from __future__ import annotations

import pandas as pd
import pytest

from data_sources.contracts.admitting.raw_columns import OTHER_QUANTITY
from data_sources.readers.survey import admit_frame
from data_sources.register.volumes import ODD_DENSITY, PRODUCT, million_m3, t_per_m3

ONE = {"site_id": ["A"]}


def tonnages(**columns: list[object]):
    return admit_frame(
        pd.DataFrame({"site_id": list("ABCDEFGH")[: len(next(iter(columns.values())))], **columns}), "tonnages"
    )


@pytest.mark.parametrize(
    ("volume", "density", "million_t"),
    [
        ("Volume (m3)", "Bulk density (t/m3)", 3.0e-6), ("Volume, lakh cum", "Density (g/cc)", 0.3), ("Vol. (MCM)", "Dry density", 3.0),
        ("Dump volume (Mm³)", "Bulk_density_t_m3", 3.0), ("Vol_m3", "density kg/m3", 3.0e-9),
        ("Volume ('000 cu.m.)", "Avg. bulk density (T/cum)", 3.0e-3), ("Volume in million cubic metres", "In situ density, gm/cc", 3.0),
    ],
)  # fmt: skip
def test_a_tonnage_is_volume_times_density(volume, density, million_t):
    got = tonnages(**{volume: [2.0], density: [1.5]} if "kg" not in density else {volume: [2.0], density: [1500.0]})
    expected = million_t if "kg" not in density else 3.0e-6
    row = got.kept.iloc[0]
    assert row["tonnage_mode_mt"] == pytest.approx(expected)
    assert row["basis_code"] == "derived" and row["formula"] == f"{volume} x {density}"
    assert PRODUCT.format(volume=volume, density=density) in set(got.flags["reason"])
    assert not got.report["columns_unmapped"]


@pytest.mark.parametrize(
    ("volume", "density"),
    [
        ("Volume (m3)", "Specific gravity"), ("Volume (m3)", "Wet density (t/m3)"), ("Volume (bcm)", "Density (t/m3)"),
        ("Loose volume (m3)", "Density (t/m3)"), ("Volume per year (m3)", "Density (t/m3)"), ("Volume", "Density (t/m3)"),
        ("Volume (m3)", "Density (lb/ft3)"), ("Design volume (m3)", "Density (t/m3)"),
    ],
)  # fmt: skip
def test_what_is_another_quantity_gives_none(volume, density):
    got = tonnages(**{volume: [2e6], density: [1.5]})
    assert got.kept.get("tonnage_mode_mt", pd.Series(dtype=float)).isna().all()


def test_a_volume_alone_is_held_and_said():
    got = tonnages(**{"Volume (m3)": [2e6]})
    assert got.kept["tonnage_mode_mt"].isna().all()
    assert got.quarantine["reason"].iloc[0].startswith(OTHER_QUANTITY.split("{")[0])


def test_a_written_tonnage_goes_first():
    got = tonnages(**{"Volume (m3)": [2e6], "Density (t/m3)": [1.5], "Tonnage (Mt)": [2.9]})
    assert got.kept["tonnage_mode_mt"].tolist() == [2.9] and got.kept["basis_code"].isna().all()


def test_cells_that_say_more_than_a_number_give_no_tonnage_and_an_odd_density_is_told():
    got = tonnages(
        **{"Volume (m3)": ["2,000,000", "3 lakh m3", "<5", "1000000", "1000000", ""],
           "Density (t/m3)": ["1.5", "1.5", "1.5", "15", "1.5 g/cc", "1.5"]}
    )  # fmt: skip
    assert (
        got.kept["tonnage_mode_mt"].iloc[0] == pytest.approx(3.0) and got.kept["tonnage_mode_mt"].iloc[1:].isna().all()
    )
    assert got.flags.loc[got.flags["reason"] == ODD_DENSITY, "row"].tolist() == [4]
    assert got.kept["basis_code"].notna().tolist() == [True] + [False] * 5


@pytest.mark.parametrize("header", ["Volume", "Flow volume (m3/d)", "Sample volume ml", "Tonnage"])
def test_no_volume_by_another_header(header):
    assert million_m3(header) is None and t_per_m3(header) is None
