"""What happens when something fails: a readable line in the run's own log, and a message to whoever is on call.

Belongs here: reading Dagster's failure events. Does not belong here: wording or sending (``notify``).
"""

import dagster as dg

from pipelines.automations.notify import Failure, redact, root_cause, tell
from pipelines.stores.leases import PARTITION_TAG
from publishing.sets.swap import INTERRUPTED


@dg.failure_hook(name="readable_failure")
def readable_failure(context: dg.HookContext) -> None:
    """Write one line a person can act on into the run's log, beside the traceback."""
    error = context.op_exception
    chain = []
    while error is not None:
        chain.append(str(error))
        error = error.__cause__
    cause = root_cause(chain)
    kept = "" if INTERRUPTED in cause else " Nothing published has changed."
    context.log.error(redact(f"{context.step_key} failed: {cause}{kept}"))


def failure_of(run: dg.DagsterRun, step_failures: list[dg.DagsterEvent], run_message: str = "") -> Failure:
    """What a failed run's events say, without tracebacks."""
    steps = []
    for event in step_failures:
        data = event.step_failure_data
        cause, chain = data.error, []
        while cause is not None:
            chain.append(_plain(cause.message))
            cause = cause.cause
        steps.append((event.step_key or "a step", root_cause(chain)))
    if not steps and run_message:
        steps.append((run.job_name, root_cause([run_message])))
    return Failure(
        run.job_name, run.tags.get(PARTITION_TAG, ""), run.run_id, tuple(steps), run.tags.get("khanij/why", "")
    )


def _plain(message: str) -> str:
    # Dagster prefixes the class: "khanij.foundation.errors.SourceError: the file ..."
    head, separator, tail = message.partition(": ")
    return tail if separator and " " not in head and "." in head else message


@dg.run_failure_sensor(
    name="failed_runs",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells of every failed run: in the log, and by webhook or e-mail where the environment names one.",
)
def failed_runs(context: dg.RunFailureSensorContext) -> None:
    """Send one readable message a failed run."""
    tell(failure_of(context.dagster_run, list(context.get_step_failure_events()), context.failure_event.message or ""))
