"""Which blocks pass a filter: one test a setting, so that a reader can be told which of them keeps a block out.

Belongs here: tests on published rows. Does not belong here: the settings themselves (``filters``) or their words (``asked``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING

from data_sources.contracts.published.outputs import KNOWLEDGE_CLASSES
from khanij.foundation.cells import is_known, text
from publishing.shortlists.asked import DISTANCE, elements_of, mineral_words

if TYPE_CHECKING:
    from publishing.shortlists.filters import ShortlistFilter

Rows = Sequence[SimpleNamespace]
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
    blocks: Rows, chosen: ShortlistFilter, tables: Mapping[str, Rows], statuses: tuple[str, ...]
) -> dict[str, list[bool]]:
    """Setting -> which blocks pass it, one of ``blocks`` each; only settings that are given.

    Parameters
    ----------
    blocks : n rows of ``ranked_blocks``, with ``distance_km`` where a place was named.
    tables : ``elements``, ``shares`` and ``sites`` of the same file. statuses : those that pass.
    """

    def among(column: str, wanted: Collection[str]) -> list[bool]:
        return [getattr(b, column) in wanted for b in blocks]

    out = {name: among(column, getattr(chosen, name)) for name, column in _EXACT if getattr(chosen, name)}
    out["status"] = among("status", statuses)
    for column in ("state", "district"):
        if getattr(chosen, column):
            out[column] = _holds(blocks, [column], getattr(chosen, column))
    if chosen.operator:
        out["operator"] = _holds(blocks, _HELD_BY, chosen.operator)
    if chosen.exclude_flag:
        out["exclude_flag"] = [not held for held in _holds(blocks, ["flags"], chosen.exclude_flag)]
    if chosen.element:
        passes = _with_element(tables["elements"], chosen.element)
        out["element"] = [passes(b) for b in blocks]
    if chosen.waste_type:
        passes = _of_waste(tables, chosen.waste_type)
        out["waste_type"] = [passes(b) for b in blocks]
    for setting, column, is_least in _LIMITS:
        limit = getattr(chosen, setting)
        if limit is not None:
            # A missing figure passes no limit.
            values = [getattr(b, column) for b in blocks]
            out[setting] = [is_known(v) and (v >= limit if is_least else v <= limit) for v in values]
    if chosen.max_guessed is not None:
        counts = [[getattr(b, column) for column in GUESSED] for b in blocks]
        out["max_guessed"] = [all(map(is_known, n)) and sum(n) <= chosen.max_guessed for n in counts]
    if chosen.worst_class:
        best = KNOWLEDGE_CLASSES[: KNOWLEDGE_CLASSES.index(chosen.worst_class) + 1]
        out["worst_class"] = among("knowledge_class", best)
    return out


def all_but(tests: Mapping[str, Sequence[bool]], setting: str, n: int) -> list[bool]:
    """Which of n blocks pass every test but one."""
    asked = [passed for name, passed in tests.items() if name != setting]
    return [all(passed[i] for passed in asked) for i in range(n)]


def _holds(rows: Rows, columns: Iterable[str], wanted: Iterable[str]) -> list[bool]:
    """Rows of which one column has one of the words in its text, in small or capital letters."""
    words, columns = [w.casefold() for w in wanted], list(columns)
    texts = [[text(getattr(row, c)).casefold() for c in columns] for row in rows]
    return [any(w in v for v in values if v for w in words) for values in texts]


def _with_element(elements: Rows, wanted: tuple[str, ...]) -> Callable[[SimpleNamespace], bool]:
    """Blocks with a figure of the element; of those that have figures of none, the ones whose minerals name it."""
    symbols = {e for w in wanted for e in elements_of(w)}
    have = {e.block_id for e in elements if e.element in symbols}
    figured = {e.block_id for e in elements}
    words = {word for w in wanted for word in mineral_words(w)}

    def passes(block: SimpleNamespace) -> bool:
        if block.block_id in figured or block.kind == "waste_block":
            return block.block_id in have
        return _holds([block], ["minerals"], words)[0]

    return passes


def _of_waste(tables: Mapping[str, Rows], wanted: tuple[str, ...]) -> Callable[[SimpleNamespace], bool]:
    """Blocks whose own site, or a site inside, is of a waste type: its code, or a part of its words."""
    words = tuple(w.replace("_", " ") for w in wanted)
    kinds = [
        SimpleNamespace(code=text(s.waste_type_code).replace("_", " "), said=s.waste_type_text) for s in tables["sites"]
    ]
    held = _holds(kinds, ("code", "said"), words)
    mine = {s.site_id for s, is_meant in zip(tables["sites"], held, strict=True) if is_meant}
    inside = {s.block_id for s in tables["shares"] if s.site_id in mine and (s.inside or 0.0) > 0}
    return lambda block: block.site_id in mine or block.block_id in inside
