"""What a shortlist asks for: a named, versioned filter, read from a command line or a YAML and saved as one.

Belongs here: the settings and whether they can be. Does not belong here: which rows pass (``passing``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from data_sources.contracts import PublishingError
from data_sources.contracts.blocks import AUCTION_OUTCOMES, CONCESSIONS, OPEN_TO_BID, concession_named
from data_sources.contracts.published.outputs import KINDS, KNOWLEDGE_CLASSES, PROSPECTS, STATUSES
from data_sources.reference import load_table
from khanij.foundation.files import write_bytes_atomically
from publishing.shortlists.asked import DISTANCE, element_asked, sort_asked, state_asked, waste_type_asked

LISTS = (
    "kind", "status", "state", "district", "element", "prospect", "open_to_bid", "concession", "outcome", "operator",
    "waste_type", "exclude_flag",
)  # fmt: skip
"""Settings that take several values."""
TEXTS_IN = ("state", "district", "operator", "waste_type")
"""Settings whose words are looked for among those that the files have."""


class ShortlistFilter(BaseModel):
    """What a shortlist asks for; saved as YAML so that it can be repeated and compared.

    Texts given with commas become lists. ``basket`` empty is the basket that the region was ranked by. ``status`` None is
    RANKED, and every status where only kinds are asked for of which no block is ranked.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(default="shortlist", pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,60}$")
    version: int = Field(default=1, ge=1)
    basket: str = ""
    kind: tuple[str, ...] = ()
    status: tuple[str, ...] | None = None
    state: tuple[str, ...] = ()
    district: tuple[str, ...] = ()
    element: tuple[str, ...] = ()
    max_rank: int | None = Field(default=None, ge=1)
    min_p_top10: float | None = Field(default=None, ge=0, le=1)
    min_p_top20: float | None = Field(default=None, ge=0, le=1)
    prospect: tuple[str, ...] = ()
    min_p_pays: float | None = Field(default=None, ge=0, le=1)
    max_price_multiple: float | None = Field(default=None, gt=0)
    min_tonnage_t: float | None = Field(default=None, ge=0)
    worst_class: str | None = None
    max_guessed: int | None = Field(default=None, ge=0)
    open_to_bid: tuple[str, ...] = ()
    concession: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()
    operator: tuple[str, ...] = ()
    waste_type: tuple[str, ...] = ()
    exclude_flag: tuple[str, ...] = ()
    within_km: float | None = Field(default=None, ge=0)
    of: str = ""
    sort: str = ""

    @field_validator(*LISTS, mode="before")
    @classmethod
    def _as_list(cls, value: Any) -> Any:
        if value is None:
            return ()
        return tuple(v.strip() for v in value.split(",") if v.strip()) if isinstance(value, str) else value

    @field_validator("status")
    @classmethod
    def _known_status(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if value is None:
            return None
        named = tuple(v.upper() for v in value)
        return STATUSES if not named or "ALL" in named else _among(named, STATUSES)

    @field_validator("prospect")
    @classmethod
    def _known_prospect(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _among(tuple(v.upper() for v in value), PROSPECTS)

    @field_validator("kind")
    @classmethod
    def _known_kind(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        codes = {str(c) for c in load_table("waste_sites")["waste_type_code"].dropna()}
        wastes = [v for v in value if waste_type_asked(v) in codes]
        if wastes:
            raise ValueError(f"{wastes[0]} is a waste type, no kind of block; write --waste-type {wastes[0]}")
        return _among(value, KINDS)

    @field_validator("open_to_bid")
    @classmethod
    def _known_access(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _among(tuple(v.lower() for v in value), OPEN_TO_BID)

    @field_validator("outcome")
    @classmethod
    def _known_outcome(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _among(tuple(v.lower() for v in value), AUCTION_OUTCOMES)

    @field_validator("concession")
    @classmethod
    def _known_concession(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _among(tuple(concession_named(v) for v in value), tuple(CONCESSIONS))

    @field_validator("element")
    @classmethod
    def _known_element(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(element_asked, value))

    @field_validator("state")
    @classmethod
    def _present_state(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(state_asked, value))

    @field_validator("waste_type")
    @classmethod
    def _code_of_waste(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(waste_type_asked, value))

    @field_validator("sort")
    @classmethod
    def _known_column(cls, value: str) -> str:
        return sort_asked(value) if value else ""

    @model_validator(mode="after")
    def _distance_has_a_place(self) -> ShortlistFilter:
        if (self.within_km is None) == bool(self.of) and not (self.of and self.sort.startswith(DISTANCE)):
            raise ValueError("a distance needs a place, and a place a distance; write --within KM --of PLACE")
        if self.sort.startswith(DISTANCE) and not self.of:
            raise ValueError("to sort by distance_km write --of PLACE")
        return self

    @field_validator("worst_class")
    @classmethod
    def _known_class(cls, value: str | None) -> str | None:
        return None if value is None else _among((value,), KNOWLEDGE_CLASSES)[0]

    def settings(self) -> dict[str, Any]:
        """What is set, without what is left open."""
        data = self.model_dump(mode="json")
        return {k: v for k, v in data.items() if v not in (None, [], "")}

    def described(self) -> str:
        """The filter in one line of words."""
        said = self.settings()
        if self.status == STATUSES:
            said["status"] = "all"
        parts = [f"{k.replace('_', ' ')} {', '.join(v) if isinstance(v, list) else v}" for k, v in said.items()]
        return "; ".join(p for p in parts if not p.startswith(("name ", "version ")))


def _among(values: tuple[str, ...], allowed: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [v for v in values if v not in allowed]
    if wrong:
        raise ValueError(f"{', '.join(wrong)} is not one of {', '.join(allowed)}")
    return values


def make_filter(**settings: Any) -> ShortlistFilter:
    """A filter from settings such as a command line gives; None means left open.

    Raises
    ------
    PublishingError : a setting that is unknown or out of range, by its name.
    """
    try:
        return ShortlistFilter(**{k: v for k, v in settings.items() if v is not None})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"])
        if not where:
            raise PublishingError(
                f"the shortlist's filter: {first['msg'].removeprefix('Value error, ')}",
                field="--within, --of",
                do="correct the option or the YAML",
            ) from error
        raise PublishingError(
            f"the shortlist's filter: {first['msg'].removeprefix('Value error, ')}, not {first['input']!r}"
            if first["type"] != "extra_forbidden"
            else "the shortlist's filter has no such setting",
            field=where,
            do="correct the option or the YAML",
        ) from error


def load_filter(path: Path | str) -> ShortlistFilter:
    """Read a saved filter."""
    path = Path(path)
    if not path.is_file():
        raise PublishingError("no saved filter here", file=path, do="save one with `khanij shortlist --save`")
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict):
        raise PublishingError("a saved filter is a list of settings", file=path, do="write `name: value` lines")
    return make_filter(**data)


def save_filter(chosen: ShortlistFilter, folder: Path | str) -> Path:
    """Save a filter as ``<name>.v<version>.yaml``; a version that exists is never changed.

    Raises
    ------
    PublishingError : the version exists with other settings.
    """
    path = Path(folder) / f"{chosen.name}.v{chosen.version}.yaml"
    text = yaml.safe_dump(chosen.settings(), sort_keys=True, allow_unicode=True)
    if path.is_file() and path.read_text(encoding="utf-8") != text:
        raise PublishingError(
            f"version {chosen.version} of {chosen.name} exists with other settings", file=path,
            do=f"save it as version {_next_version(path.parent, chosen.name)}",
        )  # fmt: skip
    write_bytes_atomically(path, text.encode())
    return path


def _next_version(folder: Path, name: str) -> int:
    numbers = [
        int(p.stem.rpartition(".v")[2]) for p in folder.glob(f"{name}.v*.yaml") if p.stem.rpartition(".v")[2].isdigit()
    ]
    return max(numbers, default=0) + 1
