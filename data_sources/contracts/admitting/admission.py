"""``admit``: hold a raw frame against its contract; nothing vanishes.

rows in = rows kept + rows quarantined, always. A row that cannot be right goes to the quarantine with its reason, a row
that is odd stays and is marked, a column whose unit is contradicted is held whole. No value is mended.

Belongs here: the order of the checks and the report. Does not belong here: a bound (the contracts) or a formula.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from data_sources.contracts.admitting import places
from data_sources.contracts.admitting.analyses import Analyses, analysis_columns, read_analyses
from data_sources.contracts.admitting.checks import check_key, check_rows
from data_sources.contracts.admitting.issues import Ledger
from data_sources.contracts.admitting.rules import RULES
from data_sources.contracts.admitting.states import check_state
from data_sources.contracts.admitting.values import SENTINEL, clean_text, parse_numbers
from data_sources.contracts.contract import Contract, Field, plain_name
from data_sources.contracts.shapes.remarks import remarks_of
from data_sources.sheets import normalise_many
from khanij.foundation.errors import ContractError

_TRUE = frozenset({"true", "t", "yes", "y", "1", "1.0"})
_FALSE = frozenset({"false", "f", "no", "n", "0", "0.0"})


@dataclass(frozen=True)
class Admission:
    """What came of one frame: ``kept`` in canonical columns, ``quarantine`` and ``flags`` in QUARANTINE_COLUMNS, ``report``.

    ``row`` counts the source's rows from 1; it is missing where a whole column is held. ``rows`` are those numbers of the
    kept rows, in their order.
    """

    kept: pd.DataFrame
    quarantine: pd.DataFrame
    flags: pd.DataFrame
    report: dict[str, Any] = field(default_factory=dict)
    rows: np.ndarray = field(default_factory=lambda: np.array([], dtype="int64"))

    def words(self, reasons: Mapping[str, str]) -> list[str]:
        """For each kept row the words of the marks it carries, ``; `` between them: ``reasons`` is mark -> word."""
        told: dict[int, list[str]] = {}
        known = self.flags[self.flags["reason"].isin(list(reasons)) & self.flags["row"].notna()]
        for row, reason in zip(known["row"], known["reason"]):
            told.setdefault(int(row), []).append(reasons[reason])
        return ["; ".join(dict.fromkeys(told.get(int(row), ()))) for row in self.rows]


def admit(
    frame: pd.DataFrame,
    contract: Contract,
    *,
    source: str,
    layer: str,
    file: object = None,
    field_map: Mapping[str, str] | None = None,
    units: Mapping[str, object] | None = None,
    region_extent: tuple[float, float, float, float] | None = None,
    crs: str | None = None,
    states: gpd.GeoDataFrame | None = None,
    first_row: int = 1,
    row_numbers: np.ndarray | None = None,
    stamp: Mapping[str, str] | None = None,
) -> Admission:
    """Admit the rows of a raw frame, mark the odd ones, hold the wrong ones.

    Parameters
    ----------
    frame : raw columns, n rows. source, layer : names written into every finding.
    field_map : raw column -> canonical column, from the card. units : raw column -> unit (text, or with a reason).
    region_extent : west, south, east, north in degrees; rows outside are held. crs : CRS of coordinate columns or of a
    geometry that states none. states : polygons with a column ``state``, instead of the rough boxes.
    stamp : columns with one text for every kept row (source, redistribute); a column of the row's own is only filled.
    first_row : number of the first row in the source. row_numbers : the rows' numbers, of shape (n,), where some were cut.

    Raises
    ------
    ContractError : a required column is missing. CrsError : a geometry without a usable CRS.
    """
    field_map, units = dict(field_map or {}), dict(units or {})
    n = len(frame)
    numbers = np.arange(first_row, first_row + n) if row_numbers is None else np.asarray(row_numbers)
    ledger = Ledger(source, layer, numbers)
    for said, named, text, reason, held in remarks_of(frame):
        if not said:
            ledger.mark_column(named, text, reason)
        else:
            at = np.isin(numbers, said)
            (ledger.hold if held else ledger.mark)(at, named, text, reason)
    frame, doubled = _plain_columns(frame.reset_index(drop=True))
    spatial = contract.geometry is not None
    geometry_name = frame.active_geometry_name if isinstance(frame, gpd.GeoDataFrame) else None
    columns = [str(c) for c in frame.columns if c != geometry_name]
    matched = match_fields(columns, contract, field_map)
    pair = _pair(columns, contract, field_map) if spatial else None
    report: dict[str, Any] = {
        "source": source,
        "layer": layer,
        "file": None if file is None else str(file),
        "rows_in": n,
    }

    data: dict[str, Any] = {}
    written = {c: places.coordinates(frame, c, ledger) for c in pair or ()}
    for f in contract.fields:
        raw = matched.get(f.name)
        if raw is not None:
            data[f.name] = written[raw].copy() if raw in written else _column(frame[raw], f, raw, ledger)
    chemistry = Analyses()
    if contract.analyses:
        taken = set(matched.values()) | set(pair or ())
        names = analysis_columns(columns, taken, field_map)
        chemistry = read_analyses(frame, names, units, ledger)
        data |= chemistry.columns
    used = (
        set(matched.values())
        | set(pair or ())
        | {f.column for f in chemistry.findings}
        | {d["column"] for d in chemistry.derived}
    )
    if n:  # an empty layer is a result: what it would hold is not asked
        _require(contract, data, file, layer, columns, chemistry)
    made = _made_key(contract, data, layer, numbers)
    for f in contract.fields:
        if f.name not in data:
            data[f.name] = _empty(f, n)
    for name, text in (stamp or {}).items():
        filled = data.get(name)
        data[name] = pd.Series(text, index=range(n), dtype="str") if filled is None else pd.Series(filled).fillna(text)
    order = [f.name for f in contract.fields] + [c for c in data if c not in set(contract.names())]
    out = pd.DataFrame({c: data[c] for c in order}, index=pd.RangeIndex(n), copy=False)

    shapes = None
    if spatial:
        shapes, judged, off_m = places.geometry_of(frame, written, crs, file, layer, ledger)
        if off_m and places.ACCURACY in out.columns:  # two independent errors add as their squares
            out[places.ACCURACY] = np.hypot(out[places.ACCURACY].to_numpy(dtype="float64"), off_m)
        shapes = places.check_geometry(shapes, contract, ledger)
        lon, lat = places.check_positions(
            shapes,
            contract,
            ledger,
            extent=region_extent,
            allow_missing=contract.positions_optional,
            written=None if pair is None else frame[list(pair)],
            judged=judged,
            no_position=places.NO_COLUMNS if pair is None and geometry_name is None else places.NO_POSITION,
        )
        for name, value in (("lon", lon), ("lat", lat)):  # a point says where it is, also without columns that do
            if name in out.columns:
                out[name] = out[name].where(out[name].notna(), value)
        if contract.unique_positions:
            places.check_same_place(lon, lat, ledger)
        report |= _sheets(out, contract, matched, lon, lat, ledger)
        if "state" in out.columns:
            unknown = check_state(out["state"], lon, lat, ledger, as_of=contract.states_as_of, polygons=states)
            if unknown:
                report["states_not_known"] = unknown
    check_rows(out, contract, ledger)
    for rule in RULES.get(contract.name, ()):
        rule(out, shapes, ledger)
    check_key(out, contract, ledger)

    keep = ~ledger.held
    kept = out if keep.all() else out.loc[keep].reset_index(drop=True)
    del out, data  # half a million rows of sixty columns: one copy at a time
    chemistry.columns.clear()
    if spatial:
        points = gpd.GeoSeries(shapes[keep], crs="EPSG:4326")  # type: ignore[index]
        with warnings.catch_warnings():  # many blocks are what keeps a second copy away
            warnings.simplefilter("ignore", pd.errors.PerformanceWarning)
            kept = gpd.GeoDataFrame(kept, geometry=points, copy=False)
    quarantine, flags = ledger.quarantine(), ledger.flags()
    if not len(kept):
        why = f"all {n} rows are held in the quarantine" if n else "there are no rows"
        report["empty"] = f"no {contract.title.lower()}: {why}"
    report |= {
        "rows_kept": int(keep.sum()),
        "rows_flagged": ledger.flagged_rows(),
        "rows_quarantined": int(ledger.held.sum()),
        "by_reason": {
            "quarantined": _counts(quarantine[quarantine["row"].notna()]),
            "flagged": _counts(flags[flags["row"].notna()]),
        },
        "units": [f.as_dict() for f in chemistry.findings],
        "columns_held": [f.column for f in chemistry.findings if not f.used],
        "censoring": chemistry.censoring,
        "derived_columns": chemistry.derived,
        "columns_unused": chemistry.unused
        + [{"column": c, "why": "a column of the same name stands before it"} for c in doubled],
        "columns_unmapped": [c for c in columns if c not in used],
        "key_made": made,
    }
    return Admission(kept, quarantine, flags, report, numbers[keep])


def _plain_columns(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Column names as texts, each once: of two columns with one name the first is read, the other reported."""
    names = [c if isinstance(c, str) else str(c) for c in frame.columns]
    again = pd.Index(names).duplicated()
    doubled = [n for n, d in zip(names, again) if d]
    if doubled:
        frame = frame.loc[:, ~again]
        names = [n for n, d in zip(names, again) if not d]
    if list(frame.columns) != names:
        frame = frame.set_axis(names, axis=1)
    return frame, doubled


