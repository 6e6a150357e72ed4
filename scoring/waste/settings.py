"""What a user may choose about draws, shares and money: the settings that the waste needs, with every default.

Belongs here: a setting of the waste, its bounds and its reason. Does not belong here: baskets and weights
(``scoring.rank.settings``), a formula.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal

from pydantic import Field, field_validator

from data_sources.reference import load_table
from khanij.foundation.strict import Strict, require_known

PriceDeck = Literal["2024", "2025e"]
PRICE_DECKS: tuple[PriceDeck, ...] = ("2024", "2025e")
LARGEST_SEED = 2**32 - 1
"""Some learners take no larger one."""
Share = Annotated[float, Field(gt=0, le=1)]
Factor = Annotated[float, Field(ge=0, le=1e3)]
RoyaltyBase = Literal["sold", "contained"]


class WasteSettings(Strict):
    """Draws, reach and economics.

    Parameters
    ----------
    draws : Monte-Carlo realisations K, 100 to 100,000.
    seed : of every random stream.
    price_deck : the deck that ranks, ``2025e`` (estimates, the later year) or ``2024`` (annual averages); both are run.
    reach_km, decay_km, taper_km : blocks nearer than ``reach_km`` get ``exp(-d / decay_km)`` of what lies outside, taken
        linearly to 0 over the last ``taper_km``.
    discount_rate : real, a year.
    strategic_premium : lambda, what supply security adds to the price of a basket metal of mean importance.
    royalty_base : what royalty of Au, Cu, Ni is charged on, the metal sold or the metal contained in the ore produced.
    cap_share, cap_shares : share of a year's world production that one project may sell, and exceptions by element.
    min_tonnage_mt : smaller sites are listed, not ranked.
    profile_gsd : geometric sd of each element's share in a borrowed rare-earth profile before it is closed to 1.
    haulage_usd_per_t_km : only where the plant is elsewhere.
    price_factor, price_factors : on all prices, and on those of single elements; 1 in the ranking itself.
    cost_factor, capital_factor : on every cost, and on capital alone beside it; 1 in the ranking itself.
    recovery_factor : on every median recovery, which stays at most 0.97; 1 in the ranking itself.
    cap_factor : on the market caps; 1 in the ranking itself.
    unit_chunk : blocks simulated at a time; no effect on any number.
    threads : 0 = one per core; no effect on any number.
    """

    draws: int = Field(default=5000, ge=100, le=100_000)
    seed: int = Field(default=20260101, ge=0, le=LARGEST_SEED)
    price_deck: PriceDeck = "2025e"
    reach_km: float = Field(default=5.0, ge=0, le=100)
    decay_km: float = Field(default=2.0, ge=1e-3, le=100)
    taper_km: float = Field(default=1.0, ge=0, le=100)
    discount_rate: float = Field(default=0.10, ge=0, le=0.5)
    strategic_premium: float = Field(default=0.3, ge=0, le=10)
    royalty_base: RoyaltyBase = "sold"
    cap_share: float = Field(default=0.10, ge=1e-6, le=1)
    cap_shares: dict[str, Share] = Field(default_factory=dict)
    min_tonnage_mt: float = Field(default=0.1, ge=0, le=1e4)
    profile_gsd: float = Field(default=1.25, ge=1, le=10)
    haulage_usd_per_t_km: float = Field(default=0.06, ge=0, le=100)
    price_factor: float = Field(default=1.0, ge=1e-3, le=1e3)
    price_factors: dict[str, Factor] = Field(default_factory=dict)
    cost_factor: float = Field(default=1.0, ge=1e-3, le=1e3)
    capital_factor: float = Field(default=1.0, ge=1e-3, le=1e3)
    recovery_factor: float = Field(default=1.0, ge=1e-3, le=1e3)
    cap_factor: float = Field(default=1.0, ge=1e-3, le=1e3)
    unit_chunk: int = Field(default=64, ge=1, le=100_000)
    threads: int = Field(default=0, ge=0, le=1024)

    @field_validator("price_deck", mode="before")
    @classmethod
    def _deck_as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value  # 2024 without quotes

    @field_validator("cap_shares", "price_factors")
    @classmethod
    def _of_elements(cls, value: dict[str, float]) -> dict[str, float]:
        require_elements(value)
        return value


@cache
def element_symbols() -> tuple[str, ...]:
    """Symbols of all elements in the reference table."""
    return tuple(load_table("elements")["element"].astype(str))


def require_elements(symbols: object) -> None:
    """Refuse what is no element of the reference table.

    Raises
    ------
    WrongValueError : the first symbol that is not known.
    """
    require_known(
        "element",
        symbols,  # type: ignore[arg-type]
        element_symbols(),
        "write element symbols such as Nd, never oxides or groups",
    )
