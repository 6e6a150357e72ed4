"""Shortlists for auction teams: what of published GeoPackages passes a filter.

Belongs here: the rows that pass, and what is told of those that do not. Does not belong here: a file format (``shortlist_files``,
``shortlist_xlsx``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from data_sources.contracts import PublishingError
from data_sources.contracts.published.outputs import STATUSES
from khanij.foundation.cells import is_known
from khanij.foundation.errors import NothingFoundError
from khanij.foundation.files import sha256_of
from publishing.geopackage.reading import read_layer, read_table, run_info, where_read
from publishing.headline import prospects_said, verdict_said
from publishing.languages import ENGLISH, LANGUAGES
from publishing.scenario_words import scenario_said
from publishing.sets.snapshot import one_set_of
from publishing.shortlists.asked import DISTANCE, waste_type_asked
from publishing.shortlists.compared import ORDER_SAID, in_order, with_host_evidence
from publishing.shortlists.filters import TEXTS_IN, ShortlistFilter
from publishing.shortlists.nearby import Place, distances_km, place_named
from publishing.shortlists.passing import all_but, tests_of

BASKET_COLUMNS = ("rank", "rank_p50", "rank_p05", "rank_p95", "p_top10", "p_top20", "score_mean")


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
    bibliography: pd.DataFrame
    runs: dict[str, dict[str, str]]
    files: dict[str, str] = field(default_factory=dict)
    peers: dict[tuple[str, str], int] = field(default_factory=dict)
    """(region, kind) -> blocks ranked there: what a place is out of."""
    places: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Setting of ``TEXTS_IN`` -> every name that the files have there, for whoever asks for one that they have not."""
    but_for: dict[str, int] = field(default_factory=dict)
    """Setting -> blocks that pass all the others and not this one."""
    by_status: dict[str, int] = field(default_factory=dict)
    """Kind -> blocks that only their status keeps out."""
    unplaced: int = 0
    """Blocks without a position that pass all but the distance."""
    access: dict[str, int] = field(default_factory=dict)
    """``open_to_bid`` -> blocks of the files."""
    headlines: dict[str, dict[str, str]] = field(default_factory=dict)
    """Region -> language -> the headline of the whole region, whatever of it passes."""

    @property
    def is_sample(self) -> bool:
        """True if any row is made up."""
        return any(info.get("warning", "").startswith("SAMPLE") for info in self.runs.values())

    def scenarios(self) -> tuple[str, ...]:
        """What of the list is a what-if, and how it differs from the default; () where nothing is."""
        return tuple(dict.fromkeys(said for info in self.runs.values() if (said := scenario_said(info))))

    def verdicts(self) -> dict[str, str]:
        """Region and kind -> how firm the order of its ranked blocks is; of kinds that the list holds."""
        kinds = sorted(set(self.blocks["kind"]))
        found = {(name, kind): verdict_said(info, kind) for name, info in self.runs.items() for kind in kinds}
        return {f"{name}: order of the {k.replace('_', ' ')}s": said for (name, k), said in found.items() if said}

    def said(self, language: str = ENGLISH) -> list[str]:
        """What each region's headline says, of the whole region; nothing of one without a ranked waste block."""
        return [text for told in self.headlines.values() if (text := told[language])]

    def told_peers(self) -> str:
        """What the places of the list are out of: a filter shortens the list, not the ranking."""
        kinds = set(self.blocks["kind"])
        parts = [f"{n} ranked {k.replace('_', ' ')}s of {r}" for (r, k), n in sorted(self.peers.items()) if k in kinds]
        return "; ".join(parts) or "none of the blocks is ranked"

    def told(self) -> list[str]:
        """What a reader must know of the order of the list, and of the blocks that one setting alone keeps out."""
        unranked = self.blocks["rank"].isna()
        lines = [f"Order: {ORDER_SAID}."] if unranked.any() and not self.chosen.sort else []
        if self.by_status and self.chosen.status is None and not unranked.any():
            kinds = ", ".join(f"{n} {k.replace('_', ' ')}{'s' if n > 1 else ''}" for k, n in self.by_status.items())
            lines.append(
                f"Only their status keeps out {kinds}: add --status all, or --kind {next(iter(self.by_status))}."
            )
        if self.chosen.exclude_flag and not self.but_for.get("exclude_flag"):
            words = ", ".join(self.chosen.exclude_flag)
            lines.append(f"--exclude-flag left nothing out: no block that passes has a flag with {words}.")
        if self.but_for.get("within_km") and self.unplaced:
            lines.append(f"{self.unplaced} more have no position, so their distance is not known.")
        return lines

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
        k: [] for k in ("blocks", "sites", "shares", "elements", "baskets", "advice", "evidence", "bibliography")
    }
    runs: dict[str, dict[str, str]] = {}
    files: dict[str, str] = {}
    found = _Found()
    place = place_named(chosen.of, paths) if chosen.of else None
    read = {path: read_layer(path, "ranked_blocks") for path in paths}
    statuses = _statuses(chosen, read.values())
    for path, everything in read.items():
        info = run_info(path)
        name = info.get("region", Path(path).parent.name)
        while name in runs:  # two files of one region, such as two releases
            name += "+"
        runs[name], files[name] = info, sha256_of(where_read(path))
        baskets = read_table(path, "basket_ranks")
        blocks = _measured(_with_basket(everything, baskets, chosen.basket, info, path), place)
        tables = {
            "shares": read_table(path, "site_shares"),
            "elements": read_table(path, "element_potential"),
            "sites": read_layer(path, "waste_sites"),
        }
        found.headlines[name] = {language: prospects_said(everything, language=language) for language in LANGUAGES}
        passed = found.look(name, blocks, tables["sites"], tests_of(blocks, chosen, tables, statuses))
        evidence = read_table(path, "block_evidence")
        blocks = with_host_evidence(blocks[passed], evidence)
        ids = set(blocks["block_id"])
        shares = tables["shares"][tables["shares"]["block_id"].isin(ids)]
        blocks.insert(0, "region", name)
        parts["blocks"].append(blocks)
        parts["sites"].append(tables["sites"][tables["sites"]["site_id"].isin(set(shares["site_id"]))])
        parts["shares"].append(shares)
        parts["elements"].append(tables["elements"][tables["elements"]["block_id"].isin(ids)])
        parts["baskets"].append(baskets[baskets["block_id"].isin(ids)])
        advice = read_table(path, "sample_next")
        own = set(blocks["site_id"].dropna())  # of sites that would first have to enter a ranking
        parts["advice"].append(
            advice[advice["block_id"].isin(ids) | (advice["block_id"].isna() & advice["site_id"].isin(own))]
        )
        parts["bibliography"].append(read_table(path, "bibliography"))
        parts["evidence"].append(evidence[evidence["block_id"].isin(ids)])
    joined: dict[str, Any] = {k: _concat(v) for k, v in parts.items()}
    joined["bibliography"] = joined["bibliography"].drop_duplicates("source_id").sort_values("source_id")
    joined["blocks"] = in_order(joined["blocks"], chosen.sort)
    return Shortlist(chosen, runs=runs, files=files, **found.told(), **joined)