def _sheets(
    out: pd.DataFrame, contract: Contract, matched: Mapping[str, str], lon: Any, lat: Any, ledger: Ledger
) -> dict[str, Any]:
    """Normalise ``sheet``; on points compare what the row names (in its key, in its column) with the coordinates."""
    if "sheet" not in out.columns:
        return {}
    own = normalise_many(out["sheet"])
    report: dict[str, Any] = {}
    is_point = "POINT" in str(contract.geometry)
    if contract.sheet_from and contract.sheet_from in out.columns:
        field = matched.get(contract.sheet_from, contract.sheet_from)
        stated, report["sheets"] = places.check_sheet(out[contract.sheet_from], lon, lat, field, ledger)
        differ = (own != "") & (stated != "") & (own != stated)
        ledger.mark(differ, matched.get("sheet", "sheet"), out["sheet"], places.SHEET_COLUMN_DIFFERS)
        own = np.where(own == "", stated, own)
    elif is_point and out["sheet"].notna().any():
        own, report["sheets"] = places.check_sheet(out["sheet"], lon, lat, matched.get("sheet", "sheet"), ledger)
    else:
        unread = out["sheet"].notna().to_numpy() & (own == "")
        ledger.mark(unread, matched.get("sheet", "sheet"), out["sheet"], places.NO_SHEET)
    out["sheet"] = pd.Series(own, dtype="str").where(own != "", None).astype("str")
    return report


