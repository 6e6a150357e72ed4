"""What is held against each asset's result when its checks run: the findings on it, one after the other.

Belongs here: which findings are made of which result. Does not belong here: a finding (``assets.quality``), how severe it is
(``guards``), how it is shown and remembered (``checks``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio

from assets.over_time.drift import drift_finding
from assets.over_time.element_shift import remember, remembered_as, shift_finding
from assets.over_time.region_numbers import rank_agreement, region_numbers
from assets.over_time.source_ages import source_ages_days
from assets.published.generation import published_list
from assets.published.publication_facts import ranks_of
from assets.published.staging import geopackage_in, staged_or_published
from assets.quality import (
    Finding,
    assessment_findings,
    crs_finding,
    quarantine_finding,
    robustness_finding,
    rows_finding,
    schema_finding,
    units_finding,
)
from assets.workspace import Workspace
from data_sources.contracts.published.outputs import RANKED_BLOCKS
from data_sources.contracts.survey import SURVEY_CONTRACTS
from khanij.foundation.environment import releases_folder
from pipelines.stores.io_managers import BundleStore, CorruptIntermediateError
from publishing.geopackage.check import geopackage_faults
from publishing.releasing.releases import list_releases
from publishing.sets.listing import Facts

GEOPACKAGE_VALID = "geopackage_valid"


def judge_layer(
    layer: str, bundle: dict[str, Any], workspace: Workspace, region: str, store: BundleStore
) -> Iterator[Finding]:
    """A survey layer against its contract, its rows counted, its elements held against those of the night before."""
    contract, kept = SURVEY_CONTRACTS[layer], bundle["kept"]
    yield schema_finding(kept, contract, partial=True)
    yield units_finding(kept, contract)
    yield crs_finding(kept, contract) if len(kept) else Finding("crs", True, "no rows", numbers={"rows": 0})
    ages = source_ages_days(workspace, workspace.region(region), (layer,))
    yield _with_numbers(rows_finding(bundle["report"]), {f"age_of_{r}_days": days for r, days in ages.items()})
    yield quarantine_finding(bundle["report"], bundle["quarantine"])
    if contract.analyses:
        yield shift_finding(layer, contract, _remembered(layer, bundle, region, store))


def _remembered(layer: str, bundle: dict[str, Any], region: str, store: BundleStore) -> dict[str, Any] | None:
    """Last night's rows and medians of a layer beside tonight's; tonight's are stored for the next night."""
    name = remembered_as(layer)
    try:
        seen = store.load(name, region) if store.manifest(name, region) is not None else None
    except CorruptIntermediateError:
        seen = None  # it is made anew, and the next night has something to compare with
    fingerprint = str(getattr(bundle, "fingerprint", ""))
    memory = remember(bundle["kept"], SURVEY_CONTRACTS[layer], fingerprint, seen)
    if memory is not None and (seen is None or memory["of"] != seen["of"]):
        store.save(name, region, memory, fingerprint)
    return memory


def _with_numbers(finding: Finding, more: Mapping[str, float]) -> Finding:
    return replace(finding, numbers={**finding.numbers, **more})


def judge_assessment(
    bundle: dict[str, Any], workspace: Workspace, region: str, store: BundleStore
) -> Iterator[Finding]:
    """Everything that must hold before a ranking may be published."""
    yield from assessment_findings(bundle)


def judge_robustness(
    bundle: dict[str, Any], workspace: Workspace, region: str, store: BundleStore
) -> Iterator[Finding]:
    """Whether the ranking survives other prices, weights and distances."""
    yield robustness_finding(bundle.get("robustness"))


def judge_publication(
    bundle: dict[str, Any], workspace: Workspace, region: str, store: BundleStore
) -> Iterator[Finding]:
    """The staged GeoPackage: whole, near the last release, with few rows held."""
    # The staged file: what is wrong with it must be known before it takes the place of what is published.
    path = staged_or_published(workspace.published_folder(region), geopackage_in(bundle))
    valid = geopackage_finding(path)
    yield valid
    if not valid.passed:
        yield Finding("drift", True, "not compared: the file is not valid")
        yield Finding("quarantine_share", True, "not counted: the file is not valid")
        return
    last = last_release(region)
    before = pyogrio.read_dataframe(last, layer="ranked_blocks", read_geometry=False) if last else None
    now = pyogrio.read_dataframe(path, layer="ranked_blocks", read_geometry=False)
    published = published_list(region, workspace)
    facts = Facts.model_validate(bundle["facts"])
    numbers = region_numbers(now, facts, published.facts if published else None)
    if before is not None:
        numbers |= rank_agreement(ranks_of(before), facts.blocks, "rank_correlation_release")
    ages = source_ages_days(workspace, workspace.region(region)).values()
    numbers |= {"oldest_source_days": max(ages)} if ages else {}
    yield _with_numbers(drift_finding(now, before, RANKED_BLOCKS, last.parent.name if last else ""), numbers)
    yield quarantine_finding(*_published_quarantine(path))


def _published_quarantine(path: Path) -> tuple[dict[str, Any], pd.DataFrame]:
    info = pyogrio.read_dataframe(path, layer="run_info", read_geometry=False).set_index("key")["value"]
    counts = json.loads(str(info.get("rows", "{}")))
    totals = {
        key: sum(int(c.get(key) or 0) for c in counts.values() if isinstance(c, dict))
        for key in ("rows_in", "rows_quarantined")
    }
    return totals, pyogrio.read_dataframe(path, layer="quarantine", read_geometry=False)


def last_release(region: str) -> Path | None:
    """The GeoPackage of the newest complete release of a region, or None."""
    complete = list_releases(releases_folder(), region)
    return complete[-1].folder / "ranked_blocks.gpkg" if complete else None


def geopackage_finding(path: Path) -> Finding:
    """Application id, integrity, foreign keys, required layers, registered SRS, extents and row counts."""
    faults = geopackage_faults(path)
    if faults:
        table = pd.DataFrame({"fault": faults})
        return Finding(GEOPACKAGE_VALID, False, "; ".join(faults[:8]), table, len(faults), {"faults": len(faults)})
    size = path.stat().st_size
    return Finding(
        GEOPACKAGE_VALID, True, f"{path.name}: {size:,} bytes, whole and registered", numbers={"bytes": size}
    )
