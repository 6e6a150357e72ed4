"""The evidence layers of a run: each named, on the grid, with the end of its values that is favourable.

Belongs here: turning a region's evidence settings (or the defaults) into arrays. Does not belong here: the models.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from khanij.foundation.errors import ScoringError
from khanij.foundation.grid import Band, Grid, RasterStack
from scoring.ground.geochemistry.associations import ASSOCIATIONS
from scoring.ground.maps import kriging, rasterising, variogram
from scoring.ground.maps.interpolation import idw
from scoring.ground.settings import EvidenceSettings, FertilitySettings, InterpolationSettings

if TYPE_CHECKING:
    import geopandas as gpd

    from scoring.ground.maps.layers import SurveyLayers

Floats = NDArray[Any]
Direction = Literal["high", "low", "both"]
GEOCHEMICAL = ("association", "element", "principal_component")


@dataclass(frozen=True)
class Spread:
    """The interpolation's own sd, kept on the sampling's coarse support until it is asked for on the grid."""

    support: Grid
    values: NDArray[np.float32]

    def on(self, grid: Grid) -> NDArray[np.float32]:
        """The sd on the grid, (rows, cols)."""
        if self.support == grid:
            return self.values
        return rasterising.resample(RasterStack(self.support, (Band("sd", self.values),)), "sd", grid).values


@dataclass(frozen=True)
class Evidence:
    """One layer on the grid: a band of numbers (``codes`` None) or of category codes with their names.

    ``sd`` is the interpolation's own; ``is_survey`` says whether the layer shows where the survey has been (a distance
    is known everywhere and shows nothing of the sort).
    """

    band: Band
    kind: str
    direction: Direction = "both"
    sd: Spread | None = field(default=None, repr=False)
    codes: NDArray[np.int16] | None = field(default=None, repr=False)
    categories: tuple[str, ...] = ()
    is_survey: bool = True
    settings: EvidenceSettings | None = None

    @property
    def name(self) -> str:
        """The band's name."""
        return self.band.name


@dataclass(frozen=True)
class EvidenceSet:
    """All evidence, the tables that say how it was made, and what could not be made."""

    layers: tuple[Evidence, ...]
    tables: dict[str, pd.DataFrame]
    notes: tuple[str, ...]

    def survey_area(self) -> NDArray[np.bool_]:
        """Cells where at least one survey layer is known; every cell where there is none but distances."""
        area = np.zeros(self.layers[0].band.values.shape, dtype=bool)
        if not any(e.is_survey for e in self.layers):
            return ~area
        for e in self.layers:
            if e.is_survey:
                area |= (e.codes >= 0) if e.codes is not None else np.isfinite(e.band.values)
        return area


def support_grid(grid: Grid, support_m: float) -> Grid:
    """The grid of the sampling's own support (NGCM composites: 2 x 2 km) under ``grid``, one cell wider all round.

    A support no coarser than the grid is the grid itself.
    """
    if support_m <= max(grid.cell_x_m, grid.cell_y_m):
        return grid
    return Grid.from_bounds(grid.bounds, grid.crs, support_m).pad(1)


def interpolate(
    name: str,
    x: Floats,
    y: Floats,
    values: Floats,
    grid: Grid,
    support_m: float,
    settings: InterpolationSettings,
    seed: int,
) -> tuple[NDArray[np.float32], Spread, pd.DataFrame | None]:
    """Samples to cells on their own support, then to the grid: value, its sd, and the variogram's row (kriging).

    Kriging without a usable variogram (too few samples, no structure) falls back on inverse distance.
    """
    base = support_grid(grid, support_m)
    row = None
    reach = settings.max_distance_m
    try:
        if settings.method == "idw":
            raise ScoringError("inverse distance was asked for")
        span = min(base.bounds[2] - base.bounds[0], base.bounds[3] - base.bounds[1])
        lag = min(span / 3, 15 * support_m)
        model = variogram.fit_variogram(variogram.empirical_variogram(x, y, values, max_lag_m=lag, seed=seed))
        check = kriging.cross_validate(x, y, values, model, neighbours=settings.neighbours, seed=seed)
        row = kriging.variogram_row(name, model, check)
        mean, sd = kriging.krige_grid(x, y, values, base, model, neighbours=settings.neighbours, max_distance_m=reach)
    except ScoringError:
        keep = np.isfinite(values)
        if not keep.any():
            raise
        mean, sd = idw(
            x[keep],
            y[keep],
            values[keep],
            base,
            power=settings.power,
            neighbours=settings.neighbours,
            max_distance_m=reach,
        )
    if base is grid:
        return mean, Spread(base, sd), row
    return rasterising.resample(RasterStack(base, (Band("mean", mean),)), "mean", grid).values, Spread(base, sd), row


