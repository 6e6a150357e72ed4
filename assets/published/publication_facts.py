"""What the guard of the publication compares: rows of each connected layer, blocks and ranks, coverage, CRS and window.

Belongs here: gathering these facts from the results, and what a region's settings connect. Does not belong here: how
much may be lost (the region's ``publication``) or the comparison (``publishing.sets.guard``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from assets.over_time.element_shift import medians
from assets.published.generation import accepted_reason, published_list, ranking_parts, set_inputs
from assets.workspace import Workspace
from data_sources.contracts import PublishingError
from data_sources.contracts.survey import SURVEY_CONTRACTS, VECTOR_LAYERS
from data_sources.contracts.waste import WASTE_CONTRACTS
from data_sources.regions import Region
from publishing.sets.guard import Connected, objections
from publishing.sets.listing import (
    GEOPACKAGE,
    SET_LIST,
    Accepted,
    DamagedListError,
    Facts,
    LayerFacts,
    SetList,
    read_list,
)
from publishing.sets.marks import generation_of

SURVEY = (*VECTOR_LAYERS, "geophysics")
_FED_BY = {
    "waste_block": ("waste_sites", "waste_footprints"),
    "auction_block": ("auction_blocks",),
    "mining_lease": ("mining_leases",),
}


@dataclass(frozen=True)
class Judgement:
    """The published set, what speaks against replacing it, and what was accepted."""

    before: SetList | None
    objections: tuple[str, ...]
    accepted: Accepted | None


def connected_by(region: Region) -> Connected:
    """What a region's settings connect."""
    names = set(region.layers) | {f"gate {name}" for name in region.gates}
    names |= {f"{layer} of {source.called}" for source in region.waste.sources for layer in WASTE_CONTRACTS}
    if region.waste.card.startswith("embedded_"):
        names |= set(WASTE_CONTRACTS)
    return Connected(
        layers=frozenset(names),
        fed_by={kind: _FED_BY.get(kind, ()) for kind in region.units},
        survey=frozenset(SURVEY) if region.grid is not None else None,
    )


def facts_of(
    region_name: str,
    workspace: Workspace,
    sources: dict[str, dict[str, Any]],
    gates: dict[str, gpd.GeoDataFrame],
    blocks: pd.DataFrame,
    block_fertility: dict[str, Any],
) -> Facts:
    """The facts of the set that is being made.

    Parameters
    ----------
    sources : the bundles of survey layers, waste inventory and blocks by asset, each with its ``report``.
    gates : the gate layers by name.
    blocks : ranked blocks, with ``block_id``, ``kind``, ``rank``, ``tonnage_t_p50``.
    block_fertility : the bundle; ``table`` has ``coverage_pct``, a row for each block that has a place on the map.
    """
    region = workspace.region(region_name)
    settings, code = ranking_parts(region_name, workspace)
    table = block_fertility.get("table")
    ground = {} if table is None else dict(zip(table["block_id"], table["coverage_pct"].fillna(0.0), strict=True))
    return Facts(
        layers=layer_facts(region, sources, gates, workspace.source_folder(region)),
        blocks=ranks_of(blocks),
        ground_pct={str(b): round(float(pct), 3) for b, pct in ground.items()},
        quantified=tuple(sorted(map(str, blocks.loc[blocks["tonnage_t_p50"].notna(), "block_id"]))),
        crs=region.crs,
        window_deg=region.extent_deg,
        settings=settings,
        code=code,
    )


def ranks_of(blocks: pd.DataFrame) -> dict[str, dict[str, int | None]]:
    """Kind -> block id -> rank, None where it has none."""
    return {
        str(kind): {str(b): None if pd.isna(r) else int(r) for b, r in zip(rows["block_id"], rows["rank"], strict=True)}
        for kind, rows in blocks.groupby("kind", sort=True)
    }


def layer_facts(
    region: Region, sources: dict[str, dict[str, Any]], gates: dict[str, gpd.GeoDataFrame], folder: Path | None
) -> dict[str, LayerFacts]:
    """Rows of every connected layer, or why it is absent; ``folder`` of the sources is left out of what is told."""
    reports: dict[str, dict[str, Any]] = {name: sources[name]["report"] for name in SURVEY if name in sources}
    reports |= sources["waste_inventory"]["report"].get("layers", {})
    reports |= sources["blocks"]["report"]
    connected = connected_by(region).layers
    out = {name: _facts(report, name in region.layers, folder) for name, report in reports.items() if name in connected}
    for name in out:
        if name in SURVEY_CONTRACTS and SURVEY_CONTRACTS[name].analyses:
            found = {c: float(f"{m:.6g}") for c, m in medians(sources[name]["kept"]).items()}
            out[name] = out[name].model_copy(update={"medians": found})
    out |= {f"gate {name}": LayerFacts(rows=len(gate)) for name, gate in gates.items()}
    return dict(sorted(out.items()))


def _facts(report: dict[str, Any], has_file: bool, folder: Path | None) -> LayerFacts:
    bands = report.get("bands")
    rows = int(report.get("rows_kept") or 0) if bands is None else len(bands)
    absent = str(report.get("absent") or report.get("fails") or "").partition(". What to do:")[0]
    absent = absent.replace(f"{folder}/", "") if folder else absent  # a result must not depend on the folder
    if not rows and not absent and has_file:
        absent = "no row of it was kept" if report.get("rows_in") or report.get("bands_held") else "it holds no row"
    return LayerFacts(rows=rows, absent=absent)


def judged(region_name: str, workspace: Workspace, facts: Facts) -> Judgement:
    """What the guard says of a set with these facts, and what was accepted of it."""
    region = workspace.region(region_name)
    inputs, reason = set_inputs(region_name, workspace), accepted_reason(region_name, workspace)
    before = published_list(region_name, workspace)
    if before is not None and before.inputs == inputs:
        return Judgement(before, (), before.accepted)  # the same set once more: what was said of it still holds
    if before is None:
        found = _lost_list(region_name, workspace, inputs)
    else:
        found = objections(before.facts, facts, connected_by(region), region.publication)
    return Judgement(before, found, Accepted(reason=reason, changes=found) if reason else None)


def _lost_list(region_name: str, workspace: Workspace, inputs: str) -> tuple[str, ...]:
    """Without its list a published set cannot be compared with; that must not be a way around the guard."""
    folder = workspace.published_folder(region_name)
    carried = generation_of(folder / GEOPACKAGE) if (folder / GEOPACKAGE).is_file() else None
    if carried == inputs:
        return ()
    try:
        read_list(folder)
    except DamagedListError as error:
        return (f"nothing to compare with: {error.message} ({SET_LIST})",)
    if carried is None:
        return ()  # nothing was published here, or by a version that made no lists
    return (f"nothing to compare with: the list of the published set {carried[:12]} is gone",)


def require_accepted(region: Region, judgement: Judgement) -> None:
    """Refuse a set that the guard objects to and nobody accepted.

    Raises
    ------
    PublishingError : what speaks against it; what was published before is still in place.
    """
    if not judgement.objections or judgement.accepted:
        return
    raise PublishingError(
        f"publication refused: {'; '.join(judgement.objections)}",
        do=f"mend the source and run again; if it is right so: khanij run --region {region.name} --accept 'REASON' "
        "(limits: publication in the region's YAML); what was published before is still in place",
    )
