"""open Dagster in the browser, on this machine only"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

_INSTALL = "make ui, or pip install --no-build-isolation -c requirements-dev.lock -e '.[ui]'"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij ui``."""
    parser.add_argument("--port", type=int, default=3000, help="port on the loopback address (default 3000)")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to bind; put authentication before it when it is not loopback (docs/operations.md)",
    )


def main(arguments: argparse.Namespace) -> int:
    """Start Dagster's web server and daemon, and stay until it is stopped."""
    from importlib.util import find_spec

    from khanij.foundation.errors import KhanijError
    from pipelines.cli.shown.replies import note
    from pipelines.resources import prepare_dagster_home

    if find_spec("dagster_webserver") is None:
        raise KhanijError("Dagster's web server is not installed", do=f"install the extra: {_INSTALL}")
    prepare_dagster_home()
    workspace = Path(__file__).resolve().parents[2] / "workspace.yaml"
    where = ["-w", str(workspace)] if workspace.is_file() else ["-m", "pipelines.definitions"]
    command = [sys.executable, "-m", "dagster", "dev", "-h", arguments.host, "-p", str(arguments.port), *where]
    note(arguments, url=f"http://{arguments.host}:{arguments.port}")
    print(f"Dagster on http://{arguments.host}:{arguments.port} (Ctrl-C ends it)")
    return subprocess.call(command, env=os.environ.copy())
