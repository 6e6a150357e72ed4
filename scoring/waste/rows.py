"""The rows of the waste register and of the route tables as typed values, read from a frame once.

A column that a table lacks, and a cell that is empty, give the field's default: no text, no number (NaN), no.

Belongs here: what a row has, and how a cell becomes a field. Does not belong here: which row is used (``inventory``,
``routes``).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, get_type_hints

import pandas as pd

from khanij.foundation.cells import is_known, number_of, text, truth

Row = TypeVar("Row")


_READERS: dict[object, Callable[[object], object]] = {str: text, bool: truth, float: number_of}


def rows_of(frame: pd.DataFrame, row_type: type[Row]) -> list[Row]:
    """The rows of a frame, each cell read as its field's type (str, float or bool)."""
    types = get_type_hints(row_type)
    fields = [f for f in dataclasses.fields(row_type) if f.name in frame.columns]  # type: ignore[arg-type]
    cells = [map(_READERS[types[f.name]], frame[f.name].tolist()) for f in fields]
    names = [f.name for f in fields]
    if not fields:
        return [row_type() for _ in range(len(frame))]
    return [row_type(**dict(zip(names, values))) for values in zip(*cells)]


@dataclass(frozen=True)
class SiteRow:
    """One site of the register (``docs/reference_tables.md``, waste_sites); the columns that a score reads."""

    site_id: str = ""
    name: str = ""
    operator: str = ""
    state: str = ""
    district: str = ""
    lat: float = math.nan
    lon: float = math.nan
    position_accuracy_m: float = math.nan
    position_basis: str = ""
    waste_type_code: str = ""
    host_commodity: str = ""
    route_code: str = ""
    test_level: str = ""
    mineral_state: str = ""
    is_mill_standing: bool = False
    product_freight_usd_per_t: float = math.nan
    project_basis: str = ""
    is_transported: bool = False
    lease_status: str = ""
    lease_basis: str = ""
    shares_complex_with: str = ""
    is_excluded: bool = False
    exclusion_reason: str = ""
    plant_distance_km: float = math.nan
    source: str = ""


@dataclass(frozen=True)
class TonnageRow:
    """One published tonnage of a site [Mt]; ``is_preferred`` is text, for a table may mark none."""

    tonnage_id: str = ""
    site_id: str = ""
    quantity_kind: str = ""
    basis_code: str = ""
    tonnage_min_mt: float = math.nan
    tonnage_mode_mt: float = math.nan
    tonnage_max_mt: float = math.nan
    knowledge_class: str = ""
    is_conflict: bool = False
    mass_basis: str = ""
    moisture_pct: float = math.nan
    is_screening_only: bool = False
    is_preferred: str = ""
    source: str = ""
    note: str = ""


@dataclass(frozen=True)
class GradeRow:
    """One published grade of a site [ppm = g/t]; ``use`` is text, for a table may mark none."""

    grade_id: str = ""
    site_id: str = ""
    element: str = ""
    element_kind: str = ""
    ppm_min: float = math.nan
    ppm_mode: float = math.nan
    ppm_max: float = math.nan
    basis_code: str = ""
    knowledge_class: str = ""
    is_conflict: bool = False
    tree_includes: str = ""
    n_samples: float = math.nan
    medium: str = ""
    size_fraction: str = ""
    use: str = ""
    source: str = ""


@dataclass(frozen=True)
class ConstraintRow:
    """One legal or physical constraint on a site; ``multiplier`` NaN where none is published."""

    constraint_id: str = ""
    site_id: str = ""
    constraint_type: str = ""
    gate_code: str = ""
    multiplier: float = math.nan
    fact: str = ""
    source: str = ""


@dataclass(frozen=True)
class LayerRow:
    """What one feature of a user's gate layer says of itself."""

    name: str = ""
    fact: str = ""
    holder: str = ""
    lease_status: str = ""
    status_said: str = ""


@dataclass(frozen=True)
class ElementRow:
    """One element: its prices by deck [USD/kg], world production [t/a] and the figures of its importance."""

    element: str = ""
    name: str = ""
    in_india_30: bool = False
    price_is_for: str = ""
    price_basis: str = ""
    price_gsd: float = math.nan
    world_production_t: float = math.nan
    eu2023_supply_risk: float = math.nan
    eu2023_economic_importance: float = math.nan
    price_2024_usd_per_kg: float = math.nan
    price_2025e_usd_per_kg: float = math.nan

    def price_usd_per_kg(self, deck: str) -> float:
        """The price in one deck [USD/kg]; NaN where there is none."""
        return {"2024": self.price_2024_usd_per_kg, "2025e": self.price_2025e_usd_per_kg}[deck]


@dataclass(frozen=True)
class ProductRow:
    """One element that a route sells from one waste: recovery and payability (shares), price form, freight [USD/t]."""

    route_code: str = ""
    waste_type_code: str = ""
    product: str = ""
    element: str = ""
    recovery_min: float = math.nan
    recovery_mode: float = math.nan
    recovery_max: float = math.nan
    recovery_basis: str = ""
    payability_min: float = math.nan
    payability_mode: float = math.nan
    payability_max: float = math.nan
    payability_basis: str = ""
    price_basis: str = ""
    freight_usd_per_t_product: float = math.nan

    @property
    def recovery(self) -> tuple[float, float, float]:
        """(low, mode, high) of the recovery."""
        return triangle(self.recovery_min, self.recovery_mode, self.recovery_max)

    @property
    def payability(self) -> tuple[float, float, float]:
        """(low, mode, high) of the payability."""
        return triangle(self.payability_min, self.payability_mode, self.payability_max)


@dataclass(frozen=True)
class CostRow:
    """One cost of a route on some wastes: operating [USD/t], capital [USD per t/a], and a treatment charge [USD/t]."""

    cost_id: str = ""
    route_code: str = ""
    waste_type_codes: str = ""
    opex_min_usd_per_t: float = math.nan
    opex_mode_usd_per_t: float = math.nan
    opex_max_usd_per_t: float = math.nan
    treatment_charge_usd_per_t: float = math.nan
    treatment_charge_rule: str = ""
    capex_usd_per_annual_t: float = math.nan
    is_preferred: bool = False
    source: str = ""

    @property
    def opex_usd_per_t(self) -> tuple[float, float, float]:
        """(low, mode, high) of the operating cost."""
        return triangle(self.opex_min_usd_per_t, self.opex_mode_usd_per_t, self.opex_max_usd_per_t)


@dataclass(frozen=True)
class ProfileRow:
    """Share [%] of one element in a rare-earth profile."""

    profile_code: str = ""
    waste_type_codes: str = ""
    element: str = ""
    share_pct: float = math.nan


@dataclass(frozen=True)
class RouteRow:
    """A treatment route and its English name."""

    route_code: str = ""
    name: str = ""


def triangle(low: float, mode: float, high: float) -> tuple[float, float, float]:
    """(low, mode, high) with the mode in place of an end that is not known."""
    return (low if is_known(low) else mode, mode, high if is_known(high) else mode)


def listed(codes: str) -> list[str]:
    """The codes of a cell that holds several, semicolons between them; none of an empty cell."""
    return [code.strip() for code in codes.split(";")] if codes else []
