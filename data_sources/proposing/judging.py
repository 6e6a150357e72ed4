"""One data set -> which layer it could be, with what speaks for it: each contract is tried, the best-founded wins.

Belongs here: reading, trying, weighing. Does not belong here: guesses of columns (``guessing``), or what is written (``writing``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from data_sources.connectors.files import read_file
from data_sources.connectors.rasters import read_raster
from data_sources.contracts.admitting.admission import Admission
from data_sources.contracts.admitting.raw_columns import GENERIC_KEYS
from data_sources.contracts.contract import Contract, plain_name
from data_sources.contracts.registry import ALL
from data_sources.contracts.shapes.datums import in_degrees
from data_sources.proposing.folder import UNREADABLE, Found, Unread
from data_sources.proposing.guessing import amount_column, guess
from data_sources.proposing.layer_words import COLUMN_WORDS, GATE_WORDS, LAYER_WORDS, word_in
from data_sources.readers.survey import admit_frame
from khanij.foundation.errors import ContractError, CrsError, KhanijError

Bounds = tuple[float, float, float, float]
GRID_LAYER = "geophysics"
COMMON = frozenset(
    "name state district source note notes confidence sheet origin_file area_ha said_by date operator use_reason".split()
)
"""Fields that any table may have: they speak for no layer."""
_HEAD_ROWS, _MOST_GUESSES, _LEAST_SCORE = 400, 6, 3.0
_WORD, _COLUMN_WORD, _FIELD, _COMMON_FIELD, _MOST_ANALYSES = 3.0, 3.0, 2.0, 0.25, 6
_WIDE, _PLACES = 4.0, 4.0
_NEEDED = {
    "tonnages": ("tonnage_mode_mt", "tonnage_min_mt", "tonnage_max_mt"),
    "grades": ("value_mode", "value_max", "ppm_mode"),
}
"""Layers whose rows say nothing without one of these, though no single one is required."""


_SHAPES = {
    str(c.geometry): next(
        w for k, w in (("POINT", "points"), ("LINE", "lines"), ("POLYGON", "polygons")) if k in str(c.geometry)
    )
    for c in ALL.values()
    if c.geometry
}


@dataclass(frozen=True)
class Known:
    """What is known beside the file: ids of the waste sites, codes of wastes, gates that a run reads, a CRS for files without one."""

    site_ids: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    gates: tuple[str, ...] = ()
    crs: str | None = None


@dataclass(frozen=True)
class Proposal:
    """A data set as one layer (or gate): what speaks for it, what to look at, and how it is read.

    ``bounds_deg`` is west, south, east, north of the rows that would be kept, where any has a place.
    """

    found: Found
    layer: str
    score: float
    why: tuple[str, ...]
    look_at: tuple[str, ...] = ()
    report: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    bounds_deg: Bounds | None = None
    site_ids: frozenset[str] = frozenset()
    is_gate: bool = False


def judge(found: Found, known: Known) -> list[Proposal] | Unread:
    """What a data set could be, the best first; or why it can be nothing."""
    try:
        if found.is_grid:
            return [_grid(found, known)]
        frame, options = _read(found, known.crs)
    except UNREADABLE as error:
        needs = getattr(error, "do", None) or "open it in the program that wrote it and export it again"
        return Unread(found.said, getattr(error, "message", str(error)), str(needs))
    if not len(frame):
        return Unread(found.said, "it has no rows", "export it again, or take it out of the folder")
    if isinstance(gate := _gate(found, frame, known, options), Proposal):
        return [gate]
    tried = [_try(found, frame, contract, known, options) for contract in ALL.values() if _fits(frame, contract)]
    good = sorted((t for t in tried if isinstance(t, Proposal)), key=lambda p: -p.score)
    if good and good[0].score >= _LEAST_SCORE:
        return good
    refused = sorted((t for t in tried if isinstance(t, _Refused)), key=lambda r: -r.score)
    return _nothing(found, frame, refused)


def completed(proposal: Proposal, known: Known) -> Proposal:
    """The proposal held against all rows of its file, not only the first."""
    if proposal.is_gate or proposal.found.is_grid:
        return proposal
    frame, _ = _read(proposal.found, known.crs)
    admission = admit_frame(frame, proposal.layer, file=proposal.found.path.name, options=proposal.options)
    facts = _facts(admission)
    own = {field: raw for field, raw in admission.report["fields"].items() if raw in frame.columns}
    facts["report"] = {
        **admission.report,
        "fields": own,
    }  # a card names columns of the file, not those of another layout
    return replace(proposal, look_at=(*proposal.look_at, *_look_at(admission)), **facts)


@dataclass(frozen=True)
class _Refused:
    layer: str
    score: float
    error: KhanijError


def _read(found: Found, crs: str | None) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The frame, and the options that it took to read it: the row of the header, a CRS that the file does not say."""
    options: dict[str, Any] = {}
    for _ in range(3):
        try:
            return read_file(found.path, layer=found.part or None, options=options), options
        except CrsError:
            if crs is None or "crs" in options:
                raise
            options["crs"] = crs
        except KhanijError as error:
            header = re.search(r"--header-row (\d+)", error.do or "")
            if header is None or "header_row" in options:
                raise
            options["header_row"] = int(header[1])
    return read_file(found.path, layer=found.part or None, options=options), options


