"""What the survey gives: the layers that fertility may use, each present or absent.

Belongs here: the container. Does not belong here: reading or admitting a layer (``data_sources``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import geopandas as gpd

from khanij.foundation.grid import RasterStack


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
    catchments: gpd.GeoDataFrame | None = None
    others: Mapping[str, gpd.GeoDataFrame | None] = field(default_factory=dict)

    @classmethod
    def of(cls, frames: Mapping[str, gpd.GeoDataFrame | None], rasters: tuple[RasterStack, ...] = ()) -> SurveyLayers:
        """The layers by name; one that no evidence is made of yet stands under ``others``."""
        known = {name: frame for name, frame in frames.items() if name in cls.names()}
        return cls(**known, rasters=rasters, others={n: f for n, f in frames.items() if n not in known})

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Names of the vector layers."""
        return tuple(f.name for f in fields(cls) if f.name not in ("rasters", "others"))

    def has(self, name: str) -> bool:
        """Whether a layer is there and holds a row."""
        value = getattr(self, name)
        return value is not None and len(value) > 0
