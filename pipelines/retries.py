"""How often a step is tried again, and how long is waited in between."""

import dagster as dg

# 20 s, 40 s, 80 s, each with up to as much jitter: long enough for a server to come back, short of a night.
PATIENT = dg.RetryPolicy(max_retries=3, delay=20, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
# A step of pure computation that failed once fails again; one more try covers a killed worker or a full moment's disk.
ONCE_MORE = dg.RetryPolicy(max_retries=1, delay=2, backoff=dg.Backoff.LINEAR)
