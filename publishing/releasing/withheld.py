"""What a release keeps back: rows whose source may not be passed on, and every word that would tell of them.

Belongs here: which rows and texts stay out. Does not belong here: writing a release (``releases``).
"""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import pandas as pd

from data_sources.contracts.published.output_tables import WHAT_IF
from data_sources.contracts.published.outputs import OUTPUT_LAYERS
from publishing.geopackage.reading import read_layer, read_table, table_names

WITHHELD = "withheld: names what may not be passed on"


def without_internal(source: Path) -> tuple[dict[str, gpd.GeoDataFrame], dict[str, pd.DataFrame], dict[str, int]]:
    """All layers and tables without the rows that may not be passed on, and how many rows of each stayed out.

    A row stays out if it is marked, or if it names a block or a site that is: also the waste block of such a site. Where
    any does, the inputs of the page's levers stay out too: they rank again what is kept and what is not, as one.
    """
    names = [n for n in table_names(source) if n != "run_info"]
    frames: dict[str, pd.DataFrame] = {
        n: read_layer(source, n) if n in OUTPUT_LAYERS else read_table(source, n) for n in names
    }
    hidden: dict[str, set[str]] = {"site_id": set(), "block_id": set()}
    for key, name in (("site_id", "waste_sites"), ("block_id", "ranked_blocks")):
        if name in frames:
            hidden[key] = set(frames[name].loc[_internal(frames[name], hidden, skip=key), key])
    words = sorted(hidden["site_id"] | hidden["block_id"] | _names_of(frames, hidden))
    kept_out: dict[str, int] = {}
    for name, frame in frames.items():
        internal = _internal(frame, hidden) | bool(words and name == WHAT_IF.name)
        if internal.any():
            kept_out[name] = int(internal.sum())
            frames[name] = frame[~internal]
        if words:
            frames[name] = _without_words(frames[name], words)
    if kept_out and "quarantine" in frames:
        # A held row may come from a source that may not be passed on: its reason is told, its value is not.
        frames["quarantine"] = frames["quarantine"].assign(value=None, row_name=None)
    layers = {n: f for n, f in frames.items() if isinstance(f, gpd.GeoDataFrame)}
    return layers, {n: f for n, f in frames.items() if n not in layers}, kept_out


def _names_of(frames: dict[str, pd.DataFrame], hidden: dict[str, set[str]]) -> set[str]:
    """Names of what stays out, where they are long enough to be names."""
    out: set[str] = set()
    for key, name in (("site_id", "waste_sites"), ("block_id", "ranked_blocks")):
        if name in frames:
            frame = frames[name]
            found = frame.loc[frame[key].isin(hidden[key]), "name"].dropna()
            out |= {str(n) for n in found if len(str(n)) > 5}
    return out


def _without_words(frame: pd.DataFrame, words: list[str]) -> pd.DataFrame:
    """The frame with every other text that names what stays out withheld."""
    pattern = "|".join(re.escape(w) for w in words)
    texts = {
        c: frame[c]
        .astype("object")
        .where(~frame[c].str.contains(pattern, regex=True, na=False), WITHHELD)
        .astype("str")
        for c in frame.columns
        if isinstance(frame[c].dtype, pd.StringDtype) and c not in ("block_id", "site_id", "element")
    }
    changed = {c: t for c, t in texts.items() if not t.equals(frame[c])}
    return frame.assign(**changed) if changed else frame


def _internal(frame: pd.DataFrame, hidden: dict[str, set[str]], skip: str = "") -> pd.Series:
    out = frame["redistribute"] == "no" if "redistribute" in frame.columns else pd.Series(False, index=frame.index)
    for key, ids in hidden.items():
        if key in frame.columns and key != skip:
            out |= frame[key].isin(ids)
    return out.astype(bool)
