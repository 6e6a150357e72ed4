"""Shortlists for auction teams: what of published GeoPackages passes a filter.

Belongs here: the rows that pass, and what is told of those that do not. Does not belong here: a file format (``shortlist_files``,
``shortlist_xlsx``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from data_sources.contracts import Field, PublishingError
from data_sources.contracts.published.output_fields import text as text_field
from data_sources.contracts.published.outputs import OUTPUT_CONTRACTS, STATUSES
from khanij.foundation.cells import is_known
from khanij.foundation.errors import NothingFoundError
from khanij.foundation.files import sha256_of
from publishing.geopackage.reading import frame_of, read_rows, read_shapes, run_info, shapes_of, where_read
from publishing.headline import prospects_of, verdict_said
from publishing.languages import ENGLISH, LANGUAGES
from publishing.scenario_words import scenario_said
from publishing.sets.snapshot import one_set_of
from publishing.shortlists.asked import DISTANCE, waste_type_asked
from publishing.shortlists.compared import EXTRA_FIELDS, ORDER_SAID, give_host_evidence, in_order
from publishing.shortlists.filters import TEXTS_IN, ShortlistFilter
from publishing.shortlists.passing import Rows, all_but, tests_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from publishing.shortlists.nearby import Place

BASKET_COLUMNS = ("rank", "rank_p50", "rank_p05", "rank_p95", "p_top10", "p_top20", "score_mean")
_OF_OWN_BASKET = ("score_p", "tier", "contribution_", "basket_value_")
REGION_FIELD = text_field("region", "Region", "Region that the block is of.")
_OF_NO_BLOCK = ("waste_sites", "sample_next", "bibliography")
_TABLES = (
    "site_shares",
    "element_potential",
    "waste_sites",
    "basket_ranks",
    "sample_next",
    "block_evidence",
    "bibliography",
)


@dataclass(frozen=True)
class Shortlist:
    """The rows that pass a filter, and what a reader must know of where they come from.

    ``rows`` are the blocks, each with its region and its ``geometry`` as the file has it; ``tables`` what belongs to them,
    by the names of the GeoPackage. The same as frames, for whoever computes or maps: ``blocks``, ``sites``, ``shares``, ...
    """

    chosen: ShortlistFilter
    rows: list[SimpleNamespace]
    tables: dict[str, list[SimpleNamespace]]
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

    @cached_property
    def blocks(self) -> gpd.GeoDataFrame:
        """The rows as a layer."""
        extra = [f for f in EXTRA_FIELDS if not self.rows or hasattr(self.rows[0], f.name)]
        return self._layer("ranked_blocks", self.rows, [REGION_FIELD], extra)

    @cached_property
    def sites(self) -> gpd.GeoDataFrame:
        """The sites that the blocks share, as a layer."""
        return self._layer("waste_sites", self.tables["waste_sites"])

    @cached_property
    def shares(self) -> pd.DataFrame:
        """Sites in the blocks."""
        return self._table("site_shares")

    @cached_property
    def elements(self) -> pd.DataFrame:
        """Elements of the blocks."""
        return self._table("element_potential")

    @cached_property
    def baskets(self) -> pd.DataFrame:
        """Ranks of the blocks by every basket."""
        return self._table("basket_ranks")

    @cached_property
    def advice(self) -> pd.DataFrame:
        """What to measure next for the blocks."""
        return self._table("sample_next")

    @cached_property
    def evidence(self) -> pd.DataFrame:
        """The ground of the blocks."""
        return self._table("block_evidence")

    @cached_property
    def bibliography(self) -> pd.DataFrame:
        """The texts that the regions cite."""
        return self._table("bibliography")

    def _table(self, name: str) -> pd.DataFrame:
        return frame_of(self.tables[name], OUTPUT_CONTRACTS[name].fields)

    @staticmethod
    def _layer(
        name: str, rows: Sequence[SimpleNamespace], before: Sequence[Field] = (), after: Sequence[Field] = ()
    ) -> gpd.GeoDataFrame:
        import geopandas as gpd

        frame = frame_of(rows, [*before, *OUTPUT_CONTRACTS[name].fields, *after])
        frame.insert(len(before) + len(OUTPUT_CONTRACTS[name].fields), "geometry", shapes_of(r.geometry for r in rows))
        return gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326")

    @property
    def is_sample(self) -> bool:
        """True if any row is made up."""
        return any(info.get("warning", "").startswith("SAMPLE") for info in self.runs.values())

    def scenarios(self) -> tuple[str, ...]:
        """What of the list is a what-if, and how it differs from the default; () where nothing is."""
        return tuple(dict.fromkeys(said for info in self.runs.values() if (said := scenario_said(info))))

    def verdicts(self) -> dict[str, str]:
        """Region and kind -> how firm the order of its ranked blocks is; of kinds that the list holds."""
        kinds = sorted({b.kind for b in self.rows})
        found = {(name, kind): verdict_said(info, kind) for name, info in self.runs.items() for kind in kinds}
        return {f"{name}: order of the {k.replace('_', ' ')}s": said for (name, k), said in found.items() if said}

    def said(self, language: str = ENGLISH) -> list[str]:
        """What each region's headline says, of the whole region; nothing of one without a ranked waste block."""
        return [text for told in self.headlines.values() if (text := told[language])]

    def told_peers(self) -> str:
        """What the places of the list are out of: a filter shortens the list, not the ranking."""
        kinds = {b.kind for b in self.rows}
        parts = [f"{n} ranked {k.replace('_', ' ')}s of {r}" for (r, k), n in sorted(self.peers.items()) if k in kinds]
        return "; ".join(parts) or "none of the blocks is ranked"

    def told(self) -> list[str]:
        """What a reader must know of the order of the list, and of the blocks that one setting alone keeps out."""
        has_unranked = any(b.rank is None for b in self.rows)
        lines = [f"Order: {ORDER_SAID}."] if has_unranked and not self.chosen.sort else []
        if self.by_status and self.chosen.status is None and not has_unranked:
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
    listed: list[SimpleNamespace] = []
    tables: dict[str, list[SimpleNamespace]] = {name: [] for name in _TABLES}
    runs: dict[str, dict[str, str]] = {}
    files: dict[str, str] = {}
    found = _Found()
    place = _place(chosen.of, paths)
    read = {path: _read_layer(path, "ranked_blocks") for path in paths}
    statuses = _statuses(chosen, read.values())
    for path, everything in read.items():
        info = run_info(path)
        name = info.get("region", Path(path).parent.name)
        while name in runs:  # two files of one region, such as two releases
            name += "+"
        runs[name], files[name] = info, sha256_of(where_read(path))
        found.headlines[name] = {language: prospects_of(everything, language=language) for language in LANGUAGES}
        own = {table: read_rows(path, table) for table in _TABLES if table != "waste_sites"}
        own["waste_sites"] = _read_layer(path, "waste_sites")
        blocks = _with_basket(everything, own["basket_ranks"], chosen.basket, info, path)
        _measure(blocks, place)
        asked = {"elements": own["element_potential"], "shares": own["site_shares"], "sites": own["waste_sites"]}
        passed = found.look(name, blocks, own["waste_sites"], tests_of(blocks, chosen, asked, statuses))
        mine = [b for b, passes in zip(blocks, passed, strict=True) if passes]
        give_host_evidence(mine, own["block_evidence"])
        for block in mine:
            block.region = name
        listed += mine
        for table, rows in _belonging(mine, own).items():
            tables[table] += rows
    texts = {row.source_id: row for row in reversed(tables["bibliography"])}  # the first of several files counts
    tables["bibliography"] = [texts[source] for source in sorted(texts)]
    return Shortlist(chosen, in_order(listed, chosen.sort), tables, runs, files, **found.told())


