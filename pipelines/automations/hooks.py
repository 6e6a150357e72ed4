"""What a failed step says, in words: a readable line in the run's own log, and for whoever reads Dagster's books.

Belongs here: reading a step's error. Does not belong here: telling people (``alerting``, ``notify``).
"""

from collections.abc import Iterator

import dagster as dg

from pipelines.automations.notify import redact, root_cause
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


def step_failures(run: dg.DagsterRun, instance: dg.DagsterInstance) -> Iterator[tuple[str, str]]:
    """Each failed step of a run with its reason, without a traceback."""
    for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        event = entry.dagster_event
        if event is None:
            continue
        cause, chain = event.step_failure_data.error, []
        while cause is not None:
            chain.append(plain(cause.message))
            cause = cause.cause
        yield event.step_key or "a step", root_cause(chain)


def plain(message: str) -> str:
    """An error's message without the dotted class that Dagster puts before it, as in "dagster.SomeError: the file ..."."""
    head, separator, tail = message.partition(": ")
    return tail if separator and " " not in head and "." in head else message
