"""The state of a run in three values: what was given, what was decided of every block, and what was scored.

Belongs here: status and membership. Does not belong here: columns (``told``), formulas or sentences.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import geopandas as gpd
import pandas as pd

from khanij.foundation.cells import text
from scoring.case import Case
from scoring.rank.gates import Gate
from scoring.rank.scores import Scores
from scoring.rank.settings import RankingSettings
from scoring.waste.inventory import SiteRecord
from scoring.waste.metal import MetalOutputs
from scoring.waste.projects.project_engine import ProjectSimulation
from scoring.waste.routes import RouteBook
from scoring.waste.shares.allocation import Allocation
from scoring.waste.shares.held import held_shares
from scoring.waste.shares.units import UnitPlan

FREE = ("none", "state")
"""``lease_status`` of ground that nobody holds, or the State itself."""
HELD = 0.5
"""Share of a site from which the leases of one holder are said to lie over it."""
_NOTHING = 1e-9


class Share(NamedTuple):
    """One row of the allocation's shares."""

    block_id: str
    kind: str
    site_id: str
    inside: float
    near: float
    distance_km: float
    is_own: bool
    share_basis: str


@dataclass(frozen=True)
class Given:
    """What a run begins with: the case and the settings, and what follows from them before any block is judged.

    ``blocks`` are the case's, in the order of their ids; ``baskets`` has the ranked baskets in the order of the settings.
    """

    case: Case
    settings: RankingSettings
    blocks: gpd.GeoDataFrame
    book: RouteBook
    records: dict[str, SiteRecord]
    site_gates: dict[str, Gate]
    block_gates: dict[str, Gate]
    allocation: Allocation
    baskets: dict[str, frozenset[str]]
    complexes: list[tuple[str, ...]]

    @cached_property
    def ids(self) -> list[str]:
        """The block ids in order."""
        return self.column["block_id"]

    @cached_property
    def column(self) -> dict[str, list[Any]]:
        """The columns of the blocks."""
        return {c: self.blocks[c].tolist() for c in self.blocks.columns if c != "geometry"}

    @cached_property
    def kinds(self) -> list[str]:
        """The kinds of block, in alphabetical order."""
        return sorted(set(self.column["kind"]))

    @property
    def main_basket(self) -> frozenset[str]:
        """Elements of the basket that ``rank`` is for."""
        return self.baskets[self.settings.basket]

    @property
    def main_view(self) -> int:
        """Place of the ranked basket among the baskets, and among the simulation's views."""
        return list(self.baskets).index(self.settings.basket)

    @cached_property
    def mapped_sites(self) -> set[str]:
        """Sites whose waste block is mapped ground."""
        basis = zip(self.column["site_id"], self.column["geometry_basis"])
        return {text(site) for site, how in basis if text(site) and how == "footprint"}

    @cached_property
    def shares_of(self) -> dict[str, list[Share]]:
        """Block -> its shares of sites."""
        out: dict[str, list[Share]] = {}
        frame = self.allocation.shares
        for values in zip(*(frame[c].tolist() for c in Share._fields)):
            out.setdefault(values[0], []).append(Share(*values))
        return out

    @cached_property
    def leases_told(self) -> set[str]:
        """Sites held by a mining lease whose status or holder is known."""
        columns = (
            self.column[c] if c in self.column else [None] * len(self.ids) for c in ("lease_status", "lease_holder")
        )
        rows = zip(self.ids, self.column["kind"], *columns)
        told = [
            block for block, kind, status, holder in rows
            if kind == "mining_lease" and (text(status) not in ("", "unknown") or text(holder))
        ]  # fmt: skip
        return {x.site_id for block in told for x in self.shares_of.get(block, []) if self.is_held(x)}

    @cached_property
    def leases_over(self) -> dict[str, list[list[int]]]:
        """Site -> rows of the mining leases that lie over it, one list a holder, where they cover half of it (``HELD``).

        Leases that ended, that lie with the State or that name no holder do not count, and take nothing from the share of the
        others: what the leases of one holder cover together is held against the site's whole area, or, where its position is
        drawn, against all draws. The edge of a neighbour's lease names nobody.
        """
        holders, states = (self.column.get(c, [None] * len(self.ids)) for c in ("lease_holder", "lease_status"))
        rows: dict[tuple[str, str], list[int]] = {}
        for i, kind in enumerate(self.column["kind"]):
            holder = " ".join(text(holders[i]).split()).casefold()
            if kind == "mining_lease" and holder and text(states[i]) not in FREE:
                for x in self.shares_of.get(self.ids[i], []):
                    if x.inside > _NOTHING:
                        rows.setdefault((x.site_id, holder), []).append(i)
        if not rows:
            return {}
        groups = {key: [self.ids[i] for i in leases] for key, leases in rows.items()}
        footprints, crs = self.case.register.footprints, self.case.crs
        shares = held_shares(groups, self.allocation, footprints, self.blocks, crs, self.settings.draws)
        out: dict[str, list[list[int]]] = {}
        for key, leases in rows.items():
            if shares[key] >= HELD:
                out.setdefault(key[0], []).append(leases)
        return out

    @cached_property
    def fertility_columns(self) -> dict[str, dict[Any, Any]]:
        """Block -> its row of the frame ``fertility``, where it has an axis."""
        frame = self.case.fertility
        if frame is None or "fertility_axis" not in frame.columns:
            return {}
        rows = zip(frame["block_id"].astype(str), frame["fertility_axis"].astype(float), frame.to_dict("records"))
        return {block: row for block, axis, row in rows if not math.isnan(axis)}

    @cached_property
    def nearest(self) -> dict[str, tuple[str | None, float]]:
        """Block -> the nearest site and its distance [km]; None and NaN where there is none."""
        near = self.allocation.nearest
        rows = zip(*(near[c].tolist() for c in near.columns))
        return {block: (None if pd.isna(site) else site, km) for block, site, km in rows}

    @cached_property
    def production_and_importance(self) -> tuple[dict[str, float], dict[str, float]]:
        """World production [t/a] and importance k by element, for those that have one."""
        return self.book.production_t(), self.book.importance()

    def fertility_of(self, i: int) -> float:
        """Fertility percentile of a block's covered ground in [0, 1]; NaN where no layer covers it."""
        row = self.fertility_columns.get(self.ids[i])
        return math.nan if row is None else float(row["fertility_axis"])

    def covered(self, i: int) -> float:
        """Share of a block's ground on which every layer of the model has a say: one withheld never helps."""
        row = self.fertility_columns.get(self.ids[i])
        covered = math.nan if row is None else float(row.get("evidence_pct", row.get("coverage_pct", 100.0)))
        return 0.0 if math.isnan(covered) else min(1.0, max(0.0, covered / 100.0))

    def own_record(self, i: int) -> SiteRecord | None:
        """The record of a waste block's own site."""
        site = text(self.column["site_id"][i])
        return self.records.get(site) if self.column["kind"][i] == "waste_block" else None

    def is_held(self, share: Share) -> bool:
        """Whether a block holds a share of a site: mapped ground always, a drawn position above ``min_inside``."""
        return share.inside > _NOTHING and (
            share.share_basis != "position drawn" or share.inside >= self.settings.min_inside
        )


