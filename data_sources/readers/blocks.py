"""Ranking units from outside: the embedded auction blocks, a user's blocks and leases, and survey sheets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_sources.cards import Card
from data_sources.contracts.admitting.admission import Admission, Area
from data_sources.contracts.admitting.checks import KEPT_OF_TWINS, LOOKS_ALIKE, TAKEN, UNSEEN_IN_KEY
from data_sources.contracts.admitting.identity import key_forms
from data_sources.contracts.admitting.places import REPAIRED, TWO_PLACES
from data_sources.contracts.admitting.rules import AREA_DIFFERS, geodesic_area_ha
from data_sources.contracts.blocks import ACCESS_COLUMNS, AUCTION_BLOCKS, BLOCK_COLUMNS, BLOCK_CONTRACTS
from data_sources.contracts.contract import QUARANTINE_COLUMNS, plain_name
from data_sources.contracts.shapes.remarks import TRANSLATED, remark, remarks_of
from data_sources.readers.common import Extent, admit_layer, card_of, opened
from data_sources.readers.layouts import translated
from data_sources.readers.statuses.auction_status import auction_outcomes
from data_sources.readers.statuses.lease_status import columns_read, lease_statuses, words_of
from data_sources.reference import load_table
from data_sources.sheets import sheets_in
from khanij.foundation.cells import flag_of
from khanij.foundation.errors import MissingSourceError

MARKS = {
    REPAIRED: "geometry_repaired",
    TWO_PLACES: "geometry_and_coordinates_differ",
    KEPT_OF_TWINS: "other_row_of_this_id_held",
    UNSEEN_IN_KEY: "id_with_unseen_characters",
    LOOKS_ALIKE: "id_looks_like_another",
}
"""Mark of admission -> word in a block's ``flags``."""
_KIND = {"auction_blocks": "auction_block", "mining_leases": "mining_lease"}


def embedded_auction_blocks(extent_deg: Extent | None = None, states: gpd.GeoDataFrame | None = None) -> Admission:
    """The critical-mineral blocks offered at auction that the project carries, by the corners printed in the tender notices.

    A block whose corners lie outside its stated state is held; one whose published area differs from the area of its
    corners by more than 2 % is marked. Every block's ``flags`` say what became of its auction, with date and bidder.
    """
    table = load_table("auction_blocks")
    shapes = shapely.from_wkt(table["geometry_wkt"].to_numpy(dtype=object))
    frame = gpd.GeoDataFrame(table.drop(columns="geometry_wkt"), geometry=shapes, crs="EPSG:4326")
    frame["minerals"] = frame["minerals"].str.replace(r"\s*;\s*", ";", regex=True)
    frame["geometry_basis"] = "tender_corners"
    frame = frame.rename(columns={"outcome": "auction_outcome", "premium_pct": "auction_premium_pct"})
    frame = frame.assign(
        auction_tranche=_tranches(table), auction_outcome=_outcomes(table), access_source=_said_by(table)
    )
    frame = frame.drop(columns=["tranche", "outcome_source"]).rename(columns={"outcome_as_of": "auction_outcome_date"})
    blocks = _as_blocks(
        admit_layer(
            frame,
            AUCTION_BLOCKS,
            card="embedded_auction_blocks",
            file="data_sources/reference/auction_blocks.csv",
            options={"clip": True},
            within=Area(extent_deg, states),
        ),
        "auction_block",
    )
    outcome = blocks.kept["block_id"].map(dict(zip(table["block_id"], _outcome_words(table), strict=True)))
    flags = blocks.kept["flags"]
    both = (flags + "; ").where(flags != "", "") + outcome
    return replace(blocks, kept=blocks.kept.assign(flags=both.astype("str")))


def _tranches(table: pd.DataFrame) -> pd.Series:
    """``1``, or ``1, offered again in 3``."""
    again = table["offered_again_in"].map(lambda v: f", offered again in {v:g}", na_action="ignore").astype("str")
    return table["tranche"].astype("str") + again.fillna("")


def _outcomes(table: pd.DataFrame) -> pd.Series:
    """The outcome of the last offer; ``offered_again`` where a later offer is known and what became of it is not."""
    is_open = (table["outcome"] == "unknown") & table["offered_again_in"].notna()
    return table["outcome"].mask(is_open, "offered_again")


def _said_by(table: pd.DataFrame) -> pd.Series:
    """Source of the outcome, and whether it is printed there or follows from counts."""
    derived = pd.Series("", index=table.index).mask(table["outcome_basis"] == "derived", " (derived, not printed)")
    return (table["outcome_source"] + derived).astype("str")


