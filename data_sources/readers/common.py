"""What every reader does: ask the card, cut a national source to the region, admit, stamp the source on the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from pyproj.exceptions import ProjError

from data_sources.cards import Card, load_card
from data_sources.connectors.files import read_file
from data_sources.contracts.admitting.admission import ANYWHERE, Admission, Area, admit
from data_sources.contracts.admitting.raw_columns import Said
from data_sources.contracts.contract import QUARANTINE_COLUMNS, Contract
from data_sources.contracts.registry import ALL
from data_sources.contracts.shapes.remarks import remark
from data_sources.readers.layouts import OTHER_MEDIUM, laid_out, translated
from data_sources.readers.outside_rows import named_inside, places_elsewhere
from khanij.foundation.errors import ContractError, MissingSourceError, SourceError

Extent = tuple[float, float, float, float]

FAILS = (
    "the layer is not used; correct what the reason says (the column, the unit, the CRS), or set `keep_rest: true` in the card's "
    "options where the other rows are right"
)
REST = "the layer fails, since more than half of its rows are held for one reason: this row is not used either"
CONSTANT = "a constant of the card: the word of every row that says nothing itself"
_NO_CONSTANTS = frozenset(
    {"site_id", "block_id", "sample_id", "tonnage_id", "grade_id", "name", "source", "redistribute"}
)
_FEWEST = 2  # of one row nothing is a share


def card_of(card: Card | str | None, layer: str) -> tuple[Card | None, Card | None]:
    """(card, the card whose field map and units apply): a card that follows another per layer points to it."""
    if card is None or card == "":
        return None, None
    own = load_card(card) if isinstance(card, str) else card
    follows = getattr(own, "follows", None) or {}
    return own, (load_card(follows[layer]) if layer in follows else own)


def opened(path: Path | str, reading: dict[str, Any], says: Card | None) -> pd.DataFrame:
    """The file read as options say; of several layers, where the region names none, the one that the card names."""
    layer = reading.pop("layer", None)
    try:
        return read_file(path, layer=layer, options=reading)
    except MissingSourceError:
        if layer or says is None or not says.layer:
            raise
        return read_file(path, layer=says.layer, options=reading)


def admit_layer(
    frame: pd.DataFrame,
    contract: Contract,
    *,
    card: Card | str | None = None,
    source: str | None = None,
    file: object = None,
    options: Mapping[str, Any] | None = None,
    within: Area = ANYWHERE,
    row_numbers: np.ndarray | None = None,
) -> Admission:
    """Admit one raw frame as the card says, and stamp ``source`` and ``redistribute`` on the rows.

    A source wider than the region is cut to it (``clip: true`` in the options, or when more than half of its placed rows
    lie in India but outside the region); the rows cut are counted in ``rows_outside_region`` and belong to no report.
    Those of them that name a State or district of the region stand in ``outside_but_named_inside``: nothing else says of a
    place typed wrong that it is. With ``clip: false`` such a row is held. Lines and rock units may lie up to ``margin_deg`` (0.25) outside. The options
    ``field_map``, ``units`` and ``values`` go over the card's.
    """
    options = dict(options or {})
    own, says = card_of(card, contract.name)
    name = source or (own.name if own else contract.name)
    maps = (dict(says.field_map) if says else {}) | dict(options.get("field_map") or {})
    units: dict[str, object] = {**(says.units if says else {}), **(options.get("units") or {})}
    rows = np.arange(1, len(frame) + 1) if row_numbers is None else row_numbers
    frame = translated(frame, {**(says.values if says else {}), **(options.get("values") or {})}, rows)
    layout = laid_out(frame, contract, maps, rows, units)
    frame, rows, units = layout.frame, layout.rows, {**layout.units, **units}
    cut, doubtful = 0, list[str]()
    margin, extent_deg = float(options.get("margin_deg", _margin(contract))), within.extent_deg
    if extent_deg is not None and margin:
        west, south, east, north = extent_deg
        extent_deg = (west - margin, south - margin, east + margin, north + margin)
    if extent_deg is not None and contract.geometry is not None:
        boxes, elsewhere = places_elsewhere(frame, maps, extent_deg, contract)
        clip = options.get("clip")
        if elsewhere.any() and (clip or (clip is None and elsewhere.mean() > 0.5)):
            cut = int(elsewhere.sum())
            doubtful = named_inside(
                frame, boxes, elsewhere, rows, maps, contract, replace(within, extent_deg=extent_deg)
            )
            frame, rows = frame[~elsewhere], rows[~elsewhere]
    constants = _constants(says, contract, name)
    for column, word in constants.items():
        frame = frame.copy(deep=False)
        remark(frame, column, word, CONSTANT)
    stamp = {"source": name, "redistribute": own.redistribute if own else "no", **constants}
    try:
        admission = admit(
            frame,
            contract,
            source=name,
            layer=contract.name,
            file=file,
            says=Said(maps, units, options.get("crs"), stamp, options.get("decimal")),
            within=replace(within, extent_deg=extent_deg),
            row_numbers=rows,
        )
    except (shapely.errors.ShapelyError, ProjError) as error:
        told = f"a geometry that the library cannot handle: {error}"
        do = "repair it in QGIS and export it again"
        raise SourceError(told, file=file, layer=contract.name, do=do) from error
    if not options.get("keep_rest"):
        admission = _whole_or_nothing(admission)
    report = admission.report | {"rows_outside_region": cut, "card": own.name if own else None}
    if doubtful:
        report["outside_but_named_inside"] = doubtful
    if cut and not report["rows_in"]:
        report["empty"] = f"no {contract.title.lower()}: all {cut} rows lie outside the region's extent"
    return replace(admission, report=report)


def _constants(says: Card | None, contract: Contract, source: str) -> dict[str, str]:
    """The words that the card gives to every row of this layer; those of its other layers are left out.

    Raises
    ------
    ContractError : a column that no layer has, one of numbers, or a word that the column may not hold.
    """
    out: dict[str, str] = {}
    for column, word in (says.constants if says else {}).items():
        every = [f for c in ALL.values() for f in c.fields if f.name == column]
        if not every or column in _NO_CONSTANTS or any(f.dtype != "string" for f in every):
            do = "name a column of words of docs/data_dictionary.md, as in constants: {knowledge_class: G3}"
            raise ContractError(f"constants names {column!r}, which is none", layer=source, field=column, do=do)
        mine = next((f for f in contract.fields if f.name == column), None)
        if mine is not None and mine.vocabulary and word not in mine.vocabulary:
            if any(word in f.vocabulary for f in every):
                continue  # a word of another table of the same card: assays beside published tonnages
            do = f"write one of {', '.join(mine.vocabulary)}"
            raise ContractError(f"constants gives {column} the word {word!r}", layer=source, field=column, do=do)
        if mine is not None:
            out[column] = word
    return out


def _whole_or_nothing(admission: Admission) -> Admission:
    """A layer that loses more than half of its rows for one reason is read wrongly as a whole: none of it is used."""
    rows_in = int(admission.report["rows_in"])
    reasons = admission.report["by_reason"]["quarantined"]
    # Samples of soil in a table of stream sediments say themselves what they are: the others are not doubted for them.
    reason, lost = next(((r, n) for r, n in reasons.items() if r != OTHER_MEDIUM), ("", 0))
    rows_in -= reasons.get(OTHER_MEDIUM, 0)
    if rows_in < _FEWEST or lost * 2 <= rows_in:
        return admission
    why = f"{lost} of {rows_in} rows are held for one reason ({reason}): {FAILS}"
    left = pd.DataFrame(
        {
            "source": admission.report["source"],
            "layer": admission.report["layer"],
            "row": pd.array(admission.rows, dtype="Int64"),
            "field": "",
            "value": "",
            "reason": REST,
        }
    ).astype({c: "str" for c in QUARANTINE_COLUMNS if c != "row"})
    told = pd.DataFrame(
        [(admission.report["source"], admission.report["layer"], None, None, None, why)],
        columns=list(QUARANTINE_COLUMNS),
    )
    told = told.astype({c: ("Int64" if c == "row" else "str") for c in QUARANTINE_COLUMNS})
    by = {"quarantined": reasons | ({REST: len(left)} if len(left) else {}), "flagged": {}}
    report = admission.report | {
        "rows_kept": 0, "rows_flagged": 0, "rows_quarantined": int(admission.report["rows_in"]), "by_reason": by, "empty": why, "fails": why,
    }  # fmt: skip
    return replace(
        admission,
        kept=admission.kept.iloc[:0].copy(),
        rows=admission.rows[:0],
        quarantine=pd.concat([told, admission.quarantine, left], ignore_index=True),
        flags=admission.flags[admission.flags["row"].isna()].reset_index(drop=True),
        report=report,
    )


def _margin(contract: Contract) -> float:
    """Lines and rock units up to one sheet outside the region stay: distances at the edge need what lies beyond it."""
    wanted = str(contract.geometry)
    return 0.25 if "LINE" in wanted or contract.name == "lithology" else 0.0