def _read_layer(path: Path, name: str) -> list[SimpleNamespace]:
    """The rows of a layer with their geometry, as the file has it."""
    rows = read_rows(path, name)
    for row, shape in zip(rows, read_shapes(path, name), strict=True):
        row.geometry = shape
    return rows


def _belonging(blocks: Rows, own: dict[str, list[SimpleNamespace]]) -> dict[str, list[SimpleNamespace]]:
    """What of a file's tables belongs to some of its blocks."""
    ids = {b.block_id for b in blocks}
    out = {name: [r for r in own[name] if r.block_id in ids] for name in _TABLES if name not in _OF_NO_BLOCK}
    sites = {r.site_id for r in out["site_shares"]}
    out["waste_sites"] = [r for r in own["waste_sites"] if r.site_id in sites]
    first = {b.site_id for b in blocks} - {None}  # of sites that would first have to enter a ranking
    out["sample_next"] = [
        r for r in own["sample_next"] if r.block_id in ids or (r.block_id is None and r.site_id in first)
    ]
    return out | {"bibliography": own["bibliography"]}


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

    def look(self, region: str, blocks: Rows, sites: Rows, tests: dict[str, list[bool]]) -> list[bool]:
        """Which blocks pass; what keeps the others out is counted."""
        counts = Counter(b.kind for b in blocks if b.rank is not None)
        self.peers |= {(region, kind): n for kind, n in sorted(counts.items())}
        for name, column in (("state", "state"), ("district", "district"), ("operator", "operator")):
            self.places[name].update(v for b in blocks if is_known(v := getattr(b, column)))
        self.places["operator"].update(b.lease_holder for b in blocks if is_known(b.lease_holder))
        self.places["waste_type"].update(s.waste_type_code for s in sites if is_known(s.waste_type_code))
        self.places["waste_type"].update(
            waste_type_asked(s.waste_type_text) for s in sites if is_known(s.waste_type_text)
        )
        for word, n in Counter(b.open_to_bid for b in blocks if is_known(b.open_to_bid)).items():
            self.access[word] = self.access.get(word, 0) + n
        passed = all_but(tests, "", len(blocks))
        for name, passes in tests.items():
            others = all_but(tests, name, len(blocks))
            alone = [b for b, rest, this in zip(blocks, others, passes, strict=True) if rest and not this]
            self.but_for[name] = self.but_for.get(name, 0) + len(alone)
            if name == "within_km":
                self.unplaced += sum(not is_known(getattr(b, DISTANCE)) for b in alone)
            if name == "status":
                for kind, n in Counter(b.kind for b in alone).most_common():
                    self.by_status[kind] = self.by_status.get(kind, 0) + n
        return passed

    def told(self) -> dict[str, Any]:
        """The fields of a ``Shortlist``."""
        places = {name: tuple(sorted(names)) for name, names in self.places.items()}
        told = {"peers": self.peers, "places": places, "but_for": self.but_for, "by_status": self.by_status}
        return told | {"unplaced": self.unplaced, "access": self.access, "headlines": self.headlines}


