"""Survey layers to the fertility of the ground, and of each ranking unit: the two functions that others call.

Belongs here: the order of the steps. Does not belong here: any formula (the modules beside), any file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from data_sources.contracts.errors import CrsError, ScoringError
from scoring.ground.anomalies import median_mad_threshold, tukey_fence
from scoring.ground.associations import ASSOCIATIONS
from scoring.ground.geochemistry import Samples, association_scores, prepare_samples
from scoring.ground.grid import Band, Grid, RasterStack, check_equal_area
from scoring.ground.interpolation import idw
from scoring.ground.settings import FertilitySettings
from scoring.ground.unit_statistics import coverage_pct, mid_rank_percentile, zonal_statistics

Floats32 = NDArray[np.float32]
Progress = Callable[[str], None]

POSTERIOR, POSTERIOR_SD, HELD_OUT = "posterior", "posterior_sd", "posterior_held_out"


@dataclass(frozen=True)
class SurveyLayers:
    """What the survey gives, each layer or None, vectors in EPSG:4326 (columns: docs/architecture.md)."""

    stream_sediments: gpd.GeoDataFrame | None = None
    lithology: gpd.GeoDataFrame | None = None
    faults: gpd.GeoDataFrame | None = None
    folds: gpd.GeoDataFrame | None = None
    occurrences: gpd.GeoDataFrame | None = None
    magnetic_stations: gpd.GeoDataFrame | None = None
    gravity_stations: gpd.GeoDataFrame | None = None
    rasters: tuple[RasterStack, ...] = ()

    def has(self, name: str) -> bool:
        """Whether a layer is there and holds a row."""
        value = getattr(self, name)
        return value is not None and len(value) > 0


@dataclass(frozen=True)
class Fertility:
    """Evidence, posterior and everything needed to doubt them.

    ``stack`` holds the evidence bands, then ``posterior``, ``posterior_sd`` and ``posterior_held_out``; ``tables``
    the working (one frame a table); ``anomalies`` the samples with their class per association.
    """

    stack: RasterStack
    tables: dict[str, pd.DataFrame]
    anomalies: gpd.GeoDataFrame | None
    notes: tuple[str, ...]
    model_used: str
    validation: dict[str, Any] = field(default_factory=dict)

    @property
    def evidence_names(self) -> tuple[str, ...]:
        """Names of the evidence bands."""
        return tuple(n for n in self.stack.names if n not in (POSTERIOR, POSTERIOR_SD, HELD_OUT))


def mask_near_dumps(
    frame: gpd.GeoDataFrame, known_dumps: gpd.GeoDataFrame | None, crs: str, radius_m: float
) -> NDArray[np.bool_]:
    """Samples within ``radius_m`` of a known dump: what they hold may have been washed from the waste itself."""
    masked = np.zeros(len(frame), dtype=bool)
    if known_dumps is None or len(known_dumps) == 0 or radius_m <= 0:
        return masked
    if known_dumps.crs is None:
        raise CrsError("known dumps without a CRS", layer="waste_sites", do="state the CRS of the layer")
    dumps = known_dumps.geometry.to_crs(crs)
    dumps = dumps[~(dumps.isna() | dumps.is_empty)]
    if len(dumps):
        points = frame.geometry.to_crs(crs)
        hit, _ = dumps.sindex.query(points.array, predicate="dwithin", distance=radius_m)
        masked[np.unique(hit)] = True
    return masked


def estimate_fertility(
    layers: SurveyLayers,
    grid: Grid,
    settings: FertilitySettings,
    known_dumps: gpd.GeoDataFrame | None = None,
    progress: Progress | None = None,
) -> Fertility:
    """How likely each cell's ground is to hold critical minerals, from survey layers alone.

    Parameters
    ----------
    layers : the survey layers; known waste never enters as evidence.
    grid : an equal-area grid.
    known_dumps : waste sites or footprints; samples in their drainage are masked before anything is fitted.
    progress : called with one line of text as each step starts.

    Raises
    ------
    CrsError : a grid that is not equal-area, a layer without a CRS.
    ScoringError : no layer from which anything can be estimated.
    """
    check_equal_area(grid.crs)
    # sums inside BLAS depend on its thread count in the last digits: one thread, the same bytes everywhere
    with threadpool_limits(limits=1, user_api="blas"):
        return _estimate(layers, grid, settings, known_dumps, progress or (lambda text: None))


def _estimate(
    layers: SurveyLayers,
    grid: Grid,
    settings: FertilitySettings,
    known_dumps: gpd.GeoDataFrame | None,
    progress: Progress,
) -> Fertility:
    frame = layers.stream_sediments
    if frame is None or len(frame) == 0:
        raise ScoringError(
            "no stream sediments: the geochemical index has nothing to stand on",
            layer="stream_sediments",
            do="connect the layer, or leave fertility missing",
        )
    progress("geochemistry: units, censoring, log-ratios")
    masked = mask_near_dumps(frame, known_dumps, grid.crs, settings.mask_dumps_m)
    samples = prepare_samples(frame, grid.crs, masked)
    notes = list(samples.notes)
    if masked.any():
        notes.append(
            f"{int(masked.sum())} of {len(frame)} samples lie within {settings.mask_dumps_m:g} m of a known dump: "
            "masked before anything was fitted"
        )
    scores, members, refused = association_scores(samples, settings.associations)
    notes += refused
    targets = [name for name in scores if name in ASSOCIATIONS]
    if not targets:
        raise ScoringError(
            "no association can be scored from the elements given",
            layer="stream_sediments",
            do="connect a layer with more elements",
        )
    progress("interpolation")
    use = samples.used & np.isfinite(scores[targets].to_numpy(dtype=np.float64)).any(axis=1)
    names = [str(name) for name in scores]
    means, spreads = idw(
        samples.x[use],
        samples.y[use],
        scores.loc[use, names].to_numpy(dtype=np.float64),
        grid,
        power=settings.interpolation.power,
        neighbours=settings.interpolation.neighbours,
        max_distance_m=settings.interpolation.max_distance_m,
    )
    bands = [
        Band(
            name,
            means[i],
            "robust z",
            ASSOCIATIONS[name].title if name in ASSOCIATIONS else "Resistate heavy minerals: a warning, not a target",
        )
        for i, name in enumerate(names)
    ]
    progress("index")
    which = [names.index(t) for t in targets]
    index, index_sd = _fuzzy_or_index(means[which], spreads[which])
    bands += [
        Band(
            POSTERIOR,
            index,
            "0..1",
            "Unsupervised geochemical index: fuzzy OR of the associations, 0.5 at median + 2 MAD",
        ),
        Band(POSTERIOR_SD, index_sd, "0..1", "Local spread of the index"),
        Band(
            HELD_OUT,
            index,
            "0..1",
            "The index again: no occurrence was used to make it, so it is held out by construction",
        ),
    ]
    thresholds = _thresholds(samples)
    tables = {"censoring": samples.report, "association_members": members, "thresholds": thresholds}
    notes.append("unsupervised geochemical index: no occurrence was used")
    return Fertility(
        RasterStack(grid, tuple(bands)), tables, _anomalies(samples, scores), tuple(notes), "geochemical", {}
    )


def _fuzzy_or_index(z: Floats32, spread: Floats32) -> tuple[Floats32, Floats32]:
    """``max_a 1 / (1 + exp(-(z_a - 2)))`` and its first-order spread; NaN where no association is known."""
    known = np.isfinite(z)
    filled = np.where(known, z, -np.inf)
    best = filled.argmax(axis=0)[None]
    top = np.take_along_axis(filled, best, axis=0)[0]
    sd = np.take_along_axis(spread, best, axis=0)[0]
    with np.errstate(over="ignore"):
        index = np.where(known.any(axis=0), 1 / (1 + np.exp(-(top.astype(np.float64) - 2))), np.nan)
    return index.astype(np.float32), (index * (1 - index) * sd).astype(np.float32)


def _thresholds(samples: Samples) -> pd.DataFrame:
    """Upper thresholds of every element in ppm, on logs and raw, by both rules and both quartiles."""
    rows = []
    for element in samples.ppm:
        v = samples.ppm[element].to_numpy(dtype=np.float64)[samples.used]
        v = v[np.isfinite(v)]
        fences = {
            f"tukey_{kind}_{scale}_ppm": tukey_fence(v, kind=kind, log=scale == "log")  # type: ignore[arg-type]
            for kind in ("type7", "hinges")
            for scale in ("log", "raw")
        }
        rows.append(
            {
                "element": element,
                "n": len(v),
                "median_ppm": float(np.median(v)),
                "median_2mad_log_ppm": median_mad_threshold(v, log=True),
                "median_2mad_raw_ppm": median_mad_threshold(v, log=False),
                **fences,
            }
        )
    return pd.DataFrame(rows)


def _anomalies(samples: Samples, scores: pd.DataFrame) -> gpd.GeoDataFrame:
    """The samples with score and class per association; ``masked`` where a dump's drainage may have made the sample."""
    keep = [c for c in ("sample_id", "sheet", "source", "redistribute") if c in samples.frame]
    columns: dict[str, Any] = {c: samples.frame[c].to_numpy() for c in keep}
    columns["masked_by_dump"] = ~samples.used
    for name in scores:
        z = scores[name].to_numpy(dtype=np.float64)
        columns[f"{name}_z"] = z
        fence = tukey_fence(z[samples.used], log=False) if np.isfinite(z[samples.used]).any() else np.inf
        label = np.full(len(z), "background", dtype=object)
        label[z > 2] = "above median + 2 MAD"
        label[(z > 2) & (z > fence)] = "above the Tukey fence"
        label[~np.isfinite(z)] = "not known"
        columns[f"{name}_class"] = label
    return gpd.GeoDataFrame(columns, geometry=samples.frame.geometry.to_numpy(), crs=samples.frame.crs)


