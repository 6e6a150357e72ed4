"""Stream-sediment columns to association scores: units, censoring, log-ratios, correction for heavy-mineral sand.

Belongs here: what a sample says. Does not belong here: what lies between samples (``interpolation``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_sources.reference import load_table
from khanij.foundation.errors import CrsError, ScoringError
from scoring.ground.geochemistry.anomalies import robust_z
from scoring.ground.geochemistry.associations import ASSOCIATIONS, HEAVY_MINERALS, Association
from scoring.ground.geochemistry.censoring import ROS_UP_TO, censoring_report, substitute
from scoring.ground.geochemistry.levelling import on_held_sheets, sheet_steps

Floats = NDArray[Any]

# Mass of element over mass of oxide where the reference table has none (IUPAC standard atomic weights 2021).
_FACTORS_NOT_TABLED = {"Na2O": ("Na", 0.74186), "CaO": ("Ca", 0.71470), "FeO": ("Fe", 0.77730)}
_COLUMN = re.compile(r"^(?P<name>[A-Z][A-Za-z0-9]*)_(?P<unit>ppm|pct)$")
MIN_PARTS = 8
MAX_REGRESSION_SAMPLES = 50_000


def oxide_factors() -> dict[str, tuple[str, float]]:
    """Oxide -> (element, mass of element per mass of oxide), from the reference table."""
    table = load_table("elements").dropna(subset=["oxide", "oxide_to_element_factor"])
    out = {
        str(o): (str(e), float(f))
        for e, o, f in zip(table["element"], table["oxide"], table["oxide_to_element_factor"], strict=True)
    }
    return {**_FACTORS_NOT_TABLED, **out}


@dataclass(frozen=True)
class Samples:
    """Samples ready for statistics: positions [m], element ppm with censored values substituted, and the report.

    ``ppm`` holds elements usable in log-ratios; ``presence`` the censored flags of those that are presence only.
    """

    frame: gpd.GeoDataFrame
    x: Floats
    y: Floats
    ppm: pd.DataFrame
    censored: pd.DataFrame
    report: pd.DataFrame
    used: NDArray[np.bool_]
    levelling: pd.DataFrame
    notes: tuple[str, ...] = field(default=())

    @cached_property
    def centred_log(self) -> pd.DataFrame:
        """ln ppm less each element's median over the samples in use."""
        log = pd.DataFrame(np.log(self.ppm))
        return log - log[self.used].median()


def element_columns(frame: pd.DataFrame) -> dict[str, tuple[str, float]]:
    """Column -> (element, factor to ppm of the element) for every concentration column of a frame.

    An element given both as element and as oxide is taken from its element column.
    """
    oxides = oxide_factors()
    found: dict[str, tuple[str, float]] = {}
    taken: set[str] = set()
    for unit in ("ppm", "pct"):
        for column in frame.columns:
            match = _COLUMN.match(str(column))
            if not match or match["unit"] != unit:
                continue
            name, scale = match["name"], 1.0 if unit == "ppm" else 1e4
            element, factor = oxides.get(name, (name, 1.0))
            if re.fullmatch(r"[A-Z][a-z]?", element) and element not in taken:
                taken.add(element)
                found[str(column)] = (element, factor * scale)
    return found


