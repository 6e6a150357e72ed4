"""Stream sediments to scores per sample, with the thresholds, classes and tables that show the working.

Belongs here: the order of the geochemical steps for one region. Does not belong here: their formulas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_sources.reference import load_table
from khanij.foundation.errors import ScoringError
from khanij.foundation.grid import Band, Grid
from scoring.ground.geochemistry.anomalies import concentration_area_threshold, median_mad_threshold, tukey_fence
from scoring.ground.geochemistry.associations import ASSOCIATIONS
from scoring.ground.geochemistry.dilution import correct_dilution
from scoring.ground.geochemistry.drainage import mask_samples, relief_from_stations
from scoring.ground.geochemistry.pca import robust_pca
from scoring.ground.geochemistry.samples import (
    Samples,
    association_scores,
    lithology_of,
    log_ratios,
    prepare_samples,
    robust_scale,
)
from scoring.ground.maps.evidence import interpolate
from scoring.ground.maps.layers import SurveyLayers
from scoring.ground.settings import FertilitySettings

Floats = NDArray[Any]


@dataclass(frozen=True)
class Reading:
    """Samples, their scores (one column per association, component and wanted element), and the working."""

    samples: Samples
    scores: pd.DataFrame
    usable: NDArray[np.bool_]
    tables: dict[str, pd.DataFrame]
    notes: tuple[str, ...]


def read_samples(
    layers: SurveyLayers, grid: Grid, settings: FertilitySettings, known_dumps: gpd.GeoDataFrame | None
) -> Reading:
    """Mask, treat, score: everything that can be said of the samples themselves.

    Raises
    ------
    ScoringError : no usable sample, column or association.
    """
    frame = layers.stream_sediments
    assert frame is not None
    notes: list[str] = []
    relief = None
    if known_dumps is not None and len(known_dumps) and settings.mask_downstream_m > 0:
        relief = relief_from_stations(layers.gravity_stations, grid, settings.support_m)
        if relief is None:
            notes.append(
                "no elevations are connected: samples down the water of known dumps are masked by distance alone"
            )
    masked = mask_samples(frame, known_dumps, grid, settings.mask_dumps_m, settings.mask_downstream_m, relief)
    if masked.any():
        way = f" or of {settings.mask_downstream_m / 1000:g} km of its way down the water" if relief is not None else ""
        notes.append(
            f"{int(masked.sum())} of {len(frame)} samples lie within {settings.mask_dumps_m / 1000:g} km of a dump"
            f"{way}: "
            "masked before anything was fitted"
        )
    samples = prepare_samples(frame, grid.crs, masked)
    notes += samples.notes
    dilution = None
    if layers.catchments is not None and len(layers.catchments):
        dilution = correct_dilution(
            samples,
            layers.catchments,
            layers.lithology,
            settings.lithology_field,
            grid.crs,
            settings.catchment_exposed_km2,
        )
        samples = dilution.samples
        notes += dilution.notes
    groups = lithology_of(samples, layers.lithology, settings.lithology_field)
    if groups is not None:
        notes.append(
            f"scores are residuals from the median of the sample's own lithology ({settings.lithology_field}), "
            "where that holds 20 samples"
        )
    scores, members, refused = association_scores(samples, settings.associations, groups)
    notes += refused
    if not any(name in ASSOCIATIONS for name in scores):
        raise ScoringError(
            "no association can be scored from the elements given",
            layer="stream_sediments",
            do="connect a layer with more elements",
        )
    tables = {"censoring": samples.report, "association_members": members, "thresholds": thresholds(samples)}
    if dilution is not None and len(dilution.table):
        tables["dilution"] = dilution.table
    if len(samples.levelling):
        tables["levelling"] = samples.levelling
    centred, level = log_ratios(samples, [str(e) for e in samples.ppm])
    for element in settings.elements or [str(e.field) for e in settings.evidence if e.kind == "element"]:
        if element in centred:
            clr = centred[element].to_numpy(dtype=np.float64) - level
            scores[f"{element}_clr"] = (clr - np.nanmedian(clr[samples.used])) / robust_scale(clr[samples.used])
    try:
        pca = robust_pca(samples.ppm, samples.used, seed=settings.seed)
        tables["pca_loadings"] = pca.table()
        scores = pd.concat([scores, pca.scores], axis=1)
    except ScoringError as error:
        notes.append(f"robust principal components left out: {error.message}")
    tables["score_thresholds"] = score_thresholds(samples, scores)
    targets = [n for n in scores if n in ASSOCIATIONS]
    usable = samples.used & np.isfinite(scores[targets].to_numpy(dtype=np.float64)).any(axis=1)
    return Reading(samples, scores, usable, tables, tuple(notes))


def heavy_mineral_band(reading: Reading, grid: Grid, settings: FertilitySettings) -> Band:
    """The warning beside the targets: resistate heavy minerals gathered by the stream."""
    values = reading.scores.loc[reading.usable, "heavy_minerals"].to_numpy(dtype=np.float64)
    s = reading.samples
    mean, _, _ = interpolate(
        "heavy_minerals",
        s.x[reading.usable],
        s.y[reading.usable],
        values,
        grid,
        settings.support_m,
        settings.interpolation,
        settings.seed,
    )
    return Band("heavy_minerals", mean, "robust z", "Resistate heavy minerals (Zr, Hf, Th): a warning, not a target")


def thresholds(samples: Samples) -> pd.DataFrame:
    """Upper thresholds of every element in ppm, on logs and raw, by both rules and both quartiles.

    ``ca_fractal_ppm`` is the concentration-area break of the samples taken as equal cells of the survey's own support.
    """
    crust = load_table("elements").set_index("element")["ucc_ppm"]
    rows = []
    for element in samples.ppm:
        v = samples.ppm[element].to_numpy(dtype=np.float64)[samples.used]
        v = v[np.isfinite(v)]
        row: dict[str, Any] = {
            "element": element,
            "n": len(v),
            "median_ppm": float(np.median(v)),
            "median_over_upper_crust": float(np.median(v) / crust.get(element, np.nan)),
            "median_2mad_log_ppm": median_mad_threshold(v, log=True),
            "median_2mad_raw_ppm": median_mad_threshold(v, log=False),
        }
        for kind in ("type7", "hinges"):
            row[f"tukey_{kind}_log_ppm"] = tukey_fence(v, kind=kind, log=True)
            row[f"tukey_{kind}_raw_ppm"] = tukey_fence(v, kind=kind, log=False)
        try:
            row["ca_fractal_ppm"] = concentration_area_threshold(v)["threshold"]
        except ScoringError:
            row["ca_fractal_ppm"] = float("nan")
        rows.append(row)
    return pd.DataFrame(rows)


def score_thresholds(samples: Samples, scores: pd.DataFrame) -> pd.DataFrame:
    """Where each score's background ends: 2 (median + 2 MAD by construction) and its Tukey fence."""
    rows = []
    for name in scores:
        z = scores[name].to_numpy(dtype=np.float64)[samples.used]
        z = z[np.isfinite(z)]
        if len(z):
            fence = tukey_fence(z, log=False)
            rows.append(
                {
                    "score": name,
                    "n": len(z),
                    "median_2mad": 2.0,
                    "tukey_type7": fence,
                    "above_2mad": int((z > 2).sum()),
                    "above_fence": int((z > fence).sum()),
                }
            )
    return pd.DataFrame(rows)


