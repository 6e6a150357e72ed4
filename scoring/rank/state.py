"""The state of a run: what is known of every block, which status it has, and the draws behind it.

Belongs here: status and membership. Does not belong here: columns (``tables``), formulas or sentences.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import geopandas as gpd
import pandas as pd

from khanij.foundation.cells import text, truth
from scoring.rank.gates import Gate
from scoring.rank.scores import Scores, fertility_uses
from scoring.rank.settings import RankingSettings
from scoring.waste.allocation import Allocation
from scoring.waste.engine import Inputs, Simulation
from scoring.waste.inventory import SiteRecord
from scoring.waste.routes import RouteBook
from scoring.waste.units import UnitPlan


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


@dataclass
class RunState:
    """One run with its draws: what the tables, the robustness report and the value of information read."""

    blocks: gpd.GeoDataFrame
    records: dict[str, SiteRecord]
    book: RouteBook
    settings: RankingSettings
    allocation: Allocation
    inputs: Inputs
    elements: list[str]
    plan: UnitPlan
    simulation: Simulation
    site_gates: dict[str, Gate]
    block_gates: dict[str, Gate]
    basket_names: list[str]
    baskets: list[frozenset[str]]
    fertility: pd.DataFrame | None
    ids: list[str] = field(default_factory=list)
    status: list[str] = field(default_factory=list)
    reason: list[str] = field(default_factory=list)
    holds: list[list[str]] = field(default_factory=list)
    scores: dict[str, dict[str, Scores]] = field(default_factory=dict)
    other_deck: dict[str, Scores] = field(default_factory=dict)
    other_deck_name: str = ""
    _uses: dict[str, dict[int, str]] = field(default_factory=dict)
    column: dict[str, list] = field(default_factory=dict)
    shares_of: dict[str, list[Share]] = field(default_factory=dict)
    fertility_by_block: dict[str, float] = field(default_factory=dict)
    fertility_columns: dict[str, dict] = field(default_factory=dict)
    mapped_sites: set[str] = field(default_factory=set)
    nearest: dict[str, tuple[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [c for c in self.blocks.columns if c != "geometry"]
        self.column = {c: self.blocks[c].tolist() for c in names}
        basis = zip(self.column["site_id"], self.column["geometry_basis"])
        self.mapped_sites = {text(site) for site, how in basis if text(site) and how == "footprint"}
        s = self.allocation.shares
        for values in zip(*(s[c].tolist() for c in Share._fields)):
            self.shares_of.setdefault(values[0], []).append(Share(*values))
        if self.fertility is not None and "fertility_axis" in self.fertility.columns:
            ids, axis = self.fertility["block_id"].astype(str), self.fertility["fertility_axis"].astype(float)
            self.fertility_by_block = {b: v for b, v in zip(ids, axis) if not math.isnan(v)}
            rows = zip(ids, self.fertility.to_dict("records"))
            self.fertility_columns = {b: row for b, row in rows if b in self.fertility_by_block}

    @cached_property
    def production_and_importance(self) -> tuple[dict[str, float], dict[str, float]]:
        """World production [t/a] and importance k by element, for those that have one."""
        return self.book.production_t(), self.book.importance()

    def decide(self) -> None:
        """Status and reason of every block; GATED, LEASED, UNQUANTIFIED, OUT_OF_BASKET, RANKED in this precedence."""
        self.ids = self.blocks["block_id"].tolist()
        self.holds = self._quantified_sites()
        main = self.baskets[self.basket_names.index(self.settings.basket)]
        for i, block_id in enumerate(self.ids):
            gate = self.block_gates[block_id]
            if gate.status:
                status, reason = gate.status, gate.reason
            elif not self.holds[i] and not self._is_shown_out_of_basket(i, main):
                status, reason = "UNQUANTIFIED", self._why_unquantified(i)
            elif not self.sold_by(i) & main:
                status, reason = "OUT_OF_BASKET", self._why_out(i)
            else:
                status, reason = "RANKED", ""
            self.status.append(status)
            self.reason.append(reason)
        for kind in sorted(set(self.blocks["kind"])):
            alone = self.members(kind, self.settings.basket)
            if len(alone) == 1:
                self.status[alone[0]] = "UNQUANTIFIED"
                self.reason[alone[0]] = (
                    f"the only {str(kind).replace('_', ' ')} known to hold metal of the basket {self.settings.basket}: "
                    "one block alone is not ranked"
                )

    def _quantified_sites(self) -> list[list[str]]:
        """Per block, the sites whose metal counts: quantified, allowed to rank, not withheld, with enough inside."""
        return [[x.site_id for x in self.shares_of.get(b, []) if self._counts(x)] for b in self.ids]

    def _counts(self, share: Share) -> bool:
        record = self.records.get(share.site_id)
        if record is None or not record.has_value or not record.may_rank or not self.is_held(share):
            return False
        return share.is_own or not self.site_gates[share.site_id].status

    def is_held(self, share: Share) -> bool:
        """Whether a block holds a share of a site: mapped ground always, a drawn position above ``min_inside``."""
        return share.inside > 1e-9 and (
            share.share_basis != "position drawn" or share.inside >= self.settings.min_inside
        )

    def _is_shown_out_of_basket(self, i: int, basket: frozenset[str]) -> bool:
        """A site with published figures that may not be ranked as one is still known to hold none of the basket."""
        record = self.own_record(i)
        return (
            record is not None
            and record.has_value
            and not record.may_rank
            and not record.is_screening
            and "more than one facility" in " ".join(record.reasons)
            and not set(record.sold) & basket
        )

    def own_record(self, i: int) -> SiteRecord | None:
        """The record of a waste block's own site."""
        site = text(self.column["site_id"][i])
        return self.records.get(site) if self.column["kind"][i] == "waste_block" else None

    def sold_by(self, i: int) -> set[str]:
        """Elements that the routes of the block's counted sites sell."""
        sites = self.holds[i] or ([text(self.column["site_id"][i])] if self.own_record(i) else [])
        return {e for s in sites for e in self.records[s].sold}

    def members(self, kind: str, basket: str) -> list[int]:
        """Rows of one kind that are ranked in a basket."""
        wanted = self.baskets[self.basket_names.index(basket)]
        out = []
        for i, block_id in enumerate(self.ids):
            if (
                self.column["kind"][i] == kind
                and not self.block_gates[block_id].status
                and self.holds[i]
                and self.sold_by(i) & wanted
            ):
                out.append(i)
        return out

    def fertility_of(self, i: int) -> float:
        """Fertility percentile of a block in [0, 1]; NaN where it is missing."""
        return self.fertility_by_block.get(self.ids[i], math.nan)

    def fertility_use(self, kind: str) -> dict[int, str]:
        """How F enters each block of a kind (``axes.fertility_uses``); it does not apply to transported waste."""
        if kind not in self._uses:
            rows = [i for i in range(len(self.ids)) if self.column["kind"][i] == kind]
            applies = [not self._all_transported(i) for i in rows]
            self._uses[kind] = dict(zip(rows, fertility_uses([self.fertility_of(i) for i in rows], applies)))
        return self._uses[kind]

    def _all_transported(self, i: int) -> bool:
        record = self.own_record(i)
        if record is not None:
            return truth(record.row.get("is_transported"))
        return bool(self.holds[i]) and all(truth(self.records[s].row.get("is_transported")) for s in self.holds[i])

    def _why_unquantified(self, i: int) -> str:
        record = self.own_record(i)
        if record is not None:
            return "; ".join(record.reasons) or "no quantified site"
        own = text(self.column["site_id"][i])
        if self.column["kind"][i] == "waste_block" and own not in self.records:
            return f"its site {own or '(none named)'} is not among the admitted sites of the register"
        why = []
        for site_id in [x.site_id for x in self.shares_of.get(self.ids[i], []) if self.is_held(x)]:
            gate, site = self.site_gates[site_id], self.records[site_id]
            why.append(
                f"{text(site.row.get('name'))} inside it is withheld ({gate.status.lower()}: {gate.reason})"
                if gate.status
                else f"{text(site.row.get('name'))} inside it: {'; '.join(site.reasons)}"
            )
        return "; ".join(why) or f"no known waste site inside{self._nearest_text(i)}"

    def _nearest_text(self, i: int) -> str:
        if not self.nearest:
            near = self.allocation.nearest
            self.nearest = {b: (s, km) for b, s, km in zip(*(near[c].tolist() for c in near.columns))}
        site, km = self.nearest[self.ids[i]]
        if pd.isna(site) or pd.isna(km) or site not in self.records:
            return ""
        name = text(self.records[site].row.get("name"))
        return f"; the nearest known waste site is {name} ({site}), {km:.1f} km away"

    def _why_out(self, i: int) -> str:
        names = sorted(self.book.element_name(e) for e in self.sold_by(i))
        have = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        return (
            f"no metal of the basket {self.settings.basket} is known to be recoverable here; what can be sold is {have}"
        )
