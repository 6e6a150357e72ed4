"""The numbers of all regions as families of gauges, from published sets, stored verdicts, Dagster's runs and source files.

Belongs here: which numbers, under which names and units. Does not belong here: the format (``openmetrics``) or a limit that
rings a bell: that is the monitoring system's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from assets.archive import fresh_days
from assets.over_time.source_ages import DAY_S, DEFAULT_FRESH_DAYS, source_ages_days
from assets.workspace import Workspace
from data_sources.cards import load_card
from data_sources.contracts import KhanijError
from data_sources.regions import Region
from khanij.foundation.version import khanij_version
from pipelines.reports.last_runs import LastRun, OpenAlert, Verdict
from pipelines.reports.openmetrics import Family
from publishing.sets.listing import SET_LIST, DamagedListError, read_list

STATUSES = ("success", "failure", "canceled", "canceling", "started", "starting", "queued", "not_started", "managed")
# Number of the check ``drift`` -> family, what it says, factor to the family's unit.
_PRODUCT = {
    "blocks": ("khanij_blocks", "Blocks of the result", 1.0),
    "blocks_ranked": ("khanij_blocks_ranked", "Blocks that carry a rank", 1.0),
    "ranked_pct": ("khanij_ranked_ratio", "Share of the blocks that carry a rank", 0.01),
    "quantified_pct": ("khanij_quantified_ratio", "Share of the blocks with a known tonnage", 0.01),
    "ground_covered_pct": ("khanij_ground_covered_ratio", "Mean share of the blocks' ground that survey layers cover", 0.01),
    "draws_that_pay_pct": ("khanij_draws_that_pay_ratio", "Mean share of the draws in which a ranked block pays", 0.01),
    "median_score": ("khanij_score_median", "Median of the mean scores of ranked blocks, 0 to 100", 1.0),
    "median_npv_usd": ("khanij_npv_median_usd", "Median of the P50 net present values of ranked blocks", 1.0),
    "tonnage_mt": ("khanij_tonnage_tonnes", "Sum of the P50 tonnages", 1e6),
    "layers_present": ("khanij_layers_present", "Connected layers that are here", 1.0),
    "layers_absent": ("khanij_layers_absent", "Connected layers that are absent", 1.0),
    "ranks_changed": ("khanij_ranks_changed", "Blocks whose rank is another than in the set published before", 1.0),
    "rank_correlation": ("khanij_rank_correlation", "Spearman's rho of the ranks with the set published before, lowest kind", 1.0),
    "rank_correlation_release": ("khanij_rank_correlation_release", "Spearman's rho of the ranks with the last release, lowest kind", 1.0),
}  # fmt: skip
_LAYER = {
    "rows_read": ("khanij_rows_read", "Rows that a layer's source held", 1.0),
    "rows_kept": ("khanij_rows_kept", "Rows of a layer that were kept", 1.0),
    "rows_held": ("khanij_rows_held", "Rows of a layer that were held back", 1.0),
    "held_pct": ("khanij_rows_held_ratio", "Share of a layer's rows that were held back", 0.01),
}
_OWN = {
    "khanij_info": "Version of Khanij",
    "khanij_metrics_timestamp_seconds": "When these numbers were gathered, since the epoch",
    "khanij_published": "1 where a result of the region is published",
    "khanij_result_timestamp_seconds": "When the published result was published, since the epoch",
    "khanij_result_age_seconds": "Time since the published result was published",
    "khanij_last_run_status": "1 for the status of the region's last run, 0 for every other",
    "khanij_last_run_timestamp_seconds": "When the region's last run ended, since the epoch",
    "khanij_last_run_duration_seconds": "How long the region's last run took",
    "khanij_alerts_open": "Troubles that were told and are not over, by event and region",
    "khanij_check_passed": "1 where a stored result passed the check, 0 where not; severity says whether it stops a publication",
    "khanij_checks_failing": "Checks of the region that do not pass",
    "khanij_element_median": "Median content of an element or oxide in a layer, in the unit of the label",
    "khanij_element_shift_ratio": "Largest change of a whole element between the last two deliveries of a layer",
    "khanij_source_age_seconds": "Time since a source was last asked, or its newest file was written",
    "khanij_source_due_seconds": "Time until a source is due to be read again; below 0 it is overdue",
}


class _Gathering:
    """The families while they are filled."""

    def __init__(self) -> None:
        told = {name: said for table in (_PRODUCT, _LAYER) for name, said, _ in table.values()}
        self.families = {name: Family(name, said) for name, said in (_OWN | told).items()}

    def add(self, name: str, value: float | None, **labels: str) -> None:
        """One sample of a family that is known."""
        self.families[name].add(value, **labels)


def families_of(
    regions: Iterable[str],
    workspace: Workspace,
    runs: Mapping[str, LastRun],
    found: Mapping[str, list[Verdict]],
    alerts: Iterable[OpenAlert],
    now: float,
) -> list[Family]:
    """All families.

    Parameters
    ----------
    regions : their names. runs : the last run of each that has any. found : the verdicts on its stored results. alerts : those
        that are open. now : seconds since the epoch.
    """
    told = _Gathering()
    for (event, region), count in Counter((alert.event, alert.region) for alert in alerts).items():
        told.add("khanij_alerts_open", float(count), event=event, **({"region": region} if region else {}))
    told.add("khanij_info", 1.0, version=khanij_version())
    told.add("khanij_metrics_timestamp_seconds", now)
    for region in regions:
        _published(told, region, workspace, now)
        if region in runs:
            _run(told, region, runs[region])
        settings = _settings(workspace, region)
        _verdicts(told, region, found.get(region, []), settings)
        if settings is not None:
            _sources(told, settings, workspace, now)
    return list(told.families.values())


def _published(told: _Gathering, region: str, workspace: Workspace, now: float) -> None:
    folder = workspace.published_folder(region)
    try:
        stands = read_list(folder) is not None
    except DamagedListError:
        stands = False
    told.add("khanij_published", float(stands), region=region)
    if stands:
        at = (folder / SET_LIST).stat().st_mtime
        told.add("khanij_result_timestamp_seconds", at, region=region)
        told.add("khanij_result_age_seconds", max(0.0, now - at), region=region)


def _run(told: _Gathering, region: str, run: LastRun) -> None:
    for status in STATUSES:
        told.add("khanij_last_run_status", float(run.status == status), region=region, status=status)
    told.add("khanij_last_run_timestamp_seconds", run.ended_at, region=region)
    told.add("khanij_last_run_duration_seconds", run.duration_s, region=region)


def _settings(workspace: Workspace, region: str) -> Region | None:
    """A region's settings; of one whose YAML is broken its run says why."""
    try:
        return workspace.region(region)
    except KhanijError:
        return None


