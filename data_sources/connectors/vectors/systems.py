"""Which coordinate system a layer is in: its own, the card's, or none that can be used.

Belongs here: choosing between what the file says and what the card says, and saying so. Does not belong here: the way to
WGS 84 (``contracts.shapes.datums``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from data_sources.connectors.library_errors import LIBRARY_ERRORS
from data_sources.contracts.shapes import datums
from data_sources.contracts.shapes.remarks import remark
from khanij.foundation.errors import CrsError

STANDS_IN = "the file names no coordinate system (or no datum): the card's CRS is taken"
CARD_WINS = "the card's CRS is taken instead of the file's own (its .prj or header)"
FILE_STAYS = "the card's CRS cannot be right for these coordinates: the file's own CRS is kept, correct the card"
_SAY = "name it as crs in the card or in the region's options (crs: EPSG:32643, or ESRI:37203 for Everest, India and Nepal)"


def with_system(
    frame: gpd.GeoDataFrame, settings: Mapping[str, Any], *, file: object, layer: str | None
) -> gpd.GeoDataFrame:
    """The frame in the coordinate system that holds: the card's where it names one that can be, else the file's.

    Raises
    ------
    CrsError : neither names one that can be used.
    """
    own, said = _spelled(frame.crs), settings.get("crs")
    if own is not None and not datums.datum_of(own):
        named = datums.crs_named(_datum_text(own))
        shown, own = own.name, pyproj.CRS(named) if named and own.is_geographic else None
    else:
        shown = "" if own is None else datums.text_of(own)[:60]
    if not said:
        if own is None:
            about = f"names no datum ({shown})" if shown else "does not say its coordinate system"
            raise CrsError(f"the file {about}", file=file, layer=layer, do=_SAY)
        return frame.set_crs(own, allow_override=True) if frame.crs != own else frame
    stated = _stated(said, file, layer)
    if own is None:
        out = frame.set_crs(stated, allow_override=True)
        remark(out, "geometry", f"{shown or 'none'} -> {said}", STANDS_IN)
        return out
    if datums.same_system(own, stated):
        return frame.set_crs(own, allow_override=True) if frame.crs != own else frame
    if not _in_india(frame, stated) and _in_india(frame, own):
        remark(frame, "geometry", f"{said} -> {shown}", FILE_STAYS)
        return frame.set_crs(own, allow_override=True)
    out = frame.set_crs(stated, allow_override=True)
    remark(out, "geometry", f"{shown} -> {said}", CARD_WINS)
    return out


def _spelled(crs: Any) -> pyproj.CRS | None:
    """One spelling of one system: its code where it has one."""
    if crs is None:
        return None
    return pyproj.CRS(datums.code_of(crs) or crs)


def _datum_text(crs: pyproj.CRS) -> str:
    geodetic = crs.geodetic_crs
    return "" if geodetic is None or geodetic.datum is None else str(geodetic.name).removeprefix("GCS_")


def _stated(said: object, file: object, layer: str | None) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_user_input(said)
    except LIBRARY_ERRORS as error:
        raise CrsError(f"the card's CRS {said!r} is no CRS", file=file, layer=layer, do=_SAY) from error


def _in_india(frame: gpd.GeoDataFrame, crs: pyproj.CRS) -> bool:
    """Whether the middle row lies in India when its numbers are read in this system."""
    box = shapely.bounds(frame.geometry.to_numpy())
    box = box[np.isfinite(box).all(axis=1)]
    if not len(box):
        return False
    x, y = np.median(box[:, 0] / 2 + box[:, 2] / 2), np.median(box[:, 1] / 2 + box[:, 3] / 2)
    middle = np.array([shapely.Point(x, y)], dtype=object)
    try:
        shapes, _ = datums.in_degrees(gpd.GeoSeries(middle, crs=crs))
    except CrsError:
        return False
    west, south, east, north = datums.INDIA_DEG
    lon, lat = shapely.get_x(shapes[0]), shapely.get_y(shapes[0])
    return bool(west <= lon <= east and south <= lat <= north)
