"""Positions: where a row lies, whether that can be, and whether it agrees with the sheet that the row names.

Belongs here: axis order, sentinels, India, region, sheet, validity of geometry. Does not belong here: states (``states``), moving a point;
a swapped or misplaced row is held, never mended.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_sources.contracts.admitting.cells.degrees import DMS as DMS
from data_sources.contracts.admitting.cells.degrees import degrees_of as degrees_of
from data_sources.contracts.admitting.issues import Ledger
from data_sources.contracts.contract import Contract, plain_name
from data_sources.contracts.shapes import datums, repair
from data_sources.sheets import normalise_many, sheets_of
from khanij.foundation.errors import CrsError

Extent = tuple[float, float, float, float]

INDIA_DEG: Extent = datums.INDIA_DEG
"""West, south, east, north of all land and near sea of India, with a degree or so to spare."""
_WORDS = (("longitude", "latitude"), ("lon", "lat"), ("long", "lat"), ("lng", "lat"))
COORDINATES = (
    *_WORDS, ("longitude", "latitude_r"), ("longitude_r", "latitude_r"),
    *((f"{e}_{w}", f"{n}_{w}") for e, n in _WORDS for w in ("deg", "dd", "degrees", "decimal", "decimal_degrees", "wgs84", "wgs_84", "dms")),
    *((f"{w}_{e}", f"{w}_{n}") for e, n in _WORDS for w in ("dd", "dec", "decimal", "geo", "gps")),
    *((f"{e}_e", f"{n}_n") for e, n in _WORDS), ("decimallongitude", "decimallatitude"),
    ("x", "y"), ("point_x", "point_y"), ("x_coord", "y_coord"), ("xcoord", "ycoord"), ("coord_x", "coord_y"),
)  # fmt: skip
_LONGITUDE, _LATITUDE = frozenset({"longitude", "long", "lon", "lng"}), frozenset({"latitude", "lat"})
_EAST, _NORTH = frozenset({"e", "east", "x"}), frozenset({"n", "north", "y"})
_OF_THE_ROW = frozenset(
    "centroid centre center central middle mid site dump pond dam dyke waste tailings tsf location loc position gps wgs wgs84 84 dd deg degree degrees "
    "decimal dec in dms geo geographic point coordinate coord coordinates of the area sample start facility".split()
)
"""Words beside latitude and longitude that leave it the row's own place: a town, a plant or a minute of arc is another."""

NO_POSITION = "no position: coordinates missing, not numbers, or a sentinel"
NEAR_ZERO = "position near 0 E or 0 N: a missing coordinate written as zero"
SWAPPED = "axis order: latitude stands where longitude belongs (position fits India only when swapped)"
NOT_DEGREES = "coordinates are not degrees (metres of a projection?): say the CRS in the card"
DEGREES = "coordinates are degrees where the stated CRS is one of metres: say the right CRS in the card"
OTHER_CRS = (
    "geometry and coordinate columns lie far apart in all rows: the stated CRS is wrong, say the right one in the card"
)
NO_COLUMNS = "no position: neither a geometry nor coordinate columns of a usual name; name them in the card's field_map or as x and y"
_FAMILY = np.array(["POINT", "LINE", "LINE", "POLYGON", "POINT", "LINE", "POLYGON", "MIXED", ""], dtype=object)
"""By shapely's number of the type; the last is that of no geometry (-1)."""
_FAR_DEG = 0.1  # no datum of India moves a point so far
OUTSIDE_INDIA = "position outside India"
OUTSIDE_REGION = "position outside the region's extent"
SAME_PLACE = "another row has the same coordinates"
TWO_PLACES = "geometry and coordinate columns differ by more than 0.001 degrees"
REPAIRED = "invalid geometry repaired"
BEYOND_REPAIR = "invalid geometry that cannot be repaired"
ACCURACY = "position_accuracy_m"
NO_AREA = "an area of 0.0 ha: a sliver, or a line drawn as an area"
OUTLINES = "an outline and no point: its position is a point inside it, and it is the site's footprint"
OTHER_TYPE = "geometry of another type than the layer's"
SHEET_DIFFERS = "sheet named in the row is not the sheet of its coordinates"
SHEET_COLUMN_DIFFERS = "sheet column and sample number name different sheets"
NO_SHEET = "no survey sheet number can be read"


