"""Asset checks, generated from the contracts: blocking where publication would be wrong, a warning otherwise.

Belongs here: which findings are held against which asset, and how severe each is. Does not belong here: the findings
(``assets.quality``). The checks of one asset run in one step, so that its result is read once.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pyogrio

from assets.published.staging import geopackage_in, staged_or_published
from assets.quality import (
    Finding,
    assessment_findings,
    crs_finding,
    drift_finding,
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
from pipelines.stores.io_managers import BundleIOManager
from publishing.releasing.releases import list_releases


def result_of(asset: str, finding: Finding, blocking: bool) -> dg.AssetCheckResult:
    """A finding as Dagster shows it: the reason as description, the rows as a table."""
    metadata: dict[str, Any] = {"reason": finding.reason}
    if finding.count:
        metadata["rows_affected"] = finding.count
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
        description=finding.reason,
    )


def build_check(
    asset: str,
    checks: dict[str, tuple[bool, str]],
    judge: Callable[[dict[str, Any], Workspace, str], Iterable[Finding]],
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
        for finding in judge(bundle, workspace, region):
            if finding.name in wanted:
                # Remembered with the result: Dagster's own book of checks knows no partitions.
                store.record_check(
                    asset, region, f"{bundle.fingerprint} {judge_version()}", finding.name, bool(finding.passed)
                )
                yield result_of(asset, finding, checks[finding.name][0])

    return check


def _judge_layer(layer: str) -> Callable[[dict[str, Any], Workspace, str], Iterable[Finding]]:
    def judge(bundle: dict[str, Any], workspace: Workspace, region: str) -> Iterable[Finding]:
        contract, kept = SURVEY_CONTRACTS[layer], bundle["kept"]
        yield schema_finding(kept, contract, partial=True)
        yield units_finding(kept, contract)
        yield crs_finding(kept, contract) if len(kept) else Finding("crs", True, "no rows")
        yield rows_finding(bundle["report"])
        yield quarantine_finding(bundle["report"], bundle["quarantine"])

    return judge


def _judge_assessment(bundle: dict[str, Any], workspace: Workspace, region: str) -> Iterable[Finding]:
    yield from assessment_findings(bundle)


def _judge_robustness(bundle: dict[str, Any], workspace: Workspace, region: str) -> Iterable[Finding]:
    yield robustness_finding(bundle.get("robustness"))


def _judge_publication(bundle: dict[str, Any], workspace: Workspace, region: str) -> Iterable[Finding]:
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
    yield drift_finding(now, before, RANKED_BLOCKS, last.parent.name if last else "")
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