@dataclass(frozen=True)
class Decided:
    """What was decided of every block, in the order of the blocks: counted sites, status and its reason."""

    given: Given
    holds: list[list[str]]
    status: list[str]
    reason: list[str]

    def sold_by(self, i: int) -> set[str]:
        """Elements that the routes of the block's counted sites sell."""
        g = self.given
        sites = self.holds[i] or ([text(g.column["site_id"][i])] if g.own_record(i) else [])
        return {e for s in sites for e in g.records[s].sold}

    def members(self, kind: str, basket: str) -> list[int]:
        """Rows of one kind that are ranked in a basket."""
        g, wanted = self.given, self.given.baskets[basket]
        return [
            i
            for i, block_id in enumerate(g.ids)
            if g.column["kind"][i] == kind
            and not g.block_gates[block_id].status
            and self.holds[i]
            and self.sold_by(i) & wanted
        ]

    def fertility_use(self, i: int) -> str:
        """Whether the ground speaks for a block: measured, missing, or not_applicable (transported waste)."""
        if self._all_transported(i):
            return "not_applicable"
        return "missing" if math.isnan(self.given.fertility_of(i)) else "measured"

    def ground_of(self, i: int) -> float:
        """What the ground earns a block, 0 to 1: the share of the region's cells that are less fertile.

        Earned, never assumed: 0 without evidence and for transported waste, and ground that no layer covers counts as
        the least fertile there is.
        """
        if self.fertility_use(i) != "measured":
            return 0.0
        return self.given.fertility_of(i) * self.given.covered(i)

    def _all_transported(self, i: int) -> bool:
        record = self.given.own_record(i)
        if record is not None:
            return record.row.is_transported
        records = self.given.records
        return bool(self.holds[i]) and all(records[s].row.is_transported for s in self.holds[i])


