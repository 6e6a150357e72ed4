"""What a user may choose about a ranking, validated, with every default and its reason.

Belongs here: a setting, its bounds and its error message. Does not belong here: a formula.
"""

from __future__ import annotations

import dataclasses
import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from data_sources.contracts import RegionError
from data_sources.contracts.admitting.identity import key_form
from data_sources.contracts.published.outputs import RANKED_BLOCKS
from scoring.rank.ahp import ahp_weights

AXES = ("value", "strategic", "fertility")
PRICE_DECKS = ("2024", "2025e")
DEFAULT_BASKETS = ("critical_30", "all_recoverable", "magnet_ree", "china_seven")
RANK_PREFIX = "rank_"
LONGEST_NAME = 50
DEFAULT_WEIGHTS = {"value": 0.50, "strategic": 0.25, "fertility": 0.25}
THIN_MARKETS = {"Sc": 0.20, "Ga": 0.20, "Ge": 0.20, "In": 0.20, "Te": 0.20}


@dataclass(frozen=True)
class RankingSettings:
    """One ranking's settings; every field has the default of the specification.

    Parameters
    ----------
    draws : Monte-Carlo realisations K, 100 to 100,000.
    seed : of every random stream.
    price_deck : the deck that ranks, ``2025e`` (estimates, the later year) or ``2024`` (annual averages); both are run.
    weights : of the three axes, >= 0, not all zero; scaled to sum to 1.
    ahp : 3 x 3 pairwise comparisons in the order value, strategic, fertility; replaces ``weights``; CR >= 0.10 refused.
    basket : the basket that ``rank`` is for.
    baskets : all baskets that get a rank.
    user_baskets : the user's own, name -> element symbols.
    reach_km, decay_km, taper_km : blocks nearer than ``reach_km`` get ``exp(-d / decay_km)`` of what lies outside, taken
        linearly to 0 over the last ``taper_km``.
    life_years : of a reprocessing plant, for the market cap and for spreading capital.
    cap_share, cap_shares : share of a year's world production that one project may sell, and exceptions by element.
    min_tonnage_mt : smaller sites are listed, not ranked.
    min_inside : a block counts as holding a site of uncertain position if the site lies in it in this share of the draws.
    site_gsd : geometric sd of the site factor on what is borrowed (grades, costs, recoveries).
    profile_gsd : geometric sd of each element's share in a borrowed rare-earth profile before it is closed to 1.
    ree_correlation : of the logarithms of rare-earth prices (lanthanides and Y).
    haulage_usd_per_t_km : only where the plant is elsewhere.
    modifier_floor : the soft multipliers never take a score below this share of itself.
    gate_overlap_share : a layer gates a block, or the waste inside it, when it covers more than this share of it.
    inr_per_usd, fx_date, fx_source : the dated rate for Rs crore.
    pooling : let assayed sites inform sites of the same waste and host without any assay (class analogue).
    price_factor, cap_factor : sensitivities; 1 in the ranking itself.
    unit_chunk : blocks simulated at a time; no effect on any number.
    threads : 0 = one per core; no effect on any number.
    """

    draws: int = 5000
    seed: int = 20260101
    price_deck: str = "2025e"
    weights: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS))
    ahp: tuple[tuple[float, ...], ...] | None = None
    basket: str = "critical_30"
    baskets: tuple[str, ...] = DEFAULT_BASKETS
    user_baskets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reach_km: float = 5.0
    decay_km: float = 2.0
    taper_km: float = 1.0
    life_years: float = 20.0
    cap_share: float = 0.05
    cap_shares: Mapping[str, float] = field(default_factory=lambda: dict(THIN_MARKETS))
    min_tonnage_mt: float = 0.1
    min_inside: float = 0.05
    site_gsd: float = 1.15
    profile_gsd: float = 1.25
    ree_correlation: float = 0.8
    haulage_usd_per_t_km: float = 0.06
    modifier_floor: float = 0.3
    gate_overlap_share: float = 0.5
    inr_per_usd: float = 87.7
    fx_date: str = "2025-08-18"
    fx_source: str = "rate used with the press report of that date in route_costs C-06 (recalled)"
    pooling: bool = False
    price_factor: float = 1.0
    cap_factor: float = 1.0
    unit_chunk: int = 64
    threads: int = 0

    def __post_init__(self) -> None:
        _check(self)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any] | None, seed: int) -> RankingSettings:
        """Settings from a region's ``ranking`` section and the run's seed.

        ``baskets`` may be a list of names, or a mapping ``name: [elements]`` of the user's own, which are added to the
        five that come with the project. ``weights`` may leave out an axis (weight 0).

        Raises
        ------
        RegionError : unknown key or bad value; the key is named.
        """
        given = dict(mapping or {})
        known = {f.name for f in dataclasses.fields(cls)} - {"seed"}
        for key in given:
            if key not in known:
                raise RegionError(
                    f"no ranking setting {key!r}", field=f"ranking.{key}", do=f"use one of {', '.join(sorted(known))}"
                )
        baskets = given.get("baskets")
        if isinstance(baskets, Mapping):
            own = {**dict(given.get("user_baskets") or {}), **baskets}
            given["user_baskets"] = own
            given["baskets"] = [*DEFAULT_BASKETS, *(n for n in own if n not in DEFAULT_BASKETS)]
        elif given.get("user_baskets") and baskets is None:
            given["baskets"] = [*DEFAULT_BASKETS, *(n for n in given["user_baskets"] if n not in DEFAULT_BASKETS)]
        for key in ("draws", "unit_chunk", "threads"):
            if key in given:
                given[key] = _integer(key, given[key])
        for key in _BOUNDS:
            if key in given and key not in ("draws", "unit_chunk", "threads"):
                given[key] = _number(key, given[key])
        if "pooling" in given and not isinstance(given["pooling"], bool):
            raise _bad("pooling", given["pooling"], "write true or false")
        for key in ("price_deck", "basket", "fx_date", "fx_source"):
            if key in given:
                given[key] = str(given[key])
        if "weights" in given:
            given["weights"] = _numbers("weights", given["weights"])
        if "cap_shares" in given:
            given["cap_shares"] = _numbers("cap_shares", given["cap_shares"])
        if "baskets" in given:
            given["baskets"] = _names("baskets", given["baskets"])
        if "user_baskets" in given:
            own = given["user_baskets"]
            if not isinstance(own, Mapping):
                raise _bad("user_baskets", own, "write name: [elements]")
            given["user_baskets"] = {str(k): _names(f"user_baskets.{k}", v) for k, v in own.items()}
        if given.get("ahp") is not None:
            try:
                given["ahp"] = tuple(tuple(float(x) for x in row) for row in given["ahp"])
            except (TypeError, ValueError) as error:
                raise _bad("ahp", given["ahp"], "give three rows of three numbers") from error
        return cls(seed=_integer("seed", seed), **given)

    def axis_weights(self) -> tuple[float, float, float]:
        """(w_value, w_strategic, w_fertility), summing to 1; from the AHP matrix where one is given."""
        if self.ahp is not None:
            result = ahp_weights(self.ahp)
            return float(result.weights[0]), float(result.weights[1]), float(result.weights[2])
        total = math.fsum(self.weights.get(a, 0.0) for a in AXES)
        return tuple(self.weights.get(a, 0.0) / total for a in AXES)  # type: ignore[return-value]

    def basket_columns(self) -> tuple[str, ...]:
        """Columns of ``ranked_blocks`` with the rank in each basket; the ranked basket's own place is ``rank``."""
        others = [n for n in self.baskets if n != self.basket or n == "all_recoverable"]
        return tuple(f"{RANK_PREFIX}{n}" for n in others)

    def replace(self, **changes: Any) -> RankingSettings:
        """A copy with some settings changed."""
        return dataclasses.replace(self, **changes)