def classify_samples(reading: Reading) -> gpd.GeoDataFrame:
    """The samples with score and class per association; ``masked_by_dump`` where a dump may have made the sample.

    A sample above the heavy-mineral fence is classed as such where its rare-earth score is itself background: sand
    explains it. Where the corrected score is high all the same, both are said.
    """
    samples, scores = reading.samples, reading.scores
    frame = samples.frame
    columns: dict[str, Any] = {
        c: frame[c].to_numpy() for c in ("sample_id", "sheet", "source", "redistribute") if c in frame
    }
    columns["masked_by_dump"] = ~samples.used
    limits = reading.tables["score_thresholds"].set_index("score")
    for name in scores:
        if name not in ASSOCIATIONS and name != "heavy_minerals":
            continue
        z = scores[name].to_numpy(dtype=np.float64)
        fence = float(limits.loc[name, "tukey_type7"]) if name in limits.index else np.inf  # type: ignore[arg-type]
        label = np.full(len(z), "background", dtype=object)
        label[z > 2] = "above median + 2 MAD"
        label[(z > 2) & (z > fence)] = "above the Tukey fence"
        label[~np.isfinite(z)] = "not known"
        columns[f"{name}_z"] = np.round(z, 4)
        columns[f"{name}_class"] = label
    return gpd.GeoDataFrame(columns, geometry=frame.geometry.to_numpy(), crs=frame.crs)
