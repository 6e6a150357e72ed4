"""Raw columns of a frame -> the columns of its contract: matched by name, read by type, analyses with their units.

Belongs here: which raw column gives which field, and reading its cells. Does not belong here: holding a row (``checks``, ``rules``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from data_sources.contracts.admitting import places
from data_sources.contracts.admitting.analyses import Analyses, analysis_columns, hold_passed_over, read_analyses
from data_sources.contracts.admitting.cells.decimals import OPEN, Mark, decimal_marks
from data_sources.contracts.admitting.cells.degrees import coordinates
from data_sources.contracts.admitting.cells.limits import LIMITED, limits_apart
from data_sources.contracts.admitting.cells.mass_fractions import unit_of
from data_sources.contracts.admitting.cells.measured import NO_UNIT_SAID as NO_UNIT_SAID
from data_sources.contracts.admitting.cells.measured import OTHER_QUANTITY as OTHER_QUANTITY
from data_sources.contracts.admitting.cells.measured import PER_ROW, measured
from data_sources.contracts.admitting.cells.measured import unit_said as unit_said
from data_sources.contracts.admitting.cells.ranges import ABOUT, ENDS, RANGE, Told, told_by, with_ends
from data_sources.contracts.admitting.cells.units import factor_to, is_unit
from data_sources.contracts.admitting.issues import Ledger
from data_sources.contracts.admitting.values import CONVERTED, FORMULA, NO_LIMIT, SENTINEL, clean_text, parse_numbers
from data_sources.contracts.contract import Contract, Field, plain_name
from data_sources.contracts.shapes.remarks import USED

NO_KEY = "repeats, so that it is no key: another column or the row number is taken; name the key in the card's field_map where there is one"
NO_UNIT_MAPPED = "the card names the column and nobody its unit: taken as {unit}; write the unit into the header or under units in the card"
NOT_TURNED = "the unit is not one that can be turned into {unit}: not used; say in the card which it is: units: {{{raw}: {{unit: UNIT}}}}"
NOT_A_PAIR = "looks like a coordinate and is not understood, so that no row has a position: name the columns as x and y with their crs in the card"
_LIKE_A_COORDINATE = re.compile(
    r"(^|_)(lat|long|lon|latitude|longitude|eastings?|northings?|east|north|utm|coord|coordinates?|gps)(\d+[ns]?)?(_|$)"
)
NO_FORMATS = (
    "the file's number formats could not be read: a cell shown as a per cent holds a hundredth of it; save the file as .xlsx "
    "or say the unit in the card"
)
GENERIC_KEYS = frozenset({"id", "objectid", "gid", "fid", "ogc_fid", "oid", "fid_1", "objectid_1", "geom_id", "row_id"})
_FEW = 20
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
    decimal : the decimal mark of the file's numbers, ',' or '.', where the file itself leaves it open.
    """

    field_map: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, object] = field(default_factory=dict)
    crs: str | None = None
    stamp: Mapping[str, str] = field(default_factory=dict)
    decimal: str | None = None


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
    repeating: dict[str, str] = field(default_factory=dict)
    used_before: tuple[str, ...] = ()
    """Columns of which the reader made another (``remarks.used``)."""

    def unmapped(self) -> list[str]:
        """Raw columns that nothing was read from."""
        found = {f.column for f in self.chemistry.findings} | {d["column"] for d in self.chemistry.derived}
        used = set(self.matched.values()) | set(self.pair or ()) | found | set(self.used_before)
        return [c for c in self.raw if c not in used]