def _verdicts(told: _Gathering, region: str, found: list[Verdict], settings: Region | None) -> None:
    connected = () if settings is None else settings.layers
    failing = dict.fromkeys(("error", "warning"), 0)
    for verdict in found:
        severity = "error" if verdict.blocking else "warning"
        failing[severity] += not verdict.passed
        labels = {"region": region, "asset": verdict.asset, "check": verdict.check, "severity": severity}
        told.add("khanij_check_passed", float(verdict.passed), **labels)
        if verdict.check == "rows_balance" and verdict.asset in connected:
            _numbers(told, _LAYER, verdict, region=region, layer=verdict.asset)
        if verdict.check == "drift":
            _numbers(told, _PRODUCT, verdict, region=region)
        if verdict.check == "element_shift":
            _elements(told, region, verdict)
    if found:
        for severity, count in failing.items():
            told.add("khanij_checks_failing", float(count), region=region, severity=severity)


def _numbers(told: _Gathering, table: Mapping[str, tuple[str, str, float]], verdict: Verdict, **labels: str) -> None:
    for number, (name, _, factor) in table.items():
        if number in verdict.numbers:
            told.add(name, factor * verdict.numbers[number], **labels)


def _elements(told: _Gathering, region: str, verdict: Verdict) -> None:
    for number, value in verdict.numbers.items():
        if number.startswith("median_"):
            element, _, unit = number.removeprefix("median_").rpartition("_")
            labels = {"region": region, "layer": verdict.asset, "element": element, "unit": unit}
            told.add("khanij_element_median", value, **labels)
    shift = verdict.numbers.get("largest_shift_pct")
    told.add("khanij_element_shift_ratio", None if shift is None else shift / 100, region=region, layer=verdict.asset)


def _sources(told: _Gathering, settings: Region, workspace: Workspace, now: float) -> None:
    try:
        ages = source_ages_days(workspace, settings, now=now)
        fresh = {role: _fresh_days(settings, role) for role in ages}
    except KhanijError:
        return  # a card is broken: the region's run says so, and the other regions are told of
    for role, days in ages.items():
        left = fresh[role] - days
        told.add("khanij_source_age_seconds", days * DAY_S, region=settings.name, source=role)
        told.add("khanij_source_due_seconds", left * DAY_S, region=settings.name, source=role)


def _fresh_days(settings: Region, role: str) -> int:
    card = load_card(settings.sources()[role].card)
    return fresh_days(card) if card.is_remote else card.freshness or DEFAULT_FRESH_DAYS
