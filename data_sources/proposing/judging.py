"""One data set -> which layer it could be, with what speaks for it: each contract is tried, the best-founded wins.

Belongs here: reading, trying, weighing. Does not belong here: guesses of columns (``guessing``), or what is written (``writing``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from data_sources.contracts.admitting.admission import Admission
from data_sources.contracts.admitting.identity import key_forms
from data_sources.contracts.admitting.places import coordinate_pair
from data_sources.contracts.admitting.raw_columns import GENERIC_KEYS, match_fields
from data_sources.contracts.contract import Contract, plain_name
from data_sources.contracts.registry import ALL
from data_sources.proposing.folder import UNREADABLE, Found, Unread
from data_sources.proposing.guessing import UTM_ZONES, amount_column, guess, metres_of, names_wastes, utm_crs_of
from data_sources.proposing.joining import shares_names
from data_sources.proposing.layer_words import COLUMN_WORDS, LAYER_WORDS, called, word_in
from data_sources.proposing.proposals import FURTHER, LEAST_SCORE, Known, Proposal
from data_sources.proposing.telling import facts, look_at
from data_sources.proposing.whole_files import gate_of, grid_of, kinds_of, outlines_of, positions_of, rows_of
from data_sources.readers.survey import admit_frame
from data_sources.reference.waste_routes import nearest_code
from khanij.foundation.errors import ContractError, KhanijError

COMMON = frozenset(
    "name state district source note notes confidence sheet origin_file area_ha said_by date operator use_reason".split()
)
"""Fields that any table may have: they speak for no layer."""
_HEAD_ROWS, _MOST_GUESSES = 400, 6
_WORD, _COLUMN_WORD, _FIELD, _COMMON_FIELD, _MOST_ANALYSES = 3.0, 3.0, 2.0, 0.25, 6
_WIDE, _PLACES = 4.0, 4.0
_USUALLY_HELD = 0.15  # totals, notes, a stray shape: they speak against no layer
OF_NO_SITE = "though none of its ids is one of the waste sites"
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


def judge(found: Found, known: Known) -> list[Proposal] | Unread:
    """What a data set could be, the best first; or why it can be nothing."""
    try:
        if found.is_grid:
            return [grid_of(found, known)]
        frame, options = rows_of(found, known.crs)
    except UNREADABLE as error:
        needs = getattr(error, "do", None) or "open it in the program that wrote it and export it again"
        return Unread(found.said, getattr(error, "message", str(error)), str(needs))
    if not len(frame):
        return Unread(found.said, "it has no rows", "export it again, or take it out of the folder")
    if isinstance(gate := gate_of(found, frame, known, options), Proposal):
        return [gate]
    tried = [_try(found, frame, contract, known, options) for contract in ALL.values() if _fits(frame, contract)]
    tried += [p for p in (f(found, frame, known, options) for f in (outlines_of, positions_of)) if p is not None]
    good = sorted((t for t in tried if isinstance(t, Proposal)), key=lambda p: -p.score)
    if good and good[0].score >= LEAST_SCORE:
        return good
    refused = sorted((t for t in tried if isinstance(t, _Refused)), key=lambda r: -r.score)
    return _of_no_site(found, good) or _nothing(found, frame, refused)


def as_layer(found: Found, layer: str, known: Known, options: Mapping[str, Any] | None = None) -> Proposal | None:
    """A data set as a layer that the user names, with columns guessed where no usual name gives them; None where it cannot be.

    Parameters
    ----------
    options : how the user reads the file; of the ``field_map`` what names a column that is there. A guess goes over none of it.
    """
    if layer not in ALL:
        return None
    try:
        frame, reading = rows_of(found, known.crs, options)
        if "field_map" in reading:
            reading["field_map"] = {c: f for c, f in reading["field_map"].items() if c in frame.columns}
        tried = _try(found, frame, ALL[layer], known, reading)
    except UNREADABLE:
        return None
    return tried if isinstance(tried, Proposal) else None


def tables_of_outlines(found: Found, known: Known) -> list[Proposal]:
    """Polygons of sites as their tonnages and grades too, where their columns say them."""
    frame, options = rows_of(found, known.crs)
    if kinds_of(frame) != {"POLYGON"}:
        return []
    tried = [_try(found, frame, ALL[name], known, options) for name in ("tonnages", "grades")]
    return [t for t in tried if isinstance(t, Proposal)]


def completed(proposal: Proposal, known: Known) -> Proposal:
    """The proposal held against all rows of its file, not only the first."""
    if proposal.is_gate or proposal.found.is_grid:
        return proposal
    if proposal.layer in FURTHER:
        return proposal
    frame, _ = rows_of(proposal.found, known.crs)
    admission = admit_frame(frame, proposal.layer, file=proposal.found.path.name, options=proposal.options)
    told = facts(admission)
    own = {field: raw for field, raw in admission.report["fields"].items() if raw in frame.columns}
    told["report"] = {
        **admission.report,
        "fields": own,
    }  # a card names columns of the file, not those of another layout
    lost = [_all_held(admission.kept["site_id"])] if OF_NO_SITE in proposal.why else []
    return replace(proposal, look_at=(*proposal.look_at, *look_at(admission), *lost), **told)


def _all_held(sites: pd.Series) -> str:
    named = sites.dropna().astype("str").unique()
    some = ", ".join(named[:3]) + (" ..." if len(named) > 3 else "")
    return (
        f"every row would be held: the register has none of its sites ({some}); write the ids as the register does, or say under "
        "values in the card which site each is (khanij validate --region names them)"
    )


@dataclass(frozen=True)
class _Refused:
    layer: str
    score: float
    error: KhanijError


def _fits(frame: pd.DataFrame, contract: Contract) -> bool:
    kinds, wanted = kinds_of(frame), str(contract.geometry)
    if contract.geometry is None:
        return kinds <= {"POINT"}
    if not kinds:  # numbers with a decimal comma are places too, once they are read
        pair = "POINT" in wanted and coordinate_pair([str(c) for c in frame.columns]) is not None
        return contract.positions_optional or pair
    return all(kind in wanted or (kind == "POLYGON" and contract.outlines_too) for kind in kinds)


def _try(
    found: Found, frame: pd.DataFrame, contract: Contract, known: Known, options: Mapping[str, Any]
) -> Proposal | _Refused:
    """The data set as one layer; columns that a required field lacks are guessed, and each guess is a reason."""
    words, head = _words(found, frame, contract), frame.head(_HEAD_ROWS)
    weight = sum(w for w, _ in words)
    reading = dict(options)
    guessed: list[str] = []
    translated: list[str] = []  # what stands in cells: it is looked at, and speaks against no layer
    if contract.name == "waste_sites" and known.site_column is not None and known.site_column[0] == found:
        _, column, why = known.site_column
        reading["field_map"] = {column: "site_id"}
        guessed.append(f"{column} taken as site_id: {why}")
    if contract.name in ("tonnages", "grades") and known.own_key is not None and known.own_key[0] == found:
        reading["field_map"] = {known.own_key[1]: "site_id"}  # figures beside their sites are of these
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
        if contract.name == "waste_sites" and (words_taken := _words_translated(admission, reading, known)):
            translated += words_taken
            continue
        wanted = _NEEDED.get(contract.name, ())
        if not wanted or any(f in admission.report["fields"] for f in wanted):
            return _weighed(
                found,
                frame,
                admission,
                reading,
                [*words, *_against(frame, contract, admission, known)],
                guessed,
                translated,
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
    columns = [str(c) for c in frame.columns if c != shape]
    matched = match_fields(columns, contract, maps)
    if wanted in contract.key:
        matched.pop("name", None)  # a name may be all that a thing is called by
    named = set(matched.values())  # what another field has by its name is not free
    free = [c for c in columns if c not in maps and c not in named]
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


def _words_translated(admission: Admission, reading: dict[str, Any], known: Known) -> list[str]:
    """Add to the reading the codes that the wastes' words come nearest to; what was taken for what, in words."""
    raw = admission.report["fields"].get("waste_type_code")
    said = dict(reading.get("values", {})).get(raw, {})
    written = admission.kept["waste_type_code"].dropna().astype("str").unique()
    near = {w: nearest_code(w, known.codes) for w in sorted(written) if w not in known.codes and w not in said}
    taken = {w: code for w, code in near.items() if code}
    if raw is None or not taken:
        return []
    reading["values"] = {**reading.get("values", {}), raw: {**said, **taken}}
    return [f"{raw}: {w!r} read as {code}" for w, code in taken.items()]


