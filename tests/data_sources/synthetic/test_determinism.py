"""The same counts, seed and extent give the same bytes; labels reach nothing but the layer of labels."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest

from khanij.sample import SAMPLE_DISTRICT, Manifest, sample_district_folder, write_district

SMALL = replace(
    SAMPLE_DISTRICT,
    name="small",
    samples=300,
    mosaic_cells=20,
    faults=20,
    folds=4,
    fertile_complexes=2,
    blind_complexes=1,
    barren_complexes=3,
    ultramafics=1,
    deposits=6,
    published_deposits=5,
    other_occurrences=5,
    magnetic_stations=50,
    gravity_stations=60,
    auction_blocks=12,
    auction_blocks_on_sites=6,
    mining_leases=8,
    raster_cell_m=2000.0,
)
EXTENT = (77.5, 17.5, 78.0, 18.0)


def _hashes(manifest: Manifest) -> dict[str, object]:
    return {name: entry["sha256"] for name, entry in manifest.files.items()}


@pytest.mark.parametrize(
    ("zone", "threads", "hash_seed"),
    [("Asia/Kolkata", "1", "7"), pytest.param("America/Lima", "2", "123", marks=pytest.mark.integration)],
)
def test_same_bytes_in_another_process(
    district: tuple[Path, Manifest], tmp_path: Path, zone: str, threads: str, hash_seed: str
) -> None:
    code = (
        "import sys; from pathlib import Path; from khanij.sample import write_district; "
        "write_district(Path(sys.argv[1]))"
    )
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "MKL_NUM_THREADS")
    settings = os.environ | dict.fromkeys(names, threads) | {"TZ": zone, "PYTHONHASHSEED": hash_seed}
    subprocess.run([sys.executable, "-W", "ignore", "-c", code, str(tmp_path / "x")], check=True, env=settings)
    files = json.loads((tmp_path / "x" / "manifest.json").read_text())["files"]
    assert {name: entry["sha256"] for name, entry in files.items()} == _hashes(district[1])


def test_another_seed_is_another_district(tmp_path: Path) -> None:
    first = _hashes(write_district(tmp_path / "a", SMALL, 1, EXTENT))
    again = _hashes(write_district(tmp_path / "b", SMALL, 1, EXTENT))
    other = _hashes(write_district(tmp_path / "c", SMALL, 2, EXTENT))
    assert first == again
    # States are boxes, and the first of each archetype has the same printed figures everywhere.
    fixed = ("states.gpkg", "site_constraints.csv", "site_grades.csv", "site_tonnages.csv")
    assert all(first[name] != other[name] for name in first if name not in fixed)


def test_publishing_another_deposit_changes_no_survey_layer(tmp_path: Path) -> None:
    """No label enters a column: the sediment, stations, raster and map know of the ground only."""
    some = _hashes(write_district(tmp_path / "a", SMALL, 1, EXTENT))
    fewer = _hashes(write_district(tmp_path / "b", replace(SMALL, published_deposits=2), 1, EXTENT))
    changed = {name for name in some if some[name] != fewer[name]}
    assert changed == {"mineralization.gpkg", "truth.json"}


def test_counts_are_met_exactly_where_they_are_given(tmp_path: Path) -> None:
    counts = replace(SMALL, lithology_polygons=18, sites=40, auction_blocks=30, auction_blocks_on_sites=10)
    manifest = write_district(tmp_path, counts, 5, EXTENT)
    rows = {name: entry["rows"] for name, entry in manifest.files.items()}
    assert rows["stream_sediments.csv"] == 300
    assert rows["lithology.gpkg"] == 18
    assert rows["mineralization.gpkg"] == 5 + 5 + 1
    assert rows["waste_sites.csv"] == 40
    assert rows["auction_blocks.gpkg"] == 30
    assert (rows["magnetic_stations.gpkg"], rows["gravity_stations.gpkg"]) == (50, 60)


def test_too_many_samples_for_the_ground_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cells of 2 x 2 km"):
        write_district(tmp_path, replace(SMALL, samples=100_000), 1, EXTENT)


def test_cache_is_used_again_and_heals(tmp_path: Path) -> None:
    counts = replace(SMALL, extent_deg=EXTENT)
    folder = sample_district_folder(tmp_path, counts, 3)
    before = (folder / "faults.gpkg").stat().st_mtime_ns
    assert sample_district_folder(tmp_path, counts, 3) == folder
    assert (folder / "faults.gpkg").stat().st_mtime_ns == before
    (folder / "waste_sites.csv").write_text("broken")
    assert sample_district_folder(tmp_path, counts, 3) == folder
    assert (folder / "waste_sites.csv").read_text().startswith('"site_id"')
    assert sample_district_folder(tmp_path, counts, 4) != folder
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]
    assert len(gpd.read_file(folder / "faults.gpkg")) > 0
