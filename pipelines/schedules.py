"""When things run by the clock: every region nightly, a release monthly, all in India's time.

Belongs here: cron and time zone. Does not belong here: what needs a run (``planning``) or what a release holds
(``publishing.releases``).
"""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg

from assets.workspace import Workspace
from data_sources.regions import region_names
from pipelines.io_managers import BundleIOManager
from pipelines.planning import AssetJob, due_assets, forget_code, plan_run
from pipelines.settings import autostart

TIMEZONE = "Asia/Kolkata"
NIGHTLY_HOUR = 2
STEP_MINUTES = 10  # regions begin one after the other, so that they do not wait in the queue for each other


def nightly_schedule(region: str, position: int, job: AssetJob) -> dg.ScheduleDefinition:
    """The nightly refresh of one region: sources that are due are read again, and whatever is stale is made."""
    minutes = NIGHTLY_HOUR * 60 + position * STEP_MINUTES

    @dg.schedule(
        name=f"nightly_{region}",
        cron_schedule=f"{minutes % 60} {minutes // 60 % 24} * * *",
        execution_timezone=TIMEZONE,
        job=job,
        default_status=dg.DefaultScheduleStatus.RUNNING if autostart() else dg.DefaultScheduleStatus.STOPPED,
        description=f"Every night: read the due sources of {region} again and make what is stale, if anything.",
        tags={"khanij/region": region},
    )
    def nightly(
        context: dg.ScheduleEvaluationContext,
        workspace: dg.ResourceParam[Workspace],
        io_manager: dg.ResourceParam[BundleIOManager],
    ) -> dg.RunRequest | dg.SkipReason:
        forget_code()
        due = due_assets(region, context.instance)
        # Without a run key: what failed last night is tried again tonight.
        return plan_run(region, workspace, io_manager.store(), context.instance, "nightly", also=due, keyed=False)

    return nightly


def release_schedule(job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """On the first of each month, a release of every region named by that day (CalVer, such as 2026.12.01)."""

    @dg.schedule(
        name="monthly_release",
        cron_schedule="0 6 1 * *",
        execution_timezone=TIMEZONE,
        job=job,
        default_status=dg.DefaultScheduleStatus.RUNNING if autostart() else dg.DefaultScheduleStatus.STOPPED,
        description="On the first of the month: an immutable release of every published region, named YYYY.MM.DD.",
    )
    def monthly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        version = calver(context.scheduled_execution_time)
        return dg.RunRequest(
            run_key=version,
            run_config={"ops": {"release_regions": {"config": {"version": version}}}},
            tags={"khanij/release": version},
        )

    return monthly


def calver(when: datetime) -> str:
    """``YYYY.MM.DD`` of a moment in India's time."""
    return when.astimezone(ZoneInfo(TIMEZONE)).strftime("%Y.%m.%d")


def build_schedules(rank: AssetJob, release: dg.JobDefinition) -> Sequence[dg.ScheduleDefinition]:
    """One nightly schedule a region, and the monthly release."""
    return [*(nightly_schedule(r, i, rank) for i, r in enumerate(region_names())), release_schedule(release)]
