"""Tables laid out otherwise: a row of units below the header, a long table of element, value and unit.

Belongs here: the shape of a table of text, and what must be said of it. Does not belong here: reading a number or judging a unit
(``contracts.admitting``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data_sources.contracts.admitting.cells.mass_fractions import unit_of
from data_sources.contracts.admitting.cells.units import is_unit
from data_sources.contracts.admitting.chemistry import element_named, is_oxide_total, names_analysis, parse_column
from data_sources.contracts.admitting.raw_columns import GENERIC_KEYS, match_fields, unit_said
from data_sources.contracts.admitting.rules import OXIDE_TOTAL
from data_sources.contracts.admitting.values import parse_numbers
from data_sources.contracts.contract import Contract, plain_name
from data_sources.contracts.shapes.remarks import TRANSLATED, remark
from data_sources.register.volumes import with_tonnage_of_volume

UNITS_ROW = "row 1 below the header is a row of units: read as the units of the columns, not as a row"
LONG = "a long table: {rows} rows of element and value are read as {samples} samples of {elements} elements"
GRADES_LONG = "one column an element ({columns}): each is read as a grade of its own"
OXIDES = "TREO"
NO_UNIT = "names an element and states no unit: not used; say it in the header, or in the card, as in units: {{{raw}: {{unit: ppm}}}}"
NOT_READ = "names an element and is not understood: not used; call it by its symbol and unit, as in Cu (ppm)"
_SUM = re.compile(r"\s*([A-Za-z]\w*(?:\s*[+&]\s*[A-Za-z][A-Za-z0-9]*)+)[\s_,(\[]*(.*?)[)\]\s]*")
NOT_AN_ELEMENT = "names no element or oxide of the reference: its rows of the long table are not used"
NO_VALUE_COLUMN = "row of the long table without an element"
SAME_ROW = "the same row stands before: it is not counted twice; where it is a sample of its own, give the rows a column of sample numbers"
_SERIAL_COLUMNS = GENERIC_KEYS | {
    "serial", "serial_no", "serial_number", "s_no", "sno", "sl_no", "slno", "sl", "sr_no", "srno", "sr", "no", "row", "row_no", "index", "unnamed_0",
}  # fmt: skip
_MOST_CHECKS = 0.6
CHECK_MATERIAL = "a laboratory's own standard or blank: no sample of the ground"
DUPLICATE = "a duplicate, check or replicate of another sample"
_CHECK_COLUMNS = (
    "sample_type",
    "sampletype",
    "samp_type",
    "type",
    "qc_type",
    "qaqc_type",
    "qaqc",
    "qc",
    "check_type",
    "control",
)
_MEDIUM_COLUMNS = (
    *_CHECK_COLUMNS[:3], "sample_medium", "medium", "media", "sample_media", "sample_material", "sample_kind", "matrix", "type",
)  # fmt: skip
_MEDIA = {
    "stream_sediments": r"stream|sediment|\bs\.?s\.?\b|drainage|nala|nalla|river|\bsilts?\b",
    "soil_samples": r"\bsoils?\b|regolith|horizon|\bground\b",
}
"""Layer of samples -> words of its own medium."""
_OTHER_MEDIA = (
    r"\b(?:soils?|regolith|horizon|stream|sediments?|drainage|rocks?|chips?|outcrops?|bed ?rock|drill ?core|core|trench|pit|plants?|"
    r"vegetation|slags?|tailings?|dumps?)\b"
)
_WATER, _SOLID = r"\bwaters?\b", r"sediment|silt|soil"
BY_CARD = "a word that the card translates: read as the value that it names under values"
NOT_WRITTEN = "a word that the card translates stands nowhere in the column: is it spelled otherwise?"
OTHER_MEDIUM = "a sample of another medium than the layer's, as its own row says: not used here"
_OWN = r"(certified )?(reference|control) (material|standard|sample)|crm|srm|rm|std\.?|standards?|blanks?|blk|(field|lab|pulp|coarse) blank"
_NAMED = r"(oreas|crm|srm|std|standard|blank|blk)[\s_-]*\d*[a-z]?"
_AGAIN = r"((field|lab|pulp|coarse|crush|reject) )?(dup|duplicate|rep|replicate|repeat|check|split)s?\.?"
_NO_UNIT = frozenset(
    {"", "-", "--", "text", "no", "none", "nan", "id", "string", "wgs84", "dms", "unit", "units", "n/a"}
)
_ELEMENT_COLUMNS = (
    "element", "analyte", "parameter", "constituent", "species", "component", "element_symbol", "symbol", "oxide", "radical",
)  # fmt: skip
_VALUE_COLUMNS = (
    "value", "result", "results", "concentration", "conc", "content", "assay", "assay_value", "analysis", "reading", "amount",
)  # fmt: skip
_UNIT_COLUMNS = ("unit", "units", "uom", "unit_of_measure", "value_unit", "result_unit")


@dataclass(frozen=True)
class Layout:
    """A table in the usual shape: ``rows`` are the numbers of its rows in the source, ``units`` what a row of units says."""

    frame: pd.DataFrame
    rows: np.ndarray
    units: Mapping[str, object] = field(default_factory=dict)


def translated(frame: pd.DataFrame, values: Mapping[str, Mapping[str, str]], rows: np.ndarray) -> pd.DataFrame:
    """The frame with the words that a card translates, each row of them marked; spaces around a word and its case do not count.

    A semicolon counts as the comma as which flags tell it (``foundation.cells.flag_of``).

    Parameters
    ----------
    values : raw column -> word as written -> word of the contract. rows : the rows' numbers in the source, of shape (n,).
    """
    out = frame
    for column, words in values.items():
        if column not in frame.columns or column in frame.attrs.get(TRANSLATED, ()):
            continue
        # A code in a column with gaps is a number with a point: 1.0 is written 1.
        plain = frame[column].astype("str").str.replace(r"^(-?\d+)\.0$", r"\1", regex=True).str.replace(";", ",")
        plain = plain.str.strip().str.casefold()
        for word, means in words.items():
            at = (plain == word.replace(";", ",").strip().casefold()).fillna(False).to_numpy(dtype=bool)
            if word == means:
                continue
            if not at.any():
                out = frame.copy(deep=False) if out is frame else out
                remark(out, column, word, NOT_WRITTEN)
                continue
            out = frame.copy(deep=False) if out is frame else out
            out[column] = out[column].astype("object").mask(at, means)
            remark(out, column, f"{word} -> {means}", BY_CARD, rows=rows[at].tolist())
    return out


def laid_out(
    frame: pd.DataFrame,
    contract: Contract,
    field_map: Mapping[str, str],
    rows: np.ndarray,
    said: Mapping[str, object] | None = None,
) -> Layout:
    """The frame with a row of units taken off and a long table of analyses made wide; any other frame as it is.

    Parameters
    ----------
    frame : n raw rows. rows : their numbers in the source, of shape (n,). said : column -> its unit, where the card says it.
    """
    by_card = {column: unit for column, unit in ((c, unit_said(u)) for c, u in (said or {}).items()) if unit}
    if contract.analyses:
        frame = _with_check_material_told(frame, contract, field_map, rows)
    if contract.name in ("tonnages", "grades"):
        frame = _with_repeated_rows_held(frame, contract, field_map, rows)
    if contract.name == "tonnages":
        frame = with_tonnage_of_volume(frame, contract, field_map, rows)
    units = _units_row(frame)
    if units:
        left = _with_remark(frame.iloc[1:].reset_index(drop=True), frame, UNITS_ROW)
        layout = Layout(left, rows[1:], _row_says(units))
        return _long(layout, field_map, units | by_card, contract) if contract.name == "grades" else layout
    if contract.name == "grades":
        return _long(Layout(frame, rows), field_map, by_card, contract)
    return _wide(frame, contract, field_map, rows) if contract.analyses else Layout(frame, rows)


def _with_check_material_told(
    frame: pd.DataFrame, contract: Contract, field_map: Mapping[str, str], rows: np.ndarray
) -> pd.DataFrame:
    """Rows of standards, blanks and other media are held, those of duplicates marked: by a column that says so, or by a standard's name."""
    out = frame
    by_plain = {plain_name(c): c for c in reversed(frame.columns)}
    said = next((by_plain[n] for n in _CHECK_COLUMNS if n in by_plain), None)
    key = match_fields([str(c) for c in frame.columns], contract, field_map).get(contract.key[0])
    named = [by_plain[n] for n in dict.fromkeys(_MEDIUM_COLUMNS) if n in by_plain and contract.name in _MEDIA]
    media = {
        c: frame[c].astype("str").str.lower().str.replace("_", " ")
        for c in named
        if not pd.api.types.is_numeric_dtype(frame[c])
    }
    own = np.zeros(
        len(frame), dtype=bool
    )  # a row that names its own medium is not of another for a further column's words
    for texts in media.values():
        wet = texts.str.contains(_WATER) & ~texts.str.contains(_SOLID)
        own |= (texts.str.contains(_MEDIA[contract.name]) & ~wet).fillna(False).to_numpy(dtype=bool)
    for other, texts in media.items():
        foreign = texts.str.contains(_OTHER_MEDIA) | (texts.str.contains(_WATER) & ~texts.str.contains(_SOLID))
        at = foreign.fillna(False).to_numpy(dtype=bool) & ~own
        for text in texts[at].unique():
            out = frame.copy(deep=False) if out is frame else out
            of = at & (texts == text).to_numpy()
            remark(out, str(other), str(frame[other][of].iloc[0]), OTHER_MEDIUM, rows=rows[of].tolist(), held=True)
    for column, form, reason, held in (
        (said, _OWN, CHECK_MATERIAL, True),
        (said, _AGAIN, DUPLICATE, False),
        (key, _NAMED, CHECK_MATERIAL, True),
    ):
        if column is None or pd.api.types.is_numeric_dtype(frame[column]):
            continue
        texts = frame[column].astype("str")
        found = pc.match_substring_regex(pa.array(texts, pa.string()), rf"^\s*(?:{form})\s*$", ignore_case=True)
        at = np.asarray(found.fill_null(False))
        if at.any() and at.mean() < _MOST_CHECKS:
            out = (
                frame.copy(deep=False) if out is frame else out
            )  # what is said now must not stay with the caller's frame
            remark(out, str(column), str(texts[at].iloc[0]), reason, rows=rows[at].tolist(), held=held)
    return out


