"""A table of a released GeoPackage as a collection of pygeoapi: read once, never written, geometry as it was published.

pygeoapi's own providers were tried on a release first. Its Parquet provider gives features that lie inside a bounding box
and not those that cross its edge, and counts as matched what it has read so far; its GeoJSON provider reads the whole file
at every request; its SQLite provider needs an extension module of SQLite that no Python package brings. A release never
changes, so it is held in memory here.
"""

from __future__ import annotations

import functools
import math
import sqlite3
import struct
from pathlib import Path
from typing import Any

import shapely
from pygeoapi.provider.base import (
    BaseProvider,
    ProviderInvalidQueryError,
    ProviderItemNotFoundError,
    ProviderQueryError,
)
from pygeoapi.util import crs_transform

_TYPES = {"INTEGER": "integer", "MEDIUMINT": "integer", "REAL": "number", "DOUBLE": "number", "BOOLEAN": "boolean"}
_ENVELOPES = (0, 32, 48, 48, 64)  # bytes, by the code in a geometry's header


class Table:
    """All rows of one table: properties, geometries, and a tree over the geometries."""

    def __init__(self, path: str, name: str, key: str) -> None:
        with sqlite3.connect(f"{Path(path).as_uri()}?mode=ro&immutable=1", uri=True) as connection:
            found = connection.execute(
                "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (name,)
            ).fetchone()
            columns = connection.execute(f'PRAGMA table_info("{name}")').fetchall()
            self.geometry = found[0] if found else None
            hidden = {self.geometry, *(c[1] for c in columns if c[5] and c[1] != key)}  # the row number of the file
            self.types = {c[1]: _TYPES.get(c[2].split("(")[0].upper(), "string") for c in columns if c[1] not in hidden}
            rows = connection.execute(f'SELECT * FROM "{name}" ORDER BY rowid')
            names = [d[0] for d in rows.description]
            records = [dict(zip(names, row)) for row in rows]
        self.rows = [{n: _plain(r[n], t) for n, t in self.types.items()} for r in records]
        self.ids = [str(r[key]) if key else str(i) for i, r in enumerate(records, 1)]
        self.shapes = [_shape(r[self.geometry]) if self.geometry else None for r in records]
        self.place = {found: i for i, found in enumerate(self.ids)}
        self.tree = shapely.STRtree([s if s is not None else shapely.Point() for s in self.shapes])

    def inside(self, box: list[float]) -> set[int]:
        """Rows whose geometry meets a box: west, south, east, north."""
        return {int(i) for i in self.tree.query(shapely.box(*box), predicate="intersects")}


def _shape(blob: bytes | None) -> Any:
    if blob is None:
        return None
    envelope = _ENVELOPES[(blob[3] >> 1) & 7]
    found = shapely.from_wkb(blob[8 + envelope :])
    return None if found.is_empty else found


def _plain(value: Any, kind: str) -> Any:
    if kind == "boolean":
        return None if value is None else bool(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


@functools.lru_cache(maxsize=256)
def table_of(path: str, name: str, key: str) -> Table:
    """The table, read at its first use."""
    try:
        return Table(path, name, key)
    except (sqlite3.Error, struct.error, shapely.errors.GEOSException) as error:
        raise ProviderQueryError(f"{name} cannot be read") from error


class ReleasedTable(BaseProvider):
    """``data``: the GeoPackage. ``table``: its table. ``id_field``: the key, or nothing where several columns are it."""

    def __init__(self, provider_def: dict[str, Any]) -> None:
        super().__init__(provider_def)
        self.table = table_of(str(self.data), provider_def["table"], self.id_field or "")
        self.told = provider_def.get("columns", {})
        self.get_fields()

    def get_fields(self) -> dict[str, dict[str, str]]:
        """Columns, with type, title and unit of the contract."""
        if not self._fields:
            self._fields = {n: {"type": t} | self.told.get(n, {}) for n, t in self.table.types.items()}
        return self._fields

    @crs_transform
    def query(
        self,
        offset: int = 0,
        limit: int = 10,
        resulttype: str = "results",
        bbox: list[float] | None = None,
        datetime_: str | None = None,
        properties: list[tuple[str, str]] | None = None,
        sortby: list[dict[str, str]] | None = None,
        select_properties: list[str] | None = None,
        skip_geometry: bool = False,
        q: str | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """One page of the rows that match, and how many match in all."""
        if more.get("filterq") is not None or q or datetime_:
            raise ProviderInvalidQueryError(user_msg="filter by bbox and by columns, NAME=VALUE")
        found: list[int] = list(range(len(self.table.rows)))
        if bbox:
            met = self.table.inside([float(v) for v in (bbox if len(bbox) == 4 else [*bbox[:2], *bbox[3:5]])])
            found = [i for i in found if i in met]
        for name, value in properties or []:
            found = [i for i in found if _is(self.table.rows[i].get(name), value)]
        for order in reversed(sortby or []):
            found = self._sorted(found, order["property"], order.get("order") == "-")
        document: dict[str, Any] = {"type": "FeatureCollection", "features": [], "numberMatched": len(found)}
        if resulttype != "hits":
            page = found[offset : offset + limit]
            document["features"] = [self._feature(i, select_properties or [], skip_geometry) for i in page]
            document["numberReturned"] = len(page)
        return document

    @crs_transform
    def get(self, identifier: str, **_: Any) -> dict[str, Any]:
        """One row by its key."""
        if identifier not in self.table.place:
            raise ProviderItemNotFoundError(f"{identifier} not found")
        return self._feature(self.table.place[identifier], [], False)

    def _sorted(self, found: list[int], name: str, descending: bool) -> list[int]:
        known = [i for i in found if self.table.rows[i].get(name) is not None]
        known.sort(key=lambda i: self.table.rows[i][name], reverse=descending)
        return known + [i for i in found if self.table.rows[i].get(name) is None]  # what is not known comes last

    def _feature(self, i: int, select: list[str], skip_geometry: bool) -> dict[str, Any]:
        row, shape = self.table.rows[i], self.table.shapes[i]
        chosen = {n: v for n, v in row.items() if not select or n in select}
        geometry = None if skip_geometry or shape is None else shapely.geometry.mapping(shape)
        return {"type": "Feature", "id": self.table.ids[i], "geometry": geometry, "properties": chosen}


def _is(value: Any, asked: str) -> bool:
    if value is None:
        return False
    if isinstance(value, bool):
        return asked.strip().lower() in (("true", "1") if value else ("false", "0"))
    if isinstance(value, (int, float)):
        try:
            return float(asked) == float(value)
        except ValueError:
            return False
    return str(value) == asked
