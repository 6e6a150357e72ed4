"""Evidence and deposits to a posterior, its sd, and the same again held out: weights of evidence and the learners.

Belongs here: fitting once on everything and once per spatial fold. Does not belong here: what a weight or a bag is.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from khanij.foundation.errors import ScoringError
from khanij.foundation.grid import Grid
from scoring.ground.maps.evidence import Evidence
from scoring.ground.models import validation
from scoring.ground.models import weights_of_evidence as wofe
from scoring.ground.models.learning import (
    BaggedModel,
    Features,
    Learner,
    apply_platt,
    coefficients,
    fit_bags,
    fit_platt,
)
from scoring.ground.settings import FertilitySettings

Floats32 = NDArray[np.float32]
CHUNK = 262_144
MAX_CHANCE_OF_INDEPENDENCE = 0.05
MIN_RATIO = 0.85


@dataclass(frozen=True)
class Outcome:
    """A model's maps and tables; ``independent`` is False where weights of evidence failed its own test."""

    posterior: Floats32
    sd: Floats32
    held_out: Floats32
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    independent: bool = True


@dataclass(frozen=True)
class Problem:
    """One grid, its evidence, the study area, the deposit cells and their folds."""

    grid: Grid
    evidence: tuple[Evidence, ...]
    study: NDArray[np.bool_]
    deposits: NDArray[np.bool_]
    blocks: NDArray[Any]
    folds: NDArray[np.int8]
    settings: FertilitySettings

    @property
    def n_deposits(self) -> int:
        """Study cells with a deposit."""
        return int((self.deposits & self.study).sum())

    @property
    def prior(self) -> float:
        """Share of the study cells that hold a known deposit."""
        return self.n_deposits / int(self.study.sum())


# --- weights of evidence ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Classified:
    """One layer in classes: quantile classes of a number (edges kept), or its own categories."""

    evidence: Evidence
    codes: NDArray[np.int16]
    labels: tuple[str, ...]

    @property
    def kinds(self) -> tuple[wofe.Kind, ...]:
        """How its weights may be made."""
        if self.evidence.codes is not None:
            return ("categorical",)
        return {"high": ("descending",), "low": ("ascending",), "both": ("ascending", "descending")}[
            self.evidence.direction
        ]  # type: ignore[return-value]