def _statuses(chosen: ShortlistFilter, files: Iterable[Rows]) -> tuple[str, ...]:
    """The statuses that pass: those asked for; else RANKED, or all where none of the kinds asked for has a rank."""
    if chosen.status is not None:
        return chosen.status
    ranked = any(b.kind in chosen.kind and b.rank is not None for blocks in files for b in blocks)
    return STATUSES if chosen.kind and not ranked else ("RANKED",)


def _place(text: str, paths: Sequence[Path]) -> Place | None:
    """The place that distances are measured from; None where none is named, and nothing is imported to find it."""
    if not text:
        return None
    from publishing.shortlists.nearby import place_named

    return place_named(text, paths)


def _measure(blocks: Rows, place: Place | None) -> None:
    """Give the blocks their distance from a place."""
    if place is None:
        return
    from publishing.shortlists.nearby import distances_km

    distances = distances_km(place, shapes_of(b.geometry for b in blocks)).tolist()
    for block, km in zip(blocks, distances, strict=True):
        setattr(block, DISTANCE, km if is_known(km) else None)


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


def _with_basket(blocks: Rows, baskets: Rows, basket: str, info: dict[str, str], path: object) -> Rows:
    """The blocks with ranks of another basket than the region's own in place of its ranks."""
    if not basket or basket == info.get("basket", ""):
        return blocks
    known = sorted({r.basket for r in baskets if is_known(r.basket)})
    if basket not in known:
        raise PublishingError(
            f"no ranking by basket {basket!r}",
            file=path,
            field="basket",
            do=f"choose one of {', '.join(known) or 'none: the file has no basket_ranks'}",
        )
    mine = {r.block_id: r for r in baskets if r.basket == basket}
    out = []
    for block in blocks:
        other, was = mine.get(block.block_id), vars(block)
        # What is known of the region's own basket alone does not belong beside another basket's rank.
        new = {c: None if c.startswith(_OF_OWN_BASKET) else v for c, v in was.items()}
        new |= {c: getattr(other, c, None) for c in BASKET_COLUMNS}
        if new["rank"] is not None and block.status in ("RANKED", "OUT_OF_BASKET"):
            new["status"] = "RANKED"
        elif new["rank"] is None and block.status == "RANKED":
            new["status"] = "OUT_OF_BASKET"
            new["status_reason"] = f"no metal of {basket} is known to be recoverable here"
        out.append(SimpleNamespace(**new))
    return out
