"""What there is to tell of an installation, read from Dagster's books: of runs that ended, and of what lasts.

Belongs here: one ``Alert`` for each trouble, with what will happen next. Does not belong here: what was told already
(``alerting``), wording common to all, or sending (``notify``).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

import dagster as dg

from assets.archive import archive_of, due_cards
from assets.workspace import Workspace
from data_sources.cards import load_card
from data_sources.connectors.in_archive import last_asked
from data_sources.contracts import KhanijError
from data_sources.regions import region_names
from pipelines.automations.hooks import plain, step_failures
from pipelines.automations.notify import Alert, Event, root_cause
from pipelines.automations.planning import BY_HAND, DAY_S, JOB, NIGHTLY, WHY_TAG, due_assets
from pipelines.stores.leases import PARTITION_TAG, QUEUED, STARTED
from publishing.sets.swap import INTERRUPTED

REFUSED = "publication refused"
WILL_RETRY_TAG, RETRY_NUMBER_TAG = "dagster/will_retry", "dagster/retry_number"
LATE_S = 3 * 3600.0  # a national region takes minutes; a queue of 200 small ones on two processes under two hours
NIGHTLY_LATE_S = 26 * 3600.0
GRACE_DAYS = 2  # the nightly reads a source on the night after it became due


def key_of_run(run: dg.DagsterRun) -> str:
    """The trouble that a run's failure is of: its job in its region, whoever started it."""
    return f"run:{run.job_name}:{run.tags.get(PARTITION_TAG, '')}"


def of_failed_run(run: dg.DagsterRun, instance: dg.DagsterInstance) -> Alert:
    """What a failed run says of itself, without tracebacks, and whether it is started once more."""
    reasons = list(step_failures(run, instance))
    again = run.tags.get(WILL_RETRY_TAG) == "true"
    event: Event = "failed" if reasons else "lost"
    if any(_refuses(step, reason) for step, reason in reasons):
        event = "publication_refused"
    elif not reasons and not again and run.tags.get(RETRY_NUMBER_TAG):
        event = "retries_exhausted"
    region = run.tags.get(PARTITION_TAG, "")
    what = {
        "failed": f"{', '.join(step for step, _ in reasons)} failed",
        "lost": "the run's process is gone",
        "retries_exhausted": "the run was lost again, and is not started any more",
        "publication_refused": "the new result is not published",
    }[event]
    why = [f"{step}: {reason}" for step, reason in reasons] or [_run_message(run, instance)]
    kept = f"What was published of {region or 'every region'} before is still in place."
    if any(INTERRUPTED in reason for _, reason in reasons):
        kept = "The next khanij command finishes the publication; until then no release is made of it."
    do = f"khanij run --region {region}" if region and run.job_name == JOB else ""
    if event == "publication_refused":
        do = f"mend what it names; if it is right as it is: khanij run --region {region} --accept 'REASON'"
    return Alert(
        event=event,
        key=key_of_run(run),
        subject=f"{region or run.job_name}: {what}",
        why=tuple(why),
        kept=kept,
        next="Dagster starts the run once more, within a minute." if again else after_failure(instance),
        do="" if again else do,
        region=region,
        run_id=run.run_id,
        started_by=starter(run),
    )


def of_no_run(region: str, reason: str, instance: dg.DagsterInstance) -> Alert:
    """What is told of a region that was asked for and could not be begun: there is no run of it in the books."""
    return Alert(
        event="failed",
        key=f"asked:{region}",
        subject=f"{region}: it could not be begun",
        why=(root_cause([reason]),),
        kept=f"What was published of {region} before is still in place.",
        next=after_failure(instance),
        do=f"khanij validate --region {region}",
        region=region,
        started_by=BY_HAND,
    )


def _refuses(step: str, reason: str) -> bool:
    return REFUSED in reason or (step.endswith("_checks") and "ranked_blocks" in step)


def _run_message(run: dg.DagsterRun, instance: dg.DagsterInstance) -> str:
    logs = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    told = [entry.dagster_event.message or "" for entry in logs if entry.dagster_event]
    return root_cause([plain(text) for text in told]) if any(told) else "the run ended without saying why (killed?)"


def starter(run: dg.DagsterRun) -> str:
    """Who or what started a run, in words."""
    for tag, words in (("dagster/schedule_name", "schedule"), ("dagster/sensor_name", "sensor")):
        if tag in run.tags:
            return f"{words} {run.tags[tag]} ({run.tags.get(WHY_TAG, 'no reason given')})"
    return run.tags.get(WHY_TAG) or "the UI"


def nightly_is_on(instance: dg.DagsterInstance) -> bool:
    """Whether the schedule of the nights runs."""
    return any(s.instigator_name == NIGHTLY and s.is_running for s in instance.all_instigator_state())


def after_failure(instance: dg.DagsterInstance) -> str:
    """What happens after a failure for a stated reason, if nobody does anything."""
    if nightly_is_on(instance):
        return "it is tried again by the nightly at 02:00 (India), or as soon as one of its files or facts changes."
    return "nothing, until somebody starts it: the nightly is switched off."


