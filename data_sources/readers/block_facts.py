"""A user's own table of facts about blocks: who holds them, whether they can be bid for, what became of their auction.

Belongs here: reading that table and putting its values over those of the sources, each marked. Does not belong here: what
follows from a fact (``scoring.rank.told.access``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from data_sources.connectors.files import read_file
from data_sources.contracts.admitting.admission import Admission
from data_sources.contracts.admitting.identity import key_form
from data_sources.contracts.blocks import ACCESS_COLUMNS, AUCTION_OUTCOMES, BLOCK_FACTS, OPEN_TO_BID
from data_sources.contracts.contract import QUARANTINE_COLUMNS
from data_sources.readers.common import admit_layer
from khanij.foundation.cells import text
from khanij.foundation.errors import MissingSourceError

LAYER = "block_facts"
FLAG = "own_fact"
_CODES = {"open_to_bid": OPEN_TO_BID, "auction_outcome": AUCTION_OUTCOMES}
_PREMIUM = "auction_premium_pct"


def read_block_facts(
    path: Path | None, card: str, units: gpd.GeoDataFrame, options: Mapping[str, Any] | None = None
) -> Admission:
    """The rows of a user's table that say something of a block of the region; the others are held, each with a remedy.

    Parameters
    ----------
    path : CSV or workbook with ``block_id`` (or ``site_id``), ``field``, ``value``, ``source`` and, if known, ``date``.
    units : the region's blocks, by whose ``block_id`` and ``site_id`` the rows are known.

    Raises
    ------
    MissingSourceError : no such file.
    """
    if path is None or not Path(path).exists():
        raise MissingSourceError(
            "the table of facts is missing", file=path, layer=LAYER, do="check the path in the region's YAML"
        )
    reading = dict(options or {})
    frame = read_file(path, layer=reading.pop("layer", None), options=reading)
    # One wrong row of a table of corrections says nothing of the others.
    admitted = admit_layer(frame, BLOCK_FACTS, card=card, file=Path(path).name, options={**reading, "keep_rest": True})
    return _told(_known(admitted, units), Path(path).name)


def _known(admitted: Admission, units: gpd.GeoDataFrame) -> Admission:
    """Rows of blocks that are there, with values that their field can have; ``block_id`` as the region writes it."""
    ids = {key_form(i): str(i) for c in ("site_id", "block_id") for i in units[c].dropna().astype("str")}
    said = zip(*(map(text, admitted.kept[c]) for c in ("block_id", "field", "value")))
    wrong = [_fault(block_id, field, value, ids) for block_id, field, value in said]
    lost = np.array([w is not None for w in wrong], dtype=bool)
    lines = pd.DataFrame(
        [
            (admitted.report["source"], LAYER, row, *fault)
            for row, fault in zip(admitted.rows.tolist(), wrong)
            if fault is not None
        ],
        columns=list(QUARANTINE_COLUMNS),
    ).astype({c: ("Int64" if c == "row" else "str") for c in QUARANTINE_COLUMNS})
    kept = admitted.kept[~lost].reset_index(drop=True)
    kept["block_id"] = [ids[key_form(i)] for i in kept["block_id"]]
    report = admitted.report | {
        "rows_kept": len(kept),
        "rows_quarantined": admitted.report["rows_quarantined"] + int(lost.sum()),
    }
    filled = [q for q in (admitted.quarantine, lines) if len(q)]
    quarantine = pd.concat(filled, ignore_index=True) if filled else admitted.quarantine
    return replace(admitted, kept=kept, rows=admitted.rows[~lost], quarantine=quarantine, report=report)


def _fault(block_id: str, field: str, value: str, ids: Mapping[str, str]) -> tuple[str, str, str] | None:
    """(field, value, reason) of a row that cannot be used; None where it can."""
    if key_form(block_id) not in ids:
        near = get_close_matches(block_id.upper(), sorted(ids.values()), n=3, cutoff=0.4)
        hint = f", such as {', '.join(near)}" if near else ""
        return "block_id", block_id, f"no block or waste site of the region has this id: write one that is there{hint}"
    codes = _CODES.get(field)
    if codes and value not in codes:
        return "value", value, f"{field} is one of {', '.join(codes)}: write one of them, in small letters"
    if field == _PREMIUM and not _is_percentage(value):
        return "value", value, f"{field} is a number in per cent, such as 22.1: write the number alone"
    return None


def _is_percentage(value: str) -> bool:
    try:
        return 0.0 <= float(value) <= 10_000.0
    except ValueError:
        return False


def _told(admitted: Admission, file: str) -> Admission:
    """The held rows with the file that they stand in, and the column as the table calls it."""
    held = admitted.quarantine
    told = held.assign(
        field=held["field"].replace("said_by", "source"), reason=(held["reason"] + f" (file {file})").astype("str")
    )
    return replace(admitted, quarantine=told)


def with_block_facts(units: gpd.GeoDataFrame, admitted: Admission) -> gpd.GeoDataFrame:
    """The blocks with a user's facts over those of their sources; flags and ``access_source`` say which they are.

    A row is of the block with its ``block_id``, or of the waste block of the site that it names.
    """
    out = units.copy()
    for column in ACCESS_COLUMNS:
        if column not in out.columns:
            kind = "float64" if column == _PREMIUM else "str"
            out[column] = pd.Series([None] * len(out), index=out.index, dtype=kind)
    file = admitted.report["file"]
    columns = ("block_id", "field", "value", "said_by", "date")
    facts = zip(admitted.rows.tolist(), *(map(text, admitted.kept[c]) for c in columns))
    for row, block_id, field, value, source, date in facts:
        mine = (out["block_id"] == block_id) | (out["site_id"] == block_id).fillna(False)
        said = f"own table {file}, row {row}: {field} by {source}{f', {date}' if date else ''}"
        out.loc[mine, field] = float(value) if field == _PREMIUM else value
        _append(out, mine, "access_source", said, " | ")
        _append(out, mine, "flags", f"{FLAG}:{field}", "; ")
    return out


def _append(frame: gpd.GeoDataFrame, mine: pd.Series, column: str, word: str, between: str) -> None:
    before = frame.loc[mine, column].fillna("").astype("str")
    frame.loc[mine, column] = (before + between).where(before != "", "") + word
