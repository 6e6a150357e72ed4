"""Asset checks, generated from the contracts: blocking where publication would be wrong, a warning otherwise.

Belongs here: how findings are shown and remembered, and how severe each is. Does not belong here: which findings are held
against which result (``judges``, imported when a check runs), or the findings (``assets.quality``). The checks of one asset
run in one step, so that its result is read once.
"""

import math
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.fingerprints import Late
from assets.workspace import PARTITIONS, Workspace
from data_sources.contracts.survey import VECTOR_LAYERS
from pipelines.guards import CHECKS, judge_version
from pipelines.stores.io_managers import BundleIOManager, BundleStore

if TYPE_CHECKING:
    from assets.quality import Finding

# What is held against an asset's result: (bundle, workspace, region, store) -> findings.
Judge = Callable[[dict[str, Any], Workspace, str, BundleStore], Iterable["Finding"]]


def result_of(asset: str, finding: "Finding", blocking: bool, region: str) -> dg.AssetCheckResult:
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


def finite_numbers(finding: "Finding") -> dict[str, float]:
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


def build_checks() -> list[dg.AssetChecksDefinition]:
    """Every check of the code location."""
    layer = Late("pipelines.judges", "judge_layer")
    return [
        *(build_check(name, CHECKS[name], partial(layer, name)) for name in VECTOR_LAYERS),
        build_check("assessment", CHECKS["assessment"], Late("pipelines.judges", "judge_assessment")),
        build_check("robustness_report", CHECKS["robustness_report"], Late("pipelines.judges", "judge_robustness")),
        build_check("ranked_blocks", CHECKS["ranked_blocks"], Late("pipelines.judges", "judge_publication")),
    ]
