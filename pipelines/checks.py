"""Asset checks, generated from the contracts: blocking where publication would be wrong, a warning otherwise.

Belongs here: which findings are held against which asset, and how severe each is. Does not belong here: the findings
(``assets.quality``). The checks of one asset run in one step, so that its result is read once.
"""

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
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
from assets.survey import VECTOR_LAYERS
from assets.workspace import PARTITIONS, Workspace
from data_sources.contracts.published.outputs import RANKED_BLOCKS
from data_sources.contracts.survey import SURVEY_CONTRACTS
from khanij.foundation.environment import releases_folder
from pipelines.geopackage_check import geopackage_finding
from pipelines.guards import CHECKS, judge_version
from pipelines.stores.io_managers import BundleIOManager, BundleStore, CorruptIntermediateError
from publishing.releasing.releases import list_releases
from publishing.sets.listing import Facts

# What is held against an asset's result: (bundle, workspace, region, store) -> findings.
Judge = Callable[[dict[str, Any], Workspace, str, BundleStore], Iterable[Finding]]


def result_of(asset: str, finding: Finding, blocking: bool, region: str) -> dg.AssetCheckResult:
    """A finding as Dagster shows it: region and reason as description, its numbers to be plotted, the rows as a table."""
    metadata: dict[str, Any] = {"region": region, "reason": finding.reason, **finite_numbers(finding)}
    if len(finding.rows):
        shown = finding.rows.astype("str")
        records = [dg.TableRecord({str(k): str(v)[:200] for k, v in row.items()}) for row in shown.to_dict("records")]
        metadata["rows"] = dg.MetadataValue.table(
            records, dg.TableSchema([dg.TableColumn(str(c)) for c in shown.columns])
        )
    severity = dg.AssetCheckSeverity.ERROR if blocking else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=finding.name,
        passed=bool(finding.passed),
        severity=severity,
        metadata=metadata,
        description=f"{region}: {finding.reason}",
    )


def finite_numbers(finding: Finding) -> dict[str, float]:
    """The numbers of a finding that can be plotted, and of how many rows it is."""
    told = {"rows_affected": finding.count, **finding.numbers}
    return {name: float(value) for name, value in told.items() if math.isfinite(value)}


def build_check(
    asset: str,
    checks: dict[str, tuple[bool, str]],
    judge: Judge,
) -> dg.AssetChecksDefinition:
    """All checks of one asset as one step, for the partition that is being made; their outcome is stored with it."""
    with warnings.catch_warnings():
        # Checks know their partition since 1.12, marked "preview": the code-location test holds what we rely on.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        specs = [
            dg.AssetCheckSpec(name, asset=asset, description=text, blocking=blocking, partitions_def=PARTITIONS)
            for name, (blocking, text) in checks.items()
        ]

    @dg.multi_asset_check(
        name=f"{asset}_checks",
        specs=specs,
        ins={"bundle": dg.AssetIn(asset)},
        can_subset=True,
    )
    def check(
        context: dg.AssetCheckExecutionContext,
        workspace: dg.ResourceParam[Workspace],
        io_manager: dg.ResourceParam[BundleIOManager],
        bundle: Any,
    ) -> Iterator[dg.AssetCheckResult]:
        wanted = {key.name for key in context.selected_asset_check_keys}
        region, store = context.partition_key, io_manager.store()
        for finding in judge(bundle, workspace, region, store):
            if finding.name in wanted:
                # Remembered with the result: Dagster's own book of checks knows no partitions.
                judged, blocking = f"{bundle.fingerprint} {judge_version()}", checks[finding.name][0]
                told = {"blocking": blocking, "reason": finding.reason, "numbers": finite_numbers(finding)}
                store.record_check(asset, region, judged, finding.name, bool(finding.passed), told)
                yield result_of(asset, finding, blocking, region)

    return check


def _judge_layer(layer: str) -> Judge:
    def judge(bundle: dict[str, Any], workspace: Workspace, region: str, store: BundleStore) -> Iterable[Finding]:
        contract, kept = SURVEY_CONTRACTS[layer], bundle["kept"]
        yield schema_finding(kept, contract, partial=True)
        yield units_finding(kept, contract)
        yield crs_finding(kept, contract) if len(kept) else Finding("crs", True, "no rows", numbers={"rows": 0})
        ages = source_ages_days(workspace, workspace.region(region), (layer,))
        yield _with_numbers(rows_finding(bundle["report"]), {f"age_of_{r}_days": days for r, days in ages.items()})
        yield quarantine_finding(bundle["report"], bundle["quarantine"])
        if contract.analyses:
            yield shift_finding(layer, contract, _remembered(layer, bundle, region, store))

    return judge


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


def _judge_assessment(
    bundle: dict[str, Any], workspace: Workspace, region: str, store: BundleStore
) -> Iterable[Finding]:
    yield from assessment_findings(bundle)


def _judge_robustness(
    bundle: dict[str, Any], workspace: Workspace, region: str, store: BundleStore
) -> Iterable[Finding]:
    yield robustness_finding(bundle.get("robustness"))


def _judge_publication(
    bundle: dict[str, Any], workspace: Workspace, region: str, store: BundleStore
) -> Iterable[Finding]:
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
    import json

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


def build_checks() -> list[dg.AssetChecksDefinition]:
    """Every check of the code location."""
    return [
        *(build_check(layer, CHECKS[layer], _judge_layer(layer)) for layer in VECTOR_LAYERS),
        build_check("assessment", CHECKS["assessment"], _judge_assessment),
        build_check("robustness_report", CHECKS["robustness_report"], _judge_robustness),
        build_check("ranked_blocks", CHECKS["ranked_blocks"], _judge_publication),
    ]
