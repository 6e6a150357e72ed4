"""Raw columns of a frame -> the columns of its contract: matched by name, read by type, analyses with their units.

Belongs here: which raw column gives which field, and reading its cells. Does not belong here: holding a row (``checks``, ``rules``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from data_sources.contracts.admitting import places
from data_sources.contracts.admitting.analyses import Analyses, analysis_columns, read_analyses
from data_sources.contracts.admitting.issues import Ledger
from data_sources.contracts.admitting.values import SENTINEL, clean_text, parse_numbers
from data_sources.contracts.contract import Contract, Field, plain_name

_TRUE = frozenset({"true", "t", "yes", "y", "1", "1.0"})
_FALSE = frozenset({"false", "f", "no", "n", "0", "0.0"})


@dataclass(frozen=True)
class Said:
    """What the card says of a frame.

    Parameters
    ----------
    field_map : raw column -> canonical column. units : raw column -> unit (text, or with a reason).
    crs : CRS of coordinate columns, or of a geometry that states none.
    stamp : columns with one text for every kept row (source, redistribute); a column of the row's own is only filled.
    """

    field_map: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, object] = field(default_factory=dict)
    crs: str | None = None
    stamp: Mapping[str, str] = field(default_factory=dict)


NOTHING_SAID = Said()


@dataclass(frozen=True)
class ColumnsRead:
    """The columns of one frame, matched and read: what each canonical column holds, and from which raw one it came."""

    raw: list[str]
    matched: dict[str, str]
    pair: tuple[str, str] | None
    written: dict[str, np.ndarray]
    data: dict[str, Any]
    chemistry: Analyses

    def unmapped(self) -> list[str]:
        """Raw columns that nothing was read from."""
        found = {f.column for f in self.chemistry.findings} | {d["column"] for d in self.chemistry.derived}
        used = set(self.matched.values()) | set(self.pair or ()) | found
        return [c for c in self.raw if c not in used]


def read_columns(frame: pd.DataFrame, contract: Contract, says: Said, ledger: Ledger) -> ColumnsRead:
    """Match the raw columns with the contract's fields and read each; then those of analyses."""
    field_map, spatial = dict(says.field_map), contract.geometry is not None
    raw = [str(c) for c in frame.columns if c != geometry_name(frame)]
    matched = match_fields(raw, contract, field_map)
    pair = _pair(raw, contract, field_map) if spatial else None
    data: dict[str, Any] = {}
    written = {c: places.coordinates(frame, c, ledger) for c in pair or ()}
    for f in contract.fields:
        name = matched.get(f.name)
        if name is not None:
            data[f.name] = written[name].copy() if name in written else _column(frame[name], f, name, ledger)
    chemistry = Analyses()
    if contract.analyses:
        taken = set(matched.values()) | set(pair or ())
        chemistry = read_analyses(frame, analysis_columns(raw, taken, field_map), says.units, ledger)
        data |= chemistry.columns
    return ColumnsRead(raw, matched, pair, written, data, chemistry)


def canonical(data: dict[str, Any], contract: Contract, stamp: Mapping[str, str], n: int) -> pd.DataFrame:
    """The contract's columns in their order, then the further ones; what no column gives is empty or stamped."""
    for f in contract.fields:
        if f.name not in data:
            data[f.name] = _empty(f, n)
    for name, text in stamp.items():
        filled = data.get(name)
        data[name] = pd.Series(text, index=range(n), dtype="str") if filled is None else pd.Series(filled).fillna(text)
    order = [f.name for f in contract.fields] + [c for c in data if c not in set(contract.names())]
    return pd.DataFrame({c: data[c] for c in order}, index=pd.RangeIndex(n), copy=False)


def match_fields(columns: list[str], contract: Contract, field_map: Mapping[str, str]) -> dict[str, str]:
    """Canonical field -> raw column: the card's map first, then the field's own name, then its aliases in their order."""
    names = set(contract.names())
    out = {target: raw for raw, target in field_map.items() if raw in columns and target in names}
    by_plain: dict[str, str] = {}
    for raw in columns:
        by_plain.setdefault(plain_name(raw), raw)
    taken = set(out.values())
    for spelling in (lambda f: (f.name,), lambda f: f.aliases):
        for f in contract.fields:
            if f.name in out:
                continue
            found = (by_plain.get(plain_name(a)) for a in spelling(f))
            hit = next((raw for raw in found if raw is not None and raw not in taken), None)
            if hit is not None:
                out[f.name] = hit
                taken.add(hit)
    return out


def _pair(columns: list[str], contract: Contract, field_map: Mapping[str, str]) -> tuple[str, str] | None:
    back = {target: raw for raw, target in field_map.items() if raw in columns}
    for east, north in (("longitude", "latitude"), ("lon", "lat")):
        if east in back and north in back:
            return back[east], back[north]
    return places.coordinate_pair(columns) if "POINT" in str(contract.geometry) else None


def geometry_name(frame: pd.DataFrame) -> str | None:
    """Name of the geometry column, of a frame that has one."""
    return frame.active_geometry_name if isinstance(frame, gpd.GeoDataFrame) else None


def _column(raw: pd.Series, f: Field, name: str, ledger: Ledger) -> Any:
    if f.dtype in ("float", "integer"):
        numbers = parse_numbers(raw, sentinels=f.sentinels)
        for reason, at in numbers.notes.items():
            ledger.mark(at, name, raw, reason)
        if f.dtype == "integer":
            whole = numbers.values == np.floor(numbers.values)
            ledger.mark(np.isfinite(numbers.values) & ~whole, name, raw, "not a whole number: read as missing")
            return pd.array(np.where(whole, numbers.values, np.nan), dtype="Float64").astype("Int64")
        return numbers.values
    if f.dtype == "boolean":
        if pd.api.types.is_bool_dtype(raw) and len(raw):
            return raw.to_numpy()
        text = raw.astype("str").str.strip().str.lower()
        value = pd.Series(pd.NA, index=raw.index, dtype="boolean")
        value[text.isin(_TRUE)], value[text.isin(_FALSE)] = True, False
        odd = (text.notna() & (text != "") & value.isna()).to_numpy()
        ledger.mark(odd, name, raw, "neither true nor false: read as missing")
        return value.astype(bool) if len(value) and not value.isna().any() else value
    text, sentinel = clean_text(raw, f.sentinels)
    ledger.mark(sentinel, name, raw, SENTINEL)
    return text


def _empty(f: Field, n: int) -> Any:
    if f.dtype == "float":
        return np.full(n, np.nan)
    dtype = {"integer": "Int64", "boolean": "boolean"}.get(f.dtype, "str")
    return pd.Series([None] * n, dtype=dtype)