def classify_evidence(evidence: tuple[Evidence, ...], study: NDArray[np.bool_], classes: int) -> list[Classified]:
    """Every layer as integer classes, cells outside the study area missing; no deposit is looked at."""
    out = []
    for e in evidence:
        if e.codes is not None:
            codes = np.where(study, e.codes, wofe.MISSING).astype(np.int16)
            labels = e.categories
        else:
            known = e.band.values[study & np.isfinite(e.band.values)]
            if not len(known) or known.min() == known.max():
                continue
            # edges need no more than an evenly spaced two million of the cells
            edges = wofe.quantile_edges(known[:: max(1, len(known) // 2_000_000)], classes).astype(np.float32)
            codes = np.empty(study.shape, dtype=np.int16)
            for start in range(0, study.shape[0], 512):
                rows = slice(start, start + 512)
                codes[rows] = wofe.classify(np.where(study[rows], e.band.values[rows], np.float32(np.nan)), edges)
            bounds = [f"{known.min():.6g}", *(f"{b:.6g}" for b in edges), f"{known.max():.6g}"]
            labels = tuple(f"{a} .. {b}" for a, b in pairwise(bounds))
        out.append(Classified(e, codes, labels))
    return out


def _generalise(
    classified: list[Classified], counts: list[tuple[NDArray[Any], NDArray[Any]]], threshold: float
) -> list[tuple[int, wofe.LayerWeights]]:
    chosen = []
    for i, (layer, (cells, found)) in enumerate(zip(classified, counts, strict=True)):
        options = []
        for kind in layer.kinds:
            try:
                made = wofe.generalise(layer.evidence.name, cells, found, kind, threshold)
            except ScoringError:
                made = None
            if made is not None:
                options.append(made)
        if options:
            best = max(options, key=lambda w: float(w.chosen["studentised_contrast"].abs().max()))
            chosen.append((i, best))
    return chosen


def _apply(
    classified: list[Classified],
    weights: list[tuple[int, wofe.LayerWeights]],
    problem: Problem,
    mask: NDArray[np.bool_],
    mean: Floats32,
    sd: Floats32 | None,
) -> pd.DataFrame:
    """Write the posterior of the masked cells, block by block; returns unique conditions with their cell counts."""
    layers = [w for _, w in weights]
    seen: dict[tuple[int, ...], list[float]] = {}
    n = int(problem.study.sum())
    for window in problem.grid.windows(1024):
        inside = mask[window.slices]
        if not inside.any():
            continue
        patterns = []
        for i, layer in weights:
            codes = classified[i].codes[window.slices][inside]
            patterns.append(np.where(codes >= 0, layer.pattern_of_class[codes], wofe.MISSING).astype(np.int16))
        if patterns:
            conditions, inverse = wofe.unique_conditions(patterns)
        else:
            conditions, inverse = np.zeros((1, 0), dtype=np.int16), np.zeros(int(inside.sum()), dtype=np.int64)
        post = wofe.posterior_of_conditions(conditions, layers, problem.prior, problem.n_deposits, n)
        mean[window.slices][inside] = post.probability[inverse].astype(np.float32)
        if sd is not None:
            sd[window.slices][inside] = post.sd[inverse].astype(np.float32)
        counts = np.bincount(inverse, minlength=len(conditions))
        for condition, *figures, count in zip(
            conditions.tolist(), post.probability, post.sd, post.sd_textbook, counts, strict=True
        ):
            entry = seen.setdefault(tuple(condition), [*map(float, figures), 0.0])
            entry[3] += float(count)
    rows = [
        {
            **{w.name: c for (_, w), c in zip(weights, key, strict=True)},
            "posterior": v[0],
            "posterior_sd": v[1],
            "posterior_sd_textbook": v[2],
            "cells": v[3],
        }
        for key, v in sorted(seen.items())
    ]
    return pd.DataFrame(rows)


def weights_held_out(problem: Problem, classified: list[Classified]) -> Floats32:
    """Posterior of every cell from weights counted, cut and generalised without the cell's own fold.

    The prior is the whole study's in every fold: with the fold's own, the fold that holds most deposits would have
    the lowest prior, and pooled scores would be biased against the deposits.
    """
    folds = int(problem.folds.max()) + 1
    counts = [wofe.class_counts(c.codes, problem.deposits, len(c.labels), problem.folds, folds) for c in classified]
    out = problem.grid.empty()
    for f in range(folds):
        rest = [(cells.sum(axis=0) - cells[f], found.sum(axis=0) - found[f]) for cells, found in counts]
        weights = _generalise(classified, rest, problem.settings.min_studentised_contrast)
        _apply(classified, weights, problem, problem.folds == f, out, None)
    return out


def _whole_counts(problem: Problem, classified: list[Classified]) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    inside = np.where(problem.study, 0, -1).astype(np.int8)
    deposits = problem.deposits & problem.study
    pairs = [wofe.class_counts(c.codes, deposits, len(c.labels), inside) for c in classified]
    return [(cells[0], found[0]) for cells, found in pairs]


def fit_weights(problem: Problem) -> Outcome:
    """Weights of evidence on the whole study, its tables, its test of independence, and the held-out posterior."""
    classified = classify_evidence(problem.evidence, problem.study, problem.settings.weights_classes)
    counts = _whole_counts(problem, classified)
    weights = _generalise(classified, counts, problem.settings.min_studentised_contrast)
    mean, sd = problem.grid.empty(), problem.grid.empty()
    conditions = _apply(classified, weights, problem, problem.study, mean, sd)
    test = wofe.conditional_independence(
        conditions["posterior"], conditions["posterior_sd_textbook"], conditions["cells"], problem.n_deposits
    )
    independent = test["ratio_n_over_T"] >= MIN_RATIO and not test["p_value"] < MAX_CHANCE_OF_INDEPENDENCE
    notes = []
    left_out = [c.evidence.name for i, c in enumerate(classified) if i not in [j for j, _ in weights]]
    if left_out:
        notes.append(f"no significant contrast, not used by weights of evidence: {', '.join(left_out)}")
    tables = {
        "weights": _all_weights(classified, counts),
        "weights_generalised": pd.concat([w.chosen.assign(layer=w.name) for _, w in weights], ignore_index=True)
        if weights
        else pd.DataFrame(),
        "unique_conditions": conditions,
        "conditional_independence": pd.DataFrame([{**test, "accepted": independent, "layers": len(weights)}]),
    }
    return Outcome(mean, sd, weights_held_out(problem, classified), tables, tuple(notes), independent)


def _all_weights(classified: list[Classified], counts: list[tuple[NDArray[Any], NDArray[Any]]]) -> pd.DataFrame:
    """Every class or cut of every layer, with the counts from which each number can be recomputed by hand."""
    parts = []
    for layer, (cells, found) in zip(classified, counts, strict=True):
        for kind in layer.kinds:
            if found[:-1].sum() == 0:
                continue
            table = wofe.weights_table(cells, found, kind)
            table.insert(0, "layer", layer.evidence.name)
            table.insert(3, "class_values", [layer.labels[int(c)] for c in table["class"]])
            table["n_cells_missing"], table["n_deposits_missing"] = int(cells[-1]), int(found[-1])
            parts.append(table)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def describe_weights(problem: Problem, classified: list[Classified]) -> pd.DataFrame:
    """The weights tables alone, for a reader: no map is made of them."""
    return _all_weights(classified, _whole_counts(problem, classified))


# --- learners --------------------------------------------------------------------------------------------------------


def _predict(model: BaggedModel, features: Features, cells: NDArray[Any], mean: Floats32, sd: Floats32 | None) -> None:
    """Predict flat cells chunk by chunk on two threads; each chunk writes its own cells, so order cannot matter."""

    def one(part: NDArray[Any]) -> None:
        p, s = model.predict(features.at(part))
        mean.ravel()[part] = p.astype(np.float32)
        if sd is not None:
            sd.ravel()[part] = s.astype(np.float32)

    size = CHUNK if model.learner == "logistic_regression" else CHUNK // 8
    parts = [cells[i : i + size] for i in range(0, len(cells), size)]
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(one, parts))


def learner_held_out(problem: Problem, learner: Learner, features: Features, bags: int) -> Floats32:
    """Probability of every cell from bags that saw neither the deposits nor the unlabelled cells of its own fold."""
    out = problem.grid.empty()
    flat, labels = problem.folds.ravel(), problem.deposits.ravel()
    for f in range(int(problem.folds.max()) + 1):
        train = (flat >= 0) & (flat != f)
        model = fit_bags(
            learner,
            features.at,
            np.flatnonzero(train & labels),
            np.flatnonzero(train & ~labels),
            problem.prior,
            bags=bags,
            trees=problem.settings.trees,
            seed=problem.settings.seed + 1000 + f,
        )
        _predict(model, features, np.flatnonzero(flat == f), out, None)
    return out


def fit_learner(problem: Problem, learner: Learner) -> Outcome:
    """Bagged learner on the whole study, what its features weigh, and the held-out probability."""
    features = Features.fit(problem.evidence, problem.study, problem.grid.cell_x_m)
    labels, study = problem.deposits.ravel(), problem.study.ravel()
    s = problem.settings
    model = fit_bags(
        learner,
        features.at,
        np.flatnonzero(study & labels),
        np.flatnonzero(study & ~labels),
        problem.prior,
        bags=s.bags,
        trees=s.trees,
        seed=s.seed,
    )
    mean, sd = problem.grid.empty(), problem.grid.empty()
    _predict(model, features, np.flatnonzero(study), mean, sd)
    held_out = learner_held_out(problem, learner, features, max(2, s.bags // 2))
    mean, sd, held_out, table = _put_level_right(problem, mean, sd, held_out)
    return Outcome(mean, sd, held_out, {"features": pd.DataFrame(coefficients(model, features.names)), "platt": table})


def _put_level_right(
    problem: Problem, mean: Floats32, sd: Floats32, held_out: Floats32
) -> tuple[Floats32, Floats32, Floats32, pd.DataFrame]:
    """Platt scaling: each fold by the two numbers of the other folds, the whole map by those of all."""
    rows = []
    level = problem.grid.empty()
    for f in range(int(problem.folds.max()) + 1):
        here, rest = problem.folds == f, (problem.folds >= 0) & (problem.folds != f)
        a, b = fit_platt(held_out[rest], problem.deposits[rest])
        level[here] = apply_platt(held_out[here], a, b)
        rows.append({"fold": str(f), "intercept": a, "slope": b})
    every = problem.folds >= 0
    a, b = fit_platt(held_out[every], problem.deposits[every])
    rows.append({"fold": "all", "intercept": a, "slope": b})
    scaled = problem.grid.empty()
    scaled[problem.study] = apply_platt(mean[problem.study], a, b)
    with np.errstate(invalid="ignore", divide="ignore"):
        # d P' / d P = b P' (1 - P') / (P (1 - P))
        slope = b * scaled * (1 - scaled) / np.maximum(mean * (1 - mean), np.float32(1e-7))
    return scaled, (sd * slope).astype(np.float32), level, pd.DataFrame(rows)


# --- judging ---------------------------------------------------------------------------------------------------------


def negative_controls(problem: Problem, method: str) -> pd.DataFrame:
    """The same cross-validation on labels that follow nothing: shuffled cells, and clusters moved to random blocks.

    One row per control: ``control, repeat, capture_10pct, success_rate_area, auc``. Captures must scatter round 10 %.
    """
    s = problem.settings
    run: Callable[[Problem], Floats32]
    if method == "weights_of_evidence":
        classified = classify_evidence(problem.evidence, problem.study, s.weights_classes)
        run = lambda p: weights_held_out(p, classified)  # noqa: E731
    else:
        features = Features.fit(problem.evidence, problem.study, problem.grid.cell_x_m)
        run = lambda p: learner_held_out(p, method, features, 2)  # type: ignore[arg-type]  # noqa: E731
    rows = []
    for repeat in range(s.validation.controls):
        rng = np.random.default_rng([s.seed, 77, repeat])
        for name, labels in (
            ("shuffled_labels", validation.shuffled_labels(problem.deposits, problem.study, rng)),
            ("random_blocks", validation.random_blocks(problem.deposits, problem.study, problem.blocks, rng)),
        ):
            try:
                folds = validation.assign_folds(problem.blocks, problem.study, labels, s.validation.folds, s.seed)
            except ScoringError:
                continue
            score = run(Problem(problem.grid, problem.evidence, problem.study, labels, problem.blocks, folds, s))
            points = score[labels & np.isfinite(score)].astype(np.float64)
            if len(points):
                rows.append(
                    {
                        "control": name,
                        "repeat": repeat,
                        "capture_10pct": validation.capture(score, points, 10),
                        "success_rate_area": validation.success_rate_area(score, points),
                        "auc": validation.auc(score, labels),
                    }
                )
    return pd.DataFrame(rows, columns=["control", "repeat", "capture_10pct", "success_rate_area", "auc"])
