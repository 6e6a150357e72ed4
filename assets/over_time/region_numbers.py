"""What of a region's result is worth following from night to night: one number a name, units in the name.

Belongs here: the numbers. Does not belong here: what may be published (``publishing.sets.guard``) or a limit. None of
them enters a published file: Dagster plots them, ``khanij metrics`` writes them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from assets.quality import as_floats
from publishing.sets.guard import Ranks, spearman_correlations
from publishing.sets.listing import Facts


def region_numbers(blocks: pd.DataFrame, facts: Facts, before: Facts | None) -> dict[str, float]:
    """The numbers of one result, and how its ranks agree with those published before.

    Parameters
    ----------
    blocks : ranked blocks, with ``rank``, ``p_pays``, ``score_mean``, ``npv_usd_p50``, ``tonnage_t_p50``.
    facts : of this result. before : of what is published; None where nothing is.
    """
    n = len(blocks)
    ranked = blocks[blocks["rank"].notna()]
    ground = list(facts.ground_pct.values())
    absent = [name for name, layer in facts.layers.items() if layer.absent]
    told: dict[str, float] = {
        "blocks": n,
        "blocks_ranked": len(ranked),
        "ranked_pct": _pct(len(ranked), n),
        "quantified_pct": _pct(len(facts.quantified), n),
        "ground_covered_pct": float(np.mean(ground)) if ground else 0.0,
        "layers_present": len(facts.layers) - len(absent),
        "layers_absent": len(absent),
        "rows_kept": sum(layer.rows for layer in facts.layers.values()),
        "draws_that_pay_pct": 100 * _over(ranked, "p_pays", np.nanmean),
        "median_score": _over(ranked, "score_mean", np.nanmedian),
        "median_npv_usd": _over(ranked, "npv_usd_p50", np.nanmedian),
        "tonnage_mt": _over(blocks, "tonnage_t_p50", np.nansum) / 1e6,
    }
    if before is not None:
        old, new = ({b: r for ranks in f.blocks.values() for b, r in ranks.items()} for f in (before, facts))
        told |= {
            "blocks_new": len(set(new) - set(old)),
            "blocks_gone": len(set(old) - set(new)),
            "ranks_changed": sum(old[b] != new[b] for b in set(old) & set(new)),
        } | rank_agreement(before.blocks, facts.blocks)
    return {name: float(value) for name, value in told.items() if np.isfinite(value)}


def rank_agreement(before: Ranks, now: Ranks, name: str = "rank_correlation") -> dict[str, float]:
    """Spearman's rho of each kind of block, and the lowest of them; none of kinds with fewer than five ranked blocks."""
    found = {kind: rho for kind, (rho, _) in spearman_correlations(before, now).items()}
    return {f"{name}_{kind}": rho for kind, rho in found.items()} | ({name: min(found.values())} if found else {})


def _pct(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def _over(frame: pd.DataFrame, column: str, of: Callable[[np.ndarray], np.floating]) -> float:
    values = as_floats(frame[column]) if column in frame.columns else np.empty(0)
    return float(of(values)) if np.isfinite(values).any() else float("nan")
