"""Made-up waste sites with tonnages, grades and constraints, in the schemas of ``data_sources/reference``.

Belongs here: one archetype per situation that a register meets, repeated with other numbers where more sites are
asked for. What a site is worth is never computed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from data_sources.reference import load_table
from khanij.sample.archetypes import ARCHETYPES, Archetype, Grade
from khanij.sample.fields import Floats, stream
from khanij.sample.geology import World, spread_points
from khanij.sample.layers import state_and_district, to_lonlat

_SOURCE = "invented for the sample (SAMPLE - NOT REAL)"
_NAMES = ("Arunagiri", "Bhairava", "Chandrapet", "Devikonda", "Eklinga", "Gopalpet", "Hemagiri", "Indrapet", "Jalakota")


@dataclass(frozen=True)
class WasteTables:
    """The register of one generated area and what is true of it."""

    sites: pd.DataFrame
    tonnages: pd.DataFrame
    grades: pd.DataFrame
    constraints: pd.DataFrame
    footprints: gpd.GeoDataFrame
    xy: Floats
    kind: np.ndarray
    leak: Floats
    radius_m: Floats
    truth: list[dict[str, object]]


def waste_tables(world: World) -> WasteTables:
    """Sites at least 3 km apart and, where they fit, away from the planted deposits."""
    n = world.counts.sites
    avoid = np.column_stack([world.deposits.x, world.deposits.y]) if n < 100 else None
    xy = spread_points(world.land, n, stream(world.seed, "sites"), 4_500.0, 7_000.0, avoid)
    lon, lat = world.plane.to_lonlat(xy[:, 0], xy[:, 1])
    lon, lat = np.round(lon, 5), np.round(lat, 5)
    state, district = state_and_district(world, lon, lat)
    sites, tonnages, grades, constraints, truth = [], [], [], [], []
    prints: list[tuple[str, object]] = []
    kind, leak, radius = [], [], []
    serial: dict[str, int] = {}
    for i in range(n):
        kind_of = ARCHETYPES[i % len(ARCHETYPES)]
        rng = stream(world.seed, "site", i)
        serial[kind_of.prefix] = serial.get(kind_of.prefix, 0) + 1
        site_id = f"SMP-{kind_of.prefix}-{serial[kind_of.prefix]:0{3 if n < 1000 else 4}d}"
        factor = 1.0 if i < len(ARCHETYPES) else float(rng.lognormal(0.0, 0.5))
        area_m2 = max(kind_of.tonnage[1] or 1.0, 0.05) * factor * 1e6 / (1.6 * 18.0)
        radius.append(float(np.sqrt(area_m2 / np.pi)))
        name = f"{_NAMES[i % len(_NAMES)]} {i + 1} {kind_of.what} (SAMPLE)"
        sites.append(_site_row(kind_of, site_id, name, state[i], district[i], lon[i], lat[i]))
        tonnages.extend(_tonnage_rows(kind_of, site_id, name, factor))
        true_t = _true_value(rng, kind_of.tonnage, kind_of.tonnage_class, 1.05) * factor
        true_grades = {}
        for g_no, grade in enumerate(kind_of.grades, start=1):
            grades.append(_grade_row(kind_of, grade, site_id, g_no))
            if grade.use and grade.basis != "upper_limit":
                true_grades[grade.element] = _true_value(rng, (grade.low, grade.mode, grade.high), grade.known, 1.0)
        for c_no, (ctype, gate, multiplier, fact) in enumerate(kind_of.constraints, start=1):
            constraints.append(
                {
                    "constraint_id": f"SMP-K-{site_id[4:]}-{c_no}",
                    "site_id": site_id,
                    "constraint_type": ctype,
                    "gate_code": gate,
                    "multiplier": multiplier,
                    "fact": fact + " (SAMPLE)",
                    "source": _SOURCE,
                    "confidence": "high",
                    "note": None,
                    "origin_file": "synthetic",
                }
            )
        if kind_of.footprint and kind_of.has_position:
            prints.append((site_id, _footprint(rng, xy[i], radius[-1], kind_of.footprint)))
        kind.append(kind_of.drains_as)
        leak.append(float(rng.uniform(0.05, 0.16)) if kind_of.has_position and kind_of.drains_as != "none" else 0.0)
        truth.append(
            {
                "site_id": site_id,
                "archetype": kind_of.key,
                "true_tonnage_mt": round(float(true_t), 6),
                "true_grade_ppm": {e: round(float(v), 6) for e, v in true_grades.items()},
                "true_metal_t": {e: round(float(v * true_t), 4) for e, v in true_grades.items()},
                "true_lon": float(lon[i]),
                "true_lat": float(lat[i]),
            }
        )
    kinds = np.array(kind)
    return WasteTables(
        sites=_like("waste_sites", sites),
        tonnages=_like("site_tonnages", tonnages),
        grades=_like("site_grades", grades),
        constraints=_like("site_constraints", constraints),
        footprints=_footprint_frame(world, prints),
        xy=xy,
        kind=kinds,
        leak=np.array(leak),
        radius_m=np.array(radius),
        truth=truth,
    )


def _like(table: str, rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    columns = list(load_table(table).columns)
    unknown = {key for row in rows for key in row} - set(columns)
    if unknown:
        raise AssertionError(f"{table} has no columns {sorted(unknown)}")
    return pd.DataFrame(rows, columns=columns).convert_dtypes()


def _true_value(rng: np.random.Generator, triple: tuple[Any, ...], known: str, bias: float) -> float:
    """A value that the published figures stand for: inside their range, or scattered about the one figure."""
    low, mode, high = triple
    middle = mode if mode is not None else float(np.sqrt(low * high)) if low and high else (low or high or 0.0)
    spread = {"G1": 0.05, "G2": 0.12, "G3": 0.25, "G4": 0.4, "analogue": 0.6}.get(known, 0.5)
    return float(middle) * bias * float(np.exp(rng.normal(0.0, spread)))


def _site_row(
    a: Archetype, site_id: str, name: str, state: str, district: str, lon: float, lat: float
) -> dict[str, object]:
    return {
        "site_id": site_id,
        "name": name,
        "operator": f"{a.operator} (SAMPLE)",
        "state": state,
        "district": district,
        "lat": lat if a.has_position else None,
        "lon": lon if a.has_position else None,
        "position_accuracy_m": a.accuracy_m if a.has_position else None,
        "position_basis": "mapped outline"
        if a.footprint
        else "invented point"
        if a.has_position
        else "no position published",
        "waste_type_code": a.waste_type,
        "waste_type_text": a.what,
        "host_commodity": a.host,
        "route_code": a.route,
        "is_transported": "true" if a.is_transported else "false",
        "is_transported_basis": "residue of a works that takes in material from elsewhere"
        if a.is_transported
        else "waste of ore mined at or near the site",
        "lease_status": a.lease_status,
        "lease_basis": a.lease_basis or None,
        "status_text": None,
        "duplicate_of": f"SMP-TSF-{1:0{len(site_id.rsplit('-', 1)[1])}d}" if a.is_duplicate else None,
        "shares_complex_with": None,
        "is_excluded": "true" if a.is_duplicate else "false",
        "exclusion_reason": "the same facility under another name" if a.is_duplicate else None,
        "grades_text": None,
        "tonnage_text": None,
        "source": _SOURCE,
        "source_seen": "yes",
        "confidence": "medium",
        "notes": a.notes or None,
        "origin_file": "synthetic",
    }


def _tonnage_rows(a: Archetype, site_id: str, name: str, factor: float) -> list[dict[str, object]]:
    def row(
        number: int, triple: tuple[Any, ...], preferred: bool, basis: str, known: str, note: str, reason: str
    ) -> dict[str, object]:
        scale = [None if v is None else round(v * factor, 4) for v in triple]
        return {
            "tonnage_id": f"SMP-T-{site_id[4:]}-{number}",
            "site_id": site_id,
            "tonnage_scope": name,
            "quantity_kind": "waste",
            "tonnage_min_mt": scale[0],
            "tonnage_mode_mt": scale[1],
            "tonnage_max_mt": scale[2],
            "as_of_year": 2025,
            "as_of_text": None,
            "basis_code": basis,
            "knowledge_class": known,
            "is_screening_only": "true" if a.is_screening_only else "false",
            "is_preferred": "true" if preferred else "false",
            "preference_reason": reason,
            "formula": None,
            "inputs_seen": None,
            "inputs_recalled_or_assumed": None,
            "source": _SOURCE,
            "confidence": "medium",
            "note": note or None,
            "origin_file": "synthetic",
        }

    rows = [row(1, a.tonnage, True, a.tonnage_basis, a.tonnage_class, "", "latest figure with its range")]
    if a.older_tonnage_mt is not None:
        rows.append(
            row(2, (None, a.older_tonnage_mt, None), False, "published", "G4", "older figure, kept", "an earlier year")
        )
    return rows


def _grade_row(a: Archetype, g: Grade, site_id: str, number: int) -> dict[str, object]:
    scale = 1.0e-4 if g.unit == "%" else 1.0
    given = [None if v is None else round(v * scale, 8) for v in (g.low, g.mode, g.high)]
    return {
        "grade_id": f"SMP-G-{site_id[4:]}-{number:02d}",
        "site_id": site_id,
        "element": g.element,
        "element_kind": "total" if g.element == "TREE" else "element",
        "value_min": given[0],
        "value_mode": given[1],
        "value_max": given[2],
        "unit": g.unit,
        "ppm_min": g.low,
        "ppm_mode": g.mode,
        "ppm_max": g.high,
        "n_samples": g.n_samples,
        "n_samples_text": None,
        "medium": a.what,
        "size_fraction": None,
        "basis_code": g.basis,
        "basis_text": "invented",
        "tree_includes": g.tree_includes or None,
        "knowledge_class": g.known,
        "use": int(g.use),
        "use_reason": g.reason,
        "source": _SOURCE,
        "confidence": "medium",
        "note": None,
        "origin_file": "synthetic",
    }


def _footprint(rng: np.random.Generator, centre: Floats, radius_m: float, form: str) -> shapely.MultiPolygon:
    t = np.linspace(0.0, 2.0 * np.pi, 28, endpoint=False)
    r = radius_m * (1.0 + 0.14 * np.cos(2 * t + rng.uniform(0, 6.28)) + 0.07 * np.cos(5 * t + rng.uniform(0, 6.28)))
    ring = np.column_stack([centre[0] + 1.15 * r * np.cos(t), centre[1] + r * np.sin(t) / 1.15])
    if form == "hole":
        island = centre + 0.3 * (ring - centre)
        shape: shapely.Geometry = shapely.MultiPolygon([shapely.Polygon(ring, [island[::-1]])])
    elif form == "parts":
        small = centre + 0.45 * (ring - centre) + np.array([2.1 * radius_m, 0.4 * radius_m])
        shape = shapely.MultiPolygon([shapely.Polygon(ring), shapely.Polygon(small)])
    else:
        shape = shapely.MultiPolygon([shapely.Polygon(ring)])
    return shape


def _footprint_frame(world: World, prints: list[tuple[str, object]]) -> gpd.GeoDataFrame:
    shapes = shapely.orient_polygons(to_lonlat(world, np.array([p[1] for p in prints], dtype=object)))
    geod = pyproj.Geod(ellps="WGS84")
    return gpd.GeoDataFrame(
        {
            "site_id": [p[0] for p in prints],
            "area_ha": [round(abs(geod.geometry_area_perimeter(s)[0]) / 1e4, 3) for s in shapes],
            "source": [_SOURCE] * len(prints),
        },
        geometry=shapes,
        crs="EPSG:4326",
    )
