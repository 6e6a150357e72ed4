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
from pipelines.automations.planning import AssetJob, due_assets, plan_fetch, plan_run
from pipelines.stores.io_managers import BundleIOManager

TIMEZONE = "Asia/Kolkata"
FETCH_HOUR = 0
NIGHTLY_HOUR = 2
STEP_MINUTES = 10  # regions begin one after the other, so that they do not wait in the queue for each other


def by_the_clock(name: str, cron: str, job: Any, description: str, **tags: str) -> Callable[..., dg.ScheduleDefinition]:
    """A decorator for what runs by the clock of India; it runs from the start only where the installation says so."""
    status = dg.DefaultScheduleStatus.RUNNING if autostart() else dg.DefaultScheduleStatus.STOPPED
    return dg.schedule(
        name=name,
        cron_schedule=cron,
        execution_timezone=TIMEZONE,
        job=job,
        default_status=status,
        description=description,
        tags=tags,
    )


def every_night(hour: int, position: int) -> str:
    """The cron line of the region at this place of the list: regions begin one after the other."""
    minutes = hour * 60 + position * STEP_MINUTES
    return f"{minutes % 60} {minutes // 60 % 24} * * *"


def nightly_schedule(region: str, position: int, job: AssetJob) -> dg.ScheduleDefinition:
    """The nightly refresh of one region: sources that are due are read again, and whatever is stale is made."""
    told = f"Every night: read the due sources of {region} again and make what is stale, if anything."

    @by_the_clock(f"nightly_{region}", every_night(NIGHTLY_HOUR, position), job, told, **{"khanij/region": region})
    def nightly(
        context: dg.ScheduleEvaluationContext,
        workspace: dg.ResourceParam[Workspace],
        io_manager: dg.ResourceParam[BundleIOManager],
    ) -> dg.RunRequest | dg.SkipReason:
        forget()
        due = due_assets(region, context.instance)
        # Without a run key: what failed last night is tried again tonight.
        return plan_run(region, workspace, io_manager.store(), context.instance, "nightly", also=due, keyed=False)

    return nightly


def fetch_schedule(region: str, position: int, job: AssetJob) -> dg.ScheduleDefinition:
    """Ask the servers of one region for what is due, before the night's ranking looks at what has changed."""
    told = f"Every night: bring the remote sources of {region} that are due into the archive, if any."

    @by_the_clock(f"fetch_{region}", every_night(FETCH_HOUR, position), job, told, **{"khanij/region": region})
    def fetching(
        context: dg.ScheduleEvaluationContext, workspace: dg.ResourceParam[Workspace]
    ) -> dg.RunRequest | dg.SkipReason:
        return plan_fetch(region, workspace, context.instance, "nightly")

    return fetching


def release_schedule(job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """On the first of each month, a release of every region named by that day (CalVer, such as 2026.12.01)."""
    told = "On the first of the month: an immutable release of every published region, named YYYY.MM.DD."

    @by_the_clock("monthly_release", "0 6 1 * *", job, told)
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


def build_schedules(
    rank: AssetJob, release: dg.JobDefinition, fetch: AssetJob | None = None
) -> Sequence[dg.ScheduleDefinition]:
    """One nightly schedule a region, one that fetches for each region with remote sources, and the monthly release."""
    regions = list(enumerate(region_names()))
    remote = {region for users in remote_cards().values() for region in users} if fetch is not None else set()
    return [
        *(fetch_schedule(r, i, fetch) for i, r in regions if r in remote),
        *(nightly_schedule(r, i, rank) for i, r in regions),
        release_schedule(release),
    ]
