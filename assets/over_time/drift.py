"""How far row counts and medians of the published blocks are from those of the last release.

Belongs here: the comparison and its limits. Does not belong here: finding the release (``pipelines.judges``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from assets.quality import Finding, as_floats, finding_of
from data_sources.contracts import Contract

ROW_DRIFT_WARNS_ABOVE = 0.10
MEDIAN_DRIFT_WARNS_ABOVE = 0.25


def drift_finding(now: pd.DataFrame, before: pd.DataFrame | None, contract: Contract, release: str = "") -> Finding:
    """Row counts within 10 % and medians within 25 % of the last release; a jump has a cause worth knowing."""
    if before is None:
        return Finding("drift", True, "there is no earlier release to compare with", numbers={"rows": len(now)})
    lines: list[dict[str, Any]] = [
        {"what": "rows", "before": float(len(before)), "now": float(len(now)), "limit": ROW_DRIFT_WARNS_ABOVE}
    ]
    for f in contract.fields:
        if f.dtype == "float" and f.name in now.columns and f.name in before.columns:
            lines.append(
                {
                    "what": f"median of {f.name}",
                    "before": _median(before[f.name]),
                    "now": _median(now[f.name]),
                    "limit": MEDIAN_DRIFT_WARNS_ABOVE,
                }
            )
    table = pd.DataFrame(lines)
    scale = np.maximum(np.abs(table["before"]), 1e-12)
    table["change"] = np.where(
        table["before"].isna() & table["now"].isna(), 0.0, np.abs(table["now"] - table["before"]) / scale
    )
    moved = table[(table["change"] > table["limit"]) | table["change"].isna()]
    faults = [f"{row.what}: {row.before:.4g} -> {row.now:.4g}" for row in moved.itertuples()]
    numbers = {
        "rows": len(now),
        "rows_of_release": len(before),
        "figures_moved": len(moved),
        "largest_change_pct": 100 * float(table["change"].max()),
    }
    return finding_of("drift", faults, moved, f"rows and medians are near those of release {release}", numbers)


def _median(values: pd.Series) -> float:
    numbers = as_floats(values)
    return float(np.nanmedian(numbers)) if np.isfinite(numbers).any() else float("nan")