def default_evidence(layers: SurveyLayers, targets: list[str], lithology_field: str) -> tuple[EvidenceSettings, ...]:
    """What is used where the region names nothing: every association, near faults and folds, lithology, geophysics."""
    out = [EvidenceSettings(kind="association", field=name, direction="high") for name in targets]
    out += [
        EvidenceSettings(kind="distance", layer=name, direction="low")
        for name in ("faults", "folds")
        if layers.has(name)
    ]
    if layers.has("lithology"):
        out.append(EvidenceSettings(kind="categorical", layer="lithology", field=lithology_field))
    for name, column in (("magnetic_stations", "magnetic_anomaly_nt"), ("gravity_stations", "bouguer_mgal")):
        if layers.has(name):
            out.append(EvidenceSettings(kind="stations", layer=name, field=column))
    out += [EvidenceSettings(kind="raster", field=band) for stack in layers.rasters for band in stack.names]
    return tuple(out)


def build_evidence(
    layers: SurveyLayers,
    grid: Grid,
    settings: FertilitySettings,
    sample_scores: pd.DataFrame | None,
    x: Floats,
    y: Floats,
    progress: Callable[[str], None],
) -> EvidenceSet:
    """Every evidence layer that settings (or the defaults) ask for and the survey allows.

    Parameters
    ----------
    sample_scores : one column per association, element or component, one row per usable sample; None without samples.
    x, y : the samples' coordinates [m].

    Raises
    ------
    ScoringError : nothing at all can be made.
    """
    targets = [str(c) for c in sample_scores if c in ASSOCIATIONS] if sample_scores is not None else []
    wanted = settings.evidence or default_evidence(layers, targets, settings.lithology_field)
    made: list[Evidence] = []
    variograms: list[pd.DataFrame] = []
    notes: list[str] = []
    for item in wanted:
        try:
            for evidence, row in _make(item, layers, grid, settings, sample_scores, x, y):
                if evidence.name in [e.name for e in made]:
                    continue
                progress(f"evidence: {evidence.name}")
                made.append(evidence)
                if row is not None:
                    variograms.append(row)
        except ScoringError as error:
            notes.append(
                f"evidence {item.kind} {item.layer or ''} {item.field or ''} left out: {error.message}".replace(
                    "  ", " "
                )
            )
    if not made:
        raise ScoringError("no evidence layer could be made", do="connect a survey layer, or leave fertility missing")
    tables = {
        "evidence": pd.DataFrame(
            [
                {
                    "name": e.name,
                    "kind": e.kind,
                    "unit": e.band.unit,
                    "direction": e.direction,
                    "known_pct": 100 * float(np.isfinite(e.band.values).mean()),
                    "description": e.band.description,
                }
                for e in made
            ]
        )
    }
    if variograms:
        tables["variograms"] = pd.concat(variograms, ignore_index=True)
    return EvidenceSet(tuple(made), tables, tuple(notes))


def _make(
    item: EvidenceSettings,
    layers: SurveyLayers,
    grid: Grid,
    settings: FertilitySettings,
    scores: pd.DataFrame | None,
    x: Floats,
    y: Floats,
) -> list[tuple[Evidence, pd.DataFrame | None]]:
    if item.kind in GEOCHEMICAL:
        return _geochemical(item, grid, settings, scores, x, y)
    if item.kind == "raster":
        for stack in layers.rasters:
            if item.field in stack:
                return [
                    (
                        Evidence(
                            rasterising.resample(stack, str(item.field), grid),
                            "raster",
                            item.direction or "both",
                            settings=item,
                        ),
                        None,
                    )
                ]
        raise ScoringError("no raster has this band")
    layer = str(item.layer)
    if layer not in layers.names():
        raise ScoringError(f"no layer is called {layer}", field="fertility.evidence.layer")
    if not layers.has(layer):
        raise ScoringError("the layer is not connected or is empty")
    frame: gpd.GeoDataFrame = getattr(layers, layer)
    if item.kind == "stations":
        return [_stations(item, frame, grid, settings)]
    if item.kind == "categorical":
        codes, names = rasterising.categories(frame, grid, str(item.field), layer)
        band = Band(
            layer,
            np.where(codes >= 0, codes, np.nan).astype(np.float32),
            "code",
            f"{item.field}: " + ", ".join(f"{i} {n}" for i, n in enumerate(names)),
        )
        return [(Evidence(band, "categorical", codes=codes, categories=names, settings=item), None)]
    name, shapes = _shapes(item, frame, grid, layer)
    if item.kind == "distance":
        band = Band(
            f"distance_{name}_m",
            rasterising.distance_to(shapes, grid, item.max_m),
            "m",
            f"Distance to {name}, at most {item.max_m:g} m",
        )
        return [(Evidence(band, "distance", item.direction or "low", is_survey=False, settings=item), None)]
    points = [s for s in shapes if s.geom_type in ("Point", "MultiPoint")]
    if points:
        values = rasterising.point_density(
            np.array([p.centroid.x for p in points]), np.array([p.centroid.y for p in points]), grid, item.radius_m
        )
        unit = "1/km2"
    else:
        values, unit = rasterising.line_density(shapes, grid, item.radius_m), "km/km2"
    band = Band(f"density_{name}", values, unit, f"Density of {name} within {item.radius_m:g} m")
    return [(Evidence(band, "density", item.direction or "high", is_survey=False, settings=item), None)]


