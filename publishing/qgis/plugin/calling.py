"""The ``khanij`` command: where it is, the environment that it is run in, its answer, and the end of it when it is cancelled.

Belongs here: starting the process, reading it, ending it. Does not belong here: what an answer means.
"""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QObject, pyqtSignal

STOPPED = 130
GRACE_S = 20.0
"""Seconds that a cancelled command has for its own end, which keeps what was finished."""
# Of QGIS's own Python and GDAL, which another Python must not be given.
_OF_QGIS = ("PYTHON", "GDAL_", "PROJ_", "QT_", "OSGEO4W", "O4W_", "VIRTUAL_ENV")
_OF_FOLDERS = {"KHANIJ_REGIONS": "regions", "KHANIJ_CARDS": "cards", "KHANIJ_DATA": "data"}
_PROGRESS = re.compile(r"\s(\d{1,3})%\s")


class AskedError(Exception):
    """What the command refused or could not do, and what to do about it."""

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message, self.remedy = message, remedy
        super().__init__(f"{message}\nWhat to do: {remedy}" if remedy else message)


class StoppedError(Exception):
    """The person cancelled; what was finished is kept."""


class Teller(QObject):
    """Carries a failure from any thread to whoever shows it: what is wrong, what to do."""

    failed = pyqtSignal(str, str)


TELLER = Teller()


def setting(name: str) -> str:
    """A setting of the plugin: ``command`` (the executable) or ``home`` (the working folder)."""
    return str(QgsSettings().value(f"khanij/{name}", "") or "").strip()


def keep_setting(name: str, value: str) -> None:
    """Keep a setting of the plugin."""
    QgsSettings().setValue(f"khanij/{name}", value.strip())


def home_folder() -> Path:
    """The working folder: the setting, else ``khanij`` in the person's own folder."""
    return Path(setting("home") or Path.home() / "khanij")


def command_path(named: str) -> str:
    """The executable that a setting means: itself, the one of an environment's folder, or the one on the path.

    Raises
    ------
    AskedError : there is none.
    """
    if named:
        path = Path(named).expanduser()
        inside = [path / "bin" / "khanij", path / "Scripts" / "khanij.exe"] if path.is_dir() else [path]
        found = next((str(p) for p in inside if p.is_file()), None)
    else:
        found = shutil.which("khanij")
    if found is None:
        raise AskedError(
            f"the khanij command was not found{f': {named}' if named else ''}",
            "Plugins > Khanij > Settings: choose the file khanij in the bin (Scripts) folder of the environment that "
            "Khanij was installed in",
        )
    return found


def environment_of(home: Path) -> dict[str, str]:
    """The variables of a command that works in ``home``; regions, cards and data below it are used where they are there."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith((*_OF_QGIS, "DAGSTER_HOME"))}
    for name in ("KHANIJ_OUTPUT", "KHANIJ_CACHE", "KHANIJ_STORE", "KHANIJ_RELEASES"):
        kept.pop(name, None)
    folders = {name: str(home / folder) for name, folder in _OF_FOLDERS.items() if (home / folder).is_dir()}
    return {**kept, **folders, "KHANIJ_HOME": str(home), "PYTHONUTF8": "1"}


def ask(arguments: Sequence[str], feedback: Any = None, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """The document that a verb answers with.

    Parameters
    ----------
    arguments : the verb and its own arguments; ``--json`` is added.
    feedback : a ``QgsFeedback`` that is told of progress and can cancel; a ``QgsProcessingFeedback`` is told each line.
    environment : all variables of the process; by default those of the working folder.

    Raises
    ------
    AskedError : the command was not found, refused or failed.
    StoppedError : it was cancelled.
    """
    environment = environment_of(home_folder()) if environment is None else environment
    home = Path(environment["KHANIJ_HOME"])
    home.mkdir(parents=True, exist_ok=True)
    command = [command_path(setting("command")), *arguments, "--json"]
    try:
        process = subprocess.Popen(
            command, env=environment, cwd=home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            encoding="utf-8", errors="replace", creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
    except OSError as error:
        remedy = "Plugins > Khanij > Settings: choose the file khanij, and press Try it"
        raise AskedError(f"{command[0]} cannot be started: {error.strerror}", remedy) from error
    said, lines = _read(process, feedback)
    return _judged(arguments[0], process.returncode, said, lines)


def _read(process: Any, feedback: Any) -> tuple[str, list[str]]:
    """Read both streams to their end while the feedback is told; end the process when it is cancelled."""
    parts: list[str] = []
    told: queue.Queue[str | None] = queue.Queue()

    def follow() -> None:
        for line in process.stderr:
            told.put(line.rstrip())
        told.put(None)

    readers = [threading.Thread(target=f, daemon=True) for f in (lambda: parts.append(process.stdout.read()), follow)]
    for reader in readers:
        reader.start()
    lines, at_end, was_stopped = [], False, False
    while not (at_end and process.poll() is not None):
        if feedback is not None and feedback.isCanceled():
            was_stopped = True
            _end(process)
        try:
            line = told.get(timeout=0.1)
        except queue.Empty:
            continue
        if line is None:
            at_end = True
            continue
        lines.append(line)
        _show(line, feedback)
    for reader in readers:
        reader.join()
    process.stdout.close()
    process.stderr.close()
    if was_stopped or process.returncode == STOPPED:
        raise StoppedError("stopped; what was finished is kept")
    return "".join(parts), lines


def _show(line: str, feedback: Any) -> None:
    if feedback is None or not line:
        return
    share = _PROGRESS.search(line)
    if share:
        feedback.setProgress(float(share.group(1)))
    if hasattr(feedback, "pushInfo"):
        feedback.pushInfo(line)


def _end(process: Any) -> None:
    """End the process that was started here, and no other: asked first, then made to."""
    if os.name == "nt":  # the executable there is a starter, whose Python would live on
        stop = ["taskkill", "/PID", str(process.pid), "/T", "/F"]
        subprocess.run(stop, capture_output=True, check=False, creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0))
    process.terminate()
    until = time.monotonic() + GRACE_S
    while process.poll() is None:
        if time.monotonic() > until:
            process.kill()
            until += GRACE_S
        time.sleep(0.05)


def _judged(verb: str, status: int, said: str, lines: list[str]) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(said)
    except ValueError:
        last = next((line for line in reversed(lines) if line.strip()), f"no answer, status {status}")
        remedy = "look at the log above; if the options are unknown to it, khanij and this plugin are of two versions"
        raise AskedError(f"khanij {verb}: {last}", remedy) from None
    error = found["error"]
    if error is not None:
        where = ", ".join(f"{k} {error[k]}" for k in ("file", "layer", "row", "field") if error[k])
        raise AskedError(error["message"] + (f" ({where})" if where else ""), error["do"] or "")
    for region in found.get("regions") or ():
        if region["error"]:
            raise AskedError(
                f"region {region['region']}: {region['error']}", "what was published before stays as it was"
            )
    return found