def plain_metres(column: pd.Series) -> pd.Series:
    """Numbers of a column of coordinates; commas that part thousands of metres (``3,84,971.5``) are left out.

    A number below 100,000 may be degrees with a decimal comma, and stays text.
    """
    if pd.api.types.is_numeric_dtype(column):
        return pd.to_numeric(column)
    texts = column.astype("str").str.strip()
    grouped = texts.str.fullmatch(r"\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?").fillna(False)
    metres = pd.to_numeric(texts.where(grouped).str.replace(",", ""), errors="coerce")
    plain = pd.to_numeric(texts, errors="coerce")
    return plain.where(~(metres >= 100_000), metres)


def coordinate_pair(columns: list[str]) -> tuple[str, str] | None:
    """The (longitude, latitude) columns by their usual names in any spelling, or None; ``Y`` alone is yttrium.

    A datum or an EPSG code behind the name (``LONGITUDE_GDA94``, ``Long (X) 4326``) is left aside where no pair has a plain name.
    """
    known = {plain_name(c): c for c in reversed(columns)}
    bare = {_without_datum(plain_name(c)): c for c in reversed(columns)}
    for names in (known, bare):
        for east, north in COORDINATES:
            if east in names and north in names and (names is known or east not in ("x", "y")):
                return names[east], names[north]
    return _by_words(columns)


def _by_words(columns: list[str]) -> tuple[str, str] | None:
    """The one pair of columns that differ in their words for longitude and latitude alone (``Centroid Lat``, ``Centroid Long``)."""
    found: dict[str, dict[frozenset[str], str]] = {"lon": {}, "lat": {}}
    for column in columns:
        words = plain_name(column).split("_")
        for axis, names, sides in (("lon", _LONGITUDE, _EAST), ("lat", _LATITUDE, _NORTH)):
            if set(words) & names:
                found[axis].setdefault(frozenset(words) - names - sides, column)
    both = [rest for rest in found["lon"] if rest in found["lat"] and rest <= _OF_THE_ROW]
    return (found["lon"][both[0]], found["lat"][both[0]]) if len(both) == 1 else None


def _without_datum(name: str) -> str:
    """``longitude_gda94`` -> ``longitude``, ``long_x_4326`` -> ``long``."""
    return re.sub(
        r"(?:_(?:x|y|epsg|\d{4,5}|wgs|84|wgs84|gda\d{2,4}|nad\d{2}|etrs89|itrf\d*|sirgas2000|datum))+$", "", name
    )


def geometry_of(
    frame: pd.DataFrame, pair: Mapping[str, np.ndarray], crs: str | None, file: Any, layer: str, ledger: Ledger
) -> tuple[np.ndarray, np.ndarray, float]:
    """Geometries in EPSG:4326 as an object array of shape (n,), from the geometry column or the coordinate columns.

    ``pair`` is the column of the longitude and that of the latitude with their numbers of shape (n,), or empty.
    The second array is True where a row is held because its CRS is not the one that is stated; the number is how far
    positions may be off by their datum, in metres.

    Raises
    ------
    CrsError : a geometry column whose CRS is missing or cannot be understood.
    """
    lon, lat = pair.values() if pair else (None, None)
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        if lon is None or lat is None:
            return np.full(len(frame), None, dtype=object), np.zeros(len(frame), dtype=bool), 0.0
        return _to_degrees(gpd.GeoSeries(_points(lon, lat), crs=crs or "EPSG:4326"), file, layer, ledger)
    if frame.crs is None and crs is None:
        raise CrsError(
            "the layer does not say its coordinate system",
            file=file,
            layer=layer,
            do="name it in the card (crs: EPSG:4326)",
        )
    stated = frame.geometry if frame.crs is not None else frame.geometry.set_crs(crs)
    own, wrong, off_m = _to_degrees(stated, file, layer, ledger)
    if lon is not None and lat is not None:
        with np.errstate(invalid="ignore", over="ignore"):  # x and y of what is no point are NaN
            x, y = shapely.get_x(own), shapely.get_y(own)
            gap = np.hypot(x - lon, y - lat)
            both, where = np.isfinite(gap), gap > 0.001
        if where.any():
            if where[both].mean() >= 0.5:  # differing everywhere says nothing where the columns are in another CRS
                where &= _in_india(lon, lat) & ~wrong
                far = where & (gap > _FAR_DEG) & _in_india(x, y)  # one abroad is held for that
                ledger.hold(far, "geometry", _Where(lon, lat), OTHER_CRS)
                wrong |= far
            text = shapely.to_wkt(_points(lon[where], lat[where]))
            ledger.mark(where, ", ".join(pair), pd.Series(text), TWO_PLACES)
        empty = np.flatnonzero(~np.isfinite(x))  # also what is no point: half a million points are not asked again
        empty = empty[shapely.is_missing(own[empty]) | shapely.is_empty(own[empty])]
        own[empty] = _points(lon[empty], lat[empty])
    return own, wrong, off_m


