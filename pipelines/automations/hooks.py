"""A readable line in a run's own log when one of its steps fails.

Belongs here: reading the step's error. Does not belong here: telling people (``alerting``, ``notify``).
"""

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
