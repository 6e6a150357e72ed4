"""One block of a finished run, with what several columns ask of it.

Belongs here: which figures a block may show, by its status and by what it holds. Does not belong here: a column.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from scoring.rank.gates import Gate
from scoring.rank.scores import Scores
from scoring.rank.state import RunState
from scoring.rank.told.classes import Classes, block_classes
from scoring.rank.told.notes import likely_of
from scoring.waste.metal import MetalOutputs
from scoring.waste.projects.project_engine import ProjectOutputs

Places = Mapping[str, Mapping[int, tuple[Scores, int]]]
"""Basket -> row of a block -> the scores of its kind and its place among their members."""


@dataclass(frozen=True)
class BlockView:
    """Block ``i`` of a run; ``overlap`` has the flags of overlapping blocks, ``fertility_places`` the places by fertility."""

    state: RunState
    i: int
    places: Places
    overlap: dict[str, list[str]]
    fertility_places: Mapping[int, int]

    @property
    def block_id(self) -> str:
        """Its id."""
        return self.state.given.ids[self.i]

    @property
    def status(self) -> str:
        """Its status."""
        return self.state.decided.status[self.i]

    @property
    def gate(self) -> Gate:
        """What stands against it."""
        return self.state.given.block_gates[self.block_id]

    @property
    def metal(self) -> MetalOutputs:
        """What was drawn of metal."""
        return self.state.scored.metal

    @property
    def money(self) -> ProjectOutputs:
        """What was drawn of projects."""
        return self.state.scored.projects.out

    @cached_property
    def classes(self) -> Classes:
        """Its five knowledge classes."""
        return block_classes(self.state, self.i)

    @cached_property
    def _found(self) -> tuple[Scores | None, int]:
        found = self.places[self.state.given.settings.basket].get(self.i) if self.status == "RANKED" else None
        return found or (None, -1)

    @property
    def scores(self) -> Scores | None:
        """Scores of its kind in the ranked basket; None where it is not RANKED."""
        return self._found[0]

    @property
    def j(self) -> int:
        """Its place among the members of ``scores``."""
        return self._found[1]

    def rank_in(self, basket: str) -> int | None:
        """Its rank in another basket; None where it has none."""
        found = self.places[basket].get(self.i)
        return None if found is None else int(found[0].rank[found[1]])

    @cached_property
    def is_simulated(self) -> bool:
        """Whether any site was drawn in it."""
        ptr = self.state.scored.plan.units.ptr
        return bool(ptr[self.i] < ptr[self.i + 1])

    @property
    def _holds(self) -> bool:
        return bool(self.state.decided.holds[self.i])

    @cached_property
    def holds_tonnage(self) -> bool:
        """A site that hardly ever falls inside is not held: its share of some draws is no tonnage of the block."""
        return self.is_simulated and (self._holds or self.state.given.own_record(self.i) is not None)

    @cached_property
    def is_valued(self) -> bool:
        """Whether it can be said what its waste would bring; never of a block that is not quantified."""
        units = self.state.scored.plan.projects.ptr
        return self.status != "UNQUANTIFIED" and self._holds and bool(units[self.i] < units[self.i + 1])

    @property
    def p_pays(self) -> float:
        """Share of the draws in which something inside pays; NaN where that cannot be said."""
        return float(self.money.p_pays[0, self.i]) if self.is_valued else math.nan

    @property
    def nearest(self) -> tuple[str | None, float]:
        """Nearest site and its distance [km]."""
        return self.state.given.nearest[self.block_id]

    @cached_property
    def likely(self) -> tuple[list[str], str]:
        """Elements likely but not measured, and where."""
        return likely_of(self.state, self.i, self.nearest[0])

    @cached_property
    def _fertility(self) -> Mapping[str, object]:
        """What the survey says of its ground, where that counts for it."""
        use = self.state.decided.fertility_use(self.i)
        return self.state.given.fertility_columns.get(self.block_id, {}) if use == "measured" else {}

    def measured_fertility(self, column: str) -> float:
        """A figure of the frame ``fertility``; NaN where it has none or does not count."""
        return float(self._fertility.get(column, math.nan))  # type: ignore[arg-type]

    @property
    def top_evidence(self) -> object:
        """The evidence that speaks most for its ground; None where none does."""
        return self._fertility.get("top_evidence") or None

    @property
    def fertility_place(self) -> int | None:
        """Its place by fertility among the UNQUANTIFIED blocks of its kind; None where it has none."""
        return self.fertility_places.get(self.i)


def block_views(state: RunState, overlap: dict[str, list[str]]) -> Iterator[BlockView]:
    """Every block of a run, in order."""
    places = {
        name: {i: (s, j) for s in kinds.values() for j, i in enumerate(s.members)}
        for name, kinds in state.scored.scores.items()
    }
    by_fertility = _fertility_places(state)
    return (BlockView(state, i, places, overlap, by_fertility) for i in range(len(state.given.ids)))


def _fertility_places(state: RunState) -> dict[int, int]:
    """Row -> place of the UNQUANTIFIED blocks by fertility within their kind, ties by id."""
    given, decided = state.given, state.decided
    out: dict[int, int] = {}
    for kind in given.kinds:
        mine = [
            i
            for i, its in enumerate(given.column["kind"])
            if its == kind and decided.status[i] == "UNQUANTIFIED" and decided.fertility_use(i) == "measured"
        ]
        mine.sort(key=lambda i: (-given.fertility_of(i), given.ids[i]))
        out |= {i: place for place, i in enumerate(mine, 1)}
    return out
