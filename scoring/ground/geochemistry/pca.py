"""Robust principal components of compositions, with loadings a geochemist can read.

Belongs here: ilr -> robust covariance -> loadings back in clr. Does not belong here: choosing which parts take part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from khanij.foundation.errors import ScoringError
from scoring.ground.geochemistry.composition import ilr_basis

Floats = NDArray[Any]
MAX_FIT_SAMPLES = 3000


@dataclass(frozen=True)
class RobustPca:
    """``loadings`` (elements x components, clr), ``scores`` (samples x components), share of variance explained."""

    loadings: pd.DataFrame
    scores: pd.DataFrame
    explained_share: Floats

    def table(self) -> pd.DataFrame:
        """Loadings with the share each component explains as the last row."""
        out = self.loadings.reset_index(names="element")
        share = pd.DataFrame(
            [{"element": "explained_share", **dict(zip(self.loadings.columns, self.explained_share, strict=True))}]
        )
        return pd.concat([out, share], ignore_index=True)


def robust_pca(
    ppm: pd.DataFrame, used: NDArray[np.bool_] | None = None, components: int = 6, seed: int = 0
) -> RobustPca:
    """Principal components of the MCD covariance in ilr coordinates, loadings turned back into clr.

    clr columns are collinear, so that a robust covariance does not exist there; ilr coordinates are not, and an
    orthonormal basis carries the eigenvectors back unchanged. A component's sign makes its largest loading positive.

    Parameters
    ----------
    ppm : (samples, elements), positive; rows with a missing part get no score.
    used : samples that may be fitted to; more than 3,000 are sampled, seeded.

    Source: Filzmoser, Hron & Reimann 2009, *Environmetrics* 20, 621-632.
    """
    from sklearn.covariance import MinCovDet

    elements = [str(c) for c in ppm]
    values = ppm.to_numpy(dtype=np.float64)
    whole = np.isfinite(values).all(axis=1) & (values > 0).all(axis=1)
    fit = np.flatnonzero(whole if used is None else whole & used)
    d = len(elements)
    if d < 3 or len(fit) < 5 * d:
        raise ScoringError(f"{len(fit)} complete samples of {d} elements: too few for robust components")
    basis = ilr_basis(d)
    coordinates = np.full((len(values), d - 1), np.nan)
    coordinates[whole] = np.einsum("ij,jk->ik", np.log(values[whole]), basis)
    if len(fit) > MAX_FIT_SAMPLES:
        fit = np.sort(np.random.default_rng(seed).choice(fit, MAX_FIT_SAMPLES, replace=False))
    mcd = MinCovDet(random_state=seed).fit(coordinates[fit])
    variance, vectors = np.linalg.eigh(mcd.covariance_)
    order = np.argsort(-variance, kind="stable")[: min(components, d - 1)]
    loadings = basis @ vectors[:, order]
    flip = np.sign(loadings[np.abs(loadings).argmax(axis=0), np.arange(len(order))])
    loadings = loadings * flip
    scores = np.einsum("ij,jk->ik", coordinates - mcd.location_, vectors[:, order] * flip)
    names = [f"pc{i + 1}" for i in range(len(order))]
    return RobustPca(
        pd.DataFrame(loadings, index=elements, columns=names),
        pd.DataFrame(scores, columns=names),
        variance[order] / variance.sum(),
    )
