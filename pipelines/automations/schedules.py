"""When things run by the clock: remote sources and every region nightly, a release monthly, all in India's time.

Belongs here: cron and time zone. Does not belong here: what needs a run (``planning``) or what a release holds
(``publishing.releasing.releases``).
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg

from assets.archive import remote_cards
from assets.fingerprints import forget
from assets.workspace import Workspace
from data_sources.regions import region_names
from khanij.foundation.environment import autostart
from pipelines.automations.planning import NIGHTLY, WHY_TAG, AssetJob, due_assets, plan_fetch, plan_run
from pipelines.partitions import synchronise
from pipelines.release_job import is_published, release_config
from pipelines.stores.io_managers import BundleIOManager

TIMEZONE = "Asia/Kolkata"
FETCH_HOUR = 0
NIGHTLY_HOUR = 2
MOST_TOLD = 20


def by_the_clock(name: str, cron: str, job: Any, description: str) -> Callable[..., dg.ScheduleDefinition]:
    """A decorator for what runs by the clock of India; it runs from the start only where the installation says so."""
    status = dg.DefaultScheduleStatus.RUNNING if autostart() else dg.DefaultScheduleStatus.STOPPED
    return dg.schedule(
        name=name,
        cron_schedule=cron,
        execution_timezone=TIMEZONE,
        job=job,
        default_status=status,
        description=description,
    )


def told(skips: Sequence[dg.SkipReason]) -> dg.SkipReason:
    """Why nothing is asked for, one reason a region; those of the most regions are shortened."""
    reasons = [skip.skip_message or "" for skip in skips]
    more = f"; and {len(reasons) - MOST_TOLD} more" if len(reasons) > MOST_TOLD else ""
    return dg.SkipReason("; ".join(reasons[:MOST_TOLD]) + more or "there is no region")


def nightly_schedule(job: AssetJob) -> dg.ScheduleDefinition:
    """The nightly refresh: of each region, sources that are due are read again, and whatever is stale is made."""
    text = "Every night, each region: read its due sources again and make what is stale, if anything. Dagster queues the runs."

    @by_the_clock(NIGHTLY, f"0 {NIGHTLY_HOUR} * * *", job, text)
    def nightly(
        context: dg.ScheduleEvaluationContext,
        workspace: dg.ResourceParam[Workspace],
        io_manager: dg.ResourceParam[BundleIOManager],
    ) -> list[dg.RunRequest] | dg.SkipReason:
        forget()
        synchronise(context.instance)
        night, answers = calver(context.scheduled_execution_time), []
        for region in region_names():
            due = due_assets(region, context.instance)
            # A key a night: what failed last night is tried again tonight.
            answers.append(
                plan_run(region, workspace, io_manager.store(), context.instance, NIGHTLY, also=due, night=night)
            )
        return requests_or_reason(answers)

    return nightly


def fetch_schedule(job: AssetJob) -> dg.ScheduleDefinition:
    """Ask the servers of each region for what is due, before the night's ranking looks at what has changed."""
    text = "Every night, each region: bring its remote sources that are due into the archive, if any."

    @by_the_clock("nightly_fetch", f"0 {FETCH_HOUR} * * *", job, text)
    def fetching(
        context: dg.ScheduleEvaluationContext, workspace: dg.ResourceParam[Workspace]
    ) -> list[dg.RunRequest] | dg.SkipReason:
        synchronise(context.instance)
        night = calver(context.scheduled_execution_time)
        remote = sorted({region for users in remote_cards().values() for region in users})
        return requests_or_reason(
            [plan_fetch(region, workspace, context.instance, NIGHTLY, night) for region in remote]
        )

    return fetching


def requests_or_reason(answers: Sequence[dg.RunRequest | dg.SkipReason]) -> list[dg.RunRequest] | dg.SkipReason:
    """The runs to ask for, or why there is none."""
    requests = [answer for answer in answers if isinstance(answer, dg.RunRequest)]
    return requests or told([answer for answer in answers if isinstance(answer, dg.SkipReason)])


def release_schedule(job: AssetJob) -> dg.ScheduleDefinition:
    """On the first of each month, a release of every published region named by that day (CalVer, such as 2026.12.01)."""
    text = "On the first of the month: an immutable release of every published region, named YYYY.MM.DD."

    @by_the_clock("monthly_release", "0 6 1 * *", job, text)
    def monthly(
        context: dg.ScheduleEvaluationContext, workspace: dg.ResourceParam[Workspace]
    ) -> list[dg.RunRequest] | dg.SkipReason:
        synchronise(context.instance)
        version = calver(context.scheduled_execution_time)
        regions = [region for region in region_names() if is_published(workspace, region)]
        requests = [
            dg.RunRequest(
                run_key=f"{version}-{region}",
                partition_key=region,
                run_config=release_config(version),
                tags={"khanij/release": version, "khanij/region": region, WHY_TAG: "monthly_release"},
            )
            for region in regions
        ]
        return requests or dg.SkipReason("no region is published, so nothing is released")

    return monthly


def calver(when: datetime) -> str:
    """``YYYY.MM.DD`` of a moment in India's time."""
    return when.astimezone(ZoneInfo(TIMEZONE)).strftime("%Y.%m.%d")


def build_schedules(
    rank: AssetJob, release: AssetJob, fetch: AssetJob | None = None
) -> Sequence[dg.ScheduleDefinition]:
    """The nightly refresh of all regions, the fetching of their remote sources where there are any, the monthly release."""
    fetching = [fetch_schedule(fetch)] if fetch is not None else []
    return [*fetching, nightly_schedule(rank), release_schedule(release)]