@dataclass
class _Found:
    """What a reader is told of the blocks that do not pass, gathered file by file."""

    peers: dict[tuple[str, str], int] = field(default_factory=dict)
    places: dict[str, set[str]] = field(default_factory=lambda: {name: set() for name in TEXTS_IN})
    but_for: dict[str, int] = field(default_factory=dict)
    by_status: dict[str, int] = field(default_factory=dict)
    unplaced: int = 0
    access: dict[str, int] = field(default_factory=dict)
    headlines: dict[str, dict[str, str]] = field(default_factory=dict)

    def look(self, region: str, blocks: pd.DataFrame, sites: pd.DataFrame, tests: dict[str, np.ndarray]) -> np.ndarray:
        """Which blocks pass; what keeps the others out is counted."""
        counts = blocks[blocks["rank"].notna()].groupby("kind").size()
        self.peers |= {(region, str(kind)): int(n) for kind, n in counts.items()}
        for name, column in (("state", "state"), ("district", "district"), ("operator", "operator")):
            self.places[name].update(str(v) for v in blocks[column] if is_known(v))
        self.places["operator"].update(str(v) for v in blocks["lease_holder"] if is_known(v))
        self.places["waste_type"].update(str(v) for v in sites["waste_type_code"] if is_known(v))
        self.places["waste_type"].update(waste_type_asked(str(v)) for v in sites["waste_type_text"] if is_known(v))
        for word, n in blocks["open_to_bid"].value_counts().items():
            self.access[str(word)] = self.access.get(str(word), 0) + int(n)
        passed = all_but(tests, "", len(blocks))
        for name, mask in tests.items():
            alone = all_but(tests, name, len(blocks)) & ~mask
            self.but_for[name] = self.but_for.get(name, 0) + int(alone.sum())
            if name == "within_km":
                self.unplaced += int(blocks.loc[alone, DISTANCE].isna().sum())
            if name == "status":
                for kind, n in blocks.loc[alone, "kind"].value_counts().items():
                    self.by_status[str(kind)] = self.by_status.get(str(kind), 0) + int(n)
        return passed

    def told(self) -> dict[str, Any]:
        """The fields of a ``Shortlist``."""
        places = {name: tuple(sorted(names)) for name, names in self.places.items()}
        told = {"peers": self.peers, "places": places, "but_for": self.but_for, "by_status": self.by_status}
        return told | {"unplaced": self.unplaced, "access": self.access, "headlines": self.headlines}


