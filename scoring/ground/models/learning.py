"""Logistic regression and random forest with positive-unlabelled bagging.

Belongs here: cells with and without a known deposit -> a probability and its spread. Does not belong here: folds.

A cell without a known deposit is not a barren cell: every bag draws its own unlabelled cells, and its own deposits
with replacement, so that the spread between bags holds what a different set of discoveries would have changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from khanij.foundation.errors import ScoringError
from scoring.ground.maps.evidence import Evidence

Floats = NDArray[Any]
Learner = Literal["logistic_regression", "random_forest"]
MIN_CATEGORY_SHARE = 0.005


@dataclass(frozen=True)
class Features:
    """Evidence as columns: numbers standardised by median and 1.4826 MAD and clipped at +-6, categories one-hot.

    Missing numbers become 0 (the median), a missing category no category: neither favours the cell. Distances enter
    as logs, because the first kilometre from a fault says more than the tenth.
    """

    layers: tuple[Evidence, ...]
    columns: tuple[tuple[int, int, float, float], ...]  # layer, category (-1: a number), centre, scale
    log_offset_m: float

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [
            self.layers[i].name if c < 0 else f"{self.layers[i].name}={self.layers[i].categories[c]}"
            for i, c, _, _ in self.columns
        ]

    @classmethod
    def fit(
        cls, layers: tuple[Evidence, ...], study: NDArray[np.bool_], cell_m: float, max_cells: int = 200_000
    ) -> Features:
        """Centre and scale from (at most ``max_cells``, evenly spaced) study cells; no deposit is looked at."""
        cells = np.flatnonzero(study)
        cells = cells[:: max(1, len(cells) // max_cells)]
        columns: list[tuple[int, int, float, float]] = []
        for i, e in enumerate(layers):
            if e.codes is not None:
                codes = e.codes.ravel()[cells]
                count = np.bincount(codes[codes >= 0], minlength=len(e.categories))
                columns += [
                    (i, int(c), 0.0, 1.0) for c in np.flatnonzero(count >= max(1, MIN_CATEGORY_SHARE * len(cells)))
                ]
                continue
            v = e.band.values.ravel()[cells].astype(np.float64)
            v = np.log(v + cell_m) if e.kind == "distance" else v
            v = v[np.isfinite(v)]
            if not len(v):
                continue
            centre = float(np.median(v))
            scale = 1.4826 * float(np.median(np.abs(v - centre)))
            scale = scale if scale > 0 else float(np.std(v))
            if scale > 0:
                columns.append((i, -1, centre, scale))
        if not columns:
            raise ScoringError("no evidence layer varies: there is nothing to learn from")
        return cls(layers, tuple(columns), cell_m)

    def at(self, cells: NDArray[Any]) -> NDArray[np.float32]:
        """(cells, columns) matrix of the flat cell numbers."""
        out = np.zeros((len(cells), len(self.columns)), dtype=np.float32)
        for j, (i, category, centre, scale) in enumerate(self.columns):
            e = self.layers[i]
            if category >= 0:
                assert e.codes is not None
                out[:, j] = e.codes.ravel()[cells] == category
                continue
            v = e.band.values.ravel()[cells].astype(np.float64)
            v = np.log(v + self.log_offset_m) if e.kind == "distance" else v
            out[:, j] = np.nan_to_num(np.clip((v - centre) / scale, -6, 6), nan=0.0)
        return out


@dataclass(frozen=True)
class BaggedModel:
    """Members trained on balanced bags; ``predict`` returns the prior-corrected probability and its spread."""

    learner: Learner
    members: tuple[Any, ...]
    prior: float

    def predict(self, x: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """Mean over the bags of the balanced logit, moved to the prior's odds, as probability; sd between bags.

        ``logit P = mean(logit p_b) + ln(prior / (1 - prior))``; sd by ``P (1 - P) sd(logit p_b)``.
        """
        first = np.zeros(len(x))
        second = np.zeros(len(x))
        for member in self.members:
            logit = self._logit(member, x)
            first += logit
            second += logit * logit
        n = len(self.members)
        mean = first / n
        spread = np.sqrt(np.maximum(second / n - mean * mean, 0.0) * n / max(n - 1, 1))
        p = 1 / (1 + np.exp(-(mean + np.log(self.prior / (1 - self.prior)))))
        return p, p * (1 - p) * spread

    def _logit(self, member: Any, x: NDArray[np.float32]) -> Floats:
        if self.learner == "logistic_regression":
            # einsum keeps one summation order whatever the number of threads
            return np.asarray(np.einsum("ij,j->i", x.astype(np.float64), member[1:]) + member[0])
        p = member.predict_proba(x)[:, 1]
        floor = 1 / (2 * len(member.estimators_))
        p = np.clip(p, floor, 1 - floor)
        return np.asarray(np.log(p / (1 - p)))


def fit_bags(
    learner: Learner,
    features: Callable[[NDArray[Any]], NDArray[np.float32]],
    positives: NDArray[Any],
    unlabelled: NDArray[Any],
    prior: float,
    *,
    bags: int,
    trees: int = 60,
    seed: int = 0,
) -> BaggedModel:
    """Train one balanced member per bag.

    Parameters
    ----------
    features : flat cell numbers -> matrix.
    positives, unlabelled : flat numbers of the training cells with and without a known deposit.
    prior : share of cells with a deposit, to which probabilities are moved back.

    Source: Mordelet & Vert 2014, *Pattern Recognition Letters* 37, 201-209 (bagging for positive-unlabelled data);
    King & Zeng 2001, *Political Analysis* 9, 137-163 (prior correction).
    """
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(seed)
    size = min(
        len(unlabelled),
        max(1000, 20 * len(positives)) if learner == "logistic_regression" else max(300, 5 * len(positives)),
    )
    members: list[Any] = []
    for _ in range(bags):
        with_deposit = rng.choice(positives, size=len(positives), replace=True)
        without = rng.choice(unlabelled, size=size, replace=False)
        x = features(np.concatenate([with_deposit, without]))
        y = np.concatenate([np.ones(len(with_deposit), dtype=np.int8), np.zeros(len(without), dtype=np.int8)])
        if learner == "logistic_regression":
            model = LogisticRegression(C=0.3, class_weight="balanced", tol=1e-8, max_iter=500)
            model.fit(x.astype(np.float64), y)
            members.append(np.concatenate([model.intercept_, model.coef_[0]]))
        else:
            forest = RandomForestClassifier(
                n_estimators=trees,
                min_samples_leaf=3,
                max_features="sqrt",
                class_weight="balanced",
                n_jobs=1,  # a forest's threads add votes in the order they finish
                random_state=int(rng.integers(2**31 - 1)),
            )
            members.append(forest.fit(x, y))
    return BaggedModel(learner, tuple(members), prior)


def coefficients(model: BaggedModel, names: list[str]) -> list[dict[str, Any]]:
    """What each column contributes: mean and sd over the bags of the coefficient or of the impurity importance."""
    table = np.array(
        [m[1:] if model.learner == "logistic_regression" else m.feature_importances_ for m in model.members]
    )
    return [
        {
            "feature": name,
            "mean": float(table[:, j].mean()),
            "sd": float(table[:, j].std(ddof=1)) if len(table) > 1 else float("nan"),
        }
        for j, name in enumerate(names)
    ]


def fit_platt(probability: Floats, label: NDArray[np.bool_], max_negatives: int = 200_000) -> tuple[float, float]:
    """Intercept a and slope b of ``logit P' = a + b logit P`` by maximum likelihood on held-out predictions.

    Balanced bags order cells well and overstate how far apart they are; two numbers put the level right without
    changing the order. Beyond ``max_negatives`` cells without a deposit are thinned evenly by rank and weighted. The
    slope is kept in [0.05, 5]: held-out predictions that run the wrong way are flattened, never turned round.

    Source: Platt 1999, in *Advances in large margin classifiers* (with his smoothed targets).
    """
    p = np.clip(np.asarray(probability, dtype=np.float64), 1e-7, 1 - 1e-6)
    x = np.log(p / (1 - p))
    positive, negative = x[label], np.sort(x[~label])
    if not len(positive) or not len(negative):
        return 0.0, 1.0
    step = max(1, len(negative) // max_negatives)
    thinned = negative[step // 2 :: step]
    x = np.concatenate([positive, thinned])
    y = np.concatenate(
        [
            np.full(len(positive), (len(positive) + 1) / (len(positive) + 2)),
            np.full(len(thinned), 1 / (len(negative) + 2)),
        ]
    )
    weight = np.concatenate([np.ones(len(positive)), np.full(len(thinned), len(negative) / len(thinned))])
    a, b = float(np.log(len(positive) / len(negative))), 0.5
    centre = float(np.average(x, weights=weight))
    u = x - centre
    for _ in range(100):
        q = 1 / (1 + np.exp(-(a + b * u)))
        gradient = np.array([(weight * (y - q)).sum(), (weight * (y - q) * u).sum()])
        h = weight * q * (1 - q)
        hessian = np.array([[h.sum(), (h * u).sum()], [(h * u).sum(), (h * u * u).sum()]]) + 1e-9 * np.eye(2)
        step_a, step_b = np.linalg.solve(hessian, gradient)
        largest = max(abs(step_a), abs(step_b), 1.0)
        a, b = a + step_a / largest, b + step_b / largest
        if max(abs(step_a), abs(step_b)) < 1e-10:
            break
    if not 0.05 <= b <= 5:
        # with the slope fixed the level alone is put right: as many expected as found
        b = min(max(b, 0.05), 5.0)
        for _ in range(200):
            q = 1 / (1 + np.exp(-(a + b * u)))
            a += float(np.clip((weight * (y - q)).sum() / max((weight * q * (1 - q)).sum(), 1e-12), -1, 1))
    return float(f"{a - b * centre:.9g}"), float(f"{b:.9g}")


def apply_platt(probability: Floats, a: float, b: float) -> NDArray[np.float32]:
    """``1 / (1 + exp(-(a + b logit P)))``; NaN stays NaN."""
    p = np.clip(np.asarray(probability, dtype=np.float64), 1e-7, 1 - 1e-6)
    return (1 / (1 + np.exp(-(a + b * np.log(p / (1 - p)))))).astype(np.float32)