def _words(found: Found, frame: pd.DataFrame, contract: Contract) -> list[tuple[float, str]]:
    """(weight, reason) of what the names of file, sheet and columns say for a layer."""
    out = []
    if hit := word_in(called(found.path.stem, found.part), LAYER_WORDS.get(contract.name, ())):
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
        and "element" in admission.report["fields"]
        and admission.report["fields"]["element"] not in frame.columns
    ):
        out.append((_WIDE, "a column an element"))
    if contract.analyses and (column := names_wastes(frame, known.codes)):
        out.append((-_PLACES, f"though its column {column} names wastes"))
    if contract.name == "waste_sites" and kinds_of(frame) == {"POINT"} and (column := names_wastes(frame, known.codes)):
        out.append((_WORD, f"its column {column} names wastes"))
    if contract.geometry is None and kinds_of(frame):
        out.append((-_PLACES, "though it has places"))
    if (
        contract.geometry is None
        and "site_id" in admission.kept.columns
        and known.site_ids
        and contract.name != "block_facts"
    ):
        ids = admission.kept["site_id"].dropna().astype("str")
        if len(ids) and not key_forms(ids).isin(set(key_forms(known.site_ids))).any():
            out.append((-_PLACES, OF_NO_SITE))
    if (
        contract.name == "waste_footprints"
        and known.site_ids
        and shares_names(admission.kept["site_id"], known.site_ids)
    ):
        out.append((_PLACES, "its ids are those of the waste sites"))
    return out