def _outcome_words(table: pd.DataFrame) -> list[str]:
    """``auction_outcome:sold (2024-07-09, Coal India, premium 150.05 %)``, one a row of the embedded table."""
    premium = table["premium_pct"].map(lambda v: f"premium {v:g} %", na_action="ignore")
    how = table["outcome_basis"].map({"derived": "derived, not printed"})
    told = pd.concat([table["outcome_as_of"], table["preferred_bidder"], premium, how], axis=1)
    return [
        flag_of("auction_outcome", f"{outcome} ({', '.join(str(v) for v in row if pd.notna(v))})")
        for outcome, row in zip(table["outcome"], told.to_numpy(), strict=True)
    ]


def auction_blocks(extent_deg: Extent | None = None) -> Admission:
    """``embedded_auction_blocks`` under its short name."""
    return embedded_auction_blocks(extent_deg)


def read_blocks(
    path: Path | str | None,
    layer: str,
    *,
    card_name: str = "",
    card: Card | str | None = None,
    extent_deg: Extent | None = None,
    options: Mapping[str, Any] | None = None,
    states: gpd.GeoDataFrame | None = None,
) -> Admission:
    """Blocks of one kind from a file: ``layer`` is ``auction_blocks`` or ``mining_leases``.

    Raises
    ------
    MissingSourceError : no file, or no such layer.
    """
    if layer not in BLOCK_CONTRACTS:
        raise MissingSourceError(
            f"no block layer {layer!r}", layer=layer, do=f"name one of {', '.join(BLOCK_CONTRACTS)}"
        )
    if path is None or not Path(path).exists():
        raise MissingSourceError(
            "the layer's file is missing", file=path, layer=layer, do="check the path in the region's YAML"
        )
    _, says = card_of(card or card_name or None, layer)
    reading = (dict(says.options) if says else {}) | dict(options or {})
    if says and says.stated_crs and "crs" not in reading:
        reading["crs"] = says.stated_crs
    frame = opened(path, reading, says)
    frame = frame.copy()
    if "geometry_basis" not in frame.columns:
        frame["geometry_basis"] = "mapped"
    maps = (dict(says.field_map) if says else {}) | dict(reading.get("field_map") or {})
    values = {**(says.values if says else {}), **(reading.get("values") or {})}
    frame, read = _words_read(frame, layer, maps, values, reading.pop("own_lessees", ()))
    admission = admit_layer(
        frame,
        BLOCK_CONTRACTS[layer],
        card=card or card_name or None,
        file=Path(path).name,
        options=options,
        within=Area(extent_deg, states),
    )
    read_too = admission.report | {"columns_read": read}
    return _as_blocks(replace(admission, report=read_too), _KIND[layer], remarks="position_note")


def _words_read(
    frame: pd.DataFrame, layer: str, maps: Mapping[str, str], values: Mapping[str, Mapping[str, str]], own: Any
) -> tuple[pd.DataFrame, list[str]]:
    """The frame with what the words of its lease and auction mean, the words as ``position_note``, and the columns read.

    Parameters
    ----------
    maps : raw column -> canonical column. values : raw column -> word -> what it means. own : the user's own lessees.
    """
    told = translated(frame, values, np.arange(1, len(frame) + 1))
    read: list[str] = []
    remarks = pd.Series("", index=frame.index, dtype="str")
    new: dict[str, pd.Series] = {}
    if layer == "mining_leases":
        status, holder, remarks = lease_statuses(told, maps, own)
        read += columns_read(told, maps)
        new |= {"lease_status": status, "lease_holder": holder.mask(status == "none")}
    found = auction_outcomes(told, maps, is_auction=layer == "auction_blocks")
    if found is not None:
        outcome, said, columns = found
        read += columns
        new["auction_outcome"] = outcome
        remarks = _both(remarks, said)
    own_notes = [c for c in frame.columns if plain_name(c) == "position_note"]
    for column in own_notes:
        remarks = _both(
            remarks, words_of(frame, column).str.replace(";", ",").str.replace("^(?=.)", "position:", regex=True)
        )
    gone = [*own_notes, *(c for c in frame.columns if plain_name(c) in new or maps.get(c) in new)]
    gone += [c for c in read if "auction_outcome" in new and c in frame.columns and plain_name(c) == "outcome"]
    # The words are carried through admission beside their row.
    out = frame.drop(columns=list(dict.fromkeys(gone))).assign(**new, position_note=remarks)
    out.attrs[TRANSLATED] = [str(c) for c in gone]
    for rows, field, value, reason, held in remarks_of(told)[len(remarks_of(frame)) :]:
        if field in out.attrs[TRANSLATED]:
            remark(out, field, value, reason, rows=rows, held=held)
    return out, read


def _both(first: pd.Series, then: pd.Series) -> pd.Series:
    """Two flags a row, parted by ``; `` where both are there."""
    return ((first + "; ").where((first != "") & (then != ""), first) + then).astype("str")


