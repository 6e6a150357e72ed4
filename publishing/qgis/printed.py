"""What each printed map says: title, note, list of the first ten, sources, how old the data is.

Belongs here: the words of a page. Does not belong here: where they stand on it (``layout``).
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from data_sources.basemap.base_map import CREDIT
from data_sources.contracts.published.outputs import KINDS
from khanij.foundation.wording import one_line
from publishing.geopackage.facts import LayerFacts
from publishing.geopackage.publication import Publication, verdicts_of
from publishing.geopackage.reading import SAMPLE_MARK, records
from publishing.headline import prospects_said, verdict_said
from publishing.qgis.layout import Page
from publishing.qgis.rasters import BandLayer
from publishing.qgis.themes import DISPLAY_CRS, Extent, ProjectLayer, Themes, is_shown, layer_id
from publishing.words import KIND_WORDS


@dataclass(frozen=True)
class Maps:
    """What the layouts have in common: the themes, the evidence rasters, the extent, the facts of the result."""

    themes: Themes
    bands: list[BandLayer]
    extent: Extent
    facts: LayerFacts


def pages_of(
    publication: Publication, blocks: gpd.GeoDataFrame, shown: dict[str, ProjectLayer], maps: Maps
) -> list[Page]:
    """The layouts of a project, one a theme that has content."""
    info, extent = publication.run_info, maps.extent
    run = "; ".join(f"{k.replace('_', ' ')} {info[k]}" for k in ("price_deck", "draws", "seed") if k in info)
    configuration = (info.get("configuration_sha256") or info.get("configuration_hash") or "not stated")[:12]
    sources = (
        f"Sources: stated on every row of the GeoPackage (column sources). Configuration {configuration}{'; ' + run if run else ''}. "
        f"{maps.facts.dated()} Grid: Survey of India sheets. Projection {DISPLAY_CRS}. "
        f"{'; '.join((CREDIT, *dict.fromkeys(publication.base_lines.values()))) if publication.base else 'No boundary is drawn'}."
    )
    found = prospects_said(blocks)
    held = verdicts_of(publication.tables.get("robustness"))
    ranked, fertile = _listing(blocks, "rank"), _listing(blocks, "rank_fertility")
    ramps = tuple((layer_id(b.name), b.title) for b in maps.bands if is_shown(b))
    return [
        Page(
            name=f"A4 map - {theme}",
            theme=theme,
            title=f"{publication.title}: {_TITLES[theme]}",
            note=_NOTES[theme] + _unplaced_said(blocks, theme),
            sources=sources,
            mark=SAMPLE_MARK if publication.region.is_sample else "",
            extent=(extent.west, extent.south, extent.east, extent.north),
            headline=" ".join(s for s in (found, _verdict(held) if theme in _OF_RANKS else "") if s),
            listing="" if theme == "Waste" else fertile if theme == "Fertility" else ranked,
            # the legend of the ground has a ramp below its classes
            listing_top_mm=104 if theme == "Fertility" else 84,
            legend=tuple((shown[n].id, shown[n].title) for n in names if n in shown)
            + (ramps if theme == "Fertility" else ()),
        )
        for theme, names in maps.themes.items()
        if any(n in shown for n in names)
    ]


def _verdict(held: dict[str, str]) -> str:
    """Whether the order that the map shows holds, and what to read where it does not."""
    said = verdict_said(held)
    advice = " Read the tier, not the rank." if "not robust" in said else ""
    return f"{said}.{advice}" if said else ""


def _unplaced_said(blocks: gpd.GeoDataFrame, theme: str) -> str:
    """How many of the blocks that the theme is about lie on no map, for want of a position."""
    nowhere = blocks[blocks.geometry.isna() | blocks.geometry.is_empty]
    if theme in _OF_RANKS:
        nowhere = nowhere[nowhere["rank"].notna()]
    if theme == "Waste" or nowhere.empty:
        return ""
    one = len(nowhere) == 1
    starred = " (* in the list)" if theme in _OF_RANKS else ""
    return f" {len(nowhere)} of the blocks {'has' if one else 'have'} no known position and {'is' if one else 'are'} not drawn{starred}."


def _listing(blocks: gpd.GeoDataFrame, by: str) -> str:
    """The first ten as lines of text: waste blocks where they are ranked; by fertility, the kind with most blocks."""
    if not blocks[by].notna().any():
        return ""
    frame = pd.DataFrame({c: blocks[c] for c in ("block_id", "name", "kind", by, "rank_p05", "rank_p95")})
    frame["nowhere"] = (blocks.geometry.isna() | blocks.geometry.is_empty).to_numpy()
    frame = frame[frame[by].notna()]
    counts = frame["kind"].value_counts()
    present = [k for k in KINDS if k in counts.index]
    kind = present[0] if by == "rank" else max(present, key=lambda k: int(counts[k]))
    first = frame[frame["kind"] == kind].sort_values(by).head(10)
    lines = []
    for r in records(first):
        tail = f"  ({r.rank_p05:.0f}–{r.rank_p95:.0f})" if by == "rank" else ""
        name = one_line(one_line(r.name or r.block_id).split(" (")[0], 42) + (" *" if r.nowhere else "")
        lines.append(f"{int(getattr(r, by)):>2}  {name}{tail}")
    head = "Fertility, first ten" if by != "rank" else "First ten, with the rank from P05 (best) to P95 (worst)"
    return f"{head}: {KIND_WORDS[kind].lower()}s\n" + "\n".join(lines)


_OF_RANKS = ("Ranking", "Uncertainty")
_TITLES = {
    "Ranking": "rank by critical-mineral potential",
    "Fertility": "fertility of the ground",
    "Waste": "waste sites",
    "Uncertainty": "how sure the ranking is",
    "Data quality": "how well it is known",
}
_NOTES = {
    "Ranking": "Rank within a kind of block, by mean score; circle: waste block, square: auction block, pentagon: mining lease. A block that is not ranked says why in its form. A rank is an order under stated inputs, not a resource.",
    "Fertility": "Percentile of the held-out mean posterior from survey layers; says nothing of the waste itself. White: no survey layer, or not applicable (transported waste).",
    "Waste": "Shape: kind of waste. Size: tonnage. Hollow: the tonnage or grade is borrowed, derived or missing.",
    "Uncertainty": "Colour: share of the draws in which the block is among the first twenty of its kind. Label: rank (best place P05 to worst place P95).",
    "Data quality": "Knowledge class as in MEMC Rules 2015 / UNFC, assigned by the project's rule; analogue is a borrowed range or a derived figure.",
}