def _with_repeated_rows_held(
    frame: pd.DataFrame, contract: Contract, field_map: Mapping[str, str], rows: np.ndarray
) -> pd.DataFrame:
    """Rows that repeat an earlier one in every column but a serial number, of a table whose figures have no key of their own.

    A laboratory's line that stands twice would count twice in a mean; figures with numbers of their own are told apart by them.
    """
    columns = [str(c) for c in frame.columns]
    if contract.key[0] in match_fields(columns, contract, field_map):
        return frame
    kept = [c for c in frame.columns if str(c) in field_map or plain_name(c) not in _SERIAL_COLUMNS]
    texts = pd.DataFrame(frame)[kept].astype("str").fillna("")  # shapes are compared as text too
    again = (texts.duplicated() & (texts != "").any(axis=1)).to_numpy() if kept else np.zeros(len(frame), dtype=bool)
    if not again.any():
        return frame
    out = frame.copy(deep=False)
    remark(out, str(kept[0]), str(frame[kept[0]][again].iloc[0]), SAME_ROW, rows=rows[again].tolist(), held=True)
    return out


def _with_remark(frame: pd.DataFrame, before: pd.DataFrame, text: str) -> pd.DataFrame:
    frame.attrs = dict(before.attrs)
    remark(frame, "", "", text)
    return frame