def _as_blocks(admission: Admission, kind: str, remarks: str | None = None) -> Admission:
    """Kept rows in the columns of the frame ``blocks``; area differences go to ``flags`` of the row too."""
    kept = admission.kept.copy()
    area = geodesic_area_ha(kept.geometry.to_numpy())
    published = kept["area_ha"].to_numpy(dtype="float64")
    with np.errstate(invalid="ignore", divide="ignore"):
        differs = np.abs(area / published - 1) > 0.02
    kept["kind"] = kind
    kept["site_id"] = pd.Series([None] * len(kept), dtype="str")
    flags = [
        "; ".join(filter(None, ("area_differs_from_published" if odd else "", told)))
        for odd, told in zip(differs, admission.words(MARKS), strict=True)
    ]
    kept["flags"] = pd.Series(flags, index=kept.index, dtype="str")
    report: dict[str, Any] = {"areas_that_differ": int(differs.sum()), "area_rule": AREA_DIFFERS}
    if remarks is not None:
        told = kept[remarks].astype("str").fillna("")
        kept["flags"] = _both(kept["flags"], told)
        report["lease_status"] = kept["lease_status"].value_counts().sort_index().to_dict()
        words = told[told != ""].str.split("; ").explode()
        for name, stem in (("lease_remarks", "lease_"), ("auction_remarks", "auction_")):
            report[name] = words[words.str.startswith(stem)].value_counts().sort_index().to_dict()
    extra = [c for c in ("concession", *ACCESS_COLUMNS, "redistribute") if c in kept.columns]
    kept = kept[[*BLOCK_COLUMNS, *extra, "geometry"]].sort_values("block_id", kind="stable")
    rows = admission.rows[kept.index.to_numpy()]
    return replace(admission, kept=kept.reset_index(drop=True), rows=rows, report=admission.report | report)


def without_taken(admission: Admission, taken: Mapping[str, str]) -> Admission:
    """The blocks whose id no other layer of the region has; the others are held, for one id is one block.

    Parameters
    ----------
    taken : compared form of an id (``identity.key_form``) -> the block that has it, with its kind, in words.
    """
    forms = key_forms(admission.kept["block_id"])
    lost = forms.isin(list(taken)).to_numpy()
    if not lost.any():
        return admission
    ids = admission.kept.loc[lost, "block_id"].astype("str").tolist()
    lines = pd.DataFrame(
        {
            "source": admission.report["source"],
            "layer": admission.report["layer"],
            "row": pd.array(admission.rows[lost], dtype="Int64"),
            "field": "block_id",
            "value": ids,
            "reason": [f"{TAKEN} in another layer: {taken[f]}" for f in forms[lost]],
        }
    ).astype({c: "str" for c in QUARANTINE_COLUMNS if c != "row"})
    report = admission.report | {
        "rows_kept": int((~lost).sum()),
        "rows_quarantined": admission.report["rows_quarantined"] + len(ids),
    }
    filled = [q for q in (admission.quarantine, lines) if len(q)]
    return replace(
        admission,
        kept=admission.kept[~lost].reset_index(drop=True),
        rows=admission.rows[~lost],
        quarantine=pd.concat(filled, ignore_index=True),
        report=report,
    )


def sheet_blocks(extent_deg: Extent) -> gpd.GeoDataFrame:
    """Survey of India 1:50,000 sheets that share area with the extent, as blocks of kind ``survey_sheet``.

    Their areas are geodesic (WGS84 ellipsoid).
    """
    sheets = sheets_in(extent_deg)
    n = len(sheets)
    none = pd.Series([None] * n, dtype="str")
    shapes = shapely.multipolygons(sheets.geometry.to_numpy().reshape(-1, 1)) if n else np.array([], dtype=object)
    data = {
        "block_id": ("SHEET-" + sheets["sheet"].str.replace("/", "-")).astype("str"),
        "name": ("Sheet " + sheets["sheet"]).astype("str"),
        "kind": pd.Series(["survey_sheet"] * n, dtype="str"),
        "state": none,
        "district": none,
        "minerals": none,
        "area_ha": np.round(geodesic_area_ha(shapes), 4),
        "geometry_basis": pd.Series(["sheet_numbering"] * n, dtype="str"),
        "site_id": none,
        "lease_status": none,
        "flags": pd.Series([""] * n, dtype="str"),
        "source": pd.Series(["Survey of India sheet numbering, in closed form"] * n, dtype="str"),
        "redistribute": pd.Series(["yes"] * n, dtype="str"),
    }
    return (
        gpd.GeoDataFrame(pd.DataFrame(data), geometry=shapes, crs="EPSG:4326")
        .sort_values("block_id", kind="stable")
        .reset_index(drop=True)
    )
