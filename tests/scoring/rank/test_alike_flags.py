"""A site that may be another one, or of its plant, says so on itself and on its block."""

from __future__ import annotations

import numpy as np

from scoring.rank.told.notes import flags_of

from .districts import frames_of, grade_row, site_row, tonnage_row
from .worlds import run


def test_both_sites_and_their_blocks_say_so() -> None:
    kind = ("cu_flotation_tailings", "flotation_cu")
    rows = [
        site_row(np.random.default_rng(1), s, *kind) | {"name": f"Khetri pond {s}", "lon": 75.8, "lat": 28.0 + d, "shares_complex_with": None}
        for s, d in (("S1", 0.0), ("S2", 0.004), ("S3", 0.4))
    ]  # fmt: skip
    tonnages = [tonnage_row(r["site_id"], np.nan, 5.0, np.nan, "G1") for r in rows]
    state = run(
        frames_of(
            rows, tonnages, [grade_row(r["site_id"], "Cu", np.nan, 4000.0, np.nan, "G1") for r in rows], draws=200
        )
    )
    flags = {s: r.flags for s, r in state.given.records.items()}
    assert (
        flags["S1"] == ["alike_site_within_1_km:S2"]
        and flags["S2"] == ["alike_site_within_1_km:S1"]
        and flags["S3"] == []
    )
    by_block = {b: flags_of(state, i, {}) for i, b in enumerate(state.given.ids)}
    assert "alike_site_within_1_km:S2" in next(v for b, v in by_block.items() if b.endswith("S1"))