_BOUNDS: dict[str, tuple[float, float]] = {
    "draws": (100, 100_000),
    "reach_km": (0.0, 100.0),
    "decay_km": (1e-3, 100.0),
    "taper_km": (0.0, 100.0),
    "life_years": (1.0, 100.0),
    "cap_share": (1e-6, 1.0),
    "min_tonnage_mt": (0.0, 1e4),
    "min_inside": (0.0, 1.0),
    "site_gsd": (1.0, 10.0),
    "profile_gsd": (1.0, 10.0),
    "ree_correlation": (0.0, 1.0),
    "haulage_usd_per_t_km": (0.0, 100.0),
    "modifier_floor": (0.0, 1.0),
    "gate_overlap_share": (0.0, 1.0),
    "inr_per_usd": (1e-6, 1e6),
    "price_factor": (1e-3, 1e3),
    "cap_factor": (1e-3, 1e3),
    "unit_chunk": (1, 100_000),
    "threads": (0, 1024),
}


def _bad(key: str, value: object, do: str) -> RegionError:
    return RegionError(f"bad value {value!r} for ranking.{key}", field=f"ranking.{key}", do=do)


def _number(key: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise _bad(key, value, "give a number")
    try:
        number = float(value)
    except ValueError as error:
        raise _bad(key, value, "give a number") from error
    return number


def _integer(key: str, value: object) -> int:
    number = _number(key, value)
    if number != int(number) if math.isfinite(number) else True:
        raise _bad(key, value, "give a whole number")
    return int(number)


def _numbers(key: str, value: object) -> dict[str, float]:
    if not isinstance(value, Mapping):
        raise _bad(key, value, "write name: number")
    return {str(k): _number(f"{key}.{k}", v) for k, v in value.items()}


def _names(key: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, (list, tuple)) or not all(isinstance(v, str) for v in value):
        raise _bad(key, value, "give a list of names")
    return tuple(dict.fromkeys(value))


def _check_basket_names(names: tuple[str, ...]) -> None:
    """A basket's name becomes a column ``rank_<name>`` of ``ranked_blocks``; columns are told apart without case."""
    columns = {key_form(c): c for c in RANKED_BLOCKS.names()}
    defaults = {key_form(n): n for n in DEFAULT_BASKETS}
    seen: dict[str, str] = {}
    for name in names:
        form, column = key_form(name), f"{RANK_PREFIX}{name}"
        if not name.isidentifier() or len(name) > LONGEST_NAME or unicodedata.normalize("NFKC", name) != name:
            do = f"choose another name, of letters, digits and underscores, at most {LONGEST_NAME} characters"
        elif form in defaults:
            do = f"choose another name: {defaults[form]} is a basket of the project"
        elif key_form(column) in columns:
            do = f"choose another name: {columns[key_form(column)]} is already a column of ranked_blocks"
        elif form in seen:
            do = f"choose another name: columns are told apart without case, and {seen[form]} is the same"
        else:
            seen[form] = name
            continue
        raise _bad(f"user_baskets.{name}", name, do)


def _check(s: RankingSettings) -> None:
    for key, (low, high) in _BOUNDS.items():
        value = getattr(s, key)
        if not (isinstance(value, (int, float)) and math.isfinite(value) and low <= value <= high):
            raise _bad(key, value, f"choose a number from {low:g} to {high:g}")
    if s.price_deck not in PRICE_DECKS:
        raise _bad("price_deck", s.price_deck, f"choose one of {', '.join(PRICE_DECKS)}")
    unknown = sorted(set(s.weights) - set(AXES))
    if unknown:
        raise _bad(f"weights.{unknown[0]}", s.weights[unknown[0]], f"the axes are {', '.join(AXES)}")
    values = [s.weights.get(a, 0.0) for a in AXES]
    if any(not math.isfinite(v) or v < 0 for v in values) or not sum(values) > 0:
        raise _bad("weights", dict(s.weights), "give weights >= 0, not all zero")
    for element, share in s.cap_shares.items():
        if not 0 < share <= 1:
            raise _bad(f"cap_shares.{element}", share, "give a share of world production above 0, at most 1")
    _check_basket_names(tuple(s.user_baskets))
    for name, elements in s.user_baskets.items():
        if not elements:
            raise _bad(f"user_baskets.{name}", list(elements), "name at least one element")
    known = {*DEFAULT_BASKETS, *s.user_baskets}
    for name in (*s.baskets, s.basket):
        if name not in known:
            raise _bad(
                "baskets" if name in s.baskets else "basket",
                name,
                f"choose among {', '.join(sorted(known))}, or define it under ranking.user_baskets",
            )
    if s.basket not in s.baskets:
        raise _bad("basket", s.basket, "name the ranked basket among ranking.baskets")
    if s.ahp is not None:
        ahp_weights(s.ahp)