def _in_india(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    west, south, east, north = INDIA_DEG
    return np.asarray((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))


def _points(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Points of shape (n,); None where a coordinate is no number."""
    out = np.full(len(lon), None, dtype=object)
    ok = np.isfinite(lon) & np.isfinite(lat)
    out[ok] = shapely.points(lon[ok], lat[ok])
    return out


def _to_degrees(series: gpd.GeoSeries, file: Any, layer: str, ledger: Ledger) -> tuple[np.ndarray, np.ndarray, float]:
    wrong = np.zeros(len(series), dtype=bool)
    if series.crs is not None and series.crs.is_projected:
        box = shapely.bounds(series.to_numpy())
        wrong = _in_india(box[:, 0], box[:, 1]) & _in_india(box[:, 2], box[:, 3])
        ledger.hold(wrong, "geometry", _Where(box[:, 0], box[:, 1]), f"{DEGREES} ({datums.text_of(series.crs)[:60]})")
    shapes, way = datums.in_degrees(series, file=file, layer=layer)
    if way.reason and way.is_shifted:
        ledger.mark_column("geometry", way.told, way.reason)
    elif way.reason:
        some = ~shapely.is_missing(shapes) & ~wrong
        ledger.mark(some, "geometry", np.full(len(shapes), way.told, dtype=object), way.reason)
    return shapes, wrong, way.off_m


def check_geometry(shapes: np.ndarray, contract: Contract, ledger: Ledger) -> np.ndarray:
    """Repair invalid geometries and say so, give each the layer's type, hold the empty and the foreign; returns the array."""
    wanted = (contract.geometry,) if isinstance(contract.geometry, str) else tuple(contract.geometry or ())
    repair.plane(shapes)
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    live = np.flatnonzero(~missing)
    bad = live[~shapely.is_valid(shapes[live])]
    if len(bad):
        missing[_mend(shapes, bad, ledger)] = True
    allowed = {"POINT" if "POINT" in w else "LINE" if "LINE" in w else "POLYGON" for w in wanted}
    kind = shapely.get_type_id(shapes)
    for i in np.flatnonzero(kind == 7):
        dims = {"POINT": 0, "LINE": 1, "POLYGON": 2}
        parts = shapely.get_parts(shapes[i])
        is_drawn = contract.outlines_too and bool((shapely.get_dimensions(parts) == 2).any())
        want = 2 if is_drawn else max(dims[a] for a in allowed)
        parts = parts[shapely.get_dimensions(parts) == want]
        if len(parts):
            shapes[i] = shapely.union_all(parts)
    kind = shapely.get_type_id(shapes)
    for i in np.flatnonzero(kind == 4):
        if "POINT" in allowed and shapely.get_num_geometries(shapes[i]) == 1:
            shapes[i] = shapely.get_geometry(shapes[i], 0)
    kind = shapely.get_type_id(shapes)
    if contract.outlines_too:
        drawn = ~missing & np.isin(kind, (3, 6))
        if drawn.any():
            shapes[drawn] = shapely.point_on_surface(shapes[drawn])
            ledger.mark_column("geometry", f"{int(drawn.sum())} of {len(shapes)} rows", OUTLINES)
            kind = shapely.get_type_id(shapes)
    foreign = ~missing & ~np.isin(kind, np.flatnonzero(np.isin(_FAMILY.astype(str), sorted(allowed))))
    foreign |= ~missing & (kind == 4)
    ledger.hold(foreign, "geometry", pd.Series(_FAMILY[kind[foreign]], dtype="str"), OTHER_TYPE)
    if "POLYGON" in allowed:
        flat, size_m2 = repair.without_area(shapes)
        ledger.hold(flat, "geometry", pd.Series([f"{v:.3g} m2" for v in size_m2], dtype="str"), NO_AREA)
    if "MULTIPOLYGON" in wanted and "POLYGON" not in wanted:
        single = np.flatnonzero(kind == 3)
        shapes[single] = shapely.multipolygons(shapes[single].reshape(-1, 1)) if len(single) else shapes[single]
    return shapes


def _mend(shapes: np.ndarray, bad: np.ndarray, ledger: Ledger) -> np.ndarray:
    """Repair the geometries at these positions in place, tell the areas before and after; positions of the hopeless."""
    why = shapely.is_valid_reason(shapes[bad])
    finite = np.isfinite(shapely.bounds(shapes[bad])).all(axis=1)
    good: list[int] = []
    lost: list[int] = []
    told: list[str] = []
    lost_told: list[str] = []
    for i, reason in zip(bad[finite], why[finite]):
        try:
            mended = repair.mend(shapes[i], str(reason))
        except shapely.errors.ShapelyError:
            mended = repair.Mended(None, str(reason))
        shapes[i] = mended.shape
        (lost if mended.shape is None else good).append(int(i))
        (lost_told if mended.shape is None else told).append(mended.told)
    at: np.ndarray = np.array(lost, dtype=int)
    ledger.mark(np.array(good, dtype=int), "geometry", pd.Series(told, dtype="str"), REPAIRED)
    ledger.hold(at, "geometry", pd.Series(lost_told, dtype="str"), BEYOND_REPAIR)
    return at


def check_positions(
    shapes: np.ndarray,
    contract: Contract,
    ledger: Ledger,
    *,
    extent: Extent | None,
    allow_missing: bool,
    written: pd.DataFrame | None = None,
    judged: np.ndarray | None = None,
    no_position: str = NO_POSITION,
) -> tuple[np.ndarray, np.ndarray]:
    """Hold rows without a possible position; returns the longitude and latitude of each row's middle (NaN where none).

    ``written`` are the two coordinate columns as they stand, to be shown where they are no position; ``judged`` rows are held
    already, and nothing more is said of their place. ``no_position`` is the reason for a row without one.
    """
    box = shapely.bounds(shapes)
    with np.errstate(invalid="ignore", over="ignore"):
        lon, lat = (box[:, 0] / 2 + box[:, 2] / 2), (box[:, 1] / 2 + box[:, 3] / 2)
        known = np.zeros(len(lon), dtype=bool) if judged is None else judged
        empty = (~np.isfinite(lon) | ~np.isfinite(lat) | (np.abs(box) > 1e30).any(axis=1)) & ~known
        sentinel = ~known & ~empty & (np.isin(lon, (-9999.0, -999.0, -99.0)) | np.isin(lat, (-9999.0, -999.0, -99.0)))
        text = _Where(lon, lat, written)
        if not allow_missing:
            ledger.hold(empty, "geometry", text, no_position)
        elif (np.abs(box) > 1e30).any():
            ledger.hold((np.abs(box) > 1e30).any(axis=1), "geometry", text, NO_POSITION)
        ledger.hold(sentinel, "geometry", text, NO_POSITION)
        left = ~empty & ~sentinel & ~known
        near = (np.abs(lon) < 0.5, np.abs(lat) < 0.5)
        # A source of the whole world has rows on the equator and at Greenwich; none at both.
        zero = left & (near[0] | near[1] if contract.india_only else near[0] & near[1])
        ledger.hold(zero, "geometry", text, NEAR_ZERO)
        left &= ~zero
        metres = left & ((np.abs(lon) > 360) | (np.abs(lat) > 360))
        ledger.hold(metres, "geometry", text, NOT_DEGREES)
        left &= ~metres
        if contract.india_only:
            inside = _in_india(lon, lat)
            swapped = left & ~inside & _in_india(lat, lon)
            ledger.hold(swapped, "geometry", text, SWAPPED)
            abroad = left & ~inside & ~swapped
            ledger.hold(abroad, "geometry", text, OUTSIDE_INDIA)
            left &= inside
        if extent is not None:
            apart = (
                (box[:, 2] < extent[0]) | (box[:, 0] > extent[2]) | (box[:, 3] < extent[1]) | (box[:, 1] > extent[3])
            )
            ledger.hold(left & apart, "geometry", text, f"{OUTSIDE_REGION} ({', '.join(f'{v:g}' for v in extent)})")
            left &= ~apart
    gone = ~left
    return np.where(gone, np.nan, lon), np.where(gone, np.nan, lat)


class _Where:
    """Texts 'longitude, latitude', made only for the rows that need one; as written where they are no numbers."""

    def __init__(self, lon: np.ndarray, lat: np.ndarray, written: pd.DataFrame | None = None) -> None:
        self.lon, self.lat, self.written = lon, lat, written

    def texts(self, at: np.ndarray) -> list[str]:
        out = []
        for i, x, y in zip(at, self.lon[at], self.lat[at]):
            if np.isfinite(x) and np.isfinite(y):
                out.append(f"{x:.7g}, {y:.7g}")
            else:
                cells = [] if self.written is None else self.written.iloc[i].tolist()
                out.append(", ".join("" if pd.isna(c) else str(c) for c in cells).strip(", "))
        return out


def check_same_place(lon: np.ndarray, lat: np.ndarray, ledger: Ledger) -> None:
    """Mark rows that share their coordinates (to 1e-7 degrees) with another."""
    frame = pd.DataFrame({"x": np.round(lon, 7), "y": np.round(lat, 7)})
    again = frame.duplicated(keep=False).to_numpy() & np.isfinite(lon) & ~ledger.held
    ledger.mark(again, "geometry", _Where(lon, lat), SAME_PLACE)


def check_sheet(
    named: pd.Series,
    lon: np.ndarray,
    lat: np.ndarray,
    field: str,
    ledger: Ledger,
    *,
    is_sheet_column: bool = True,
) -> tuple[np.ndarray, dict[str, int]]:
    """Compare the sheet that a row names with that of its coordinates; returns the named sheet, normalised, and counts.

    A sheet named at another scale (57E) agrees if the point lies on it. A row that names none takes '' here.
    ``is_sheet_column``: the column is there for sheets, and a row of it that names none is marked; of sample numbers one is where
    others name theirs.
    """
    stated = normalise_many(named)
    actual = sheets_of(lon, lat)
    short = np.array([len(s) for s in pd.unique(stated)])
    agrees = stated == actual
    if (short == 3).any():
        agrees |= stated == np.array([a[:3] for a in actual], dtype=object)
    placed, filled = actual != "", stated != ""
    differs = placed & filled & ~agrees
    if differs.any():
        at = np.flatnonzero(differs)
        text = pd.Series([f"{s} named, {a} by coordinates" for s, a in zip(stated[at], actual[at])])
        ledger.mark(at, field, text, SHEET_DIFFERS)
    unread = named.notna().to_numpy() & ~filled
    if is_sheet_column or filled.any():  # numbers of one's own name no sheet, and need none
        ledger.mark(unread, field, named, NO_SHEET)
    counts = {"agree": int((placed & filled & agrees).sum()), "differ": int(differs.sum()), "unread": int(unread.sum())}
    return stated, counts
