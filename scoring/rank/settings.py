"""What a user may choose about a ranking, validated, with every default and its reason.

Belongs here: a setting, its bounds and its remedy. Does not belong here: a formula, or what the waste needs
(``scoring.waste.settings``).
"""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from data_sources.contracts.admitting.identity import key_form
from data_sources.contracts.published.outputs import RANKED_BLOCKS
from khanij.foundation.errors import RegionError
from khanij.foundation.strict import WrongValueError, nearest, refusal, require_distinct
from scoring.waste.settings import PRICE_DECKS, WasteSettings, require_elements

__all__ = ["DEFAULT_BASKETS", "PRICE_DECKS", "RankingSettings"]

DEFAULT_BASKETS = ("critical_30", "all_recoverable", "magnet_ree", "china_seven")
RANK_PREFIX = "rank_"
LONGEST_NAME = 50
GONE = {
    "weights": "ground_weight (w, the most that the ground can add) and strategic_premium (lambda)",
    "ahp": "ground_weight (w, the most that the ground can add) and strategic_premium (lambda)",
    "life_years": "nothing: a plant's life follows from its size, at most 20 years",
    "site_gsd": "nothing: costs and recoveries are drawn about the laws of their tables",
    "ree_correlation": "the table price_correlations",
}
"""Settings of earlier versions -> what takes their place."""


def _names(value: object) -> object:
    if isinstance(value, str):
        raise WrongValueError("one name is no list", "give a list of names, such as [Nd, Pr]")
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]


class RankingSettings(WasteSettings):
    """One ranking's settings; every field has the default of the specification. Draws and economics: ``WasteSettings``.

    Parameters
    ----------
    ground_weight : w, the share of a score that only the ground's evidence can earn.
    basket : the basket that ``rank`` is for.
    baskets : all baskets that get a rank.
    user_baskets : the user's own, name -> element symbols.
    min_inside : a block counts as holding a site of uncertain position if the site lies in it in this share of the draws.
    modifier_floor : the soft multipliers never take a score below this share of itself.
    gate_overlap_share : a layer gates a block, or the waste inside it, when it covers more than this share of it.
    apply_gates : False ranks as if nothing were withheld, leased or lowered by a soft multiplier; a what-if, never the
        ranking itself.
    inr_per_usd, fx_date, fx_source : the dated rate for Rs crore.
    budget_inr_crore : of the campaigns that ``sample_next`` marks as the best set.
    pooling : let assayed sites inform sites of the same waste and host without any assay (class analogue).
    """

    ground_weight: float = Field(default=0.2, ge=0, le=1)
    basket: str = "critical_30"
    baskets: Names = Field(default=DEFAULT_BASKETS, min_length=1)
    user_baskets: dict[str, Annotated[Names, Field(min_length=1)]] = Field(default_factory=dict)
    min_inside: float = Field(default=0.05, ge=0, le=1)
    modifier_floor: float = Field(default=0.3, ge=0, le=1)
    gate_overlap_share: float = Field(default=0.5, ge=0, le=1)
    apply_gates: bool = Field(default=True, strict=True)
    inr_per_usd: float = Field(default=87.7, ge=1e-6, le=1e6)
    fx_date: str = "2025-08-18"
    fx_source: str = "rate used with the press report of that date in route_costs C-06 (recalled)"
    budget_inr_crore: float = Field(default=5.0, ge=0, le=1e5)
    pooling: bool = Field(default=False, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _own_baskets(cls, data: Any) -> Any:
        """``baskets`` as a mapping defines the user's own; they are added to the project's."""
        if not isinstance(data, Mapping):
            return data
        given = dict(data)
        baskets, own = given.get("baskets"), given.get("user_baskets")
        if isinstance(baskets, Mapping):
            given["user_baskets"] = own = {**(own if isinstance(own, Mapping) else {}), **baskets}
            baskets = None
            given.pop("baskets")
        if baskets is None and "baskets" not in given and isinstance(own, Mapping) and own:
            given["baskets"] = [*DEFAULT_BASKETS, *(n for n in own if n not in DEFAULT_BASKETS)]
        return given

    @field_validator("fx_date", mode="before")
    @classmethod
    def _day(cls, value: object) -> object:
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            return value.isoformat()
        try:
            return datetime.date.fromisoformat(value).isoformat()  # type: ignore[arg-type]
        except (TypeError, ValueError) as error:
            raise WrongValueError(
                "this is no day of the calendar", "write a date as YYYY-MM-DD, such as 2025-08-18"
            ) from error

    @field_validator("user_baskets")
    @classmethod
    def _own_names(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        _check_basket_names(value)
        for name, elements in value.items():
            try:
                require_elements(elements)
                require_distinct("element", elements)
            except WrongValueError as wrong:
                raise WrongValueError(f"in the basket {name}: {wrong}", wrong.do, at=name) from wrong
        return value

    @field_validator("baskets")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        require_distinct("basket", value)
        return value

    @model_validator(mode="after")
    def _baskets_are_known(self) -> RankingSettings:
        known = [*DEFAULT_BASKETS, *self.user_baskets]
        for name in (*self.baskets, self.basket):
            if name not in known:
                remedy = f"choose among {', '.join(known)}, or define it under ranking.user_baskets"
                at = "baskets" if name in self.baskets else "basket"
                raise WrongValueError(f"there is no basket {name!r}", f"{remedy}{nearest(name, known)}", at=at)
        if self.basket not in self.baskets:
            raise WrongValueError(
                f"the ranked basket {self.basket!r} is not among the baskets",
                "name it among ranking.baskets as well",
                at="basket",
            )
        return self

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any] | None, seed: int) -> RankingSettings:
        """Settings from a region's ``ranking`` section and the run's seed.

        ``baskets`` may be a list of names, or a mapping ``name: [elements]`` of the user's own, which are added to the
        four that come with the project.

        Raises
        ------
        RegionError : unknown key or bad value; the key is named.
        """
        given = dict(mapping or {})
        if "seed" in given:
            raise RegionError("the ranking has no seed of its own", field="ranking.seed", do="set the region's seed")
        for name in GONE.keys() & given.keys():
            raise RegionError(
                f"the ranking no longer has {name}", field=f"ranking.{name}", do=f"leave it out; use {GONE[name]}"
            )
        return cls._checked({**given, "seed": seed})

    def replace(self, **changes: Any) -> RankingSettings:
        """A copy with some settings changed, checked like any other.

        Raises
        ------
        RegionError : a bad value; the key is named.
        """
        return self._checked({**{name: getattr(self, name) for name in type(self).model_fields}, **changes})

    @classmethod
    def _checked(cls, given: Mapping[str, Any]) -> RankingSettings:
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise refusal(error, cls, "ranking") from error

    def basket_columns(self) -> tuple[str, ...]:
        """Columns of ``ranked_blocks`` with the rank in each basket; the ranked basket's own place is ``rank``."""
        others = [n for n in self.baskets if n != self.basket or n == "all_recoverable"]
        return tuple(f"{RANK_PREFIX}{n}" for n in others)


def _check_basket_names(names: Iterable[str]) -> None:
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
        raise WrongValueError(f"no basket can be called {name!r}", do, at=name)
