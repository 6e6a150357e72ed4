"""The code location: every asset, job, schedule, sensor, check and resource, built by one function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from assets.definitions import MODULES
from pipelines.jobs import build_jobs
from pipelines.resources import resources


def build_defs(resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """All definitions; tests and the command line swap resources by name."""
    return dg.Definitions(
        assets=dg.load_assets_from_modules(MODULES),
        jobs=build_jobs(),
        resources={**resources(), **(resource_overrides or {})},
    )


defs = build_defs()
