"""A picture of a field is recognised as one; a field, a class map and a small band are not taken for pictures."""

import numpy as np
import pytest

from data_sources.cards import load_card
from data_sources.connectors.files import read_raster
from data_sources.contracts.admitting.raster_units import picture_levels
from data_sources.regions import data_folder

FIELD = np.random.default_rng(3).normal(40, 60, (80, 90))
PICTURE = np.round(255 * (FIELD - FIELD.min()) / np.ptp(FIELD))


def test_a_stretched_picture_is_no_field():
    why = picture_levels(PICTURE, "nT")
    assert why and "the colours of a picture, not nT" in why
    assert picture_levels(np.where(FIELD > 90, np.nan, PICTURE / PICTURE[FIELD <= 90].max() * 255).round(), "mGal")


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        (FIELD, "nT"),
        (PICTURE, "level"),
        (PICTURE, "class"),
        (PICTURE + 1, "nT"),  # reaches 256: no byte
        (PICTURE - 300, "nT"),
        (np.round(PICTURE / 10), "ppm"),  # counts that are not stretched
        (np.where(PICTURE > 100, 255.0, 0.0), "m"),  # a mask
        (PICTURE[:5, :5], "nT"),
        (np.full((80, 90), np.nan), "nT"),
    ],
)
def test_what_is_not_a_picture_passes(values, unit):
    assert picture_levels(values, unit) is None


@pytest.mark.real_data
def test_the_real_cube_holds_two_pictures_and_its_card_says_so():
    folder = data_folder()
    if folder is None or not (folder / "ngdr_karnataka_andhra/evidence_cube_21.tif").is_file():
        pytest.skip("needs the survey's own files: set KHANIJ_DATA")
    card = load_card("evidence_cube_karnataka_andhra")
    raster = read_raster(folder / "ngdr_karnataka_andhra/evidence_cube_21.tif", bands=card.bands)
    pictures = [n for n in raster.names if n != "Geol" and picture_levels(raster.read(n), "nT")]
    assert pictures == ["RTP", "BGA"]
    assert {b.name: b.unit for b in card.bands if b.name in pictures} == {"RTP": "level", "BGA": "level"}