def _units_row(frame: pd.DataFrame) -> dict[str, str]:
    """Column -> unit, where the first row holds units and nothing else; empty where it does not."""
    if len(frame) < 2:
        return {}
    first = {str(c): str(v).strip() for c, v in frame.iloc[0].items() if isinstance(v, str)}
    said = {c: v for c, v in first.items() if v.lower().strip("()") not in _NO_UNIT}
    if not said or not all(is_unit(v.strip("()[] ")) for v in said.values()):
        return {}
    # A number or a shape in the row, and it is a row like the others.
    return {} if int(frame.iloc[0].notna().sum()) > len(first) else said


def _row_says(units: Mapping[str, str]) -> dict[str, object]:
    """What the row says, in the words of a card; where the header says another unit, neither is believed."""
    out: dict[str, object] = {}
    for column, unit in units.items():
        named = parse_column(column)
        own, header = unit_of(unit), named.stated_unit if named else ""
        text = f"{header} in the header and {unit} in the row of units" if header and own and header != own else unit
        if own is not None or named is not None or not _is_degrees(unit):
            out[column] = {"unit": text.strip("()[] "), "by": "row of units"}
    return out


def _is_degrees(unit: str) -> bool:
    return unit.strip("()[] .").lower() in (
        "deg",
        "degs",
        "degree",
        "degrees",
        "°",
        "dd",
        "decimal degrees",
        "decimaldegrees",
    )


