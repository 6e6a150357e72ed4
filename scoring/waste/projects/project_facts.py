"""A project in words and figures, and the terms of a run: what is said, before the tables are asked.

Belongs here: the shapes of a project, of what the state and the market impose, of how a run is computed. Does not belong
here: recoveries, prices and cost laws (``project_inputs``), drawing (``project_draws``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from data_sources.reference.economic_facts import EconomicTables, RouteFamily
from khanij.foundation.errors import ScoringError
from scoring.waste.projects.project_draws import Width
from scoring.waste.projects.project_model import PLANT_RATES_T, Finance


@dataclass(frozen=True)
class Product:
    """One element that a project may sell.

    Parameters
    ----------
    share : name of a row of profile draws where the figure is a total that is split; None: the figure is its own.
    recovered : the figure is already recovered per tonne of waste.
    recovery, payable : a site's own figures in the place of the table's; recovery is a median share of the metal.
    freight_usd_per_kg : the site's own in the place of the run's.
    """

    element: str
    share: str | None = None
    recovered: bool = False
    recovery: float | None = None
    payable: float | None = None
    freight_usd_per_kg: float | None = None


@dataclass(frozen=True)
class Grade:
    """One figure of a site: its width, what it cannot pass [g/t], the products it stands for, and who shares it."""

    label: str
    width: Width
    pure_ppm: float
    products: tuple[Product, ...]
    borrowed_from: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Project:
    """A site as a project: figures, the family of plants, how far it was tested, what state its minerals are in."""

    site_id: str
    tonnage_t: Width
    grades: tuple[Grade, ...]
    plant: RouteFamily
    test_level: str = "none"
    mineral_state: str = "unknown"
    mill_stands: bool = False
    feed_freight_usd_per_t: float = 0.0


@dataclass(frozen=True)
class Terms:
    """What the state, the market and the day impose on all projects of a run.

    Parameters
    ----------
    royalty : share of the price by element, levies inside; None: the schedule of the tables.
    cap_kg : what the market takes of one project in a year by element; no entry: no cap.
    freight_usd_per_kg : of the product by element; no entry: none.
    cost_factor : on every cost (consumer prices of a year over those of 2024); capital_factor : on capital beside it.
    recovery_factor : on every median recovery.
    royalty_base : ``sold``, or ``contained`` where the schedule charges metal in the ore produced.
    importance : k_e by element; strategic: lambda.
    """

    royalty: Mapping[str, float] | None = None
    cap_kg: Mapping[str, float] = field(default_factory=dict)
    freight_usd_per_kg: Mapping[str, float] = field(default_factory=dict)
    cost_factor: float = 1.0
    capital_factor: float = 1.0
    recovery_factor: float = 1.0
    royalty_base: str = "sold"
    importance: Mapping[str, float] = field(default_factory=dict)
    strategic: float = 0.3

    def __post_init__(self) -> None:
        if self.royalty_base not in ("sold", "contained"):
            raise ScoringError(
                f"unknown base of royalty {self.royalty_base!r}", field="royalty_base", do="write sold or contained"
            )
        for name, values, high in (
            ("royalty", self.royalty or {}, 1.0),
            ("cap_kg", self.cap_kg, math.inf),
            ("freight_usd_per_kg", self.freight_usd_per_kg, math.inf),
            ("importance", self.importance, math.inf),
        ):
            for element, value in values.items():
                if not 0.0 <= value <= high or math.isnan(value):
                    raise ScoringError(
                        f"{value!r} for {element}", field=name, do="give a number of at least 0, and a share at most 1"
                    )
        factors = (self.cost_factor, self.capital_factor, self.recovery_factor)
        if not (all(math.isfinite(f) and f > 0.0 for f in factors) and 0.0 <= self.strategic < math.inf):
            raise ScoringError(
                "a factor that cannot be",
                field="cost_factor, capital_factor, recovery_factor, strategic",
                do="give factors above 0 and strategic >= 0",
            )


@dataclass(frozen=True)
class Run:
    """How the projects are computed: seed, draws, finance, plant sizes, price decks, baskets and their views."""

    seed: int = 0
    draws: int = 5000
    finance: Finance = field(default_factory=Finance)
    rates_t: NDArray[np.float64] = field(default_factory=lambda: PLANT_RATES_T)
    decks: Sequence[Mapping[str, float]] = ()
    baskets: Sequence[frozenset[str]] = ()
    views: Sequence[tuple[int, int]] = ()


def finance_of(tables: EconomicTables, discount_rate: float = 0.10) -> Finance:
    """The shares of the cost table as the model's finance."""
    return Finance(
        discount_rate=discount_rate,
        sustaining_share=tables.sustaining_share,
        closure_share=tables.closure_share,
        fixed_share=tables.fixed_share,
    )