@dataclass(frozen=True)
class Scored:
    """What was drawn and ranked: metal and projects of every unit, and the scores by basket and kind.

    ``project_ids`` are the sites of the projects' rows, ``products`` the (site, element) of those of ``projects.details``.
    """

    elements: list[str]
    plan: UnitPlan
    metal: MetalOutputs
    projects: ProjectSimulation
    project_ids: list[str]
    products: list[tuple[str, str]]
    scores: dict[str, dict[str, Scores]]
    other_deck: dict[str, Scores]
    other_deck_name: str

    @cached_property
    def product_rows(self) -> dict[str, dict[str, int]]:
        """Site -> element that its project sells -> row of ``projects.details``."""
        out: dict[str, dict[str, int]] = {}
        for row, (site, element) in enumerate(self.products):
            out.setdefault(site, {})[element] = row
        return out

    def revenue_of(self, site: str) -> dict[str, float]:
        """Element -> mean present value of what it brings, net of royalty and freight [USD]."""
        return {e: float(self.projects.details.revenue[p]) for e, p in self.product_rows.get(site, {}).items()}


@dataclass(frozen=True)
class RunState:
    """One run with its draws: what the tables, the robustness report and the value of information read."""

    given: Given
    decided: Decided
    scored: Scored

    @property
    def main_scores(self) -> dict[str, Scores]:
        """kind -> scores in the ranked basket."""
        return self.scored.scores[self.given.settings.basket]


def decide(given: Given) -> Decided:
    """Status and reason of every block; GATED, LEASED, UNQUANTIFIED, OUT_OF_BASKET, RANKED in this precedence."""
    decided = Decided(given, [_counted_sites(given, b) for b in given.ids], [], [])
    for i, block_id in enumerate(given.ids):
        status, reason = _judged(decided, i, given.block_gates[block_id])
        decided.status.append(status)
        decided.reason.append(reason)
    return decided


def _judged(decided: Decided, i: int, gate: Gate) -> tuple[str, str]:
    main = decided.given.main_basket
    if gate.status:
        return gate.status, gate.reason
    if not decided.holds[i] and not _is_shown_out_of_basket(decided.given, i, main):
        return "UNQUANTIFIED", _why_unquantified(decided.given, i)
    if not decided.sold_by(i) & main:
        return "OUT_OF_BASKET", _why_out(decided, i)
    return "RANKED", ""


def _counted_sites(given: Given, block_id: str) -> list[str]:
    """The sites whose metal counts in a block: quantified, allowed to rank, not withheld, with enough inside."""
    return [x.site_id for x in given.shares_of.get(block_id, []) if _counts(given, x)]


def _counts(given: Given, share: Share) -> bool:
    record = given.records.get(share.site_id)
    if record is None or not record.has_value or not record.may_rank or not given.is_held(share):
        return False
    return share.is_own or not given.site_gates[share.site_id].status


def _is_shown_out_of_basket(given: Given, i: int, basket: frozenset[str]) -> bool:
    """A site with published figures that may not be ranked as one is still known to hold none of the basket."""
    record = given.own_record(i)
    return (
        record is not None
        and record.has_value
        and not record.may_rank
        and not record.is_screening
        and "more than one facility" in " ".join(record.reasons)
        and not set(record.sold) & basket
    )


def _why_unquantified(given: Given, i: int) -> str:
    record = given.own_record(i)
    if record is not None:
        return "; ".join(record.reasons) or "no quantified site"
    own = text(given.column["site_id"][i])
    if given.column["kind"][i] == "waste_block" and own not in given.records:
        return f"its site {own or '(none named)'} is not among the admitted sites of the register"
    why = []
    for site_id in [x.site_id for x in given.shares_of.get(given.ids[i], []) if given.is_held(x)]:
        gate, site = given.site_gates[site_id], given.records[site_id]
        why.append(
            f"{site.row.name} inside it is withheld ({gate.status.lower()}: {gate.reason})"
            if gate.status
            else f"{site.row.name} inside it: {'; '.join(site.reasons)}"
        )
    return "; ".join(why) or f"no known waste site inside{_nearest_text(given, i)}"


def _nearest_text(given: Given, i: int) -> str:
    site, km = given.nearest[given.ids[i]]
    if site is None or pd.isna(km) or site not in given.records:
        return ""
    return f"; the nearest known waste site is {given.records[site].row.name} ({site}), {km:.1f} km away"


def _why_out(decided: Decided, i: int) -> str:
    given = decided.given
    names = sorted(given.book.element_name(e) for e in decided.sold_by(i))
    have = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    basket = given.settings.basket
    return f"no metal of the basket {basket} is known to be recoverable here; what can be sold is {have}"