def _weighed(
    found: Found,
    frame: pd.DataFrame,
    admission: Admission,
    reading: Mapping[str, Any],
    words: list[tuple[float, str]],
    guessed: list[str],
    translated: list[str],
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
        - 6.0 * max(0.0, held - _USUALLY_HELD)
        - (1.5 if contract.name in ("soil_samples", "block_facts") and not words else 0.0)
        - 0.5 * len(guessed)
    )
    drawn = contract.outlines_too and "POLYGON" in kinds_of(frame)
    told = facts(admission)
    shape = "a table without places" if contract.geometry and told["bounds_deg"] is None else ""
    why = [
        shape or ("a table" if contract.geometry is None else "outlines" if drawn else _SHAPES[str(contract.geometry)])
    ]
    if elements:
        why.append(
            f"{len(elements)} columns of elements ({', '.join(elements[:4])}{' ...' if len(elements) > 4 else ''})"
        )
    if own:
        why.append("columns " + ", ".join(f"{raw} = {t}" if plain_name(raw) != t else raw for t, raw in own.items()))
    why += [text for _, text in words]
    look = tuple(f"a guess: {text}" for text in (*guessed, *translated))
    if contract.geometry and told["bounds_deg"] is None and (metres := metres_of(frame)):
        look = (
            *look,
            f"no place is read: {', '.join(metres)} are metres of a grid; say it with --crs CODE ({UTM_ZONES})",
        )
    if (
        "x" in reading
        and (grid := utm_crs_of(frame, (str(reading["x"]), str(reading["y"]))))
        and grid[0] == reading.get("crs")
    ):
        look = (
            *look,
            f"a guess: {reading['x']} and {reading['y']} are metres of {grid[0]} by {grid[1]}; WGS 84 where no datum is said",
        )
    return Proposal(found, contract.name, score if specific else 0.0, tuple(why), look, options=dict(reading), **told)


def _of_no_site(found: Found, weighed: list[Proposal]) -> Unread | None:
    """A table of figures whose sites the file of the sites does not name."""
    lost = next((p for p in weighed if OF_NO_SITE in p.why), None)
    if lost is None:
        return None
    ids = ", ".join(sorted(lost.site_ids)[:3])
    needs = "correct its ids, or name the column of the sites' file that holds them as site_id in its card"
    return Unread(
        found.said, f"{lost.layer} of sites ({ids}) that the file of the sites does not name", needs, has_rows=True
    )


def _nothing(found: Found, frame: pd.DataFrame, refused: list[_Refused]) -> Unread:
    kinds = kinds_of(frame)
    if not kinds and (metres := metres_of(frame)):
        why = f"its places are in metres ({', '.join(metres)}) of a grid that it does not name"
        return Unread(found.said, why, f"say the grid: khanij new region ... --crs CODE ({UTM_ZONES})", has_rows=True)
    shape = "a table without places" if not kinds else f"{' and '.join(sorted(k.lower() for k in kinds))}s"
    own = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name else None
    columns = ", ".join([str(c) for c in frame.columns if c != own][:12])
    why = f"{shape} with the columns {columns}: no layer is named by them"
    if refused and refused[0].score > 0:
        first = refused[0]
        return Unread(
            found.said,
            f"nearest to {first.layer}: {first.error.message}",
            first.error.do or "name its columns in a card",
            has_rows=True,
        )
    return Unread(
        found.said,
        why,
        "say what it is: khanij validate FILE --as LAYER --map COLUMN=FIELD --write-card NAME.yaml, and name it under layers",
        has_rows=True,
    )