def _wide(frame: pd.DataFrame, contract: Contract, field_map: Mapping[str, str], rows: np.ndarray) -> Layout:
    """One row a sample from one row an element; the first row of each sample gives its other columns and its number."""
    columns = [str(c) for c in frame.columns]
    by_plain = {plain_name(c): c for c in reversed(columns)}
    element, value, unit = (
        next((by_plain[n] for n in names if n in by_plain), None)
        for names in (_ELEMENT_COLUMNS, _VALUE_COLUMNS, _UNIT_COLUMNS)
    )
    key = match_fields(columns, contract, field_map).get(contract.key[0])
    if element is None or value is None or key is None or key in (element, value) or not len(frame):
        return Layout(frame, rows)
    if any(parse_column(c) is not None for c in columns if c not in (element, value, unit)):
        return Layout(frame, rows)
    names = frame[element].astype("str").str.strip()
    units = (
        frame[unit].astype("str").str.strip() if unit else pd.Series([""] * len(frame), index=frame.index, dtype="str")
    )
    species = {n: element_named(n) for n in names.dropna().unique()}
    if sum(s is not None for s in species.values()) * 2 < len(species):  # a table of something else
        return Layout(frame, rows)
    loose = frame[key].isna().to_numpy()  # a row without a sample stands for itself
    sample = pd.Series(np.where(loose, -1 - np.arange(len(frame)), pd.factorize(frame[key])[0]), index=frame.index)
    first = ~sample.duplicated().to_numpy()
    order = {s: i for i, s in enumerate(sample[first])}
    out = frame.loc[first, [c for c in frame.columns if c not in (element, value, unit)]].reset_index(drop=True)
    held = [(element, n, NOT_AN_ELEMENT) for n, s in species.items() if s is None]
    if names.isna().any():
        held.append((element, f"{int(names.isna().sum())} rows", NO_VALUE_COLUMN))
    made: dict[str, list[str | None]] = {}
    found = {n: s for n, s in species.items() if s is not None}
    for n, s in found.items():
        at = np.flatnonzero((names == n).fillna(False).to_numpy(dtype=bool))
        stated = units.iloc[at].dropna()
        whole = str(stated.mode().iloc[0]) if len(stated) and (stated != "").any() else ""
        base = f"{s.symbol} ({whole})" if whole else s.symbol
        for i in at:
            own = "" if pd.isna(units.iloc[i]) else str(units.iloc[i])
            cell = frame[value].iloc[i]
            text = None if pd.isna(cell) else str(cell).strip()
            if text is not None and own and own != whole:
                text = f"{text} {own}"
            _put(made, base, order[sample.iloc[i]], text, len(out))
    for name, cells in made.items():
        out[name] = pd.Series(cells, dtype="str")
    told = LONG.format(rows=len(frame), samples=len(out), elements=len(found))
    out = _with_remark(out, frame, told)
    out.attrs["held_columns"] = [list(h) for h in held]
    numbers = rows[first]
    for reason, marked in out.attrs.pop("cell_marks", {}).get(value, {}).items():
        for i in (r - 1 for r in marked):
            remark(out, value, str(names.iloc[i]), reason, rows=[numbers[order[sample.iloc[i]]]])
    return Layout(out, numbers)


