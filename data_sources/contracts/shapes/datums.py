"""The way from a layer's coordinate system to WGS 84, and how far off it may be.

Belongs here: whether a system names a datum, which transformation holds in the layer's own area, published shifts where
PROJ has none. Does not belong here: whether a position can be right (``admitting.places``).

PROJ is asked with the layer's own area: without one it offers for Kalianpur 1937 what was measured in Bangladesh. Where
nothing holds it answers with a "ballpark" one, that is with no shift at all, which in India is some 200 m.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import geopandas as gpd
import numpy as np
import pyproj
import pyproj.network
import shapely
from pyproj.aoi import AreaOfInterest
from pyproj.crs import BoundCRS
from pyproj.crs.coordinate_operation import ToWGS84Transformation
from pyproj.exceptions import ProjError
from pyproj.transformer import Transformer, TransformerGroup

from data_sources.contracts.contract import plain_name
from data_sources.reference.tables import load_table
from khanij.foundation.errors import CrsError

Box = tuple[float, float, float, float]

INDIA_DEG: Box = (66.0, 5.0, 99.0, 38.5)
"""West, south, east, north of all land and near sea of India, with a degree or so to spare."""

UNKNOWN_SHIFT_M = 300.0
"""How far a position on an Everest datum lies from itself taken for WGS 84: 100 to 300 m over India."""
_SMALL_SHIFT_M = 2.0
_NO_DATUM = re.compile(
    r"^(d[_ ])?(unknown|undefined|undetermined|unnamed|unspecified|not[_ ]specified|user[_ ]?defined|custom|none\b|local)",
    re.IGNORECASE,
)
_SPARE = 1.0

UNKNOWN_DATUM = (
    "no transformation from this datum to WGS 84 is known for this area: the position may be some hundred metres off; "
    "name the coordinate system in the card, such as ESRI:37203 (Everest, India and Nepal) or EPSG:4146 (Kalianpur 1975)"
)
SMALL_DATUM = "no transformation from this datum to WGS 84 is known for this area: the position may be 2 m off"
PUBLISHED_SHIFT = "shifted to WGS 84 by published parameters, since PROJ knows no transformation from this datum"
SHIFTED = "shifted to WGS 84 by a transformation of limited accuracy"
_TOLD_FROM_M = 5.0


@dataclass(frozen=True)
class Way:
    """How coordinates of one system become longitude and latitude on WGS 84.

    ``turn`` takes and gives arrays of x and y; ``off_m`` is how far a position may be off by the datum alone (nine chances
    in ten, 0 where it is WGS 84), ``reason`` what has to be said (blank for nothing), ``told`` the system and the operation.
    """

    turn: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
    off_m: float = 0.0
    reason: str = ""
    told: str = ""

    @property
    def is_shifted(self) -> bool:
        """False where no shift is known, so that each row has to say so."""
        return self.reason not in (UNKNOWN_DATUM, SMALL_DATUM)


def datum_of(crs: pyproj.CRS) -> str:
    """The name of the datum, blank where the system names none (``D_Unknown``, an undefined or a local system)."""
    if crs.is_bound:  # a file that states the shift itself
        return crs.source_crs.name if crs.source_crs is not None else crs.name
    geodetic = crs.geodetic_crs
    datum = None if geodetic is None else geodetic.datum
    if datum is None or _NO_DATUM.match(datum.name) or _NO_DATUM.match(datum.name.removeprefix("D_")):
        return ""
    return str(datum.name)


def is_nameless(crs: pyproj.CRS) -> bool:
    """Whether a system states its own shift and is else no known one.

    PROJ looks for a code among all systems that are alike, and makes a transformation for each where the system states a shift:
    eight seconds for a datum without a name on a usual ellipsoid. Such a system is known by what it shifts, or by nothing.
    """
    return crs.is_bound and (crs.source_crs is None or crs.source_crs.to_authority() is None)


def code_of(crs: pyproj.CRS, *, sure: bool = False) -> str:
    """Authority and code of a system (``EPSG:4326``), blank for one that has none; ``sure``: where no other could be meant."""
    return _code(crs.to_wkt(), 100 if sure else 70)


@lru_cache(maxsize=64)
def _code(wkt: str, confidence: int) -> str:
    crs = pyproj.CRS.from_wkt(wkt)
    return "" if is_nameless(crs) else ":".join(crs.to_authority(min_confidence=confidence) or ())


def text_of(crs: pyproj.CRS) -> str:
    """The code of a system, or what it was made from where it has none."""
    return code_of(crs, sure=True) or str(crs.srs)


def crs_named(text: str) -> str:
    """The coordinate system that a datum's name means in India (``Everest - India and Nepal``), blank for any other."""
    for row in load_table("datum_shifts").to_dict("records"):
        if plain_name(text) in row["names"].split(";"):
            return str(row["crs"])
    return ""


