"""Shortlists for auction teams: a named, versioned filter over published GeoPackages, and what passes it.

Belongs here: the filter, and the rows that pass. Does not belong here: a file format (``shortlist_files``,
``shortlist_xlsx``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from data_sources.contracts import PublishingError
from data_sources.contracts.published.outputs import KINDS, KNOWLEDGE_CLASSES, PROSPECTS, STATUSES
from khanij.foundation.cells import is_known
from khanij.foundation.files import sha256_of, write_bytes_atomically
from publishing.geopackage.reading import read_layer, read_table, run_info, where_read
from publishing.sets.snapshot import one_set_of

BASKET_COLUMNS = ("rank", "rank_p50", "rank_p05", "rank_p95", "p_top10", "p_top20", "score_mean")


class ShortlistFilter(BaseModel):
    """What a shortlist asks for; saved as YAML so that it can be repeated and compared.

    Texts given with commas become lists. ``basket`` empty is the basket that the region was ranked by.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(default="shortlist", pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,60}$")
    version: int = Field(default=1, ge=1)
    basket: str = ""
    kind: tuple[str, ...] = ()
    status: tuple[str, ...] = ("RANKED",)
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

    @field_validator("kind", "status", "state", "district", "element", "prospect", mode="before")
    @classmethod
    def _as_list(cls, value: Any) -> Any:
        if value is None:
            return ()
        return tuple(v.strip() for v in value.split(",") if v.strip()) if isinstance(value, str) else value

    @field_validator("status")
    @classmethod
    def _known_status(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _among(tuple(v.upper() for v in value), STATUSES)

    @field_validator("prospect")
    @classmethod
    def _known_prospect(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _among(tuple(v.upper() for v in value), PROSPECTS)

    @field_validator("kind")
    @classmethod
    def _known_kind(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _among(value, KINDS)

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
        parts = [
            f"{k.replace('_', ' ')} {', '.join(v) if isinstance(v, list) else v}" for k, v in self.settings().items()
        ]
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


@dataclass(frozen=True)
class Shortlist:
    """The rows that pass a filter, and what a reader must know of where they come from."""

    chosen: ShortlistFilter
    blocks: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    shares: pd.DataFrame
    elements: pd.DataFrame
    baskets: pd.DataFrame
    advice: pd.DataFrame
    evidence: pd.DataFrame
    runs: dict[str, dict[str, str]]
    files: dict[str, str] = field(default_factory=dict)
    peers: dict[tuple[str, str], int] = field(default_factory=dict)
    """(region, kind) -> blocks ranked there: what a place is out of."""
    places: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """``state`` and ``district`` -> every name that the files have there, for whoever asks for one that they have not."""

    @property
    def is_sample(self) -> bool:
        """True if any row is made up."""
        return any(info.get("warning", "").startswith("SAMPLE") for info in self.runs.values())

    def told_peers(self) -> str:
        """What the places of the list are out of: a filter shortens the list, not the ranking."""
        kinds = set(self.blocks["kind"])
        parts = [f"{n} ranked {k.replace('_', ' ')}s of {r}" for (r, k), n in sorted(self.peers.items()) if k in kinds]
        return "; ".join(parts) or "none of the blocks is ranked"

    @property
    def title(self) -> str:
        """The regions' titles."""
        return "; ".join(info.get("title", name) for name, info in self.runs.items())


def build_shortlist(gpkg_paths: Path | str | Sequence[Path | str], chosen: ShortlistFilter) -> Shortlist:
    """The blocks of one or several published GeoPackages that pass the filter, by kind and rank.

    Raises
    ------
    PublishingError : a basket that a file does not rank by.
    """
    paths = [Path(p) for p in ([gpkg_paths] if isinstance(gpkg_paths, str | Path) else gpkg_paths)]
    with one_set_of(paths):
        return _build(paths, chosen)


def _build(paths: Sequence[Path], chosen: ShortlistFilter) -> Shortlist:
    parts: dict[str, list[pd.DataFrame]] = {
        k: [] for k in ("blocks", "sites", "shares", "elements", "baskets", "advice", "evidence")
    }
    runs: dict[str, dict[str, str]] = {}
    files: dict[str, str] = {}
    peers: dict[tuple[str, str], int] = {}
    places: dict[str, set[str]] = {"state": set(), "district": set()}
    for path in paths:
        info = run_info(path)
        name = info.get("region", Path(path).parent.name)
        while name in runs:  # two files of one region, such as two releases
            name += "+"
        runs[name], files[name] = info, sha256_of(where_read(path))
        baskets = read_table(path, "basket_ranks")
        blocks = _with_basket(read_layer(path, "ranked_blocks"), baskets, chosen.basket, info, path)
        counts = blocks[blocks["rank"].notna()].groupby("kind").size()
        peers |= {(name, str(kind)): int(n) for kind, n in counts.items()}
        for column, names in places.items():
            names.update(str(v) for v in blocks[column] if is_known(v))
        blocks = blocks[_passes(blocks, chosen)]
        shares, elements = read_table(path, "site_shares"), read_table(path, "element_potential")
        if chosen.element:
            have = elements[elements["element"].isin(chosen.element)]["block_id"]
            blocks = blocks[blocks["block_id"].isin(have)]
        ids = set(blocks["block_id"])
        shares = shares[shares["block_id"].isin(ids)]
        sites = read_layer(path, "waste_sites")
        blocks.insert(0, "region", name)
        parts["blocks"].append(blocks)
        parts["sites"].append(sites[sites["site_id"].isin(set(shares["site_id"]))])
        parts["shares"].append(shares)
        parts["elements"].append(elements[elements["block_id"].isin(ids)])
        parts["baskets"].append(baskets[baskets["block_id"].isin(ids)])
        advice, evidence = read_table(path, "sample_next"), read_table(path, "block_evidence")
        own = set(blocks["site_id"].dropna())  # of sites that would first have to enter a ranking
        parts["advice"].append(
            advice[advice["block_id"].isin(ids) | (advice["block_id"].isna() & advice["site_id"].isin(own))]
        )
        parts["evidence"].append(evidence[evidence["block_id"].isin(ids)])
    joined = {k: _concat(v) for k, v in parts.items()}
    order = ["kind", "rank", "rank_fertility", "region", "block_id"]
    joined["blocks"] = joined["blocks"].sort_values(order, na_position="last").reset_index(drop=True)
    there = {column: tuple(sorted(names)) for column, names in places.items()}
    return Shortlist(chosen, runs=runs, files=files, peers=peers, places=there, **joined)


def nothing_passes(shortlist: Shortlist) -> PublishingError:
    """What is said when no block passes: which name occurs nowhere, else what the filter is."""
    chosen = shortlist.chosen
    for column, names in shortlist.places.items():
        asked: tuple[str, ...] = getattr(chosen, column)
        wrong = [a for a in asked if not any(a.casefold() in name.casefold() for name in names)]
        if wrong:
            near = get_close_matches(wrong[0].title(), names, n=3) or names
            return PublishingError(
                f"no block lies in {column} {', '.join(wrong)}",
                field=column,
                do=f"choose of {', '.join(near[:40])}" if near else f"leave --{column} out: no block has one",
            )
    # The commonest reason, in a region where no waste is quantified yet.
    only = chosen.status == ("RANKED",)
    more = "; blocks without quantified waste are listed by fertility with --status UNQUANTIFIED" if only else ""
    return PublishingError("no block passes the filter", do=f"loosen it: {chosen.described()}{more}")


def _concat(frames: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [f for f in frames if len(f)] or frames[:1]
    out = pd.concat(filled, ignore_index=True)
    return gpd.GeoDataFrame(out, geometry="geometry", crs="EPSG:4326") if "geometry" in out.columns else out


def _with_basket(
    blocks: gpd.GeoDataFrame, baskets: pd.DataFrame, basket: str, info: dict[str, str], path: object
) -> gpd.GeoDataFrame:
    """The blocks with ranks of another basket than the region's own in place of its ranks."""
    if not basket or basket == info.get("basket", ""):
        return blocks
    known = sorted(set(baskets["basket"].dropna()))
    if basket not in known:
        raise PublishingError(
            f"no ranking by basket {basket!r}",
            file=path,
            field="basket",
            do=f"choose one of {', '.join(known) or 'none: the file has no basket_ranks'}",
        )
    mine = baskets[baskets["basket"] == basket].set_index("block_id")
    out = blocks.copy()
    for column in BASKET_COLUMNS:
        out[column] = (
            mine[column].reindex(out["block_id"]).to_numpy()
            if column != "rank"
            else mine[column].reindex(out["block_id"]).array
        )
    # What is known of the region's own basket alone does not belong beside another basket's rank.
    for column in out.columns:
        if column.startswith(("score_p", "tier", "contribution_", "basket_value_")):
            out[column] = None if column == "tier" else float("nan")
    in_basket = out["rank"].notna()
    out.loc[in_basket & out["status"].isin(("RANKED", "OUT_OF_BASKET")), "status"] = "RANKED"
    left_out = ~in_basket & (out["status"] == "RANKED")
    out.loc[left_out, "status"] = "OUT_OF_BASKET"
    out.loc[left_out, "status_reason"] = f"no metal of {basket} is known to be recoverable here"
    return out


def _passes(blocks: pd.DataFrame, chosen: ShortlistFilter) -> pd.Series:
    keep = pd.Series(True, index=blocks.index)
    for column in ("kind", "status", "prospect"):
        wanted = getattr(chosen, column)
        if wanted:
            keep &= blocks[column].isin(wanted)
    for column in ("state", "district"):
        wanted = tuple(v.casefold() for v in getattr(chosen, column))
        if wanted:
            texts = [str(v).casefold() if is_known(v) else "" for v in blocks[column]]
            keep &= pd.Series([any(w in text for w in wanted) for text in texts], index=blocks.index, dtype=bool)
    limits = (
        ("rank", None, chosen.max_rank), ("p_top10", chosen.min_p_top10, None), ("p_top20", chosen.min_p_top20, None),
        ("p_pays", chosen.min_p_pays, None), ("price_multiple_needed", None, chosen.max_price_multiple),
        ("tonnage_t_p50", chosen.min_tonnage_t, None),
    )  # fmt: skip
    for column, low, high in limits:
        # A missing figure passes no limit.
        values = blocks[column].astype("Float64").to_numpy(dtype=float, na_value=float("nan"))
        if low is not None:
            keep &= values >= low
        if high is not None:
            keep &= values <= high
    if chosen.worst_class:
        allowed = KNOWLEDGE_CLASSES[: KNOWLEDGE_CLASSES.index(chosen.worst_class) + 1]
        keep &= blocks["knowledge_class"].isin(allowed)
    return keep
