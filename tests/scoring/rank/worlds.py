"""Made-up worlds for the invariants: regions of sites of every family, a quarter of them paying, and better copies of them.

Every figure is the site's own (a borrowed one has a stream of its own for each value, so it has no common random numbers).
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from cases import run as run_case

import scoring.waste.routes as routes
from data_sources.reference.economics import economic_tables
from scoring.rank.state import RunState

from .districts import NAN, TYPICAL, block_rows, frames_of, grade_row, site_row, tonnage_row

Frames = dict[str, Any]
Hook = Callable[[pytest.MonkeyPatch], None]
CLASSES = ("G1", "G2", "G3", "G4")
BASKETS = ("critical_30", "all_recoverable")


def region(seed: int, n: int = 20, **settings: Any) -> Frames:
    """``n`` sites with likely figures, their waste blocks, eight leases over some of them, evidence for most blocks."""
    rng = np.random.default_rng(seed)
    kinds = [k for k in TYPICAL if k[1] not in ("acid_leach_sx", "pg_leach")] * 3 + list(TYPICAL)
    sites, tonnages, grades = [], [], []
    for i in range(n):
        site, kind = f"S{i:02d}", kinds[rng.integers(len(kinds))]
        # at 1,200 USD a tonne of product lead does not cover its freight and is not sold
        freight = rng.choice([NAN, 60.0, 1200.0]) if kind[1] == "flotation_zn_pb" else rng.choice([NAN, 25.0])
        row = site_row(rng, site, *kind) | {"plant_distance_km": rng.choice([NAN, 20.0])}
        sites.append(row | {"product_freight_usd_per_t": freight})
        tonnages.append(tonnage_row(site, NAN, float(10 ** rng.uniform(-0.7, 2.4)), NAN, str(rng.choice(CLASSES))))
        rich = math.exp(rng.normal(0.1, 0.6))
        for element, typical in TYPICAL[kind].items():
            top = 0.4e6 if element == "Fe" else 2.5e5
            ppm = min(top, typical * rich * math.exp(rng.normal(0.0, 0.3)))
            grades.append(grade_row(site, element, NAN, ppm, NAN, str(rng.choice(CLASSES))))
    shapes = []
    for _ in range(8):
        at, half = sites[rng.integers(n)], rng.uniform(0.01, 0.06)
        x, y = at["lon"] + rng.uniform(-0.02, 0.02), at["lat"] + rng.uniform(-0.02, 0.02)
        shapes.append(shapely.box(x - half, y - half, x + half, y + half))
    leases = block_rows([f"L{j}" for j in range(8)], "mining_lease", shapes)
    told = {"seed": seed, "baskets": BASKETS, **settings}
    frames = frames_of(sites, tonnages, grades, leases, **told)
    ids = frames["blocks"]["block_id"]
    axis = rng.uniform(size=len(ids)).round(3)
    evidence = pd.DataFrame({"block_id": ids, "fertility_axis": axis, "posterior_mean": axis, "fertility_note": ""})
    covered = rng.choice([100.0, 60.0], len(ids))
    frames["fertility"] = evidence.assign(posterior_max=axis, coverage_pct=covered)[rng.random(len(ids)) < 0.8]
    return frames


@contextlib.contextmanager
def under(*hooks: Hook | None) -> Iterator[None]:
    """With some things of the product replaced."""
    with pytest.MonkeyPatch.context() as patch:
        for hook in hooks:
            if hook:
                hook(patch)
        yield


def run(frames: Frames, *hooks: Hook | None) -> RunState:
    """The finished run of a region."""
    with under(*hooks):
        return run_case(**frames)


def _tables(change: Callable[[Any], Any]) -> Hook:
    return lambda patch: patch.setattr(routes, "economic_tables", lambda replace=None: change(economic_tables(replace)))


def _families(name: str, factor: float) -> Hook:
    def change(tables: Any) -> Any:
        def cheaper(family: Any) -> Any:
            law = getattr(family, name)
            return dataclasses.replace(family, **{name: dataclasses.replace(law, value=law.value * factor)})

        return dataclasses.replace(tables, families={k: cheaper(f) for k, f in tables.families.items()})

    return _tables(change)


def _royalty(factor: float) -> Hook:
    return _tables(lambda t: dataclasses.replace(t, royalty={e: factor * r for e, r in t.royalty.items()}))


def _metallurgy(which: str, factor: float) -> Hook:
    """Better recoveries or payable shares, whatever table they come from."""
    original = routes.RouteBook.metallurgy

    def better(self: Any, *names: str) -> tuple[float, float]:
        recovery, payable = original(self, *names)
        if which == "recovery":
            return min(1.0, recovery * factor), payable
        return recovery, min(1.0, payable * factor)

    return lambda patch: patch.setattr(routes.RouteBook, "metallurgy", better)


OWN = ("grade", "tonnage", "freight", "haul", "mill")
SHARED = ("price", "one price", "cap", "operating", "capital", "royalty", "recovery", "payable")


def better(frames: Frames, name: str, seed: int) -> tuple[Frames, Hook | None]:
    """The same region with one thing better: every site's own in its own measure, or what all share."""
    rng = np.random.default_rng(seed + 5000)
    out, hook = dict(frames), None
    settings = frames["settings"]
    factor = float(np.exp(rng.exponential(0.4)))
    if name == "grade":
        grades = frames["grades"].copy()
        row = rng.random(len(grades)) < 0.5
        raised = grades["ppm_mode"] * np.exp(rng.exponential(0.4, len(grades)))
        grades["ppm_mode"] = np.where(
            row, np.minimum(raised, np.where(grades["element"] == "Fe", 6.5e5, 3.2e5)), grades["ppm_mode"]
        )
        grades["ppm_mode"] = np.maximum(grades["ppm_mode"], frames["grades"]["ppm_mode"])
        out["grades"] = grades
    elif name == "tonnage":
        tonnages = frames["tonnages"].copy()
        tonnages["tonnage_mode_mt"] *= np.exp(rng.exponential(0.5, len(tonnages)))
        out["tonnages"] = tonnages
    elif name in ("freight", "haul", "mill"):
        column, value = {
            "freight": ("product_freight_usd_per_t", 0.0),
            "haul": ("plant_distance_km", NAN),
            "mill": ("is_mill_standing", True),
        }[name]
        out["sites"] = frames["sites"].assign(**{column: value})
    elif name == "price":
        out["settings"] = settings.replace(price_factor=factor)
    elif name == "one price":
        out["settings"] = settings.replace(price_factors={str(rng.choice(["Cu", "Au", "Ni", "W", "Zn"])): 2.0 * factor})
    elif name == "cap":
        out["settings"] = settings.replace(cap_factor=factor)
    else:
        hook = {
            "operating": _families("operating", 1 / factor),
            "capital": _families("capital", 1 / factor),
            "royalty": _royalty(1 / factor),
            "recovery": _metallurgy("recovery", factor),
            "payable": _metallurgy("payable", factor),
        }[name]
    return out, hook
