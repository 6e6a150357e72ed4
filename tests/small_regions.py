"""Small regions of one's own: a folder of tables, a block layer and a YAML, ranked by the command as a user would.

Belongs here: making the files of a region and running it. Does not belong here: what must come of it (the tests).
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
CRS = "+proj=aea +lat_1=12 +lat_2=28 +lat_0=20 +lon_0=80 +datum=WGS84 +units=m +no_defs"
EXTENT_DEG = (85.0, 21.5, 88.0, 24.0)
SITES = (
    "site_id", "name", "operator", "state", "district", "lat", "lon", "position_accuracy_m", "waste_type_code",
    "waste_type_text", "route_code", "is_transported", "lease_status", "source",
)  # fmt: skip
TONNAGES = (
    "tonnage_id", "site_id", "quantity_kind", "tonnage_min_mt", "tonnage_mode_mt", "tonnage_max_mt", "basis_code",
    "knowledge_class", "is_preferred", "source",
)  # fmt: skip
GRADES = (
    "grade_id", "site_id", "element", "element_kind", "unit", "ppm_min", "ppm_mode", "ppm_max", "basis_code",
    "knowledge_class", "use", "source",
)  # fmt: skip

Row = Sequence[object]


def site(number: int, site_id: str | None = None, *, lon: float | None = None, lat: float = 22.5) -> Row:
    """A pond of copper tailings; the sites of one region lie two kilometres apart."""
    lon = 86.0 + 0.02 * number if lon is None else lon
    return (
        site_id or f"S-{number:02d}", f"Pond {number}", "Operator", "Jharkhand", "East Singhbhum", lat, lon, 50,
        "cu_flotation_tailings", "tailings", "flotation_cu", "false", "none", "a source",
    )  # fmt: skip


def tonnage(number: int, site_id: str, mode_mt: float = 10.0, *, preferred: bool = True) -> Row:
    """A published tonnage with a range around it."""
    low, high = 0.8 * mode_mt, 1.4 * mode_mt
    return (f"T{number}", site_id, "waste", low, mode_mt, high, "published", "G3", str(preferred).lower(), "src")


def grades(number: int, site_id: str) -> list[Row]:
    """Copper and cobalt, a tenth more for each site, so that no two are alike."""
    more = 1 + number / 10
    return [
        (f"G{number}-{e}", site_id, e, "element", "ppm", 0.8 * v * more, v * more, 1.3 * v * more, "assay", "G3", "1", "src")
        for e, v in (("Cu", 900.0), ("Co", 120.0))
    ]  # fmt: skip


def block(block_id: str, west: float = 85.95, south: float = 22.45, size: float = 0.05) -> dict[str, Any]:
    """A square auction block as a GeoJSON feature."""
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    named = {"block_id": block_id, "name": f"Block {block_id}", "state": "Jharkhand", "minerals": "copper"}
    return {"type": "Feature", "properties": named, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def blocks(n: int = 3) -> list[dict[str, Any]]:
    """n blocks beside each other."""
    return [block(f"B-{i}", 85.95 + 0.06 * i) for i in range(n)]


@dataclass
class SmallRegion:
    """What is written of one region; a table that is None is not there, and its layer is not named."""

    name: str = "small"
    sites: Sequence[Row] | None = ()
    tonnages: Sequence[Row] | None = None
    grades: Sequence[Row] | None = None
    blocks: Sequence[Mapping[str, Any]] = field(default_factory=blocks)
    site_columns: Sequence[str] = SITES
    units: Sequence[str] = ("waste_block", "auction_block")
    settings: Mapping[str, Any] = field(default_factory=dict)

    def settled(self, folder: str = "") -> dict[str, Any]:
        """The region's YAML as a mapping; its files lie in ``folder`` below the data folder."""
        own: dict[str, Any] = {
            "name": self.name, "title": "A small region", "description": "made by a test", "needs_data": True,
            "how_to_get": "none", "extent_deg": list(EXTENT_DEG), "crs": CRS, "units": list(self.units),
            "layers": {"auction_blocks": {"card": "own_blocks", "path": str(Path(folder, "blocks.geojson"))}},
            "ranking": {"draws": 100, "price_deck": "2025e"},
        }  # fmt: skip
        tables = {
            "waste_sites": ("sites.csv", self.sites),
            "tonnages": ("tonnages.csv", self.tonnages),
            "grades": ("grades.csv", self.grades),
        }
        own["layers"] |= {
            n: {"card": "own_waste_table", "path": str(Path(folder, p))}
            for n, (p, t) in tables.items()
            if t is not None
        }
        if self.sites is not None:
            own["waste"] = {"card": "own_waste_table"}
        return own | dict(self.settings)

    def write(self, home: Path, folder: str = "") -> Path:
        """Lay the files below ``home`` (``data/<folder>``, ``regions/``) and return the folder of the data."""
        data = home / "data" / folder
        data.mkdir(parents=True, exist_ok=True)
        for file, columns, rows in (
            ("sites.csv", self.site_columns, self.sites),
            ("tonnages.csv", TONNAGES, self.tonnages),
            ("grades.csv", GRADES, self.grades),
        ):
            if rows is not None:
                write_table(data / file, columns, rows)
        collection = {"type": "FeatureCollection", "features": list(self.blocks)}
        (data / "blocks.geojson").write_text(json.dumps(collection), encoding="utf-8")
        (home / "regions").mkdir(exist_ok=True)
        text = yaml.safe_dump(self.settled(folder), sort_keys=False)
        (home / "regions" / f"{self.name}.yaml").write_text(text, encoding="utf-8")
        return data


def with_figures(rows: Sequence[Row], **more: Any) -> SmallRegion:
    """A region of these sites, each with a tonnage and two grades."""
    ids = [str(r[0]) for r in rows]
    return SmallRegion(
        sites=rows,
        tonnages=[tonnage(i, s) for i, s in enumerate(ids)],
        grades=[g for i, s in enumerate(ids) for g in grades(i, s)],
        **more,
    )


def write_table(path: Path, columns: Iterable[str], rows: Iterable[Row]) -> None:
    """A CSV with its header, also where there is no row."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([list(columns), *map(list, rows)])


def environment(home: Path) -> dict[str, str]:
    """The environment of a user whose regions, data, results and Dagster's files lie below ``home``."""
    own = {"KHANIJ_HOME": home, "KHANIJ_REGIONS": home / "regions", "KHANIJ_DATA": home / "data"}
    left_out = {"KHANIJ_OUTPUT", "KHANIJ_CACHE", "KHANIJ_RELEASES"}
    base = {k: v for k, v in os.environ.items() if k not in left_out}
    return base | {k: str(v) for k, v in own.items()} | {"DAGSTER_HOME": str(home / ".khanij" / "dagster")}


def khanij(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command itself, with its working folder in ``home``."""
    return subprocess.run(
        [sys.executable, "-c", "import sys; from pipelines.cli import main; sys.exit(main())", *arguments],
        cwd=home, env=environment(home) | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=1800, check=False,
    )  # fmt: skip
