"""The value of information: which site, known one class better, would settle the ranking most. What to sample next.

Before a survey its outcome is not known, so what counts is the expected shrinkage over the outcomes (pre-posterior
analysis). By the law of total variance the expected fall of a rank's variance, when part ``z1`` of an input ``z`` is
learnt, is ``Var(E[rank | z1])``. With ``z = rho z1 + sqrt(1 - rho^2) z2`` and the rank expanded in Hermite
polynomials of the site's own inputs (tonnage, each grade that is sold, and tonnage x grade),
``E[rank | z1] = sum_n a_n rho^n He_n(z1)``, so ``Var = sum_n a_n^2 n! rho^(2n)`` - straight from the draws already made.
Going one class up narrows ln(GSD) from s to s' (a triangle in the same proportion): ``rho^2 = 1 - (s'/s)^2``.

Belongs here: ranking sites by what sampling them would tell. Does not belong here: the cost of a survey.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.rank.settings import RankingSettings
from scoring.rank.state import RunState
from scoring.rank.told.site_tables import rounded
from scoring.waste.figures import CLASSES
from scoring.waste.inventory import SiteRecord
from scoring.waste.projects.project_draws import GRADE_GSD, TONNAGE_GSD
from scoring.waste.stream_names import Stream
from scoring.waste.streams import normals

_ROWS = 64  # blocks whose products are held at once
COLUMNS = [
    "order",
    "site_id",
    "name",
    "kind",
    "block_id",
    "effect",
    "tonnage_class",
    "tonnage_class_next",
    "grade_class",
    "grade_class_next",
    "rank_variance_removed",
    "share_of_rank_variance_pct",
    "rank_sd_now",
    "rank_sd_expected",
    "monte_carlo_se",
    "reason",
]


@dataclass(frozen=True)
class Input:
    """One uncertain input of a site: its standard normals (K,) and the share ``rho^2`` of its variance one class up tells."""

    z: NDArray[np.float64]
    told: float


def one_class_up(knowledge_class: str) -> str:
    """The next better class (analogue -> G4 -> G3 -> G2 -> G1); G1 stays."""
    place = CLASSES.index(knowledge_class)
    return CLASSES[max(0, place - 1)]


def told_by_one_class(knowledge_class: str, gsd: Mapping[str, float]) -> float:
    """``rho^2 = 1 - (ln GSD' / ln GSD)^2``, the share of the log-variance that going one class up removes."""
    now, after = gsd.get(knowledge_class), gsd.get(one_class_up(knowledge_class))
    return 0.0 if now is None or after is None else 1.0 - (math.log(after) / math.log(now)) ** 2


def site_inputs(record: SiteRecord, settings: RankingSettings) -> list[Input]:
    """Tonnage first, then every assay whose metal is sold; a borrowed grade as its shared and its own part together."""
    k, seed, spread = settings.draws, settings.seed, math.log(settings.site_gsd)
    out = [
        Input(normals(seed, k, Stream.TONNAGE, record.site_id), told_by_one_class(record.tonnage_class, TONNAGE_GSD))
    ]
    for assay in sorted(record.assays, key=lambda a: a.label):
        if not any(e in record.sold for e, _ in assay.parts):
            continue
        told = told_by_one_class(assay.knowledge_class, GRADE_GSD)
        if assay.borrowed_key is None:
            z = normals(seed, k, Stream.GRADE, record.site_id, assay.label)
        else:
            shared = normals(seed, k, Stream.BORROWED_GRADE, *assay.borrowed_key)
            own = normals(seed, k, Stream.GRADE_FACTOR, record.site_id, assay.label)
            z = (assay.sigma * shared + spread * own) / math.hypot(assay.sigma, spread)
        out.append(Input(z, told))
    return out


def variance_told(ranks: NDArray, inputs: list[Input]) -> NDArray[np.float64]:
    """(n,) expected fall of each block's rank variance when one site's inputs become known one class better.

    Parameters
    ----------
    ranks : (n, K) ranks of the blocks of one kind.
    inputs : of the site; the first is its tonnage.
    """
    return _variance_told(*_centred(ranks), inputs)


def _centred(ranks: NDArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ranks about each block's mean, (n, K), and the variance of an estimated coefficient, (n,)."""
    r = ranks.astype(np.float64)
    r -= r.mean(axis=1, keepdims=True)
    return r, (r**2).mean(axis=1) / r.shape[1]


def _variance_told(r: NDArray[np.float64], noise: NDArray[np.float64], inputs: list[Input]) -> NDArray[np.float64]:
    terms = [(x.z, x.told) for x in inputs]
    terms += [((x.z**2 - 1.0) / math.sqrt(2.0), x.told**2) for x in inputs]
    terms += [(inputs[0].z * x.z, inputs[0].told * x.told) for x in inputs[1:]]
    terms = [(basis, told) for basis, told in terms if told > 0.0]
    out = np.zeros(len(r))
    # A few blocks at a time, for all terms: the products then stay in the processor's cache.
    scratch = np.empty((min(_ROWS, len(r)), r.shape[1]))
    for start in range(0, len(r), _ROWS):
        rows = slice(start, min(start + _ROWS, len(r)))
        product = scratch[: rows.stop - start]
        for basis, told in terms:
            np.multiply(r[rows], basis, out=product)
            # the square of an estimated coefficient is too large by the variance of its estimate
            out[rows] += told * (product.mean(axis=1) ** 2 - noise[rows])
    return out


def sample_next(state: RunState) -> pd.DataFrame:
    """Sites in the order in which knowing them better would settle the ranking.

    Returns
    -------
    DataFrame : ``effect`` is ``narrows the ranking`` (by how much is stated), or ``would become quantified`` for sites
        that lack an assay or a tonnage: no number is made up for those, the largest known tonnage comes first.
        Gated, leased and excluded sites are left out.
    """
    rows: list[dict] = []
    for kind, scores in sorted(state.main_scores.items()):
        ranks = scores.summary.ranks
        centred, noise = _centred(ranks)
        total = float(ranks.var(axis=1, dtype=np.float64).sum())
        held: dict[str, list[int]] = {}
        for j, i in enumerate(scores.members):
            for site in state.decided.holds[i]:
                held.setdefault(site, []).append(j)
        for site in sorted(held):
            record = state.given.records[site]
            inputs = site_inputs(record, state.given.settings)
            told = _variance_told(centred, noise, inputs)
            own = held[site][0]
            now = float(ranks[own].var(dtype=np.float64))
            after = math.sqrt(max(0.0, now - max(0.0, told[own])))
            klass = _grade_class(record)
            removed = max(0.0, float(told.sum()))
            rows.append(
                {
                    "site_id": site,
                    "name": record.row.name,
                    "kind": kind,
                    "block_id": state.given.ids[scores.members[own]],
                    "effect": "narrows the ranking",
                    "tonnage_class": record.tonnage_class,
                    "tonnage_class_next": one_class_up(record.tonnage_class),
                    "grade_class": klass,
                    "grade_class_next": one_class_up(klass),
                    "rank_variance_removed": removed,
                    "share_of_rank_variance_pct": 100.0 * removed / total if total > 0 else math.nan,
                    "rank_sd_now": math.sqrt(now),
                    "rank_sd_expected": after,
                    "monte_carlo_se": 2.0 * math.sqrt(max(removed, 0.0) * total / len(ranks) / ranks.shape[1]),
                    "reason": f"tonnage {record.tonnage_class}, grade {klass}: one class better would narrow its own place from {math.sqrt(now):.1f} to {after:.1f} ranks either way (1 sd)",
                }
            )
    rows.sort(key=lambda r: (r["kind"], -r["rank_variance_removed"], r["site_id"]))
    rows += _would_enter(state)
    for n, row in enumerate(rows, 1):
        row["order"] = n
    frame = rounded(pd.DataFrame(rows, columns=COLUMNS))
    frame["order"] = frame["order"].astype("Int64")
    return frame


def _grade_class(record: SiteRecord) -> str:
    classes = [a.knowledge_class for a in record.assays if any(e in record.sold for e, _ in a.parts)]
    return max(classes, key=CLASSES.index) if classes else "none"


def _would_enter(state: RunState) -> list[dict]:
    """Sites that cannot be ranked for want of a figure, largest known tonnage first, then by id."""
    out = []
    for site, record in state.given.records.items():
        quantified = record.has_value and record.may_rank
        if quantified or record.is_excluded or state.given.site_gates[site].status or not (record.reasons):
            continue
        unit = state.scored.plan.whole.get(site)
        tonnes = float(state.scored.simulation.out.tonnage[unit, 1]) if unit is not None else math.nan
        likely = f"; likely companions {', '.join(record.likely[:6])}" if record.likely else ""
        row: dict[str, object] = dict.fromkeys(COLUMNS, math.nan)
        row.update(
            site_id=site,
            name=record.row.name,
            kind="waste_block",
            block_id=None,
            effect="would become quantified",
            tonnage_class=record.tonnage_class,
            tonnage_class_next=one_class_up(record.tonnage_class),
            grade_class=_grade_class(record),
            grade_class_next=None,
            reason="; ".join(record.reasons) + likely,
        )
        out.append((-tonnes if not math.isnan(tonnes) else math.inf, site, row))
    return [row for _, _, row in sorted(out, key=lambda x: (x[0], x[1]))]
