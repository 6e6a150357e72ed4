"""``admit``: hold a raw frame against its contract; nothing vanishes.

rows in = rows kept + rows quarantined, always. A row that cannot be right goes to the quarantine with its reason, a row
that is odd stays and is marked, a column whose unit is contradicted is held whole. No value is mended.

Belongs here: the order of the checks and the report. Does not belong here: a bound (the contracts) or a formula.
"""

from __future__ import annotations

import json
import shlex
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from data_sources.contracts.admitting import places
from data_sources.contracts.admitting.checks import check_key, check_rows
from data_sources.contracts.admitting.identity import key_forms
from data_sources.contracts.admitting.issues import Ledger
from data_sources.contracts.admitting.raw_columns import (
    NOTHING_SAID,
    ColumnsRead,
    Said,
    canonical,
    geometry_name,
    read_columns,
)
from data_sources.contracts.admitting.rules import RULES
from data_sources.contracts.admitting.states import check_land, check_state, present_names
from data_sources.contracts.contract import Contract
from data_sources.contracts.keys import is_nearly_unique, key_column
from data_sources.contracts.shapes import datums
from data_sources.contracts.shapes.remarks import remarks_of
from data_sources.sheets import normalise_many
from khanij.foundation.errors import ContractError

MADE_KEY = "no column gives the number of the sample: the row number stands for it; name the column with --map COLUMN=sample_id where there is one"
NAMED_ROWS = 500
"""Held rows that a report names: whoever looks for one asks for a block or a site, not for one of a million samples."""


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


@dataclass(frozen=True)
class Area:
    """Where the rows may lie: ``extent_deg`` (west, south, east, north), or anywhere in India.

    ``states`` are polygons with a column ``state``; without them a row's state is judged by rough boxes.
    """

    extent_deg: tuple[float, float, float, float] | None = None
    states: gpd.GeoDataFrame | None = None


ANYWHERE = Area()


def admit(
    frame: pd.DataFrame,
    contract: Contract,
    *,
    source: str,
    layer: str,
    file: object = None,
    says: Said = NOTHING_SAID,
    within: Area = ANYWHERE,
    row_numbers: np.ndarray | None = None,
) -> Admission:
    """Admit the rows of a raw frame, mark the odd ones, hold the wrong ones.

    Parameters
    ----------
    frame : raw columns, n rows. source, layer : names written into every finding.
    says : what the card says of the columns. within : rows outside are held.
    row_numbers : the rows' numbers in the source, of shape (n,), where some were cut.

    Raises
    ------
    ContractError : a required column is missing. CrsError : a geometry without a usable CRS.
    """
    n = len(frame)
    numbers = np.arange(1, n + 1) if row_numbers is None else np.asarray(row_numbers)
    ledger = Ledger(source, layer, numbers)
    for said, named, text, reason, held in remarks_of(frame):
        if not said:
            ledger.mark_column(named, text, reason)
        else:
            at = np.isin(numbers, said)
            (ledger.hold if held else ledger.mark)(at, named, text, reason)
    asked = {named for said, named, *_ in remarks_of(frame) if said}  # a row was judged by them: they are used
    frame, doubled = _plain_columns(frame.reset_index(drop=True))
    read = read_columns(frame, contract, says, ledger)
    report: dict[str, Any] = {
        "source": source,
        "layer": layer,
        "file": None if file is None else str(file),
        "rows_in": n,
        "crs": _crs_of(frame),
    }
    named = _named_by_itself(contract, read.data)
    if n:  # an empty layer is a result: what it would hold is not asked
        _require(frame, contract, read, file, layer)
    made = named or _made_key(contract, read.data, layer, numbers)
    if made and contract.analyses:  # a number of one's own is what samples are known by elsewhere
        ledger.mark_column(contract.key[0], "", MADE_KEY)
    out = canonical(read.data, contract, says.stamp, n)
    shapes = None
    if contract.geometry is not None:
        shapes, judged, off_m = places.geometry_of(frame, read.written, says.crs, file, layer, ledger)
        if off_m and places.ACCURACY in out.columns:  # two independent errors add as their squares
            out[places.ACCURACY] = np.hypot(out[places.ACCURACY].to_numpy(dtype="float64"), off_m)
        shapes = places.check_geometry(shapes, contract, ledger)
        lon, lat = places.check_positions(
            shapes,
            contract,
            ledger,
            extent=within.extent_deg,
            allow_missing=contract.positions_optional,
            written=None if read.pair is None else frame[list(read.pair)],
            judged=judged,
            no_position=places.NO_COLUMNS if read.pair is None and geometry_name(frame) is None else places.NO_POSITION,
        )
        report |= _check_places(out, contract, read.matched, (lon, lat), within.states, ledger)
    check_rows(out, contract, ledger)
    for rule in RULES.get(contract.name, ()):
        rule(out, shapes, ledger)
    check_key(out, contract, ledger)

    report |= _held_names(out, contract, ledger)
    keep = ~ledger.held
    kept = out if keep.all() else out.loc[keep].reset_index(drop=True)
    del out  # half a million rows of sixty columns: one copy at a time
    read.data.clear()
    read.chemistry.columns.clear()
    if shapes is not None:
        points = gpd.GeoSeries(shapes[keep], crs="EPSG:4326")
        with warnings.catch_warnings():  # many blocks are what keeps a second copy away
            warnings.simplefilter("ignore", pd.errors.PerformanceWarning)
            kept = gpd.GeoDataFrame(kept, geometry=points, copy=False)
    if not len(kept):
        why = f"all {n} rows are held in the quarantine" if n else "there are no rows"
        report["empty"] = f"no {contract.title.lower()}: {why}"
    report["columns_unmapped"] = [c for c in read.unmapped() if c not in asked]
    return _admission(kept, ledger, read, report, doubled, made)