def _long(layout: Layout, field_map: Mapping[str, str], said: Mapping[str, str], contract: Contract) -> Layout:
    """One row a grade from one row a site with a column an element; a table that names its elements in a column as it is.

    Each grade keeps the number of the row that it came from. ``said`` is column -> unit of a row of units or of the card. A column
    of numbers that names an element without a unit is held by its name, and the others are read. A card may call a column by its
    element (``Iron: Fe_pct``), as it may in a table of samples.
    """
    frame = layout.frame
    named = {field for column, field in field_map.items() if column in frame.columns}
    by_plain = {plain_name(c) for c in frame.columns}
    if not len(frame) or "element" in named or by_plain & {*_ELEMENT_COLUMNS, "value", "value_mode", "ppm_mode"}:
        return layout
    fields = {f.name for f in contract.fields}
    called = {str(c): field_map.get(str(c), str(c)) for c in frame.columns}
    names = {
        c: _grade_named(name, said.get(c, "")) for c, name in called.items() if c not in field_map or name not in fields
    }
    told = {c: name for c, name in names.items() if name is not None and (name.unit or _has_numbers(frame[c]))}
    found = {c: name for c, name in told.items() if name.element and name.unit}
    elements = {c: name for c, name in found.items() if name.element != OXIDES}
    found = elements or found  # a table of nothing but a total of oxides has its rows held, and says so
    others = [c for c in frame.columns if str(c) not in told]
    if not found or not others:
        return layout
    numbers = [f"row-{i}" for i in layout.rows]
    kinds = (
        {"element_kind": None} if any(name.is_sum for name in found.values()) and "element_kind" not in others else {}
    )
    parts = [
        frame[others].assign(
            element=name.element, value=frame[c], unit=name.unit, grade_id=[f"{n}-{c}" for n in numbers],
            **({"element_kind": "sum"} if name.is_sum else kinds),
        )
        for c, name in found.items()
    ]  # fmt: skip
    rows = np.tile(layout.rows, len(parts))
    whole = pd.concat(parts, ignore_index=True)
    known = whole["value"].notna().to_numpy()
    out = _with_remark(whole[known].reset_index(drop=True), frame, GRADES_LONG.format(columns=", ".join(found)))
    held = [[c, name.unit, _why_held(c, name)] for c, name in told.items() if c not in found]
    out.attrs["held_columns"] = [*frame.attrs.get("held_columns", ()), *held]
    left = {c: unit for c, unit in layout.units.items() if c not in found}
    return Layout(out.astype(dict.fromkeys(("element", "value", "unit", "grade_id"), "str")), rows[known], left)


def _why_held(column: str, name: _Grade) -> str:
    if name.element == OXIDES and name.unit:
        return OXIDE_TOTAL
    return (NO_UNIT if name.element else NOT_READ).format(raw=column)


@dataclass(frozen=True)
class _Grade:
    """What the header of a column of grades says; no ``element`` where it is not understood, no ``unit`` where it states none."""

    element: str
    unit: str = ""
    is_sum: bool = False


def _grade_named(column: str, said: str) -> _Grade | None:
    """The element, total or sum of a header, with the unit that the card, a row of units or the header gives; None for another."""
    said = said.strip("()[] ")
    if several := _SUM.fullmatch(column):
        parts = [element_named(p) for p in re.split(r"\s*[+&]\s*", several.group(1))]
        if all(parts):
            unit = said or (several.group(2) if unit_of(several.group(2)) else "")
            return _Grade("+".join(p.symbol for p in parts if p), unit, is_sum=True)
    if (read := parse_column(column)) is not None:
        total = read.species.kind == "total_ree" and is_oxide_total(column)
        return _Grade(OXIDES if total else read.species.symbol, said or read.stated_unit)
    if (species := element_named(column)) is not None:
        return _Grade(species.symbol, said)
    return _Grade("") if names_analysis(column) else None


def _has_numbers(column: pd.Series) -> bool:
    return bool(np.isfinite(parse_numbers(column, censorable=True).values).any())


def _put(made: dict[str, list[str | None]], base: str, row: int, text: str | None, n: int) -> None:
    """A value under its element; a second one of the same sample under a second column of the name."""
    for again in range(100):
        name = f"{base}.{again}" if again else base
        cells = made.setdefault(name, [None] * n)
        if cells[row] is None:
            cells[row] = text
            return
