"""Mineral occurrences to training cells: which commodities count, one cell one deposit, and refusal with a reason.

Belongs here: who may be trained on. Does not belong here: training.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from khanij.foundation.errors import CrsError, ScoringError
from khanij.foundation.grid import Grid
from scoring.ground.geochemistry.associations import ASSOCIATIONS
from scoring.ground.maps.evidence import EvidenceSet
from scoring.ground.maps.layers import SurveyLayers
from scoring.ground.models import validation
from scoring.ground.models.modelling import Classified, Problem, classify_evidence, describe_weights
from scoring.ground.settings import FertilitySettings

_COLUMNS = {
    "occurrence_id": "str",
    "commodity": "str",
    "row": "int64",
    "col": "int64",
    "in_study_area": "bool",
    "used": "bool",
}


def commodities_of(value: object) -> list[str]:
    """The commodities of one occurrence: ``;`` between, lower case, single spaces."""
    return [" ".join(part.lower().split()) for part in str(value).split(";") if part.strip()]


def matches(commodity: object, targets: tuple[str, ...]) -> bool:
    """Whether one of an occurrence's commodities is, or has as whole words, one of the targets; no target: always."""
    wanted = [" ".join(t.lower().split()) for t in targets]
    return not wanted or any(f" {t} " in f" {part} " for part in commodities_of(commodity) for t in wanted)


def target_commodities(settings: FertilitySettings) -> tuple[str, ...]:
    """What the map is asked to find: the region's own list, else the minerals of the associations in use."""
    if settings.target_commodities:
        return settings.target_commodities
    names = settings.associations or tuple(ASSOCIATIONS)
    return tuple(dict.fromkeys(m for n in names if n in ASSOCIATIONS for m in ASSOCIATIONS[n].minerals))


def training_cells(
    layers: SurveyLayers, grid: Grid, targets: tuple[str, ...], study: NDArray[np.bool_]
) -> pd.DataFrame:
    """Occurrences of the targets with their cell; of several in one cell the first is ``used``.

    Raises
    ------
    CrsError : occurrences without a CRS.
    """
    occurrences = layers.occurrences
    if occurrences is None or len(occurrences) == 0:
        return pd.DataFrame({c: [] for c in _COLUMNS}).astype(_COLUMNS)
    if occurrences.crs is None:
        raise CrsError("occurrences without a CRS", layer="occurrences", do="state the CRS of the layer")
    if "commodity" in occurrences:
        occurrences = occurrences[[matches(c, targets) for c in occurrences["commodity"]]]
    points = occurrences.geometry.to_crs(grid.crs)
    row, col = grid.index(points.x.to_numpy(), points.y.to_numpy())
    inside = row >= 0
    inside[inside] = study[row[inside], col[inside]]
    cell = np.where(inside, row * grid.shape[1] + col, -1)
    number = np.arange(len(occurrences))
    return pd.DataFrame(
        {
            "occurrence_id": (
                occurrences["occurrence_id"].to_numpy() if "occurrence_id" in occurrences else number
            ).astype(str),
            "commodity": occurrences["commodity"].to_numpy() if "commodity" in occurrences else "",
            "row": row,
            "col": col,
            "in_study_area": inside,
            "used": inside & ~pd.Series(cell).duplicated().to_numpy(),
        }
    )


def deposit_cells(training: pd.DataFrame, grid: Grid) -> NDArray[np.bool_]:
    """Cells that hold at least one occurrence in use."""
    out = np.zeros(grid.shape, dtype=bool)
    used = training[training["used"]]
    out[used["row"].to_numpy(dtype=np.int64), used["col"].to_numpy(dtype=np.int64)] = True
    return out


def refusal(training: pd.DataFrame, what: str, minimum: int) -> str | None:
    """Why a data-driven model must not be fitted to these occurrences; None where it may."""
    n, inside = int(training["used"].sum()), int(training["in_study_area"].sum())
    if n >= minimum:
        return None
    return (
        f"{n} cells with a known occurrence of {what} ({inside} occurrences in the study area): data-driven models need "
        f"{minimum}, weights from fewer are noise"
    )


def training_problem(
    layers: SurveyLayers, grid: Grid, settings: FertilitySettings, evidence: EvidenceSet, study: NDArray[np.bool_]
) -> tuple[Problem | None, list[str], pd.DataFrame]:
    """The occurrences as training cells in spatial folds, or None with the reason why not.

    Returns
    -------
    (problem or None, notes, table of occurrences with row, column and whether each is used)
    """
    targets = target_commodities(settings)
    training = training_cells(layers, grid, targets, study)
    if not layers.has("occurrences"):
        return None, ["no mineral occurrences are connected: there is nothing to train on or to test against"], training
    what = ", ".join(settings.target_commodities) if settings.target_commodities else "the associations' minerals"
    why = refusal(training, what, settings.min_training_points)
    if why is not None:
        return None, [why], training
    deposits = deposit_cells(training, grid)
    blocks = validation.spatial_blocks(grid, settings.validation.block_m)
    try:
        folds = validation.assign_folds(blocks, study, deposits, settings.validation.folds, settings.seed)
    except ScoringError as error:
        return None, [f"no spatial cross-validation is possible: {error.message}"], training
    note = (
        f"{int(training['used'].sum())} cells with {what} from {len(training)} occurrences; "
        f"{settings.validation.folds} folds of {settings.validation.block_m / 1000:g} km blocks"
    )
    return Problem(grid, evidence.layers, study, deposits, blocks, folds, settings), [note], training


def weights_by_commodity(
    layers: SurveyLayers, grid: Grid, settings: FertilitySettings, evidence: EvidenceSet, study: NDArray[np.bool_]
) -> dict[str, pd.DataFrame]:
    """Weights-of-evidence tables of every commodity that has enough occurrences, and the refusal of every other.

    They describe the country for a reader, whatever model makes the map; every number can be recomputed by hand from
    the counts beside it.
    """
    occurrences = layers.occurrences
    if occurrences is None or len(occurrences) == 0 or "commodity" not in occurrences:
        return {}
    names = sorted({c for value in occurrences["commodity"] for c in commodities_of(value)})
    tables, refused = [], []
    blocks = np.zeros(grid.shape, dtype=np.int8)
    classified: list[Classified] | None = None
    for name in names:
        exact = replace(layers, occurrences=occurrences[[name in commodities_of(c) for c in occurrences["commodity"]]])
        training = training_cells(exact, grid, (), study)
        why = refusal(training, name, settings.min_training_points)
        if why is not None:
            refused.append({"model": "weights_of_evidence", "commodity": name, "instead": "no table", "reason": why})
            continue
        if classified is None:
            classified = classify_evidence(evidence.layers, study, settings.weights_classes)
        problem = Problem(grid, evidence.layers, study, deposit_cells(training, grid), blocks, blocks, settings)
        table = describe_weights(problem, classified)
        table.insert(0, "commodity", name)
        tables.append(table)
    out: dict[str, pd.DataFrame] = {}
    if tables:
        out["weights_by_commodity"] = pd.concat(tables, ignore_index=True)
    if refused:
        out["refusals"] = pd.DataFrame(refused)
    return out