def _held_names(out: pd.DataFrame, contract: Contract, ledger: Ledger) -> dict[str, list[tuple[int, str]]]:
    """``held_names``: row number, and identifier with name, of held rows that have a name; the first of them only."""
    at = np.flatnonzero(ledger.held)[:NAMED_ROWS]
    if "name" not in out.columns or not len(at):
        return {}
    parts = [out[c].iloc[at].fillna("").astype("str").tolist() for c in (*contract.key[:1], "name")]
    names = [", ".join(filter(None, row)) for row in zip(*parts)]
    return {"held_names": [(int(ledger.rows[i]), name) for i, name in zip(at, names) if name]}


def _crs_of(frame: pd.DataFrame) -> str | None:
    """The CRS of the frame's geometry, of a frame that has one."""
    crs = frame.crs if isinstance(frame, gpd.GeoDataFrame) and geometry_name(frame) is not None else None
    return None if crs is None else datums.text_of(crs)


def _check_places(
    out: pd.DataFrame,
    contract: Contract,
    matched: Mapping[str, str],
    position: tuple[np.ndarray, np.ndarray],
    states: gpd.GeoDataFrame | None,
    ledger: Ledger,
) -> dict[str, Any]:
    """Hold positions against each other, the sheet and the state that the row names; what the report says of them."""
    lon, lat = position
    for name, value in (("lon", lon), ("lat", lat)):  # a point says where it is, also without columns that do
        if name in out.columns:
            out[name] = out[name].where(out[name].notna(), value)
    if contract.unique_positions:
        places.check_same_place(lon, lat, ledger)
    report = _sheets(out, contract, matched, lon, lat, ledger)
    if "state" in out.columns:
        unknown = check_state(out["state"], lon, lat, ledger, as_of=contract.states_as_of, polygons=states)
        if unknown:
            report["states_not_known"] = unknown
        if contract.name == "waste_sites":
            check_land(lon, lat, out["state"].isna().to_numpy(), ledger)
        out["state"] = present_names(out["state"], ledger)
    return report


