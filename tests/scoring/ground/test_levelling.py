"""Laboratory levels: a sheet that jumps on all its borders is held; geology and a lone border are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from khanij.foundation.grid import albers_for
from scoring.ground.geochemistry.levelling import on_held_sheets, sheet_steps
from scoring.ground.geochemistry.samples import prepare_samples

CRS = albers_for((77.0, 14.0, 77.9, 14.9))


def lattice(seed=0):
    lon, lat = (
        v.ravel() for v in np.meshgrid(np.arange(77.0, 78.0, 0.02) + 0.003, np.arange(14.0, 15.0, 0.02) + 0.003)
    )
    log = pd.DataFrame({"Ta": np.random.default_rng(seed).normal(0, 0.5, len(lon))})
    return lon, lat, log, np.ones(len(lon), bool)


def sheet(lon, lat, west, south):
    return (lon >= west) & (lon < west + 0.25) & (lat >= south) & (lat < south + 0.25)


@pytest.mark.parametrize("factor", [9.0, 0.1])
@pytest.mark.parametrize("corner", [(77.25, 14.5), (77.0, 14.0)])
def test_a_shifted_sheet_is_found_with_its_factor(factor, corner):
    lon, lat, log, used = lattice()
    bad = sheet(lon, lat, *corner)
    log.loc[bad, "Ta"] += np.log(factor)
    table = sheet_steps(log, lon, lat, used)
    assert len(table) == 1
    row = table.iloc[0]
    assert (row["sheet_west_deg"], row["sheet_south_deg"]) == corner
    assert row["factor"] == pytest.approx(factor, rel=0.3)
    assert row["samples_held"] == bad.sum()
    assert np.array_equal(on_held_sheets(table, "Ta", lon, lat), bad)


def test_noise_a_gradient_and_a_body_across_sheets_are_geology():
    lon, lat, log, used = lattice()
    assert sheet_steps(log, lon, lat, used).empty
    log["Ta"] += 6 * (lon - 77.0)
    assert sheet_steps(log, lon, lat, used).empty
    body = np.hypot(lon - 77.4, lat - 14.55) < 0.2
    log.loc[body, "Ta"] += 3
    assert sheet_steps(log, lon, lat, used).empty


def test_a_contact_along_one_border_is_geology():
    lon, lat, log, used = lattice()
    log.loc[lon >= 77.5, "Ta"] += 3
    assert sheet_steps(log, lon, lat, used).empty


def test_the_element_is_missing_there_and_nothing_else_is(samples):
    frame = samples.copy()
    x, y = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
    bad = sheet(x, y, 77.25, 14.5)
    frame.loc[bad, "Ta_ppm"] *= 10
    s = prepare_samples(frame, CRS)
    assert s.ppm["Ta"].isna().to_numpy().tolist() == bad.tolist()
    assert s.ppm.drop(columns="Ta").notna().all().all()
    assert s.levelling["element"].tolist() == ["Ta"]
    assert any("held there" in note for note in s.notes)
