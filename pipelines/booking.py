"""The origin of a run that this process makes and executes, so that it is of one kind with the daemon's runs.

Belongs here: which job of which code location a run belongs to. Does not belong here: executing it (``runs``).

A run without an origin stands on no job's page, is watched by no sensor of the code location, and cannot be executed
again from the UI. Dagster keeps origins in its database in a form that later versions must read; that form is written
here, since it has no public class.
"""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import Any

import dagster as dg

LOCATION = "khanij"
"""The code location's name in ``workspace.yaml``."""
MODULE = "pipelines.definitions"
REPOSITORY = "__repository__"  # what Dagster calls the one repository of a Definitions object


def job_origin(job: str) -> Any:
    """What Dagster's books keep as the origin of a run of a job of this code location."""
    target = {
        "__class__": "LoadableTargetOrigin",
        "executable_path": sys.executable,
        "python_file": None,
        "module_name": MODULE,
        "working_directory": str(Path.cwd()),
        "attribute": None,
        "package_name": None,
    }
    location = {
        "__class__": "ManagedGrpcPythonEnvRepositoryLocationOrigin",
        "loadable_target_origin": target,
        "location_name": LOCATION,
    }
    repository = {
        "__class__": "ExternalRepositoryOrigin",
        "repository_location_origin": location,
        "repository_name": REPOSITORY,
    }
    origin = {"__class__": "ExternalPipelineOrigin", "external_repository_origin": repository, "pipeline_name": job}
    return dg.deserialize_value(json.dumps(origin))


def book_as(instance: dg.DagsterInstance, job: str) -> None:
    """Have every run that this process makes with the instance booked as one of the job."""
    make = functools.partial(instance.create_run_for_job, remote_job_origin=job_origin(job))
    vars(instance)["create_run_for_job"] = make
