"""A unit of ``deploy/systemd`` as systemd would start and stop it, as a process of this user: no installation, no root.

Belongs here: reading a unit and its environment file, starting its commands, stopping it as its settings say. What must come
of it is in the tests. Not done: what needs systemd itself (user, read-only system, memory limit).
"""

from __future__ import annotations

import configparser
import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROC = Path("/proc")
# What systemd takes for a good end besides status 0 (systemd.service, SuccessExitStatus=).
GOOD_SIGNALS = {signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE}
TIMEOUT_STOP_S = 90.0


class Unit:
    """One service: ``start``, ``stop``, ``processes``.

    Parameters
    ----------
    name : file in ``deploy/systemd``. home : what /var/lib/khanij is here. also : what else stands for what in the commands.
    """

    def __init__(self, name: str, home: Path, also: dict[str, str] | None = None) -> None:
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        parser.read(ROOT / "deploy" / "systemd" / name)
        self.service, self.home, self.log = parser["Service"], home, home / f"{name}.log"
        self._places = {
            **(also or {}), "/opt/khanij/.venv/bin": str(Path(sys.executable).parent), "/opt/khanij": str(ROOT),
            "/var/lib/khanij": str(home),
        }  # fmt: skip
        # systemd gives every process of a unit this variable; here it is how they are found again.
        self.invocation = uuid.uuid4().hex
        self.main: subprocess.Popen[bytes] | None = None

    def _here(self, text: str) -> str:
        for old, new in self._places.items():
            text = text.replace(old, new)
        return text

    @property
    def environment(self) -> dict[str, str]:
        """What systemd would give: little of its own, the environment file, the unit's own lines."""
        given = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.home), "LANG": "C.UTF-8", "USER": "khanij",
                 "LOGNAME": "khanij", "SHELL": "/bin/sh", "INVOCATION_ID": self.invocation}  # fmt: skip
        file = (ROOT / "deploy" / "khanij.env.example").read_text(encoding="utf-8")
        lines = [line for line in file.splitlines() if line and not line.startswith("#")]
        lines += shlex.split(self.service.get("Environment", ""))
        return given | dict(self._here(line).split("=", 1) for line in lines)

    def _popen(self, line: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                shlex.split(self._here(line)), cwd=self._here(self.service["WorkingDirectory"]), env=self.environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def start(self) -> None:
        """``ExecStartPre``, which has to end well, then ``ExecStart``."""
        if before := self.service.get("ExecStartPre"):
            status = self._popen(before).wait(120)
            assert status == 0, self.said()
        self.main = self._popen(self.service["ExecStart"])

    def processes(self) -> list[int]:
        """Every process that descends from the unit's commands and lives, whatever it made of its parents and groups."""
        mark, found = f"INVOCATION_ID={self.invocation}".encode(), []
        for folder in PROC.glob("[0-9]*"):
            with contextlib.suppress(OSError):
                is_dead = (folder / "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
                if not is_dead and mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
        return sorted(found)

    def stop(self) -> float:
        """Stop it as systemd would; seconds until nothing of it lived, infinite where systemd would have had to kill it."""
        assert self.main is not None
        number = signal.Signals[self.service.get("KillSignal", "SIGTERM")]
        mode, began = self.service.get("KillMode", "control-group"), time.monotonic()
        assert mode in ("control-group", "mixed"), "what no signal reaches would live on"
        for pid in self.processes() if mode == "control-group" else [self.main.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        while self.main.poll() is None or self.processes():
            if time.monotonic() - began > TIMEOUT_STOP_S:
                self.kill()
                return float("inf")
            if mode == "mixed" and self.main.poll() is not None:
                self.kill()
            time.sleep(0.1)
        return time.monotonic() - began

    def ended_well(self) -> bool:
        """Whether systemd would call the unit inactive and not failed."""
        assert self.main is not None
        status = self.main.wait(0)
        also = {int(s) for s in self.service.get("SuccessExitStatus", "").split()}
        return status == 0 or status in also or -status in GOOD_SIGNALS

    def kill(self) -> None:
        """Leave nothing of it behind."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.main is not None:
            self.main.wait(10)

    def said(self) -> str:
        """The end of its journal."""
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""
