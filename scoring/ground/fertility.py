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

from khanij.foundation.grid import Band, Grid, RasterStack, check_equal_area
from scoring.ground.geochemistry.associations import ASSOCIATIONS, HEAVY_MINERALS
from scoring.ground.geochemistry.sample_reading import classify_samples, heavy_mineral_band, read_samples
from scoring.ground.maps.evidence import build_evidence
from scoring.ground.maps.layers import SurveyLayers
from scoring.ground.maps.unit_statistics import coverage_pct, mid_rank_percentile, zonal_statistics
from scoring.ground.models.model_run import DATA_DRIVEN, DESCRIPTIONS, MIN_TEST_POINTS, judge, run_model
from scoring.ground.models.training import deposit_cells, training_problem, weights_by_commodity
from scoring.ground.settings import FertilitySettings

__all__ = [
    "HELD_OUT",
    "POSTERIOR",
    "POSTERIOR_SD",
    "Fertility",
    "SurveyLayers",
    "estimate_fertility",
    "evidence_of_units",
    "fertility_of_units",
    "unit_statistics_of",
]

Progress = Callable[[str], None]
Z_P90 = 1.2816  # the normal quantile of 0.9
STANDS_OUT_FROM = 0.75  # an association in the upper quarter of the region's ground
POSTERIOR, POSTERIOR_SD, HELD_OUT = "posterior", "posterior_sd", "posterior_held_out"


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
    tables: dict[str, pd.DataFrame] = {}
    notes: list[str] = []
    reading = None
    if layers.has("stream_sediments"):
        progress("geochemistry: units, censoring, log-ratios")
        reading = read_samples(layers, grid, settings, known_dumps)
        tables |= reading.tables
        notes += reading.notes
    else:
        notes.append("no stream sediments are connected: no geochemical evidence")
    scores = None if reading is None else reading.scores[reading.usable]
    x = np.empty(0) if reading is None else reading.samples.x[reading.usable]
    y = np.empty(0) if reading is None else reading.samples.y[reading.usable]
    evidence = build_evidence(layers, grid, settings, scores, x, y, progress)
    tables |= evidence.tables
    notes += evidence.notes
    study = evidence.survey_area()
    problem, training_notes, training = training_problem(layers, grid, settings, evidence, study)
    notes += training_notes
    tables["training_points"] = training
    tables |= weights_by_commodity(layers, grid, settings, evidence, study)
    model: str = settings.model
    if model in DATA_DRIVEN and problem is None:
        model = "geochemical" if reading is not None else "fuzzy"
        notes.append(f"{settings.model.replace('_', ' ')} refused; the unsupervised {model} index is given instead")
        own = {
            "model": settings.model,
            "commodity": "; ".join(settings.target_commodities),
            "instead": model,
            "reason": " ".join(training_notes),
        }
        tables["refusals"] = pd.concat([pd.DataFrame([own]), tables.get("refusals")], ignore_index=True)
    progress(f"model: {model.replace('_', ' ')}")
    outcome, model = run_model(model, problem, evidence, grid, settings)
    tables |= outcome.tables
    notes += outcome.notes
    summary: dict[str, Any] = {"model": model, "study_area_km2": float(study.sum()) * grid.cell_area_m2 / 1e6}
    if problem is not None or training["used"].sum() >= MIN_TEST_POINTS:
        progress("validation")
        more, told = judge(model, outcome, problem, grid, settings, deposit_cells(training, grid))
        tables |= more
        summary |= told
    else:
        notes.append(f"fewer than {MIN_TEST_POINTS} known occurrences in the study area: the map is not validated")
    bands = [*(e.band for e in evidence.layers)]
    if reading is not None and "heavy_minerals" in reading.scores and "heavy_minerals" not in [b.name for b in bands]:
        bands.append(heavy_mineral_band(reading, grid, settings))
    bands += [
        Band(POSTERIOR, outcome.posterior, "0..1", DESCRIPTIONS[model]),
        Band(POSTERIOR_SD, outcome.sd, "0..1", "Standard deviation of the posterior"),
        Band(
            HELD_OUT,
            outcome.held_out,
            "0..1",
            "The posterior of each cell from a model that did not see the cell's own part of the map",
        ),
    ]
    anomalies = None if reading is None else classify_samples(reading)
    return Fertility(RasterStack(grid, tuple(bands)), tables, anomalies, tuple(notes), model, summary)