def _kinds(frame: pd.DataFrame) -> set[str]:
    """What the rows' shapes are: POINT, LINE, POLYGON; nothing for a table without places."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        return set()
    names = {str(n).upper() for n in frame.geometry.geom_type.dropna().unique()}
    return {kind for kind in ("POINT", "LINE", "POLYGON") if any(kind in n for n in names)}


def _fits(frame: pd.DataFrame, contract: Contract) -> bool:
    kinds, wanted = _kinds(frame), str(contract.geometry)
    if contract.geometry is None:
        return kinds <= {"POINT"}
    if not kinds:
        return contract.positions_optional
    return all(kind in wanted for kind in kinds)


def _gate(found: Found, frame: pd.DataFrame, known: Known, options: Mapping[str, Any]) -> Proposal | None:
    """A layer of polygons that is called after what bars or lowers a block."""
    called = f"{found.path.stem} {found.part}"
    if _kinds(frame) != {"POLYGON"} or word_in(called, LAYER_WORDS["mining_leases"]):
        return None
    for gate in (g for g in GATE_WORDS if g in known.gates):
        if hit := word_in(called, GATE_WORDS[gate]):
            why = ("polygons", f"the name says {hit!r}")
            return Proposal(found, gate, _LEAST_SCORE, why, options=options, bounds_deg=_bounds(frame), is_gate=True)
    return None


def _grid(found: Found, known: Known) -> Proposal:
    options: dict[str, Any] = {}
    try:
        raster = read_raster(found.path)
    except CrsError:
        if known.crs is None:
            raise
        options = {"crs": known.crs}
        raster = read_raster(found.path, options=options)
    names = ", ".join(raster.band_names)
    blank = [band.name for band in raster.bands if not band.unit]
    look = (
        (f"units of the bands are not stated ({', '.join(blank)}): write them under bands in the card",)
        if blank
        else ()
    )
    return Proposal(
        found, GRID_LAYER, _LEAST_SCORE, (f"a grid of {names}", f"CRS {raster.crs[:60]}"), look, {"crs": None}, options
    )


def _try(
    found: Found, frame: pd.DataFrame, contract: Contract, known: Known, options: Mapping[str, Any]
) -> Proposal | _Refused:
    """The data set as one layer; columns that a required field lacks are guessed, and each guess is a reason."""
    words, head = _words(found, frame, contract), frame.head(_HEAD_ROWS)
    weight = sum(w for w, _ in words)
    reading = dict(options)
    guessed: list[str] = []
    for _ in range(_MOST_GUESSES):
        try:
            admission = admit_frame(head, contract.name, file=found.path.name, options=reading)
        except UNREADABLE as error:
            told = error if isinstance(error, KhanijError) else ContractError(str(error))
            taken = _guessed(frame, contract, told.field, reading, known)
            if taken is None:
                return _Refused(contract.name, weight + len(guessed), told)
            guessed.append(taken)
            continue
        unnamed, of, _ = str(admission.report.get("key_made") or "").partition(" taken from ")
        if of and (taken := _guessed(frame, contract, unnamed, reading, known)) is not None:
            guessed.append(taken)  # a column of its own is better than the other one's values
            continue
        wanted = _NEEDED.get(contract.name, ())
        if not wanted or any(f in admission.report["fields"] for f in wanted):
            return _weighed(
                found, frame, admission, reading, [*words, *_against(frame, contract, admission, known)], guessed
            )
        taken = _guessed(frame, contract, wanted[0], reading, known)
        if taken is None:
            do = (
                "write the unit into its header, as in Tonnage (lakh t)"
                if contract.name == "tonnages"
                else "add a column value"
            )
            lacking = ContractError(
                f"no column of a {contract.title.lower()[:-1]} with its unit", field=wanted[0], do=do
            )
            return _Refused(contract.name, weight + len(guessed), lacking)
        guessed.append(taken)
    return _Refused(
        contract.name, weight, ContractError("too many columns have no usual name", do="name them in a card")
    )


def _guessed(
    frame: pd.DataFrame, contract: Contract, wanted: str | None, reading: dict[str, Any], known: Known
) -> str | None:
    """Add a guess for one field to the reading; the words that say it, or None where there is none."""
    maps = dict(reading.get("field_map", {}))
    if wanted is None or wanted in maps.values():
        return None
    shape = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name else None
    free = [str(c) for c in frame.columns if c not in maps and c != shape]
    if wanted == "tonnage_mode_mt":
        if (amount := amount_column(free)) is None:
            return None
        column, unit, why = amount
        units = {**reading.get("units", {}), column: {"unit": unit, "by": "header"}}
        reading |= {"field_map": {**maps, column: wanted}, "units": units}
        return f"{column} taken as {wanted}: {why}"
    hit = guess(frame, contract, wanted, free, known.site_ids, known.codes)
    if hit is None:
        return None
    reading["field_map"] = {**maps, hit[0]: wanted}
    return f"{hit[0]} taken as {wanted}: {hit[1]}"


def _words(found: Found, frame: pd.DataFrame, contract: Contract) -> list[tuple[float, str]]:
    """(weight, reason) of what the names of file, sheet and columns say for a layer."""
    out = []
    if hit := word_in(f"{found.path.stem} {found.part}", LAYER_WORDS.get(contract.name, ())):
        out.append((_WORD, f"the name says {hit!r}"))
    columns = [c for c in map(str, frame.columns) if word_in(plain_name(c), COLUMN_WORDS.get(contract.name, ()))]
    if columns:
        out.append((_COLUMN_WORD, f"the column {columns[0]} speaks of it"))
    return out


def _against(frame: pd.DataFrame, contract: Contract, admission: Admission, known: Known) -> list[tuple[float, str]]:
    """What tables say for or against a layer by how they are laid out and by the ids that they hold."""
    out = []
    if (
        contract.name == "grades"
        and "element" not in map(plain_name, frame.columns)
        and "element" in admission.report["fields"]
    ):
        out.append((_WIDE, "a column an element"))
    if contract.geometry is None and _kinds(frame):
        out.append((-_PLACES, "though it has places"))
    if (
        contract.geometry is None
        and "site_id" in admission.kept.columns
        and known.site_ids
        and contract.name != "block_facts"
    ):
        ids = admission.kept["site_id"].dropna().astype("str")
        if len(ids) and not ids.isin(known.site_ids).any():
            out.append((-_PLACES, "though none of its ids is one of the waste sites"))
    return out


def _weighed(
    found: Found,
    frame: pd.DataFrame,
    admission: Admission,
    reading: Mapping[str, Any],
    words: list[tuple[float, str]],
    guessed: list[str],
) -> Proposal:
    report, columns = admission.report, set(map(str, frame.columns))
    contract = ALL[report["layer"]]
    fields = {t: raw for t, raw in report["fields"].items() if plain_name(raw) not in GENERIC_KEYS and raw in columns}
    own = {t: raw for t, raw in fields.items() if t not in COMMON}
    elements = [u["column"] for u in report["units"] if u["used"]]
    held = report["rows_quarantined"] / max(1, report["rows_in"])
    specific = len(own) + sum(w > 0 for w, _ in words) + (len(elements) if contract.analyses else 0)
    score = (
        sum(w for w, _ in words)
        + _FIELD * len(own)
        + _COMMON_FIELD * (len(fields) - len(own))
        + min(len(elements), _MOST_ANALYSES)
        - 6.0 * held
        - (1.5 if contract.name in ("soil_samples", "block_facts") and not words else 0.0)
        - 0.5 * len(guessed)
    )
    why = ["a table" if contract.geometry is None else _SHAPES[str(contract.geometry)]]
    if elements:
        why.append(
            f"{len(elements)} columns of elements ({', '.join(elements[:4])}{' ...' if len(elements) > 4 else ''})"
        )
    if own:
        why.append("columns " + ", ".join(f"{raw} = {t}" if plain_name(raw) != t else raw for t, raw in own.items()))
    why += [text for _, text in words]
    look = tuple(f"a guess: {text}" for text in guessed)
    return Proposal(
        found, contract.name, score if specific else 0.0, tuple(why), look, options=dict(reading), **_facts(admission)
    )


def _facts(admission: Admission) -> dict[str, Any]:
    kept = admission.kept
    ids = kept["site_id"].dropna().astype("str") if "site_id" in kept.columns else ()
    return {"report": admission.report, "bounds_deg": _bounds(kept), "site_ids": frozenset(ids)}


def _look_at(admission: Admission) -> list[str]:
    """What a person should see before this layer is used."""
    report = admission.report
    out = []
    if report["rows_quarantined"]:
        reasons = report["by_reason"]["quarantined"] or {"see khanij validate": 0}
        out.append(f"{report['rows_quarantined']} of {report['rows_in']} rows would be held: {next(iter(reasons))}")
    if report.get("fails"):
        out.append(f"the layer fails: {report['fails']}")
    if report.get("key_made"):
        out.append(str(report["key_made"]))
    if report.get("columns_held"):
        out.append(f"columns not used for their unit: {', '.join(map(str, report['columns_held']))}")
    return out


def _bounds(frame: pd.DataFrame) -> Bounds | None:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None or frame.active_geometry_name is None:
        return None
    known = frame.geometry[frame.geometry.notna() & ~frame.geometry.is_empty]
    if not len(known):
        return None
    west, south, east, north = gpd.GeoSeries(in_degrees(known)[0]).total_bounds.tolist()
    return (west, south, east, north)


def _nothing(found: Found, frame: pd.DataFrame, refused: list[_Refused]) -> Unread:
    kinds = _kinds(frame)
    shape = "a table without places" if not kinds else f"{' and '.join(sorted(k.lower() for k in kinds))}s"
    columns = ", ".join(map(str, list(frame.columns)[:12]))
    why = f"{shape} with the columns {columns}: no layer is named by them"
    if refused and refused[0].score > 0:
        first = refused[0]
        return Unread(
            found.said,
            f"nearest to {first.layer}: {first.error.message}",
            first.error.do or "name its columns in a card",
        )
    return Unread(
        found.said,
        why,
        "say what it is: khanij validate FILE --as LAYER --map COLUMN=FIELD --write-card NAME.yaml, and name it under layers",
    )