def is_wgs84(crs: pyproj.CRS) -> bool:
    """Whether coordinates of this system need no shift of the datum."""
    geodetic = crs.geodetic_crs
    return not crs.is_bound and geodetic is not None and geodetic.datum is not None and (
        geodetic.datum.name.startswith("World Geodetic System 1984")
    )  # fmt: skip


def same_system(a: object, b: object) -> bool:
    """Whether two coordinate systems give a pair of numbers the same place (the order of axes in the text left aside)."""
    one, other = pyproj.CRS.from_user_input(a), pyproj.CRS.from_user_input(b)
    if one.is_geographic and other.is_geographic and is_wgs84(one) and is_wgs84(other):
        return True
    return bool(one.equals(other, ignore_axis_order=True))


def way_to_wgs84(crs: pyproj.CRS, shapes: np.ndarray) -> Way:
    """The best known way to WGS 84 in the area where these geometries (in ``crs``) lie; asks no network.

    Raises
    ------
    pyproj.exceptions.ProjError : PROJ can do nothing with the system.
    """
    plain = pyproj.CRS.from_user_input(crs)
    if plain.is_compound and plain.sub_crs_list:
        plain = plain.sub_crs_list[0]
    plain = plain if plain.is_bound else plain.to_2d()
    if is_wgs84(plain):
        return Way(_turn(Transformer.from_crs(plain, "EPSG:4326", always_xy=True)))
    return _way(plain.to_wkt(), _area(plain, shapes))


