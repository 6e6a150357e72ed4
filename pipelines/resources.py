"""Resources by profile: ``embedded`` (one machine, files below the project) or ``production`` (by environment alone)."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

from assets.archive import MARKS
from assets.workspace import Workspace
from khanij.foundation.environment import cache_folder, dagster_folder, named_folder, output_folder, store_root
from khanij.foundation.errors import KhanijError
from khanij.foundation.files import write_bytes_atomically
from pipelines.stores.region_io import ScaledIOManager
from pipelines.upkeep.upgrading import bring_up_to_date

DAGSTER_YAML = """\
telemetry: {enabled: false}
nux: {enabled: false}
concurrency:
  runs:
    max_concurrent_runs: 2
    tag_concurrency_limits: [{key: dagster/partition, value: {applyLimitPerUniqueValue: true}, limit: 1}]
  pools: {default_limit: 1, granularity: op}
run_monitoring: {enabled: true, max_runtime_seconds: 21600}
run_retries: {enabled: true, max_retries: 1, retry_on_asset_or_op_failure: false}
freshness: {enabled: true}
"""
_FORMER_MODULE = "pipelines.launcher"
# What a former version wrote into an empty home: nobody's own choice, so it is replaced.
_FORMER_YAML = DAGSTER_YAML.replace(
    "run_monitoring: {enabled: true, max_runtime_seconds: 21600}\n",
    f"run_launcher: {{module: {_FORMER_MODULE}, class: RegionRunLauncher}}\nrun_monitoring: {{enabled: true}}\n",
)


class NoCopy(dg.ConfigurableIOManager):
    """Keeps nothing: what an archive asset brought lies in the archive, and readers find it there by its manifest."""

    def handle_output(self, context: dg.OutputContext, obj: object) -> None:
        """Nothing to keep."""

    def load_input(self, context: dg.InputContext) -> object:
        """Nothing to give.

        Raises
        ------
        TypeError : always; an asset that wants fetched rows reads them from the archive.
        """
        raise TypeError("fetched sources are read from the archive (Workspace.layer_path), not from Dagster")


def resources(overrides: dict[str, str] | None = None, accept: str = "", scenario: str = "") -> dict[str, object]:
    """The resources of an installation, or of one scenario; folders and stores come from the environment.

    A scenario has its own output and its own store, and reads from the default's store what is the same there.
    """
    cache = str(cache_folder())
    return {
        "workspace": Workspace(
            output_root=str(output_folder(scenario)),
            cache_root=cache,
            data_root=str(named_folder("KHANIJ_DATA") or ""),
            overrides=overrides or {},
            scenario=scenario,
            accept=accept,
        ),
        MARKS: NoCopy(),
        "io_manager": ScaledIOManager(
            root=store_root(scenario), base=store_root() if scenario else "", cache_root=cache, scenario=scenario
        ),
    }


def instance() -> dg.DagsterInstance:
    """The Dagster instance of this installation: ``DAGSTER_HOME`` where set, else SQLite below ``.khanij``."""
    prepare_dagster_home()
    return dg.DagsterInstance.get()


def prepare_dagster_home() -> Path:
    """Make sure that ``DAGSTER_HOME`` is set and holds a ``dagster.yaml``, and books of the Dagster that is installed.

    A ``dagster.yaml`` that somebody wrote is left as it is.

    Raises
    ------
    KhanijError : it names the run launcher of a former version.
    """
    folder = dagster_folder()
    file = folder / "dagster.yaml"
    found = file.read_text(encoding="utf-8") if file.exists() else None
    if found is None or found == _FORMER_YAML:
        write_bytes_atomically(file, DAGSTER_YAML.encode())
    elif _FORMER_MODULE in found:
        raise KhanijError(
            f"the run launcher {_FORMER_MODULE} is no more: Dagster's own launchers start runs",
            file=file,
            field="run_launcher",
            do="delete that line, or take over deploy/dagster.yaml (docs/operations.md, Upgrading)",
        )
    os.environ["DAGSTER_HOME"] = str(folder)  # Dagster wants it so
    bring_up_to_date(folder)
    return folder