def _counts(frame: pd.DataFrame) -> dict[str, int]:
    """Distinct rows by reason, most frequent first; the same rows under one reason in several columns count once.

    Reasons that differ only by the row that they name are one.
    """
    reasons = frame["reason"].str.replace(r"\brow \d+\b", "another row", regex=True)
    pairs = frame[["row"]].assign(reason=reasons).drop_duplicates()["reason"].value_counts(sort=False)
    return {str(k): int(v) for k, v in sorted(pairs.items(), key=lambda item: (-item[1], str(item[0])))}


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


def _require(
    contract: Contract, data: Mapping[str, Any], file: object, layer: str, columns: list[str], chemistry: Analyses
) -> None:
    missing = [f for f in contract.fields if f.required and f.name not in data and f.name not in ("lon", "lat")]
    if missing:
        f = missing[0]
        names = ", ".join((f.name, *f.aliases))
        raise ContractError(
            f"the column {f.name!r} is missing ({len(columns)} columns: {', '.join(columns[:20])})", file=file, layer=layer, field=f.name,
            do=f"name it in the card's field_map, or call it one of: {names}",
        )  # fmt: skip
    if contract.analyses and not chemistry.findings:
        raise ContractError(
            "no column of an element or oxide is there",
            file=file,
            layer=layer,
            do="name them as Cu_ppm, SiO2_pct, La (ppm)",
        )


def _made_key(contract: Contract, data: dict[str, Any], layer: str, numbers: np.ndarray) -> str:
    """A layer without a key of its own gets one from its row number, and the report says so."""
    if len(contract.key) != 1 or contract.key[0] in data or contract[contract.key[0]].required:
        return ""
    data[contract.key[0]] = pd.Series([f"{layer}-{i}" for i in numbers], dtype="str")
    return f"{contract.key[0]} made from the row number"
