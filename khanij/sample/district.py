"""Write one generated area to a folder, with a manifest of what is in it and the truth behind it.

Belongs here: the order of the files, their names, their hashes. Does not belong here: how any value comes about.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import pandas as pd

from khanij.foundation.files import sha256_of
from khanij.sample import composition as comp
from khanij.sample import defects, geochemistry, geophysics, land, layers, waste, writing
from khanij.sample.counts import SAMPLE_DISTRICT, DistrictCounts, Extent
from khanij.sample.geology import World, build_world

DEFAULT_SEED = 20_260_101

# What the card of the stream-sediment table says, ag included, though its values are planted in ppb.
SEDIMENT_UNITS = {
    **dict.fromkeys(comp.MAJORS, "%"),
    **{name: ("ppb" if name in comp.PPB else "ppm") for name in comp.TRACES},
    "longitude": "degree",
    "latitude": "degree",
}


@dataclass(frozen=True)
class Manifest:
    """What was written: file -> rows, sha256 and bytes, with the key that the content hangs on."""

    key: str
    name: str
    seed: int
    extent_deg: Extent
    files: dict[str, dict[str, object]]
    units: dict[str, dict[str, str]]
    mark: str = writing.SAMPLE_MARK


@cache
def _code_version() -> str:
    digest = hashlib.sha256()
    for item in sorted(files("khanij.sample").iterdir(), key=lambda p: p.name):
        if item.name.endswith((".py", ".yaml")):
            digest.update(item.read_bytes())
    for name in ("waste_sites", "site_tonnages", "site_grades", "site_constraints"):
        digest.update((files("data_sources.reference") / f"{name}.csv").read_bytes().split(b"\n", 1)[0])
    return digest.hexdigest()


def district_key(counts: DistrictCounts, seed: int, extent_deg: Extent) -> str:
    """SHA-256 of everything that the written bytes hang on: counts, seed, extent and the generator's own code."""
    text = json.dumps([asdict(counts), seed, list(extent_deg), _code_version()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def write_district(
    folder: Path,
    counts: DistrictCounts = SAMPLE_DISTRICT,
    seed: int = DEFAULT_SEED,
    extent_deg: Extent | None = None,
    progress: Callable[[str], None] | None = None,
) -> Manifest:
    """Write every layer of one area into ``folder`` (made if missing) and return its manifest.

    Parameters
    ----------
    counts : how much of everything; ``extent_deg`` (west, south, east, north in degrees) replaces the counts' own.
    seed : the same counts, seed and extent give the same bytes.
    progress : called with each file's name before it is written.
    """
    extent = tuple(extent_deg) if extent_deg is not None else counts.extent_deg
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    world = build_world(counts, seed, extent)  # type: ignore[arg-type]
    ledger = defects.Ledger()
    rows: dict[str, int] = {}
    tables = waste.waste_tables(world)
    dumps = geochemistry.trace_dumps(world, tables.xy[:, 0], tables.xy[:, 1], tables.kind, tables.leak)
    for name, write in _files(world, tables, dumps, ledger).items():
        if progress is not None:
            progress(name)
        (folder / name).unlink(missing_ok=True)
        rows[name] = write(folder / name)
    writing.write_json(folder / "truth.json", _truth(world, tables, ledger))
    rows["truth.json"] = 1
    (folder / "README.txt").write_text(
        f"{writing.SAMPLE_MARK}\n\nEvery place, company, sample and figure in this folder is made up\n"
        "by the project's generator (khanij/sample).\n"
        "The planted truth and the planted defects are in truth.json.\n",
        encoding="utf-8",
    )
    manifest = Manifest(
        key=district_key(counts, seed, extent),  # type: ignore[arg-type]
        name=counts.name,
        seed=seed,
        extent_deg=extent,  # type: ignore[arg-type]
        files={
            n: {"rows": rows[n], "bytes": (folder / n).stat().st_size, "sha256": sha256_of(folder / n)}
            for n in sorted(rows)
        },
        units={
            "stream_sediments.csv": SEDIMENT_UNITS,
            "magnetic_stations.gpkg": dict.fromkeys(("observed_m", "igrf_nt", "magnetic_a"), "nT"),
            "gravity_stations.gpkg": {
                "elevation_": "m",
                **dict.fromkeys(("observed_g", "theoretica", "bouguer_an"), "mGal"),
            },
            "geophysics.tif": {band: unit for band, (unit, _) in geophysics.BANDS.items()},
        },
    )
    writing.write_json(folder / "manifest.json", asdict(manifest))
    return manifest


def _files(
    world: World, tables: waste.WasteTables, dumps: geochemistry.DumpDrainage, ledger: defects.Ledger
) -> dict[str, Callable[[Path], int]]:
    sites, tonnages, grades = tables.sites.copy(), tables.tonnages.copy(), tables.grades.copy()
    defects.damage_waste(sites, tonnages, grades, ledger)

    def layer(
        name: str, geometry: str, make: Callable[[], gpd.GeoDataFrame | Iterator[gpd.GeoDataFrame]]
    ) -> Callable[[Path], int]:
        return lambda path: writing.write_layer(path, name, make(), geometry)

    def table(frame: pd.DataFrame) -> Callable[[Path], int]:
        return lambda path: writing.write_csv(path, frame)

    return {
        "lithology.gpkg": layer(
            "lithology_gcs_ngdr", "Polygon", lambda: defects.damage_lithology(layers.lithology(world), ledger)
        ),
        "faults.gpkg": layer("fault_gcs_ngdr", "LineString", lambda: _faults(world, ledger)),
        "folds.gpkg": layer("fold_gcs_ngdr", "LineString", lambda: layers.folds(world)),
        "drainage.gpkg": layer("drainage", "LineString", lambda: layers.drainage(world, tables.xy)),
        "mineralization.gpkg": layer(
            "mineralization_gcs_ngdr", "Point", lambda: defects.damage_occurrences(layers.mineralization(world), ledger)
        ),
        "states.gpkg": layer("states", "Polygon", lambda: layers.states(world)),
        "stream_sediments.csv": lambda path: writing.write_csv(path, _sediments(world, dumps, ledger)),
        "magnetic_stations.gpkg": layer(
            "magnetic_gcs_ngdr",
            "Point",
            lambda: _stations(geophysics.magnetic_stations(world), "magnetic_a", "magnetic_stations.gpkg", ledger),
        ),
        "gravity_stations.gpkg": layer(
            "gravity_gcs_ngdr",
            "Point",
            lambda: _stations(geophysics.gravity_stations(world), "bouguer_an", "gravity_stations.gpkg", ledger),
        ),
        "geophysics.tif": lambda path: _raster(path, world, ledger),
        "waste_sites.csv": table(sites),
        "site_tonnages.csv": table(tonnages),
        "site_grades.csv": table(grades),
        "site_constraints.csv": table(tables.constraints),
        "waste_footprints.gpkg": layer("waste_footprints", "MultiPolygon", lambda: tables.footprints),
        "auction_blocks.gpkg": layer(
            "auction_blocks", "MultiPolygon", lambda: defects.damage_blocks(land.auction_blocks(world, tables), ledger)
        ),
        "mining_leases.gpkg": layer(
            "mining_leases", "MultiPolygon", lambda: defects.damage_leases(land.mining_leases(world, tables), ledger)
        ),
        "mining_leases_unknown_crs.gpkg": layer(
            "mining_leases",
            "MultiPolygon",
            lambda: land.mining_leases(world, tables).iloc[:3].set_crs(None, allow_override=True),
        ),
    }


def _faults(world: World, ledger: defects.Ledger) -> gpd.GeoDataFrame:
    frame = layers.faults(world)
    defects.damage_faults(frame, ledger)
    return frame


def _sediments(world: World, dumps: geochemistry.DumpDrainage, ledger: defects.Ledger) -> Iterator[pd.DataFrame]:
    for i, chunk in enumerate(geochemistry.stream_sediments(world, dumps)):
        yield defects.text_below_limit(defects.damage_sediments(chunk, world.seed, ledger, i == 0), ledger, i == 0)


def _stations(
    chunks: Iterator[gpd.GeoDataFrame], name: str, file: str, ledger: defects.Ledger
) -> Iterator[gpd.GeoDataFrame]:
    for i, chunk in enumerate(chunks):
        yield defects.damage_stations(chunk, name, file, ledger) if i == 0 else chunk


def _raster(path: Path, world: World, ledger: defects.Ledger) -> int:
    bands, transform = geophysics.raster(world)
    defects.damage_raster(bands, ledger)
    return writing.write_raster(path, bands, transform, world.counts.raster_crs, geophysics.BANDS)


def _truth(world: World, tables: waste.WasteTables, ledger: defects.Ledger) -> dict[str, object]:
    d = world.deposits
    lon, lat = world.plane.to_lonlat(d.x, d.y)
    published = set(layers.published_deposits(world).tolist())
    bodies = world.bodies
    blon, blat = world.plane.to_lonlat(bodies.x, bodies.y)
    return {
        "note": writing.SAMPLE_MARK,
        "deposits": [
            {
                "deposit_id": f"SMP-D-{i + 1:04d}",
                "lon": float(lon[i]),
                "lat": float(lat[i]),
                "type": "carbonatite REE-Nb",
                "complex": int(d.complex_id[i]),
                "is_published": i in published,
                "is_under_unmapped_complex": not bool(bodies.is_mapped[d.complex_id[i]]),
                "surface_strength": round(float(d.strength[i]), 4),
                "ore_mt": round(float(d.ore_mt[i]), 4),
                "treo_pct": round(float(d.treo_pct[i]), 4),
                "nb2o5_pct": round(float(d.nb2o5_pct[i]), 4),
            }
            for i in range(len(d.x))
        ],
        "intrusions": [
            {
                "id": i,
                "lon": float(blon[i]),
                "lat": float(blat[i]),
                "radius_m": round(float(bodies.radius_m[i]), 1),
                "rock": layers.LITHOLOGIC[int(bodies.rock[i])],
                "is_fertile": bool(bodies.is_fertile[i]),
                "is_mapped": bool(bodies.is_mapped[i]),
            }
            for i in range(len(bodies.x))
        ],
        "decoys": {
            "zircon_monazite_sand": "along every main river, dying out within about 2 km of it",
            "dump_drainage": "14 km down the water from each dump that leaks, the waste's share halving every 4 km",
            "leaking_sites": [t["site_id"] for t, leak in zip(tables.truth, tables.leak, strict=True) if leak > 0],
            "waste_share_at_the_dump": {
                t["site_id"]: round(float(leak), 4)
                for t, leak in zip(tables.truth, tables.leak, strict=True)
                if leak > 0
            },
        },
        "sites": tables.truth,
        "defects": ledger.rows,
    }


def sample_district_folder(
    cache_root: Path, counts: DistrictCounts = SAMPLE_DISTRICT, seed: int = DEFAULT_SEED
) -> Path:
    """The sample district's folder below ``cache_root``: written once, used again while its manifest and files agree.

    The folder's name carries the key of counts, seed and generator code, and it appears whole or not at all.
    """
    root = Path(cache_root)
    key = district_key(counts, seed, counts.extent_deg)
    target = root / f"{counts.name}-{key[:16]}"
    if _is_whole(target, key):
        return target
    root.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{counts.name}-", dir=root))
    try:
        write_district(fresh, counts, seed)
        fresh.chmod(0o755)
        if target.exists():
            if _is_whole(target, key):
                return target
            shutil.rmtree(target)
        try:
            fresh.replace(target)
        except OSError:
            # Another process finished the same folder first; its bytes are the same.
            if not _is_whole(target, key):
                raise
        return target
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _is_whole(folder: Path, key: str) -> bool:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        return manifest["key"] == key and all(
            (folder / name).is_file()
            and (folder / name).stat().st_size == entry["bytes"]
            and sha256_of(folder / name) == entry["sha256"]
            for name, entry in manifest["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


__all__ = ["DEFAULT_SEED", "Manifest", "district_key", "sample_district_folder", "write_district"]