def _shapes(item: EvidenceSettings, frame: gpd.GeoDataFrame, grid: Grid, layer: str) -> tuple[str, Floats]:
    """Features to measure to: those whose field holds one of the values; polygons without values give contacts."""
    if item.values:
        if not item.field or item.field not in frame:
            raise ScoringError(f"{layer} has no column {item.field}", layer=layer, field=item.field)
        text = frame[item.field].astype("string").str.lower()
        picked = frame[
            np.logical_or.reduce([text.str.contains(v.lower(), regex=False).fillna(False) for v in item.values])
        ]
        if len(picked) == 0:
            raise ScoringError(f"no feature of {layer} matches {', '.join(item.values)}")
        return f"{layer}_{'_'.join(item.values)}".replace(" ", "_").lower(), rasterising.project(picked, grid, layer)
    if frame.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).any():
        return f"{layer}_contacts", rasterising.boundaries(frame, grid, layer)
    return layer, rasterising.project(frame, grid, layer)


def _geochemical(
    item: EvidenceSettings, grid: Grid, settings: FertilitySettings, scores: pd.DataFrame | None, x: Floats, y: Floats
) -> list[tuple[Evidence, pd.DataFrame | None]]:
    if scores is None:
        raise ScoringError("there are no stream sediments")
    if item.kind == "principal_component":
        columns = [c for c in scores if str(c).startswith("pc")][: item.components]
        if not columns:
            raise ScoringError("too few elements or samples for principal components")
    else:
        columns = [str(item.field) if item.kind == "association" else f"{item.field}_clr"]
        if columns[0] not in scores:
            raise ScoringError("its elements are not measured, or mostly censored")
    out = []
    for column in columns:
        mean, sd, row = interpolate(
            str(column),
            x,
            y,
            scores[column].to_numpy(dtype=np.float64),
            grid,
            settings.support_m,
            settings.interpolation,
            settings.seed,
        )
        unit = "robust z"
        title = ASSOCIATIONS[str(column)].title if column in ASSOCIATIONS else str(column)
        direction: Direction = item.direction or ("both" if item.kind == "principal_component" else "high")
        out.append((Evidence(Band(str(column), mean, unit, title), item.kind, direction, sd, settings=item), row))
    return out


def _stations(
    item: EvidenceSettings, frame: gpd.GeoDataFrame, grid: Grid, settings: FertilitySettings
) -> tuple[Evidence, pd.DataFrame | None]:
    """Geophysical stations to cells: medians on the support first, so that a dense line does not outvote the rest."""
    column = str(item.field)
    if column not in frame:
        raise ScoringError(f"{item.layer} has no column {column}", layer=item.layer, field=column)
    shapes = frame.geometry.to_crs(grid.crs)
    x, y = shapes.x.to_numpy(dtype=np.float64), shapes.y.to_numpy(dtype=np.float64)
    values = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
    west, _, _, north = grid.bounds
    keep = np.isfinite(x) & np.isfinite(y) & np.isfinite(values)
    if keep.sum() < 3:
        raise ScoringError(f"{int(keep.sum())} stations with a value")
    cell = settings.support_m
    cells = pd.DataFrame(
        {
            "row": np.floor((north - y[keep]) / cell).astype(np.int64),
            "col": np.floor((x[keep] - west) / cell).astype(np.int64),
            "x": x[keep],
            "y": y[keep],
            "v": values[keep],
        }
    )
    median = cells.groupby(["row", "col"], sort=True).agg(x=("x", "mean"), y=("y", "mean"), v=("v", "median"))
    mean, sd, row = interpolate(
        column,
        median["x"].to_numpy(),
        median["y"].to_numpy(),
        median["v"].to_numpy(),
        grid,
        cell,
        settings.interpolation,
        settings.seed,
    )
    unit = {"magnetic_anomaly_nt": "nT", "bouguer_mgal": "mGal"}.get(column, "")
    return Evidence(
        Band(column, mean, unit, f"{item.layer}: {column}"), "stations", item.direction or "both", sd, settings=item
    ), row