def read_columns(frame: pd.DataFrame, contract: Contract, says: Said, ledger: Ledger) -> ColumnsRead:
    """Match the raw columns with the contract's fields and read each; then those of analyses."""
    field_map, spatial = dict(says.field_map), contract.geometry is not None
    raw = [str(c) for c in frame.columns if c != geometry_name(frame)]
    repeating = repeating_keys(frame, raw)
    matched = match_fields(raw, contract, field_map, no_keys=tuple(repeating))
    header_units = measured(raw, contract, matched, ledger, says.units)
    for f in contract.fields:
        column = matched.get(f.name, f.name)
        if f.measured and field_map.get(column) == f.name and not (says.units.get(column) or header_units.get(column)):
            ledger.mark_column(column, "", NO_UNIT_MAPPED.format(unit=f.unit))
    pair = _pair(raw, contract, field_map) if spatial else None
    analyses = analysis_columns(raw, {*matched.values(), *(pair or ())}, field_map) if contract.analyses else {}
    numeric = [matched[f.name] for f in contract.fields if f.name in matched and f.dtype in ("float", "integer")]
    marks = decimal_marks(frame, [*numeric, *analyses], pair or (), says.decimal)
    data: dict[str, Any] = {}
    written = {c: coordinates(frame, c, ledger, marks.get(c)) for c in pair or ()}
    row_units = _row_units(frame, contract, matched, data, header_units)
    below: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    ranged: list[tuple[Field, Told, Callable[[pd.Series], Any]]] = []
    for f in contract.fields:
        name = matched.get(f.name)
        if name is None or f.name in data:
            continue
        if name in written:
            data[f.name] = written[name].copy()
        elif f.dtype in ("float", "integer"):
            unit = row_units if f.unit == PER_ROW else f.unit
            apart = below if contract.name == "grades" and f.name in LIMITED else None
            own = says.units.get(name, header_units.get(name))
            told = told_by(frame[name]) if f.name in ENDS else None
            cells = frame[name] if told is None else told.plain
            data[f.name] = _numbers(cells, f, ledger, unit, marks.get(name), own, apart)
            if told is not None:
                reads = partial(_numbers, f=f, ledger=ledger, unit=unit, mark=marks.get(name), said=own)
                ranged.append((f, told, reads))
        else:
            data[f.name] = _column(frame[name], f, f.name in contract.key, ledger)
    for f, told, again in ranged:
        with_ends(data, f.name, told, again)
        for at, reason in ((told.in_range, RANGE), (told.about & ~told.in_range, ABOUT)):
            ledger.mark(at, matched[f.name], frame[matched[f.name]], reason)
    for name, at, reason in limits_apart(data, below):
        ledger.mark(at, matched[name], frame[matched[name]], reason)
    chemistry = Analyses()
    if contract.analyses:
        chemistry = read_analyses(frame, analyses, says.units, ledger, marks)
        data |= chemistry.columns
    read = ColumnsRead(raw, matched, pair, written, data, chemistry, repeating, tuple(frame.attrs.get(USED, ())))
    _tell(frame, contract, read, ledger)
    if contract.analyses:
        hold_passed_over(frame, read.unmapped(), ledger)
    return read


def _tell(frame: pd.DataFrame, contract: Contract, read: ColumnsRead, ledger: Ledger) -> None:
    """What the reader of a table saw: columns that are not used, marks on cells, formats that could not be read."""
    for column, value, reason in frame.attrs.get("held_columns", ()):
        ledger.hold_column(column, value, reason)
    if "POINT" in str(contract.geometry) and read.pair is None and geometry_name(frame) is None:
        for column in read.unmapped():
            if _LIKE_A_COORDINATE.search(plain_name(column)):
                ledger.hold_column(column, "", NOT_A_PAIR)
    for raw, told in read.repeating.items():
        if any(f.name in contract.key and plain_name(raw) in map(plain_name, f.aliases) for f in contract.fields):
            ledger.mark_column(raw, told, NO_KEY)
    numbers = {f.column for f in read.chemistry.findings} | set(read.pair or ())
    numbers |= {read.matched[f.name] for f in contract.fields if f.dtype != "string" and f.name in read.matched}
    numbers |= {read.matched[k] for k in contract.key if k in read.matched}
    for column, reasons in frame.attrs.get("cell_marks", {}).items():
        if column in numbers and column in frame.columns:
            for reason, rows in reasons.items():
                ledger.mark(np.flatnonzero(np.isin(ledger.rows, rows)), column, frame[column], reason)
    if frame.attrs.get("number_formats", True) is False:
        for finding in read.chemistry.findings:
            if finding.stated_unit == "pct":
                ledger.mark_column(finding.column, finding.evidence, NO_FORMATS)
        if "unit" in read.data and contract.name == "grades":
            share = pd.Series(read.data["unit"]).map(unit_of, na_action="ignore") == "pct"
            ledger.mark(share.fillna(False).to_numpy(dtype=bool), "unit", pd.Series(read.data["unit"]), NO_FORMATS)