def of_success(key: str, subject: str, told: str, run: dg.DagsterRun | None = None) -> Alert:
    """What is said when a trouble is over."""
    region = run.tags.get(PARTITION_TAG, "") if run is not None else ""
    return Alert(
        event="recovered",
        key=key,
        subject=f"{subject}: over",
        why=(told,),
        kept="The newest result is published." if run is not None and run.job_name == JOB else "",
        next="nothing more is told of it.",
        region=region,
        run_id=run.run_id if run is not None else "",
        started_by=starter(run) if run is not None else "",
    )


def lasting(instance: dg.DagsterInstance, workspace: Workspace, now: float, thorough: bool) -> dict[str, Alert]:
    """Troubles that hold now, by key; ``thorough`` asks the slow questions of each region too."""
    found = [*_late_runs(instance, now), *_late_nightly(instance, now), *_failed_ticks(instance)]
    if thorough:
        for region in region_names():
            found += of_region(region, instance, workspace, now)
    return {alert.key: alert for alert in found}


def _late_runs(instance: dg.DagsterInstance, now: float) -> Iterator[Alert]:
    for record in instance.get_run_records(dg.RunsFilter(statuses=[*QUEUED, *STARTED])):
        run, age = record.dagster_run, now - record.create_timestamp.timestamp()
        if age < LATE_S:
            continue
        region, state = run.tags.get(PARTITION_TAG, ""), run.status.value.lower().replace("_", " ")
        waits = run.status in QUEUED
        yield Alert(
            event="late",
            key=f"late:{run.run_id}",
            subject=f"{region or run.job_name}: a run has not ended after {age / 3600:.0f} h",
            why=(f"it is {state} since {record.create_timestamp:%Y-%m-%d %H:%M} UTC",),
            kept=f"What was published of {region or 'every region'} before is still in place.",
            next="it starts when a run before it ends (max_concurrent_runs)."
            if waits
            else "after six hours (max_runtime_seconds) Dagster ends it and calls it failed.",
            do="see whether the daemon runs and what is before it in the queue" if waits else "terminate it in the UI",
            region=region,
            run_id=run.run_id,
            started_by=starter(run),
        )


def _late_nightly(instance: dg.DagsterInstance, now: float) -> Iterator[Alert]:
    for state in instance.all_instigator_state():
        if state.instigator_name != NIGHTLY or not state.is_running:
            continue
        ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
        if ticks and now - ticks[0].timestamp > NIGHTLY_LATE_S:
            yield Alert(
                event="late",
                key="late:nightly",
                subject=f"the nightly has not come for {(now - ticks[0].timestamp) / 3600:.0f} h",
                why=("the schedule is on, and Dagster's daemon has not evaluated it: it did not run, or hangs",),
                kept="What was published before is still in place.",
                next="when the daemon runs again it makes up for the last missed night.",
                do="systemctl restart khanij-daemon, or make ui",
            )


def _failed_ticks(instance: dg.DagsterInstance) -> Iterator[Alert]:
    for state in instance.all_instigator_state():
        ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1) if state.is_running else ()
        if not ticks or ticks[0].status.value != "FAILURE":
            continue
        error = ticks[0].error
        chain = []
        while error is not None:
            chain.append(plain(error.message))
            error = error.cause
        yield Alert(
            event="automation_error",
            key=f"tick:{state.instigator_name}",
            subject=f"{state.instigator_name}: it failed and asked for no run",
            why=(root_cause(chain),),
            kept="What was published before is still in place; runs by hand are not concerned.",
            next="it is evaluated again at its next time; what changed meanwhile is found then.",
            do=f"see Automation > {state.instigator_name} in the UI",
        )


def of_region(region: str, instance: dg.DagsterInstance, workspace: Workspace, now: float) -> Iterable[Alert]:
    """Whether a region can be planned at all, and whether its sources were read in time."""
    before = now - GRACE_DAYS * DAY_S
    try:
        stale = due_assets(region, instance, before)
        archive, settings = archive_of(workspace), workspace.region(region)
        asked = {
            c: last_asked(load_card(c), archive, extent=settings.extent_deg)
            for c in due_cards(region, workspace, before)
        }
    except KhanijError as error:
        return [
            Alert(
                event="automation_error",
                key=f"plan:{region}",
                subject=f"{region}: it cannot be planned",
                why=(root_cause([str(error)]),),
                kept=f"What was published of {region} before is still in place.",
                next="sensors and the nightly pass it over until its YAML or cards are mended; the other regions go on.",
                do=f"khanij validate --region {region}",
                region=region,
            )
        ]
    named = [*stale, *(card for card, when in asked.items() if when is not None)]
    return [_stale(region, named, instance)] if named else []


def _stale(region: str, sources: Sequence[str], instance: dg.DagsterInstance) -> Alert:
    on = nightly_is_on(instance)
    return Alert(
        event="stale",
        key=f"stale:{region}",
        subject=f"{region}: sources were not read again within their freshness",
        why=tuple(f"{source} is overdue by more than {GRACE_DAYS} days" for source in sources),
        kept="The published result is of the last reading and says of when.",
        next="the nightly at 02:00 (India) reads them again." if on else "nothing: the nightly is switched off.",
        do="see why the last nights failed" if on else "switch the schedules nightly and nightly_fetch on",
        region=region,
    )


def clock() -> float:
    """Seconds since the epoch; one place, so that a test may put the clock forward."""
    return time.time()
