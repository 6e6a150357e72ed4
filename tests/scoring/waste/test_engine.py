"""The streamed engine against the full numpy tensor, and its indifference to order, chunks and threads."""

from __future__ import annotations

import math

import numpy as np
import pytest
from cases import assess, run

from .loading import load


@pytest.fixture(scope="module")
def state():
    arguments = load("national").national(24, 40, 40, 400, threads=1)
    return run(**arguments)


def test_same_numbers_as_the_full_tensor(state):
    naive = load("naive").simulate_sites(state.scored.inputs, state.given.settings.draws)
    out, rows = state.scored.simulation.out, {s: i for i, s in enumerate(sorted(state.scored.plan.whole))}
    for site, unit in state.scored.plan.whole.items():
        s = rows[site]
        assert out.tonnage[unit, :3] == pytest.approx(np.quantile(naive["tonnes"][s], [0.1, 0.5, 0.9]), rel=1e-9)
        if naive["recoverable_kg"][s].any():
            assert out.margin[unit, :3] == pytest.approx(
                np.quantile(naive["margin"][s], [0.1, 0.5, 0.9]), rel=1e-8, abs=1e-8
            )
            assert out.break_even[unit, 1] == pytest.approx(np.median(naive["break_even"][s]), rel=1e-8)
            assert out.net_project[unit] == pytest.approx(
                [*np.quantile(naive["net_value"][s], [0.1, 0.5, 0.9]), naive["net_value"][s].mean()], rel=1e-7, abs=1e-3
            )
        u = state.scored.plan.units
        for p in range(u.element_ptr[unit], u.element_ptr[unit + 1]):
            e = u.element[p]
            assert out.contained[p, 3] == pytest.approx(naive["contained_kg"][s, e].mean(), rel=1e-9)
            if not math.isnan(out.recoverable[p, 1]):
                assert out.recoverable[p, 1] == pytest.approx(np.median(naive["recoverable_kg"][s, e]), rel=1e-9)


def _bytes(result) -> list[bytes]:
    import pandas as pd

    frames = [
        result.ranked_blocks.to_wkb(),
        result.site_shares,
        result.site_potential,
        result.element_potential,
        result.basket_ranks,
        result.mass_balance,
    ]
    return [pd.DataFrame(f).to_csv(index=False, float_format="%.17g").encode() for f in frames]


def test_order_chunks_threads_and_additions_change_nothing():
    base = load("national").national(18, 20, 30, 300, threads=1)
    expected = _bytes(assess(**base))
    rng = np.random.default_rng(5)
    shuffled = dict(base)
    for name in ("blocks", "sites", "tonnages", "grades"):
        shuffled[name] = base[name].iloc[rng.permutation(len(base[name]))].reset_index(drop=True)
    reference = base["reference"]
    tables = {
        n: getattr(reference, n).sample(frac=1, random_state=3).reset_index(drop=True)
        for n in reference.__dataclass_fields__
    }
    shuffled["reference"] = type(reference)(**tables)
    shuffled["settings"] = base["settings"].replace(unit_chunk=3, threads=2)
    assert _bytes(assess(**shuffled)) == expected


def test_an_added_site_changes_nobody_elses_figures():
    few, more = (load("national").national(18, 20, 18, 300, threads=1) for _ in range(2))
    keep = few["sites"]["site_id"] < "S-00012"
    names = set(few["sites"].loc[keep, "site_id"])
    for name in ("sites", "tonnages", "grades"):
        few[name] = few[name][few[name]["site_id"].isin(names)]
    few["blocks"] = few["blocks"][few["blocks"]["site_id"].isin(names)]
    a, b = assess(**few), assess(**more)
    left = a.site_potential.set_index("site_id")
    right = b.site_potential.set_index("site_id").loc[left.index]
    assert left.equals(right)


def test_a_longer_run_starts_with_the_shorter_one():
    from scoring.waste.streams import normals

    assert (normals(3, 1000, "grade", "x") == normals(3, 5001, "grade", "x")[:1000]).all()
