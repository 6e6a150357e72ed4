"""How far a block lies from a place: a block, a waste site, a town or port, or a position that a reader names.

Belongs here: finding the place and the geodesic distance from outlines. Does not belong here: which distances pass
(``passing``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from data_sources.basemap.gazetteer import names_like, places_named
from data_sources.contracts import PublishingError
from khanij.foundation.cells import is_known
from publishing.geopackage.reading import read_layer

_POSITION = re.compile(r"^\s*([-+]?\d+(?:\.\d+)?)\s*[,;]\s*([-+]?\d+(?:\.\d+)?)\s*$")
_WGS84 = pyproj.Geod(ellps="WGS84")
_NEAR = 5


@dataclass(frozen=True)
class Place:
    """Where distances are measured from: ``shape`` in EPSG:4326."""

    name: str
    shape: shapely.Geometry


def place_named(text: str, paths: Sequence[Path]) -> Place:
    """The place that a text means: ``lon,lat``; else a block or waste site by identifier or name, else a town or port.

    Raises
    ------
    PublishingError : no such place, several of that name, one without a position, or a position outside the Earth; each
        with what to write.
    """
    position = _POSITION.match(text)
    if position:
        return _position(text, float(position[1]), float(position[2]))
    known = pd.concat([_named(read_layer(p, layer), key) for p in paths for layer, key in _LAYERS], ignore_index=True)
    found = _meant(known, text.strip())
    if found.empty or not _is_exact(found, text.strip()):
        # A town's whole name goes before a part of a block's.
        town = _town(text)
        if town is not None:
            return town
    if found.empty:
        raise _unknown(text, known)
    placed = found[[g is not None and not g.is_empty for g in found["shape"]]]
    if placed.empty:
        raise PublishingError(f"{found['id'].iloc[0]} has no position", field="of", do="name another place, or lon,lat")
    if placed["name"].nunique() > 1:
        some = "; ".join(f"{i} {n}" for i, n in zip(placed["id"][:_NEAR], placed["name"][:_NEAR]))
        raise PublishingError(
            f"{len(placed)} places match {text!r}", field="of", do=f"name one by its identifier: {some}"
        )
    row = placed.iloc[0]
    return Place(str(row["name"]), row["shape"])


_LAYERS = (("ranked_blocks", "block_id"), ("waste_sites", "site_id"))


def _position(text: str, lon: float, lat: float) -> Place:
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        do = f"write longitude first: {lat:g},{lon:g}" if abs(lon) <= 90 else "write longitude, comma, latitude"
        raise PublishingError(f"{text!r} is no position on Earth", field="of", do=do)
    if 6 <= lon <= 38 and 68 <= lat <= 98:
        raise PublishingError(f"{text!r} lies outside India", field="of", do=f"write longitude first: {lat:g},{lon:g}")
    return Place(f"{lon:g} E, {lat:g} N", shapely.Point(lon, lat))


def _town(text: str) -> Place | None:
    """The town or port of a name; None where none is called so."""
    found = places_named(text)
    if len(found) > 1:
        some = "; ".join(p.written() for p in found[:_NEAR])
        raise PublishingError(
            f"{len(found)} towns or ports are called {text!r}", field="of", do=f"name the state: {some}"
        )
    return Place(found[0].written(), shapely.Point(found[0].lon, found[0].lat)) if found else None


def _is_exact(found: pd.DataFrame, wanted: str) -> bool:
    """Whether rows were found by a whole identifier or name, not by a part of it."""
    text = wanted.casefold()
    return bool((found["id"].str.casefold() == text).any() or (found["name"].str.casefold() == text).any())


def _named(layer: gpd.GeoDataFrame, key: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": layer[key].astype("str").to_numpy(),
            "name": [str(n) if is_known(n) else str(i) for n, i in zip(layer["name"], layer[key])],
            "shape": layer.geometry.to_numpy(),
        }
    ).astype({"shape": object})


def _meant(known: pd.DataFrame, wanted: str) -> pd.DataFrame:
    """Rows of that identifier, else of that name, else with it in their name; small and capital letters are one."""
    ids, names, text = known["id"].str.casefold(), known["name"].str.casefold(), wanted.casefold()
    for hits in (ids == text, names == text, names.str.contains(text, regex=False) if text else names != names):
        if hits.any():
            return known[hits]
    return known.iloc[:0]


def _unknown(text: str, known: pd.DataFrame) -> PublishingError:
    words = {str(w).casefold(): str(w) for c in ("name", "id") for w in known[c]}
    near = [words[w] for w in get_close_matches(text.casefold(), list(words), n=3, cutoff=0.5)]
    near = [*names_like(text), *near]
    hint = f"did you mean {', '.join(near)}? Otherwise " if near else ""
    return PublishingError(
        f"no place {text!r}",
        field="of",
        do=f"{hint}name a block, a waste site, a town or port of India, or a position as longitude,latitude in degrees, such as "
        "85.8,20.3",
    )


def distances_km(place: Place, shapes: Sequence[shapely.Geometry | None]) -> np.ndarray:
    """Geodesic distance [km] on WGS84 between the nearest points of the place and of each outline; NaN without one.

    The nearest points are found in an azimuthal equidistant projection on the place; 0 where the two touch.
    """
    centre = place.shape.centroid
    local = pyproj.CRS.from_proj4(f"+proj=aeqd +lat_0={centre.y!r} +lon_0={centre.x!r} +datum=WGS84 +units=m")
    there = pyproj.Transformer.from_crs(4326, local, always_xy=True)
    back = pyproj.Transformer.from_crs(local, 4326, always_xy=True)
    mine = _moved(place.shape, there)
    out = np.full(len(shapes), np.nan)
    for i, shape in enumerate(shapes):
        if shape is not None and not shape.is_empty:
            line = shapely.get_coordinates(shapely.shortest_line(mine, _moved(shape, there)))
            lon, lat = back.transform(line[:, 0], line[:, 1])
            out[i] = _WGS84.inv(lon[0], lat[0], lon[1], lat[1])[2] / 1000.0
    return out


def _moved(shape: shapely.Geometry, by: pyproj.Transformer) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: np.column_stack(by.transform(xy[:, 0], xy[:, 1])))