def repeating_keys(frame: pd.DataFrame, raw: list[str]) -> dict[str, str]:
    """Columns that are called Id, FID or the like and repeat, so that they are no key; with what they hold.

    One that repeats in a few rows (one in twenty) is a key with rows that stand twice, and so is one whose repeated rows are
    the same in every column.
    """
    out: dict[str, str] = {}
    for column in raw:
        if plain_name(column) not in GENERIC_KEYS:
            continue
        known = frame[column].dropna()
        if not len(known) and len(frame):
            out[column] = "empty"
            continue
        again = known.duplicated()
        if again.sum() * _FEW <= len(known):
            continue
        whole = frame.loc[known.index].drop(columns=[c for c in frame.columns if str(c) not in raw])
        shape = geometry_name(frame)
        parts = whole.astype("str").assign(_shape="" if shape is None else frame.loc[known.index, shape].astype("str"))
        if again.sum() > parts.duplicated().sum():
            distinct = known.nunique()
            out[column] = f"{known.iloc[0]} in all rows" if distinct == 1 else f"{distinct} values in {len(known)} rows"
    return out


def _row_units(
    frame: pd.DataFrame, contract: Contract, matched: Mapping[str, str], data: dict[str, Any], header: Mapping[str, str]
) -> pd.Series:
    """The unit of each row for fields whose unit stands beside them; where it is blank, that in the row's cells or the header."""
    values = [matched[f.name] for f in contract.fields if f.unit == PER_ROW and f.name in matched]
    blank = pd.Series([None] * len(frame), index=frame.index, dtype="str")
    if not values:
        return blank
    units = clean_text(frame[matched["unit"]])[0] if "unit" in matched else blank
    for name in values:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            units = units.fillna(frame[name].astype("str").str.extract(r"\d\s*(ppm|ppb|%|g/t)\s*$", expand=False))
        units = units.fillna(header[name]) if name in header else units
    data["unit"] = units
    return units


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


def match_fields(
    columns: list[str], contract: Contract, field_map: Mapping[str, str], no_keys: tuple[str, ...] = ()
) -> dict[str, str]:
    """Canonical field -> raw column: the card's map first, then the field's own name, then its aliases in their order.

    ``no_keys`` are columns that repeat, and are taken for a key only where the card says so.
    """
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
            barred = {*taken, *(no_keys if f.name in contract.key else ())}
            found = (by_plain.get(plain_name(a)) for a in spelling(f))
            hit = next((raw for raw in found if raw is not None and raw not in barred), None)
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


def _numbers(
    raw: pd.Series,
    f: Field,
    ledger: Ledger,
    unit: str | pd.Series,
    mark: Mark | None,
    said: object,
    below: dict[str, tuple[np.ndarray, np.ndarray]] | None = None,
) -> Any:
    """A field of numbers in the contract's unit; ``said`` is the column's own unit where a card or a row of units names it.

    With ``below`` the rows under a limit are put there, those with a limit as their value and those without one.
    """
    name = str(raw.name)
    numbers = parse_numbers(raw, sentinels=f.sentinels, unit=unit, decimal=mark, limits=below is not None)
    if below is not None:
        unstated = np.isin(np.arange(len(raw)), numbers.notes.pop(NO_LIMIT, np.array([], dtype=int)))
        if numbers.censored.any() or unstated.any():
            below[f.name] = numbers.censored, unstated
    own = unit_said(said)
    if isinstance(unit, str) and own and own != unit and (unit or is_unit(own)):
        scale = factor_to(own, unit)
        if scale is None:
            ledger.hold_column(name, own, NOT_TURNED.format(unit=f.unit or "a number", raw=name))
            return _empty(f, len(raw))
        plain = ~np.isin(np.arange(len(raw)), numbers.notes.get(CONVERTED, []))
        numbers.values[plain] *= scale
    for reason, at in numbers.notes.items():
        (ledger.hold if reason == OPEN else ledger.mark)(at, name, raw, reason)
    if f.dtype != "integer":
        return numbers.values
    whole = numbers.values == np.floor(numbers.values)
    ledger.mark(np.isfinite(numbers.values) & ~whole, name, raw, "not a whole number: read as missing")
    return pd.array(np.where(whole, numbers.values, np.nan), dtype="Float64").astype("Int64")


def _column(raw: pd.Series, f: Field, is_key: bool, ledger: Ledger) -> Any:
    """A field of words or of yes and no."""
    name = str(raw.name)
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
    formula = text.str.startswith("=").fillna(False).to_numpy(dtype=bool)
    if formula.any():
        (ledger.hold if is_key or not f.nullable else ledger.mark)(formula, name, raw, FORMULA)
        text = text.mask(formula)
    return text


def _empty(f: Field, n: int) -> Any:
    if f.dtype == "float":
        return np.full(n, np.nan)
    dtype = {"integer": "Int64", "boolean": "boolean"}.get(f.dtype, "str")
    return pd.Series([None] * n, dtype=dtype)