def prepare_samples(frame: gpd.GeoDataFrame, crs: str, masked: NDArray[np.bool_] | None = None) -> Samples:
    """Positions in ``crs``, elements in ppm, censored values treated by their share; masked samples are not used.

    Raises
    ------
    CrsError : samples without a CRS.
    ScoringError : no concentration column, or no sample.
    """
    if frame.crs is None:
        raise CrsError("samples without a CRS", layer="stream_sediments", do="state the CRS of the layer")
    if len(frame) == 0:
        raise ScoringError("no sample", layer="stream_sediments", do="check the extent and the quarantine table")
    columns = element_columns(frame)
    if not columns:
        raise ScoringError(
            "no concentration column (<Element>_ppm or <Oxide>_pct)",
            layer="stream_sediments",
            do="map the source's columns in its card",
        )
    points = frame.geometry.to_crs(crs)
    x, y = points.x.to_numpy(dtype=np.float64), points.y.to_numpy(dtype=np.float64)
    used = np.isfinite(x) & np.isfinite(y)
    if masked is not None:
        used &= ~masked
    if not used.any():
        raise ScoringError("every sample is masked", layer="stream_sediments", do="reduce fertility.mask_dumps_m")
    report = censoring_report(frame[used], list(columns))
    report.insert(1, "element", [columns[c][0] for c in report["column"]])
    ppm, flags = {}, {}
    for column, method in zip(report["column"], report["method"], strict=True):
        element, factor = columns[column]
        values = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
        flag = frame.get(f"{column}_censored")
        censored = np.zeros(len(frame), dtype=bool) if flag is None else flag.fillna(False).to_numpy(dtype=bool)
        flags[element] = censored & np.isfinite(values)
        if method != "presence_only":
            ppm[element] = _substitute_all(values, censored, used) * factor
    notes = []
    presence = report.loc[report["method"] == "presence_only", "element"].tolist()
    if presence:
        notes.append(f"{', '.join(presence)}: more than {ROS_UP_TO:.0%} censored or under ten detected: presence only")
    concentrations = pd.DataFrame(ppm)
    degrees = frame.geometry.to_crs(4326)
    lon, lat = degrees.x.to_numpy(dtype=np.float64), degrees.y.to_numpy(dtype=np.float64)
    held = sheet_steps(pd.DataFrame(np.log(concentrations)), lon, lat, used)
    for element in held["element"].unique():
        concentrations.loc[on_held_sheets(held, element, lon, lat), element] = np.nan
    if len(held):
        notes.append(
            f"{', '.join(sorted(held['element'].unique()))}: the level jumps by a factor along every border of "
            f"{len(held.drop_duplicates(['sheet_west_deg', 'sheet_south_deg']))} survey sheets, a laboratory's and not the ground's; "
            "held there (table levelling), not mended"
        )
    return Samples(frame, x, y, concentrations, pd.DataFrame(flags), report, used, held, tuple(notes))


def _substitute_all(values: Floats, censored: NDArray[np.bool_], used: NDArray[np.bool_]) -> Floats:
    """Substitute with the line fitted to the samples in use; the others get half their limit."""
    out = values.copy()
    out[used] = substitute(values[used], censored[used])
    rest = ~used & censored
    out[rest] = values[rest] / 2
    return out


def huber_fit(predictors: Floats, response: Floats, iterations: int = 30, k: float = 1.345) -> Floats:
    """Coefficients (intercept first) of a Huber M-regression by reweighted least squares, scale by MAD.

    Source: Huber 1981, *Robust statistics*; k = 1.345 gives 95 % efficiency on normal errors.
    """
    design = np.column_stack([np.ones(len(response)), predictors])
    beta = np.linalg.lstsq(design, response, rcond=None)[0]
    for _ in range(iterations):
        residual = response - design @ beta
        scale = 1.4826 * float(np.median(np.abs(residual - np.median(residual))))
        if scale <= 1e-12:
            break
        weight = np.minimum(1.0, k * scale / np.maximum(np.abs(residual), 1e-300))
        root = np.sqrt(weight)
        new = np.linalg.lstsq(design * root[:, None], response * root, rcond=None)[0]
        done = np.max(np.abs(new - beta)) < 1e-10
        beta = new
        if done:
            break
    return np.asarray(beta)


