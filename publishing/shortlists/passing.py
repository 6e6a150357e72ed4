"""Which blocks pass a filter: one test a setting, so that a reader can be told which of them keeps a block out.

Belongs here: tests on published rows. Does not belong here: the settings themselves (``filters``) or their words (``asked``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data_sources.contracts.published.outputs import KNOWLEDGE_CLASSES
from khanij.foundation.cells import is_known
from publishing.shortlists.asked import DISTANCE, elements_of, mineral_words

if TYPE_CHECKING:
    from publishing.shortlists.filters import ShortlistFilter

_LIMITS = (
    ("max_rank", "rank", False), ("min_p_top10", "p_top10", True), ("min_p_top20", "p_top20", True),
    ("min_p_pays", "p_pays", True), ("max_price_multiple", "price_multiple_needed", False),
    ("min_tonnage_t", "tonnage_t_p50", True), ("within_km", DISTANCE, False),
)  # fmt: skip
"""Setting, column, and whether it is the least that passes."""
_EXACT = (
    ("kind", "kind"),
    ("prospect", "prospect"),
    ("open_to_bid", "open_to_bid"),
    ("outcome", "auction_outcome"),
    ("concession", "concession"),
)
GUESSED = ("figures_own_knowledge", "figures_expert_default")
"""Figures that no text stands behind; a block whose figures are not counted passes no limit on them."""
_HELD_BY = ("operator", "lease_holder")


def tests_of(
    blocks: pd.DataFrame, chosen: ShortlistFilter, tables: Mapping[str, pd.DataFrame], statuses: tuple[str, ...]
) -> dict[str, np.ndarray]:
    """Setting -> which blocks pass it, of shape (n,); only settings that are given.

    Parameters
    ----------
    blocks : n rows of ``ranked_blocks``, with ``distance_km`` where a place was named.
    tables : ``elements``, ``shares`` and ``sites`` of the same file. statuses : those that pass.
    """
    out = {name: _among(blocks[column], getattr(chosen, name)) for name, column in _EXACT if getattr(chosen, name)}
    out["status"] = _among(blocks["status"], statuses)
    for column in ("state", "district"):
        if getattr(chosen, column):
            out[column] = _holds([blocks[column]], getattr(chosen, column))
    if chosen.operator:
        out["operator"] = _holds([blocks[c] for c in _HELD_BY], chosen.operator)
    if chosen.exclude_flag:
        out["exclude_flag"] = ~_holds([blocks["flags"]], chosen.exclude_flag)
    if chosen.element:
        out["element"] = _with_element(blocks, tables["elements"], chosen.element)
    if chosen.waste_type:
        out["waste_type"] = _of_waste(blocks, tables, chosen.waste_type)
    for setting, column, is_least in _LIMITS:
        limit = getattr(chosen, setting)
        if limit is not None:
            # A missing figure passes no limit.
            values = blocks[column].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
            out[setting] = values >= limit if is_least else values <= limit
    if chosen.max_guessed is not None:
        guessed = blocks[list(GUESSED)].astype("float64").sum(axis=1, skipna=False).to_numpy()
        out["max_guessed"] = guessed <= chosen.max_guessed
    if chosen.worst_class:
        out["worst_class"] = _among(
            blocks["knowledge_class"], KNOWLEDGE_CLASSES[: KNOWLEDGE_CLASSES.index(chosen.worst_class) + 1]
        )
    return out


def all_but(tests: Mapping[str, np.ndarray], setting: str, n: int) -> np.ndarray:
    """Which of n blocks pass every test but one."""
    passed = np.ones(n, dtype=bool)
    for name, mask in tests.items():
        if name != setting:
            passed &= mask
    return passed


def _among(values: pd.Series, wanted: Iterable[str]) -> np.ndarray:
    return np.asarray(values.isin(list(wanted)), dtype=bool)


def _holds(columns: list[pd.Series], wanted: Iterable[str]) -> np.ndarray:
    """Rows of which one column has one of the words in its text, in small or capital letters."""
    words = [w.casefold() for w in wanted]
    rows = zip(*columns)
    return np.array(
        [any(w in str(v).casefold() for v in row if is_known(v) for w in words) for row in rows], dtype=bool
    )


def _with_element(blocks: pd.DataFrame, elements: pd.DataFrame, wanted: tuple[str, ...]) -> np.ndarray:
    """Blocks with a figure of the element; of those that have figures of none, the ones whose minerals name it."""
    symbols = {e for w in wanted for e in elements_of(w)}
    have = set(elements.loc[elements["element"].isin(symbols), "block_id"])
    figured = set(elements["block_id"])
    named = _holds([blocks["minerals"]], {word for w in wanted for word in mineral_words(w)})
    ids = blocks["block_id"]
    return np.asarray(ids.isin(have) | (~ids.isin(figured) & named & (blocks["kind"] != "waste_block")), dtype=bool)


def _of_waste(blocks: pd.DataFrame, tables: Mapping[str, pd.DataFrame], wanted: tuple[str, ...]) -> np.ndarray:
    """Blocks whose own site, or a site inside, is of a waste type: its code, or a part of its words."""
    sites, shares = tables["sites"], tables["shares"]
    words = tuple(w.replace("_", " ") for w in wanted)
    kinds = [sites["waste_type_code"].astype("str").str.replace("_", " "), sites["waste_type_text"]]
    mine = set(sites["site_id"][_holds(kinds, words)])
    inside = set(shares.loc[shares["site_id"].isin(mine) & (shares["inside"] > 0), "block_id"])
    return np.asarray(blocks["site_id"].isin(mine) | blocks["block_id"].isin(inside), dtype=bool)