def _admission(
    kept: pd.DataFrame, ledger: Ledger, read: ColumnsRead, report: dict[str, Any], doubled: list[str], made: str
) -> Admission:
    keep, chemistry = ~ledger.held, read.chemistry
    quarantine, flags = ledger.quarantine(), ledger.flags()
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
        "held_columns": ledger.held_columns(),
        "censoring": chemistry.censoring,
        "derived_columns": chemistry.derived,
        "columns_unused": chemistry.unused
        + [{"column": c, "why": "a column of the same name stands before it"} for c in doubled],
        "key_made": made,
        "fields": dict(read.matched),
        "coordinates": list(read.pair or ()),
    }
    return Admission(kept, quarantine, flags, report, ledger.rows[keep])


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
        stated, report["sheets"] = places.check_sheet(
            out[contract.sheet_from], lon, lat, field, ledger, is_sheet_column=False
        )
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


def _require(frame: pd.DataFrame, contract: Contract, read: ColumnsRead, file: object, layer: str) -> None:
    missing = [f for f in contract.fields if f.required and f.name not in read.data and f.name not in ("lon", "lat")]
    if missing:
        f = missing[0]
        names = ", ".join((f.name, *f.aliases))
        do = f"name it in the card's field_map (validate: --map COLUMN={f.name}), or call it one of: {names}"
        near = []
        if f.name in contract.key:
            near = [f"{c} is {told}: no key" for c, told in read.repeating.items()]
            if "name" in read.data and not _is_key(read.data["name"]):
                near.append(f"{read.matched['name']} repeats: no key by itself")
            do = _key_remedy(frame, read, f.name) + do
        raise ContractError(
            "; ".join([f"the column {f.name!r} is missing ({len(read.raw)} columns: {', '.join(read.raw[:20])})", *near]),
            file=file, layer=layer, field=f.name, do=do,
        )  # fmt: skip
    if contract.analyses and not read.chemistry.findings:
        raise ContractError(
            "no column of an element or oxide is there",
            file=file,
            layer=layer,
            do="name them as Cu_ppm, SiO2_pct, La (ppm), or in the card's field_map (validate: --map COLUMN=Cu_ppm)",
        )


def _key_remedy(frame: pd.DataFrame, read: ColumnsRead, key: str) -> str:
    """What comes before the usual remedy: the column of the table that would do as its key, or that there is none."""
    column = key_column(frame, read.unmapped())
    if column is None:
        return f"where no column is one, add a column {key} that numbers the rows; else "
    said = f"--map {shlex.quote(f'{column}={key}')}"
    return (
        f"{column} would do: field_map: {{{json.dumps(column, ensure_ascii=False)}: {key}}} (validate: {said}); else "
    )


def _is_key(values: pd.Series) -> bool:
    return is_nearly_unique(key_forms(values).dropna(), len(values))


def _named_by_itself(contract: Contract, data: dict[str, Any]) -> str:
    """A table with one column for what a site or block is called: it is the name and the identifier, and the report says so.

    A name that several rows have is no identifier: ten dumps of one mine may be called after it.
    """
    pair = (contract.key[0] if contract.key else "", "name")
    if pair[0] not in ("site_id", "block_id") or not any(f.name == "name" for f in contract.fields):
        return ""
    if (pair[0] in data) == (pair[1] in data) or (contract.name != "waste_sites" and pair[0] not in data):
        return ""
    there, lacking = pair if pair[0] in data else pair[::-1]
    if there == "name" and not _is_key(data[there]):
        return ""
    data[lacking] = data[there]
    return f"{lacking} taken from {there}"


def _made_key(contract: Contract, data: dict[str, Any], layer: str, numbers: np.ndarray) -> str:
    """A layer without a key of its own gets one from its row number, and the report says so."""
    if len(contract.key) != 1 or contract.key[0] in data or contract[contract.key[0]].required:
        return ""
    data[contract.key[0]] = pd.Series([f"{layer}-{i}" for i in numbers], dtype="str")
    return f"{contract.key[0]} made from the row number"
