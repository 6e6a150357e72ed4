"""The themes of the project: which layers each shows, and which of them have something to show.

Belongs here: themes, the layers of the project and where they lie. Does not belong here: how the project is written
(``project``), a page of a layout (``printed``), a layer's look (``styles``).
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from publishing.qgis.rasters import SHOWN_BAND, BandLayer
from publishing.qgis.styles import LayerStyle

# India's Lambert conformal projection: right for looking and for scale bars (areas are computed elsewhere).
DISPLAY_CRS = "EPSG:7755"
# Every reading of the blocks is a layer of its own, not a style of one layer: a layout's legend that follows a style
# makes QGIS 3.22 forget the relations of the form while it loads the project.
READINGS = (
    ("ranked_blocks", "Ranking", "Ranked blocks"),
    ("blocks_fertility", "Fertility", "Blocks by fertility of the ground"),
    ("blocks_uncertainty", "Uncertainty", "Blocks by certainty of the rank"),
    ("blocks_quality", "Data quality", "Blocks by knowledge class"),
)
THEMES: dict[str, tuple[str, ...]] = {
    "Ranking": ("ranked_blocks",),
    "Fertility": ("blocks_fertility", "anomalies", "occurrences"),
    "Waste": ("waste_sites", "waste_footprints"),
    "Uncertainty": ("blocks_uncertainty",),
    "Data quality": ("blocks_quality",),
}
CONTEXT = ("state_labels", "survey_sheets")
Themes = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class ProjectLayer:
    """One layer of the project: its short name, the table it reads, the style it has, how it is called."""

    name: str
    table: str
    style: LayerStyle
    title: str
    relations: tuple[tuple[str, str, str, str], ...] = ()  # id, label, other table, field

    @property
    def id(self) -> str:
        """The identifier in the project."""
        return layer_id(self.name)


@dataclass(frozen=True)
class Extent:
    """A rectangle in the display CRS, metres."""

    west: float
    south: float
    east: float
    north: float

    def padded(self, share: float, at_least: float) -> Extent:
        """The rectangle grown on every side."""
        dx = max(at_least, share * (self.east - self.west))
        dy = max(at_least, share * (self.north - self.south))
        return Extent(self.west - dx, self.south - dy, self.east + dx, self.north + dy)


def layer_id(name: str) -> str:
    """The identifier of a layer in the project; QGIS wants more than ten characters."""
    return f"khanij_layer_{name}"


def display_extent(layers: dict[str, gpd.GeoDataFrame]) -> Extent:
    """The extent of blocks and sites in the display CRS, with a margin; all of India if nothing has a position."""
    shapes = pd.concat([layers[n].geometry for n in ("ranked_blocks", "waste_sites") if n in layers])
    shapes = gpd.GeoSeries(shapes[~(shapes.isna() | shapes.is_empty)], crs="EPSG:4326")
    if shapes.empty:
        return Extent(2.8e6, 2.1e6, 5.8e6, 5.5e6)
    west, south, east, north = (float(np.round(v, -1)) for v in shapes.to_crs(DISPLAY_CRS).total_bounds)
    return Extent(west, south, east, north).padded(0.06, 3000)


def themes_with_content(layers: dict[str, gpd.GeoDataFrame], bands: list[BandLayer]) -> Themes:
    """The themes that show something, each with its layers: a map on which nothing stands is not published."""

    def any_of(name: str, column: str) -> bool:
        return name in layers and bool(layers[name][column].notna().any())

    def placed(name: str) -> bool:
        return name in layers and bool((layers[name].geometry.notna() & ~layers[name].geometry.is_empty).any())

    blocks = layers["ranked_blocks"]
    has = {
        "Ranking": any_of("ranked_blocks", "rank"),
        "Fertility": any_of("ranked_blocks", "fertility_axis")
        or bool(bands)
        or placed("anomalies")
        or placed("occurrences"),
        "Waste": placed("waste_sites") or placed("waste_footprints"),
        "Uncertainty": any_of("ranked_blocks", "rank"),
        "Data quality": bool((~blocks["knowledge_class"].isin(["none"]) & blocks["knowledge_class"].notna()).any()),
    }
    if not (has["Ranking"] or has["Fertility"] or has["Data quality"]):
        has["Ranking"] = True  # whatever is known of the blocks, they lie somewhere
    present = {theme: tuple(n for n in names if n not in layers or placed(n)) for theme, names in THEMES.items()}
    return {theme: present[theme] for theme, shows in has.items() if shows}


def is_shown(band: BandLayer) -> bool:
    """Whether a band is part of the theme of the ground: the map of the posterior is, its evidence is not."""
    return band.name.endswith(SHOWN_BAND)
