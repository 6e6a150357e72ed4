"""Rare-earth totals split by a published profile: one share an element, drawn about the profile and closed to 1.

Belongs here: the draws of shares and their names. Does not belong here: which profile a waste has (``routes``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from scoring.waste.draws.stream_names import Stream
from scoring.waste.draws.streams import normals
from scoring.waste.inventory import Assay
from scoring.waste.settings import WasteSettings


def _split_of(assay: Assay) -> tuple[str, dict[str, float]] | None:
    """The name of an assay's split and its shares; None where it is of one element."""
    shares = {e: s for e, s in assay.parts if s is not None}
    return ("|".join([assay.profile or "", *shares]), shares) if shares else None


def profile_name(assay: Assay, element: str) -> str:
    """The name of the draws of one element's share in a split total."""
    split = _split_of(assay)
    assert split is not None
    return f"{split[0]}:{element}"


def profile_draws(assays: Iterable[Assay], settings: WasteSettings) -> dict[str, NDArray[np.float64]]:
    """Name -> (K,) logistic-normal share: the published share times a lognormal, closed to 1 within the profile."""
    ln_gsd = math.log(settings.profile_gsd)
    out: dict[str, NDArray[np.float64]] = {}
    for assay in assays:
        split = _split_of(assay)
        if split is None or profile_name(assay, next(iter(split[1]))) in out:
            continue
        drawn = {
            e: s * np.exp(ln_gsd * normals(settings.seed, settings.draws, Stream.PROFILE, assay.profile or "", e))
            for e, s in sorted(split[1].items())
        }
        total = sum(drawn.values())
        out |= {profile_name(assay, e): value / total for e, value in drawn.items()}
    return out
