"""open Dagster in the browser, on this machine only"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType

_INSTALL = "make ui, or pip install --no-build-isolation -c requirements-dev.lock -e '.[ui]'"
PATIENCE_S = (5.0, 3.0)  # from the first signal to the next harder one
LOOK_S = 0.1
_WORKSPACE = """\
load_from:
  - python_module: {module_name: pipelines.definitions, location_name: khanij}
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij ui``."""
    parser.add_argument("--port", type=int, default=3000, help="port on the loopback address (default 3000)")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to bind; put authentication before it when it is not loopback (docs/operations.md)",
    )


def main(arguments: argparse.Namespace) -> int:
    """Start Dagster's web server and daemon, and stay until it is stopped; all that was started ends with it."""
    from importlib.util import find_spec

    from khanij.foundation.errors import KhanijError
    from pipelines.cli.shown.replies import note
    from pipelines.cli.upkeep.code_server import address, keep_alive

    if find_spec("dagster_webserver") is None:
        raise KhanijError("Dagster's web server is not installed", do=f"install the extra: {_INSTALL}")
    command = [sys.executable, "-m", "dagster", "dev", "-h", arguments.host, "-p", str(arguments.port)]
    command += ["-w", str(_prepared())]
    url = address(arguments.host, arguments.port)
    note(arguments, url=url)
    print(f"Dagster on {url} (Ctrl-C ends it)", flush=True)
    ended = threading.Event()
    keep_alive(arguments.host, arguments.port, ended)
    try:
        return served(command)
    finally:
        ended.set()


def _prepared() -> Path:
    """The workspace file, in a home whose settings, tables and regions are there before the first page is asked for."""
    from pipelines.partitions import synchronise
    from pipelines.resources import instance, prepare_dagster_home

    home = prepare_dagster_home()
    with instance() as dagster:
        synchronise(dagster)
    here = Path(__file__).resolve().parents[2] / "workspace.yaml"
    if here.is_file():
        return here
    own = home / "workspace.yaml"  # installed from a wheel, which holds no file of the project's top folder
    own.write_text(_WORKSPACE, encoding="utf-8")
    return own


class _Asked:
    """Whether a stop was asked for, when, and whether it was asked for again."""

    def __init__(self) -> None:
        self.signals: list[float] = []

    def hear(self, _number: int, _frame: FrameType | None) -> None:
        self.signals.append(time.monotonic())


def served(command: list[str]) -> int:
    """Run a server with all it starts as one group of processes; on Ctrl-C or SIGTERM the whole group ends.

    The group is asked as Ctrl-C does, then by SIGTERM, then killed. A second signal kills at once. Where there are no
    groups (Windows) the server alone is asked.

    Returns
    -------
    The server's status; 130 when it was stopped.
    """
    asked = _Asked()
    here = threading.current_thread() is threading.main_thread()
    # Before the server is started: it would inherit that a shell had this process ignore Ctrl-C.
    before = {n: signal.signal(n, asked.hear) for n in (signal.SIGINT, signal.SIGTERM)} if here else {}
    process = subprocess.Popen(command, env=os.environ.copy(), start_new_session=True)
    try:
        while process.poll() is None and not asked.signals:
            time.sleep(LOOK_S)
        if not asked.signals:
            _signal(process, "SIGTERM")  # it ended by itself: what it had started goes too
            return process.returncode
        _stop(process, asked)
        return 130
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(process: subprocess.Popen[bytes], asked: _Asked) -> None:
    for name, patience in zip(("SIGINT", "SIGTERM"), PATIENCE_S, strict=True):
        _signal(process, name)
        until = time.monotonic() + patience
        while time.monotonic() < until and len(asked.signals) < 2:
            if process.poll() is not None and not _group_lives(process):
                return
            time.sleep(LOOK_S)
    _signal(process, "SIGKILL")
    process.wait()


def _signal(process: subprocess.Popen[bytes], name: str) -> None:
    """Send a signal to the server's group, as far as there is one."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, getattr(signal, name))
        elif name == "SIGKILL":
            process.kill()
        else:
            process.terminate()
    except (ProcessLookupError, PermissionError):
        return


def _group_lives(process: subprocess.Popen[bytes]) -> bool:
    if not hasattr(os, "killpg"):
        return False
    try:
        os.killpg(process.pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
