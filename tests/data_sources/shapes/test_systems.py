"""The card's CRS is used and said; where it cannot be right and the file's own can, the file's is kept and that is said."""

from __future__ import annotations

from pathlib import Path

import pyproj
import pytest
import shapely
from odd_files import SQUARE, leases, shapefile_with

from data_sources.cards.card import parse_card
from data_sources.connectors.vectors.systems import CARD_WINS, FILE_STAYS
from data_sources.contracts import CrsError
from data_sources.readers.survey import read_layer

METRES = shapely.transform(
    SQUARE, pyproj.Transformer.from_crs(4326, 32643, always_xy=True).transform, interleaved=False
)


def card(crs: str | None):
    said = "" if crs is None else f"crs: {crs}\n"
    text = f"name: mine\ntitle: t\npublisher: p\nlicence: l\nredistribute: 'no'\ncitation: c\nprotocol: file\npath: x\n{said}"
    return parse_card(text, file="mine.yaml")


@pytest.mark.parametrize(
    ("shape", "prj", "said"),
    [(METRES, 4326, "EPSG:32643"), (SQUARE, 32643, "EPSG:4326"), (METRES, 32644, "EPSG:32643")],
)
@pytest.mark.parametrize("suffix", [".shp", ".gpkg", ".fgb", ".parquet"])
def test_the_cards_system_is_used_and_said(tmp_path: Path, shape, prj: int, said: str, suffix: str) -> None:
    file = tmp_path / f"x{suffix}"
    frame = leases([shape], prj)
    frame.to_parquet(file) if suffix == ".parquet" else frame.to_file(file)
    got = read_layer(file, "mining_leases", card=card(said))
    assert got.kept.geometry.iloc[0].bounds[:2] == pytest.approx((76.5, 14.5), abs=1e-5)
    told = got.flags[got.flags["reason"] == CARD_WINS]["value"].iloc[0]
    assert f"EPSG:{prj}" in told and said in told


def test_a_card_that_does_not_name_one_leaves_the_files(tmp_path: Path) -> None:
    file = tmp_path / "x.gpkg"
    leases([METRES], 32643).to_file(file)
    got = read_layer(file, "mining_leases", card=card(None))
    assert got.kept.geometry.iloc[0].bounds[:2] == pytest.approx((76.5, 14.5), abs=1e-5) and not len(got.flags)


def test_a_card_that_cannot_be_right_is_not_followed_and_told(tmp_path: Path) -> None:
    file = tmp_path / "x.gpkg"
    leases([METRES], 32643).to_file(file)
    got = read_layer(file, "mining_leases", card=card("EPSG:4326"))
    assert got.kept.geometry.iloc[0].bounds[:2] == pytest.approx((76.5, 14.5), abs=1e-5)
    assert FILE_STAYS in set(got.flags["reason"])


def test_no_system_at_all_is_refused_with_a_remedy_that_works(tmp_path: Path) -> None:
    file = shapefile_with(tmp_path / "x.shp", METRES, "")
    file.with_suffix(".prj").unlink()
    with pytest.raises(CrsError, match="name it as crs"):
        read_layer(file, "mining_leases", card=card(None))
    assert len(read_layer(file, "mining_leases", card=card("EPSG:32643")).kept) == 1


def test_a_card_with_a_system_that_is_none_says_so(tmp_path: Path) -> None:
    file = tmp_path / "x.gpkg"
    leases([SQUARE]).to_file(file)
    with pytest.raises(CrsError, match="'EPSG:1' is no CRS"):
        read_layer(file, "mining_leases", card=card("EPSG:1"))


def test_two_spellings_of_one_system_are_no_difference(tmp_path: Path) -> None:
    file = tmp_path / "x.geojson"
    leases([SQUARE]).to_file(file)
    assert not len(read_layer(file, "mining_leases", card=card("OGC:CRS84")).flags)
