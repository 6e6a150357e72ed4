"""``khanij ui`` ends with everything that it started, whoever asks: a real web server and daemon, SIGTERM and Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from production_servers import free_port, wait_for_dagster

ROOT = Path(__file__).resolve().parents[2]
# Ctrl-C too with KHANIJ_LONG=1: each starts three servers.
SIGNALS = [signal.SIGTERM, signal.SIGINT] if os.environ.get("KHANIJ_LONG") else [signal.SIGTERM]
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not hasattr(os, "killpg"), reason="no groups of processes on this system"),
]


def of_session(session: int) -> list[int]:
    """Processes of a session that live."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,sid=,stat="], capture_output=True, text=True, check=True)
    rows = [line.split() for line in listed.stdout.splitlines()]
    return [int(pid) for pid, sid, state in rows if int(sid) == session and not state.startswith("Z")]


def child_of(pid: int) -> int:
    """The one child of a process."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
    (found,) = [int(a) for a, b in (line.split() for line in listed.stdout.splitlines()) if int(b) == pid]
    return found


@pytest.mark.parametrize("number", SIGNALS, ids=lambda n: n.name)
def test_ten_seconds_after_a_signal_nothing_lives_and_the_port_is_free(number, tmp_path):
    port = free_port()
    env = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_"))}
    log = (tmp_path / "log").open("wb")
    # As a shell's background job has it: Ctrl-C is ignored by inheritance.
    ignoring = (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    )
    ui = subprocess.Popen(
        [sys.executable, "-c", ignoring, sys.executable, "-m", "pipelines.cli", "ui", "--port", str(port)],
        cwd=ROOT, env={**env, "KHANIJ_HOME": str(tmp_path)}, stdout=log, stderr=log,
    )  # fmt: skip
    try:
        wait_for_dagster(port, ui, tmp_path / "log")
        session = child_of(ui.pid)
        assert len(of_session(session)) >= 3, "web server, daemon, code server"
        ui.send_signal(number)
        asked = time.monotonic()
        assert ui.wait(timeout=30) == 130
        while of_session(session):
            assert time.monotonic() - asked < 10, of_session(session)
            time.sleep(0.2)
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind(("127.0.0.1", port))
    finally:
        log.close()
        with contextlib.suppress(ProcessLookupError):
            ui.kill()
