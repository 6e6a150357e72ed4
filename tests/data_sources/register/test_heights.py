"""A tonnage in another unit than its header says stands as a tower on the site's own outline, and is held."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.affinity import translate

from data_sources.readers.references import TOO_HIGH
from data_sources.readers.waste import admit_tables, embedded_inventory
from data_sources.register.heights import HIGHEST_M, least_heights_m

SIDE_DEG = 0.00234  # some 250 m: 6 ha
PLACES = {"POND-1": (83.0, 18.2), "POND-2": (83.1, 18.3), "POND-3": (83.2, 18.4)}


def frames(mt: dict[str, float], outlined: tuple[str, ...] = ("POND-1", "POND-2"), kind: str = "waste") -> dict:
    sites = pd.DataFrame({
        "site_id": list(PLACES), "name": list(PLACES), "waste_type_code": "red_mud", "state": "Andhra Pradesh", "source": "an office",
        "lon": [x for x, _ in PLACES.values()], "lat": [y for _, y in PLACES.values()],
    })  # fmt: skip
    tonnages = pd.DataFrame({"tonnage_id": [f"T-{s}" for s in mt], "site_id": list(mt), "tonnage_mode_mt": list(mt.values()),
                             "quantity_kind": kind, "source": "an office"})  # fmt: skip
    boxes = [shapely.box(x, y, x + SIDE_DEG, y + SIDE_DEG) for x, y in (PLACES[s] for s in outlined)]
    outlines = gpd.GeoDataFrame({"site_id": list(outlined), "source": "an office"}, geometry=boxes, crs=4326)
    return {"waste_sites": sites, "tonnages": tonnages, "waste_footprints": outlines}


def read(frames: dict):
    return admit_tables(frames, card=None, files={}, extent_deg=(82.0, 17.0, 85.0, 20.0), national=False)


def test_a_tonnage_that_its_own_outline_could_not_carry_is_held():
    found = read(frames({"POND-1": 0.42, "POND-2": 42.0, "POND-3": 42.0}))
    assert set(found.tonnages["site_id"]) == {"POND-1", "POND-3"}, "what has no outline is not judged"
    (line,) = found.quarantine[found.quarantine["layer"] == "tonnages"].itertuples()
    assert line.reason == TOO_HIGH and line.field == "tonnage_mode_mt" and "42 million t on 6" in line.value
    report = found.report["layers"]["tonnages"]
    assert (report["rows_in"], report["rows_kept"], report["rows_quarantined"]) == (3, 2, 1)
    assert report["by_reason"]["quarantined"] == {TOO_HIGH: 1}


def test_outlines_of_one_site_carry_together_and_a_mineral_is_no_heap():
    several = frames({"POND-1": 20.0}, ("POND-1",))
    assert read(several).tonnages.empty
    box = several["waste_footprints"].geometry.iloc[0]
    more = several["waste_footprints"].assign(geometry=[translate(box, 0.01)])
    several["waste_footprints"] = pd.concat([several["waste_footprints"], more], ignore_index=True)
    assert len(read(several).tonnages) == 1
    assert len(read(frames({"POND-1": 42.0}, kind="contained_monazite")).tonnages) == 1


def test_the_height_by_hand():
    # 3 Mt of red mud at 1.4 t/m3 on 10 ha: 3e6 / (1.4 x 1e5) = 21.43 m; what has no density of its own counts as dense slag.
    found = least_heights_m(
        pd.Series([3.0, 3.0, np.nan, 3.0]), pd.Series([10.0, 10.0, 10.0, np.nan]),
        pd.Series(["red_mud", "unheard_of", "red_mud", "red_mud"]),
    )  # fmt: skip
    assert found[:2] == pytest.approx([21.4286, 8.5714], rel=1e-4) and np.isnan(found[2:]).all()


@given(st.floats(0.001, 2000), st.floats(0.01, 5000), st.floats(1.01, 10))
def test_more_tonnes_stand_higher_and_more_ground_lower(tonnes, area, more):
    code = pd.Series(["fe_dumps"])
    height = least_heights_m(pd.Series([tonnes]), pd.Series([area]), code)[0]
    assert least_heights_m(pd.Series([tonnes * more]), pd.Series([area]), code)[0] > height
    assert least_heights_m(pd.Series([tonnes]), pd.Series([area * more]), code)[0] < height


def test_no_tonnage_of_the_embedded_register_is_held():
    found = embedded_inventory(None)
    assert TOO_HIGH not in set(found.quarantine["reason"]) and HIGHEST_M == 200.0