def log_ratios(samples: Samples, reference: Iterable[str]) -> tuple[pd.DataFrame, Floats]:
    """Centred logs of every element, and each sample's reference level: the mean centred log of the reference parts.

    Centring each column on its median first lets a sample with a missing part keep a fair reference level; with no
    part missing the difference of two columns is the ordinary log-ratio less its median.
    """
    centred = samples.centred_log
    parts = [e for e in reference if e in centred]
    level = centred[parts].mean(axis=1).to_numpy(dtype=np.float64, copy=True)
    level[centred[parts].count(axis=1).to_numpy() < max(2, len(parts) // 2)] = np.nan
    return centred, level


def residual_by_group(
    values: Floats, groups: NDArray[np.object_] | None, used: NDArray[np.bool_], min_size: int = 20
) -> Floats:
    """Values less the median of their own lithology; groups with fewer than ``min_size`` samples take the whole's."""
    out = values - np.nanmedian(values[used])
    if groups is None:
        return np.asarray(out)
    codes, names = pd.factorize(pd.Series(groups, dtype="object"), sort=False)
    for code in range(len(names)):
        here = codes == code
        fit = here & used & np.isfinite(values)
        if fit.sum() >= min_size:
            out[here] = values[here] - np.median(values[fit])
    return np.asarray(out)


SAND_Z = 2.0
MIN_SAND_SAMPLES = 10


def _indicator_design(ratios: Floats, used: NDArray[np.bool_]) -> Floats:
    """The indicators' log-ratios, and ``max(0, h - 2)`` with h their mean robust z.

    The slope that the bulk of the samples sets is that of rock; where the stream has gathered zircon and monazite the
    members follow the indicators along the sand's own, steeper line, which the hinge lets the fit find. Left out where
    fewer than ten samples lie beyond it.
    """
    z = np.column_stack([(c - np.nanmedian(c[used])) / (robust_scale(c[used]) or 1.0) for c in ratios.T])
    hinge = np.maximum(z.mean(axis=1) - SAND_Z, 0.0)
    return np.column_stack([ratios, hinge]) if (hinge[used] > 0).sum() >= MIN_SAND_SAMPLES else ratios


def association_score(
    samples: Samples, association: Association, groups: NDArray[np.object_] | None = None
) -> tuple[Floats, pd.DataFrame]:
    """One association's robust z per sample, and the table of how each member was treated.

    For each member: ``y = ln x_m - mean ln(reference)``, the reference being every usable part that is neither a
    member nor an indicator; where the association is corrected, y is replaced by its residual from a Huber
    regression on the indicators' own log-ratios, with a steeper line where sand has gathered (``_indicator_design``);
    then less its lithology's median, over 1.4826 MAD. Members are averaged and the mean is standardised once more.
    Log-ratios are free of closure and of the unit.
    """
    members, indicators, reference = _parts_of(association, [str(e) for e in samples.ppm])
    if len(members) < association.min_members or len(reference) < MIN_PARTS:
        raise ScoringError(
            f"{association.name}: {len(members)} of {len(association.members)} members measured, "
            f"{len(reference)} reference parts"
        )
    centred, level = log_ratios(samples, reference)
    x = (
        _indicator_design(centred[indicators].to_numpy(dtype=np.float64) - level[:, None], samples.used)
        if indicators
        else None
    )
    rows, scores = [], []
    for member in members:
        y = centred[member].to_numpy(dtype=np.float64) - level
        explained = np.nan
        if x is not None:
            fit = samples.used & np.isfinite(y) & np.isfinite(x).all(axis=1)
            if fit.sum() > 10 * (x.shape[1] + 1):
                step = max(1, int(fit.sum()) // MAX_REGRESSION_SAMPLES)
                beta = huber_fit(x[fit][::step], y[fit][::step])
                raw = np.nanmedian(np.abs(y[fit] - np.nanmedian(y[fit])))
                y = y - beta[0] - x @ beta[1:]
                left = np.nanmedian(np.abs(y[fit] - np.nanmedian(y[fit])))
                explained = 1 - (left / raw) ** 2 if raw > 0 else np.nan
        y = residual_by_group(y, groups, samples.used)
        scale = robust_scale(y[samples.used])
        scores.append(y / scale if scale > 0 else np.where(np.isfinite(y), 0.0, np.nan))
        rows.append(
            {
                "association": association.name,
                "element": member,
                "corrected_for": " ".join(indicators),
                "explained_share": explained,
                "scale_log": scale,
            }
        )
    stacked = np.array(scores)
    count = np.isfinite(stacked).sum(axis=0)
    mean = np.where(count >= association.min_members, np.nansum(stacked, axis=0) / np.maximum(count, 1), np.nan)
    centre, scale = np.nanmedian(mean[samples.used]), robust_scale(mean[samples.used])
    return (mean - centre) / (scale if scale > 0 else 1.0), pd.DataFrame(rows)


def robust_scale(x: Floats) -> float:
    """1.4826 MAD, or 1.2533 times the mean deviation where more than half the values are equal."""
    v = x[np.isfinite(x)]
    if not len(v):
        return float("nan")
    spread = float(np.median(np.abs(v - np.median(v)))) * 1.4826
    return spread if spread > 0 else 1.2533 * float(np.mean(np.abs(v - np.median(v))))


def _parts_of(association: Association, elements: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """The association's members, what they are corrected for, and the reference, among the elements that are measured."""
    members = [e for e in association.members if e in elements]
    indicators = [e for e in association.corrected_for if e in elements]
    return members, indicators, [e for e in elements if e not in members and e not in indicators]


def scored_by(elements: Sequence[str]) -> list[str]:
    """Names of the associations that samples with these elements can be scored by; without any there is no fertility."""
    parts = {a.name: (a, _parts_of(a, elements)) for a in ASSOCIATIONS.values()}
    return [n for n, (a, (own, _, rest)) in parts.items() if len(own) >= a.min_members and len(rest) >= MIN_PARTS]


def nearest_association(elements: Sequence[str]) -> str:
    """What is lacking for the association that these elements come nearest to, in words; each needs members and ``MIN_PARTS`` others."""
    lacks = []
    for a in ASSOCIATIONS.values():
        own, _, rest = _parts_of(a, elements)
        members, others = max(0, a.min_members - len(own)), max(0, MIN_PARTS - len(rest))
        lacks.append((members + others, a.name, members, others, [e for e in a.members if e not in own]))
    _, name, members, others, left = min(lacks)
    of = f"{members} more of {', '.join(left)}" if members else ""
    beside = f"{others} more elements of any other kind" if others else ""
    return f"{name} lacks {' and '.join(filter(None, (of, beside)))}"


def association_scores(
    samples: Samples, names: Iterable[str] = (), groups: NDArray[np.object_] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    """Scores of the named associations (all that can be made, by default), the members' table, and what was refused.

    ``heavy_minerals`` is always scored where it can be: it is the warning beside the targets.
    """
    wanted = [ASSOCIATIONS[n] for n in names] if names else list(ASSOCIATIONS.values())
    scores, tables, refused = {}, [], []
    for association in (*wanted, HEAVY_MINERALS):
        try:
            scores[association.name], table = association_score(samples, association, groups)
            tables.append(table)
        except ScoringError as error:
            refused.append(f"association not scored: {error.message}")
    return pd.DataFrame(scores), pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(), tuple(refused)


def lithology_of(samples: Samples, lithology: gpd.GeoDataFrame | None, field: str) -> NDArray[np.object_] | None:
    """The lithology each sample lies on; None where no lithology is connected or its column is absent."""
    if lithology is None or len(lithology) == 0 or field not in lithology:
        return None
    if lithology.crs is None:
        raise CrsError("lithology without a CRS", layer="lithology", do="state the CRS of the layer")
    polygons = lithology[lithology.geometry.notna() & ~lithology.geometry.is_empty & lithology[field].notna()]
    points = samples.frame.geometry.to_crs(polygons.crs)
    pairs = polygons.sindex.query(points.array, predicate="within")
    out = np.full(len(samples.frame), None, dtype=object)
    # on overlapping polygons the first in the layer's order wins, whatever order the index answers in
    order = np.lexsort((pairs[1], pairs[0]))[::-1]
    names = polygons[field].astype(str).to_numpy()
    out[pairs[0][order]] = names[pairs[1][order]]
    return out


__all__ = [
    "Samples",
    "association_score",
    "association_scores",
    "element_columns",
    "lithology_of",
    "log_ratios",
    "prepare_samples",
    "residual_by_group",
    "robust_scale",
    "robust_z",
    "scored_by",
]
