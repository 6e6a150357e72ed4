"""A small region of one's own, made from nothing: six sites, three auction blocks, own tables.

``make_region(home)`` writes ``data/`` and ``regions/mine.yaml`` below a home; ``environment(home)`` is what a run of it
needs. Tables are lists of dicts, so that a test can spoil one before it is written.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

NAME = "mine"
CRS = "+proj=aea +lat_1=12 +lat_2=28 +lat_0=20 +lon_0=80 +datum=WGS84 +units=m +no_defs"
Row = dict[str, Any]


def site(number: int, **changed: Any) -> Row:
    """A pond of copper tailings near Jamshedpur."""
    row = {
        "site_id": f"S-{number:02d}",
        "name": f"Pond {number}",
        "operator": "Op",
        "state": "Jharkhand",
        "district": "East Singhbhum",
        "lat": 22.5 + 0.01 * number,
        "lon": 86.0 + 0.02 * number,
        "position_accuracy_m": 50,
        "waste_type_code": "cu_flotation_tailings",
        "waste_type_text": "tailings",
        "route_code": "flotation_cu",
        "is_transported": "false",
        "lease_status": "none",
        "source": "a source",
    }
    return row | changed


def tonnage(site_id: str, million_t: float = 10.0, **changed: Any) -> Row:
    """A published tonnage of a site."""
    row = {
        "tonnage_id": f"T-{site_id}",
        "site_id": site_id,
        "quantity_kind": "waste",
        "tonnage_min_mt": 0.8 * million_t,
        "tonnage_mode_mt": million_t,
        "tonnage_max_mt": 1.4 * million_t,
        "basis_code": "published",
        "knowledge_class": "G3",
        "is_preferred": "true",
        "source": "a source",
    }
    return row | changed


def grade(site_id: str, element: str, ppm: float, **changed: Any) -> Row:
    """An assay of one element."""
    row = {
        "grade_id": f"G-{site_id}-{element}",
        "site_id": site_id,
        "element": element,
        "element_kind": "element",
        "unit": "ppm",
        "ppm_min": 0.8 * ppm,
        "ppm_mode": ppm,
        "ppm_max": 1.3 * ppm,
        "basis_code": "assay",
        "knowledge_class": "G3",
        "use": "1",
        "source": "a source",
    }
    return row | changed


def block(number: int, x: float | None = None, y: float = 22.45, size: float = 0.05) -> dict[str, Any]:
    """A square auction block as a GeoJSON feature."""
    x = 85.95 + 0.06 * number if x is None else x
    ring = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
    told = {"block_id": f"B-{number}", "name": f"Block {number}", "state": "Jharkhand", "minerals": "copper"}
    return {"type": "Feature", "properties": told, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def _sites() -> list[Row]:
    return [site(i) for i in range(6)]


def _tonnages() -> list[Row]:
    return [tonnage(f"S-{i:02d}") for i in range(6)]


def _grades() -> list[Row]:
    return [
        grade(f"S-{i:02d}", element, ppm * (1 + i / 10))
        for i in range(6)
        for element, ppm in (("Cu", 900), ("Co", 120))
    ]


def _settings() -> dict[str, Any]:
    return {
        "name": NAME,
        "title": "My region",
        "description": "A made-up region of the tests.",
        "needs_data": True,
        "how_to_get": "the tests make it",
        "extent_deg": [85.0, 21.5, 88.0, 24.0],
        "crs": CRS,
        "units": ["waste_block", "auction_block"],
        "layers": {
            "auction_blocks": {"card": "own_blocks", "path": "blocks.geojson"},
            "waste_sites": {"card": "own_waste_table", "path": "sites.csv"},
            "tonnages": {"card": "own_waste_table", "path": "tonnages.csv"},
            "grades": {"card": "own_waste_table", "path": "grades.csv"},
        },
        "waste": {"card": "own_waste_table"},
        "ranking": {"draws": 100, "price_deck": "2025e"},
    }


@dataclass
class MadeRegion:
    """The tables of the region and its settings, before they are written."""

    home: Path
    sites: list[Row] = field(default_factory=_sites)
    tonnages: list[Row] = field(default_factory=_tonnages)
    grades: list[Row] = field(default_factory=_grades)
    blocks: list[dict[str, Any]] = field(default_factory=lambda: [block(i) for i in range(3)])
    settings: dict[str, Any] = field(default_factory=_settings)

    @property
    def data(self) -> Path:
        """The folder of the region's files."""
        return self.home / "data"

    @property
    def output(self) -> Path:
        """The folder of what is published of it."""
        return self.home / "output" / NAME

    def write(self) -> MadeRegion:
        """Write every table and the YAML, whole."""
        self.data.mkdir(parents=True, exist_ok=True)
        for name in ("sites", "tonnages", "grades"):
            write_csv(self.data / f"{name}.csv", getattr(self, name))
        features = {"type": "FeatureCollection", "features": self.blocks}
        (self.data / "blocks.geojson").write_text(json.dumps(features), encoding="utf-8")
        (self.home / "regions").mkdir(exist_ok=True)
        (self.home / "regions" / f"{NAME}.yaml").write_text(yaml.safe_dump(self.settings), encoding="utf-8")
        return self

    def environment(self) -> dict[str, str]:
        """The variables of a run: everything below the home."""
        return {
            "KHANIJ_HOME": str(self.home),
            "KHANIJ_REGIONS": str(self.home / "regions"),
            "KHANIJ_DATA": str(self.data),
            "DAGSTER_HOME": str(self.home / ".khanij" / "dagster"),
            "OMP_NUM_THREADS": "1",
            "NUMBA_NUM_THREADS": "1",
        }


def make_region(home: Path) -> MadeRegion:
    """The region as it is meant to be, written below a home."""
    home.mkdir(parents=True, exist_ok=True)
    return MadeRegion(home).write()


def write_csv(path: Path, rows: Iterable[Row]) -> None:
    """A table with the columns of its first row; without a row, an empty file."""
    rows = list(rows)
    with path.open("w", newline="", encoding="utf-8") as stream:
        if rows:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
