"""Running and judging the model: indices, fallback on violated independence, validation tables.

Belongs here: which model runs, and what its held-out map is worth. Does not belong here: fitting, training points.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from khanij.foundation.errors import ScoringError
from khanij.foundation.grid import Grid
from scoring.ground.geochemistry.associations import ASSOCIATIONS
from scoring.ground.maps.evidence import Evidence, EvidenceSet
from scoring.ground.models import fuzzy, validation
from scoring.ground.models.modelling import Outcome, Problem, fit_learner, fit_weights, negative_controls
from scoring.ground.settings import FertilitySettings

DATA_DRIVEN = ("weights_of_evidence", "logistic_regression", "random_forest")
MIN_TEST_POINTS = 5
MIDPOINT_Z = 2.0
DESCRIPTIONS = {
    "geochemical": "Unsupervised index: fuzzy OR of the associations, 0.5 at median + 2 MAD; no occurrence was used",
    "fuzzy": "Fuzzy overlay: gamma of geochemistry, structure and what else the region names; no occurrence was used",
    "weights_of_evidence": "Posterior probability of a known deposit in the cell, weights of evidence",
    "logistic_regression": "Posterior probability of a known deposit in the cell, bagged logistic regression",
    "random_forest": "Posterior probability of a known deposit in the cell, bagged random forest",
}


def run_model(
    model: str,
    problem: Problem | None,
    evidence: EvidenceSet,
    grid: Grid,
    settings: FertilitySettings,
) -> tuple[Outcome, str]:
    """Run the model; weights of evidence that fail their own test of independence are replaced by logistic regression.

    Returns
    -------
    (outcome, name of the model whose posterior is given)
    """
    if model == "geochemical":
        return geochemical_index(evidence.layers, grid), model
    if model == "fuzzy":
        return fuzzy_overlay(evidence.layers, grid, settings.fuzzy_gamma), model
    assert problem is not None
    if model != "weights_of_evidence":
        return fit_learner(problem, model), model  # type: ignore[arg-type]
    outcome = fit_weights(problem)
    if outcome.independent:
        return outcome, model
    test = outcome.tables["conditional_independence"].iloc[0]
    note = (
        f"weights of evidence failed the test of conditional independence (T = {test['expected_deposits_T']:.1f} for "
        f"n = {test['observed_deposits_n']:.0f}, n/T = {test['ratio_n_over_T']:.2f}, z = {test['z']:.2f}): the "
        "posterior is logistic regression's; the weights tables stand as descriptions of single layers"
    )
    learned = fit_learner(problem, "logistic_regression")
    return Outcome(
        learned.posterior, learned.sd, learned.held_out, outcome.tables | learned.tables, (*outcome.notes, note)
    ), "logistic_regression"


def _membership(e: Evidence, values: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """A layer's membership: as the region names it, else z against 2 for associations and 2 km for distances."""
    s = e.settings
    if s is not None and s.membership is not None:
        midpoint = s.midpoint if s.midpoint is not None else float(np.nanmedian(e.band.values))
        if s.membership == "gaussian":
            return fuzzy.gaussian(values, midpoint, s.spread if s.spread is not None else 0.1)
        return (fuzzy.large if s.membership == "large" else fuzzy.small)(
            values, midpoint, s.spread if s.spread is not None else 5.0
        )
    if e.kind == "association":
        return fuzzy.logistic(values, MIDPOINT_Z)
    if e.kind == "distance":
        return fuzzy.small(values, 2000.0, 2.0)
    return None


def _any_of(layers: list[Evidence], grid: Grid, shift: float) -> NDArray[np.float32] | None:
    """Fuzzy OR of layers, the unknown ones left out; ``shift`` moves each value by so many of its own sds."""
    best: NDArray[np.float32] | None = None
    for e in layers:
        values = e.band.values
        if shift and e.sd is not None:
            values = (values + np.float32(shift) * np.nan_to_num(e.sd.on(grid))).astype(np.float32)
        member = _membership(e, values)
        if member is not None:
            best = member if best is None else np.fmax(best, member)
    return best


def geochemical_index(layers: tuple[Evidence, ...], grid: Grid) -> Outcome:
    """``max_a 1 / (1 + exp(-(z_a - 2)))`` over the associations a; sd by moving each z by its kriging sd.

    No occurrence is used, so that the held-out map is the map itself.
    """
    picked = [e for e in layers if e.kind == "association" and e.name in ASSOCIATIONS]
    return _unsupervised(lambda shift: _any_of(picked, grid, shift), "no association among the evidence layers")


def fuzzy_overlay(layers: tuple[Evidence, ...], grid: Grid, gamma: float) -> Outcome:
    """Gamma of the groups geochemistry (OR), structure (OR) and every other layer with a membership of its own."""
    groups = [
        [e for e in layers if e.kind == "association"],
        [e for e in layers if e.kind == "distance"],
        *[[e] for e in layers if e.kind not in ("association", "distance")],
    ]

    def combined(shift: float) -> NDArray[np.float32] | None:
        members = [m for m in (_any_of(group, grid, shift) for group in groups) if m is not None]
        return fuzzy.fuzzy_gamma(members, gamma) if members else None

    return _unsupervised(combined, "no evidence layer has a membership")


def _unsupervised(index: Callable[[float], NDArray[np.float32] | None], otherwise: str) -> Outcome:
    value, higher, lower = (index(shift) for shift in (0.0, 1.0, -1.0))
    if value is None or higher is None or lower is None:
        raise ScoringError(otherwise, field="fertility.evidence", do="name associations, distances or memberships")
    sd = (np.abs(higher - lower) / 2).astype(np.float32)
    return Outcome(
        value, sd, value, notes=("unsupervised: no occurrence was used, so the map is held out by construction",)
    )


def judge(
    model: str,
    outcome: Outcome,
    problem: Problem | None,
    grid: Grid,
    settings: FertilitySettings,
    deposits: NDArray[np.bool_],
) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Validation tables of the held-out map, and their summary."""
    blocks = problem.blocks if problem is not None else validation.spatial_blocks(grid, settings.validation.block_m)
    held_out = outcome.held_out
    known = deposits & np.isfinite(held_out)
    if not known.any():
        return {}, {"validated": False}
    capture = validation.validate(
        held_out, deposits, blocks, bootstrap=settings.validation.bootstrap, seed=settings.seed
    )
    tables = {
        "capture": capture,
        "prediction_curve": validation.success_curve(held_out, held_out[known].astype(np.float64)),
        "success_curve": validation.success_curve(outcome.posterior, outcome.posterior[known].astype(np.float64)),
    }
    summary: dict[str, Any] = {
        "validated": True,
        "held_out": "spatially blocked cross-validation" if model in DATA_DRIVEN else "no occurrence was used",
        "n_points": int(known.sum()),
        **{str(r["measure"]): r["value"] for r in capture.to_dict("records")},
    }
    if model in DATA_DRIVEN and problem is not None:
        tables["calibration"] = validation.calibration(held_out, deposits)
        controls = negative_controls(problem, model)
        if len(controls):
            tables["controls"] = controls
            for name, group in controls.groupby("control"):
                summary[f"control_{name}_capture_10pct"] = float(group["capture_10pct"].mean())
    return tables, summary