def unit_statistics_of(fertility: Fertility, units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Mean, maximum and covered cells of every band over every unit, read once for the two functions below.

    A categorical band has codes, and a mean of codes means nothing: it is left out.
    """
    told = fertility.tables.get("evidence", pd.DataFrame({"name": [], "kind": []}))
    codes = set(told.loc[told["kind"] == "categorical", "name"])
    picked = RasterStack(fertility.stack.grid, tuple(b for b in fertility.stack.bands if b.name not in codes))
    return zonal_statistics(picked, units, "block_id", ("mean", "max", "count"))


def fertility_of_units(
    fertility: Fertility, units: gpd.GeoDataFrame, statistics: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Held-out posterior of each unit and its place among the region's cells.

    Parameters
    ----------
    statistics : what ``unit_statistics_of`` gave for the same units; made here where it is not handed over.

    Returns
    -------
    ``block_id, posterior_mean, posterior_max, posterior_sd`` (of the held-out posterior; the sd is the mean of the
    cells' sds, the sd of a mean whose cells err together), ``coverage_pct`` (0..100), ``evidence_pct`` (the share of the
    unit that the layer of the model which covers least of it covers, 0..100), ``fertility_axis`` (mid-rank
    percentile by area of the mean over the region's cells, 0..1; NaN without coverage), ``fertility_axis_p10`` and
    ``_p90`` (the same percentile at the mean -+ 1.2816 sd), ``fertility_note``, ``top_evidence`` (up to three targets
    whose mean lies in the upper quarter of the region's ground, highest percentile first).
    """
    stack = fertility.stack
    table = unit_statistics_of(fertility, units) if statistics is None else statistics
    targets = [n for n in fertility.evidence_names if n in ASSOCIATIONS]
    mean = table[f"{HELD_OUT}_mean"].to_numpy(dtype=np.float64)
    coverage = coverage_pct(table[f"{HELD_OUT}_count"].to_numpy(), table["area_m2"].to_numpy(), stack.grid)
    counted = [table[f"{n}_count"].to_numpy() for n in fertility.evidence_names if f"{n}_count" in table.columns]
    by_layer = [coverage_pct(count, table["area_m2"].to_numpy(), stack.grid) for count in counted]
    mean = np.where(coverage > 0, mean, np.nan)
    sd = np.where(coverage > 0, table[f"{POSTERIOR_SD}_mean"].to_numpy(dtype=np.float64), np.nan)
    ground = stack[HELD_OUT].values.ravel().astype(np.float64)
    axis, low, high = (mid_rank_percentile(ground, mean + z * sd if z else mean) for z in (0.0, -Z_P90, Z_P90))
    places = {n: mid_rank_percentile(_values(stack, n), table[f"{n}_mean"].to_numpy(np.float64)) for n in targets}
    notes, tops = [], []
    for i in range(len(table)):
        if not coverage[i] > 0:
            notes.append("no survey layer covers this block")
            tops.append("")
            continue
        part = f"; survey layers cover {coverage[i]:.0f} % of it" if coverage[i] < 99 else ""
        doubt = f" (P10 {100 * low[i]:.0f} %, P90 {100 * high[i]:.0f} %)" if np.isfinite(low[i]) else ""
        notes.append(
            f"{fertility.model_used.replace('_', ' ')} fertility higher than {100 * axis[i]:.0f} % "
            f"of the region's ground{doubt}{part}"
        )
        # by the figure that a reader sees; what lies below the upper quarter does not stand out, whatever else is lower
        strongest = sorted((-float(places[n][i]), n) for n in targets if places[n][i] >= STANDS_OUT_FROM)
        tops.append("; ".join(f"{ASSOCIATIONS[n].short} (above {-100 * place:.0f} %)" for place, n in strongest[:3]))
    return pd.DataFrame(
        {
            "block_id": table["block_id"],
            "posterior_mean": mean,
            "posterior_max": np.where(coverage > 0, table[f"{HELD_OUT}_max"], np.nan),
            "posterior_sd": sd,
            "coverage_pct": coverage,
            "evidence_pct": np.min([coverage, *by_layer], axis=0),
            "fertility_axis": axis,
            "fertility_axis_p10": low,
            "fertility_axis_p90": high,
            "fertility_note": notes,
            "top_evidence": tops,
        }
    )


def evidence_of_units(fertility: Fertility, statistics: pd.DataFrame) -> pd.DataFrame:
    """Every band over every unit, one row each, so that a reader sees what the fertility of a block is made of.

    Parameters
    ----------
    statistics : what ``unit_statistics_of`` gave.

    Returns
    -------
    ``block_id, evidence`` (the band's name), ``title, unit, role`` (evidence, warning or result), ``mean, maximum``
    (area-weighted with exact partial cells), ``percentile`` (mid-rank of the mean among the region's cells, 0..1),
    ``coverage_pct``; no row where the band does not cover the unit.
    """
    stack, frames = fertility.stack, []
    for band in stack.bands:
        if f"{band.name}_mean" not in statistics:
            continue
        mean = statistics[f"{band.name}_mean"].to_numpy(np.float64)
        count = statistics[f"{band.name}_count"].to_numpy(np.float64)
        result = band.name in (POSTERIOR, POSTERIOR_SD, HELD_OUT)
        frame = pd.DataFrame(
            {
                "block_id": statistics["block_id"],
                "evidence": band.name,
                "title": band.description,
                "unit": band.unit,
                "role": "result" if result else "warning" if band.name == HEAVY_MINERALS.name else "evidence",
                "mean": mean,
                "maximum": statistics[f"{band.name}_max"],
                "percentile": mid_rank_percentile(_values(stack, band.name), mean),
                "coverage_pct": coverage_pct(count, statistics["area_m2"].to_numpy(), stack.grid),
            }
        )
        frames.append(frame[frame["coverage_pct"] > 0])
    return pd.concat(frames, ignore_index=True).sort_values("block_id", kind="stable", ignore_index=True)


def _values(stack: RasterStack, name: str) -> NDArray[np.float64]:
    return stack[name].values.ravel().astype(np.float64)