def _statuses(chosen: ShortlistFilter, files: Iterable[pd.DataFrame]) -> tuple[str, ...]:
    """The statuses that pass: those asked for; else RANKED, or all where none of the kinds asked for has a rank."""
    if chosen.status is not None:
        return chosen.status
    ranked = any((blocks["kind"].isin(chosen.kind) & blocks["rank"].notna()).any() for blocks in files)
    return STATUSES if chosen.kind and not ranked else ("RANKED",)


def _measured(blocks: gpd.GeoDataFrame, place: Place | None) -> gpd.GeoDataFrame:
    """The blocks with their distance from a place."""
    return blocks if place is None else blocks.assign(**{DISTANCE: distances_km(place, blocks.geometry.tolist())})


def nothing_passes(shortlist: Shortlist) -> NothingFoundError:
    """What is said when no block passes: which word occurs nowhere, else which setting keeps the most out."""
    chosen = shortlist.chosen
    for column, names in shortlist.places.items():
        asked: tuple[str, ...] = getattr(chosen, column)
        spelled = [waste_type_asked(n) if column == "waste_type" else n.casefold() for n in names]
        wrong = [a for a in asked if not any(a.casefold() in name for name in spelled)]
        if wrong:
            near = get_close_matches(wrong[0].title(), names, n=3) or get_close_matches(wrong[0], names, n=3) or names
            said = "lies in" if column in ("state", "district") else "has"
            option = column.replace("_", "-")
            return NothingFoundError(
                f"no block {said} {column.replace('_', ' ')} {', '.join(wrong)}",
                field=column,
                do=f"choose of {', '.join(near[:40])}" if near else f"leave --{option} out: no block has one",
            )
    if chosen.open_to_bid and not any(shortlist.access.get(word) for word in chosen.open_to_bid):
        known = ", ".join(f"{n} {word}" for word, n in sorted(shortlist.access.items()))
        return NothingFoundError(
            f"no source says of any block that open_to_bid is {' or '.join(chosen.open_to_bid)}",
            field="open_to_bid",
            do=f"choose of what there is ({known or 'none'}); what you know yourselves goes into a table block_facts of the "
            "region (docs/for_auction_teams.md)",
        )
    alone = {name: n for name, n in shortlist.but_for.items() if n}
    would = [f"{n} without --{_option(name)}" for name, n in sorted(alone.items(), key=lambda i: (-i[1], i[0]))]
    hint = f"; {', '.join(would[:4])} would pass" if would else ""
    kinds = ", ".join(f"{n} {k.replace('_', ' ')}{'s' if n > 1 else ''}" for k, n in shortlist.by_status.items())
    more = f"; only their status keeps out {kinds}: add --status all" if kinds else ""
    # The commonest reason, in a region where no waste is quantified yet.
    only = chosen.status in (None, ("RANKED",))
    listed = "; blocks without quantified waste are listed by fertility with --status UNQUANTIFIED" if only else ""
    return NothingFoundError(
        "no block passes the filter", do=f"loosen it: {chosen.described() or 'status RANKED'}{hint}{more}{listed}"
    )


def _option(setting: str) -> str:
    return {"open_to_bid": "open", "within_km": "within"}.get(setting, setting.replace("_", "-"))


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
