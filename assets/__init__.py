"""What exists: thin Dagster assets, one file per stage, each reads, calls one function of the layers below, and returns with metadata."""

import khanij.foundation.closure  # noqa: F401 - first of all: it notes what the code is before any of it is read