def fertility_of_units(fertility: Fertility, units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Held-out posterior of each unit and its place among the region's cells.

    Returns
    -------
    ``block_id, posterior_mean, posterior_max, posterior_sd`` (of the held-out posterior; the sd is the mean of the
    cells' sds, the sd of a mean whose cells err together), ``coverage_pct`` (0..100), ``fertility_axis`` (mid-rank
    percentile by area of the mean over the region's cells, 0..1; NaN without coverage), ``fertility_note``,
    ``top_evidence`` (the bands that stand out, strongest first).
    """
    stack = fertility.stack
    targets = [n for n in fertility.evidence_names if n in ASSOCIATIONS]
    picked = RasterStack(stack.grid, tuple(stack[n] for n in (HELD_OUT, POSTERIOR_SD, *targets)))
    table = zonal_statistics(picked, units, "block_id", ("mean", "max", "count"))
    mean = table[f"{HELD_OUT}_mean"].to_numpy(dtype=np.float64)
    coverage = coverage_pct(table[f"{HELD_OUT}_count"].to_numpy(), table["area_m2"].to_numpy(), stack.grid)
    mean = np.where(coverage > 0, mean, np.nan)
    axis = mid_rank_percentile(stack[HELD_OUT].values.ravel().astype(np.float64), mean)
    notes, tops = [], []
    for i in range(len(table)):
        if not coverage[i] > 0:
            notes.append("no survey layer covers this block")
            tops.append("")
            continue
        part = f"; survey layers cover {coverage[i]:.0f} % of it" if coverage[i] < 99 else ""
        notes.append(
            f"{fertility.model_used.replace('_', ' ')} fertility higher than {100 * axis[i]:.0f} % "
            f"of the region's ground{part}"
        )
        ranked = sorted(
            ((float(table[f"{n}_mean"].iloc[i]), n) for n in targets if np.isfinite(table[f"{n}_mean"].iloc[i])),
            key=lambda p: (-p[0], p[1]),
        )
        tops.append("; ".join(f"{n} {v:+.1f}" for v, n in ranked[:3]))
    return pd.DataFrame(
        {
            "block_id": table["block_id"],
            "posterior_mean": mean,
            "posterior_max": np.where(coverage > 0, table[f"{HELD_OUT}_max"], np.nan),
            "posterior_sd": np.where(coverage > 0, table[f"{POSTERIOR_SD}_mean"], np.nan),
            "coverage_pct": coverage,
            "fertility_axis": axis,
            "fertility_note": notes,
            "top_evidence": tops,
        }
    )