def _turn(transformer: Transformer) -> Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    def turn(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        east, north = transformer.transform(x, y)
        return np.asarray(east), np.asarray(north)

    return turn


def _area(crs: pyproj.CRS, shapes: np.ndarray) -> Box:
    """Where the middle nine tenths of the rows lie, in degrees of their own datum; one stray row must not move it."""
    box = shapely.bounds(shapes)
    box = box[np.isfinite(box).all(axis=1)]
    if not len(box):
        return INDIA_DEG
    x, y = (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2
    geodetic = crs.geodetic_crs
    if crs.is_projected and geodetic is not None:
        x, y = Transformer.from_crs(crs, geodetic, always_xy=True).transform(x, y)
    known = np.isfinite(x) & np.isfinite(y) & (np.abs(x) <= 180) & (np.abs(y) <= 90)
    if not known.any():
        return INDIA_DEG
    west, east = np.quantile(x[known], (0.05, 0.95))
    south, north = np.quantile(y[known], (0.05, 0.95))
    return (round(float(west), 2), round(float(south), 2), round(float(east), 2), round(float(north), 2))


@lru_cache(maxsize=64)
def _way(wkt: str, area: Box) -> Way:
    crs = pyproj.CRS.from_wkt(wkt)
    pyproj.network.set_network_enabled(False)  # a grid fetched here and not there would move the same file differently
    west, south, east, north = area
    middle = ((west + east) / 2, (south + north) / 2)
    for box in (area, (*middle, *middle)):
        found = _best(crs, box)
        if found is not None:
            accuracy = float(found.accuracy) if found.accuracy is not None and found.accuracy >= 0 else 0.0
            steps = [s for s in str(found.description).split(" + ") if not s.startswith("axis order change")]
            told = f"{crs.name}: {' + '.join(steps)}, accuracy {accuracy:g} m" if accuracy else ""
            return Way(_turn(found), accuracy, SHIFTED if accuracy >= _TOLD_FROM_M else "", told)
    return _published(crs, middle) or _ballpark(crs, area)


def _best(crs: pyproj.CRS, area: Box, *, guess: bool = False) -> Transformer | None:
    """PROJ's first operation that is none by guess (unless ``guess``) and can be carried out with what is installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a better one whose grid is not installed
        try:
            group = TransformerGroup(
                crs,
                "EPSG:4326",
                always_xy=True,
                area_of_interest=AreaOfInterest(*area),  # type: ignore[arg-type]
                allow_ballpark=guess,
            )
        except IndexError:  # pyproj 3.7 where PROJ names not one operation
            return None
    return group.transformers[0] if group.transformers else None


def _published(crs: pyproj.CRS, middle: tuple[float, float]) -> Way | None:
    geodetic = crs.geodetic_crs
    if geodetic is None or geodetic.datum is None or geodetic.ellipsoid is None:
        return None
    for row in load_table("datum_shifts").to_dict("records"):
        if plain_name(geodetic.datum.name) not in row["names"].split(";"):
            continue
        if abs(geodetic.ellipsoid.semi_major_metre - row["semi_major_axis_m"]) > _SPARE * 5:
            continue
        if not (row["west_deg"] <= middle[0] <= row["east_deg"] and row["south_deg"] <= middle[1] <= row["north_deg"]):
            continue
        shift = ToWGS84Transformation(geodetic, row["dx_m"], row["dy_m"], row["dz_m"])
        bound = BoundCRS(source_crs=crs, target_crs=pyproj.CRS("EPSG:4326"), transformation=shift)
        told = f"{geodetic.datum.name}: dX {row['dx_m']:g}, dY {row['dy_m']:g}, dZ {row['dz_m']:g} m, accuracy {row['accuracy_m']:g} m; {row['source']}"
        return Way(
            _turn(Transformer.from_crs(bound, "EPSG:4326", always_xy=True)), row["accuracy_m"], PUBLISHED_SHIFT, told
        )
    return None


def _ballpark(crs: pyproj.CRS, area: Box) -> Way:
    geodetic = crs.geodetic_crs
    datum = "" if geodetic is None or geodetic.datum is None else geodetic.datum.name
    ellipsoid = None if geodetic is None else geodetic.ellipsoid
    modern = ellipsoid is not None and abs(ellipsoid.semi_major_metre - 6_378_137.0) < _SPARE
    told = f"{datum or crs.name} ({'no ellipsoid' if ellipsoid is None else ellipsoid.name})"
    turn = _turn(_best(crs, area, guess=True) or Transformer.from_crs(crs, "EPSG:4326", always_xy=True))
    # A datum of satellites on the ellipsoid of GRS 80 lies within two metres of WGS 84, any older one does not.
    return Way(turn, _SMALL_SHIFT_M, SMALL_DATUM, told) if modern else Way(turn, UNKNOWN_SHIFT_M, UNKNOWN_DATUM, told)


def in_degrees(series: gpd.GeoSeries, *, file: object = None, layer: str | None = None) -> tuple[np.ndarray, Way]:
    """Geometries as an object array of shape (n,) in longitude and latitude on WGS 84, and the way that they came.

    Raises
    ------
    CrsError : PROJ can do nothing with the system.
    """
    shapes = np.array(series.to_numpy(), dtype=object, copy=True)
    if series.crs is None or series.crs == "EPSG:4326":
        return shapes, Way(lambda x, y: (x, y))
    try:
        way = way_to_wgs84(series.crs, shapes)
        some = np.flatnonzero(~shapely.is_missing(shapes))
        shapes[some] = shapely.transform(shapes[some], way.turn, interleaved=False)
    except (ProjError, shapely.errors.ShapelyError, RuntimeError, ValueError, TypeError) as error:
        told = f"the coordinate system cannot be used: {error}"
        raise CrsError(told, file=file, layer=layer, do="name a known CRS in the card") from error
    return shapes, way
