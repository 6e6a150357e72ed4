"""What the environment says: every ``KHANIJ_`` variable is read here, with its default, and nowhere else.

Belongs here: the name, meaning and default of each variable (``docs/operations.md`` lists them); a variable that is set
to nothing is not set. Does not belong here: secrets of a source, whose names its card gives (``credentials``).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

SCENARIOS = "scenarios"
UNNAMED = "unnamed"
"""The scenario of settings that were given without a name."""
DEFAULT = "default"
"""What is no scenario: the result of the region's settings as they stand."""
_SCENARIO = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
# Names of devices, which Windows opens in every folder.
_DEVICES = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")


def is_scenario_name(name: str) -> bool:
    """Whether a scenario may be called so: it becomes a folder on any system, and nothing but a folder."""
    known = _SCENARIO.fullmatch(name) is not None
    return known and name != DEFAULT and _DEVICES.fullmatch(name) is None


def _named(variable: str) -> str:
    return os.environ.get(variable, "").strip()


def home_folder() -> Path:
    """The project's own working folder: ``KHANIJ_HOME``, else the current folder."""
    return Path(_named("KHANIJ_HOME") or ".").expanduser().resolve()


def output_folder(scenario: str = "") -> Path:
    """Where regions are published: ``KHANIJ_OUTPUT``, else ``output`` below the home folder; a scenario's below that."""
    return _of_scenario(Path(_named("KHANIJ_OUTPUT") or home_folder() / "output").expanduser(), scenario)


def releases_folder(scenario: str = "") -> Path:
    """Where releases are kept: ``KHANIJ_RELEASES``, else ``releases`` below the home folder; a scenario's below that."""
    return _of_scenario(Path(_named("KHANIJ_RELEASES") or home_folder() / "releases").expanduser(), scenario)


def _of_scenario(root: Path, scenario: str) -> Path:
    return root / SCENARIOS / scenario if scenario else root


def cache_folder() -> Path:
    """Fetched sources, locks and intermediates: ``KHANIJ_CACHE``, else ``.khanij`` below the home folder."""
    return Path(_named("KHANIJ_CACHE") or home_folder() / ".khanij").expanduser()


def archive_folder() -> Path:
    """Where fetched sources are kept: ``archive`` below the cache folder."""
    return cache_folder() / "archive"


def store_root(scenario: str = "") -> str:
    """Folder or object-store address of intermediates: ``KHANIJ_STORE``, else ``store`` below the cache folder.

    A scenario's own lie below it, in a folder that no region can be called.
    """
    root = _named("KHANIJ_STORE") or str(cache_folder() / "store")
    return f"{root.rstrip('/')}/.{SCENARIOS}/{scenario}" if scenario else root


def named_folder(variable: str) -> Path | None:
    """The folder that a variable without a default names (``KHANIJ_CARDS``, ``KHANIJ_REGIONS``, ``KHANIJ_DATA``), or None."""
    return Path(found).expanduser() if (found := _named(variable)) else None


def own_folder(variable: str) -> Path | None:
    """A user's regions, cards or data: the folder that the variable names, else the usual one where it is there, else None.

    The usual one of ``KHANIJ_REGIONS``, ``KHANIJ_CARDS`` and ``KHANIJ_DATA`` is ``regions``, ``cards`` or ``data`` below
    the home folder.
    """
    named = named_folder(variable)
    if named is not None:
        return named
    default = folder_for(variable)
    return default if default.is_dir() else None


def folder_for(variable: str) -> Path:
    """Where what a user's ``variable`` names is written: the folder that it names, else the one below the home folder."""
    return named_folder(variable) or home_folder() / variable.removeprefix("KHANIJ_").lower()


def dagster_folder() -> Path:
    """Where Dagster keeps its runs: ``DAGSTER_HOME`` where set, else ``.khanij/dagster`` below the home folder."""
    named = _named("DAGSTER_HOME")
    return Path(named).expanduser().resolve() if named else home_folder() / ".khanij" / "dagster"


def serve_python() -> Path:
    """The Python of the environment that serves releases: ``KHANIJ_SERVE_PYTHON``, else ``.khanij/serving`` below the home."""
    named = _named("KHANIJ_SERVE_PYTHON")
    return Path(named).expanduser() if named else home_folder() / ".khanij" / "serving" / "bin" / "python"


def autostart() -> bool:
    """Whether schedules and sensors run from the start (``KHANIJ_AUTOSTART=1``) or wait to be switched on in the UI."""
    return _named("KHANIJ_AUTOSTART").lower() in {"1", "true", "yes", "on"}


def dask_scheduler() -> str | None:
    """Address of a Dask scheduler (``KHANIJ_DASK_SCHEDULER``, such as ``tcp://host:8786``), or None for one machine."""
    return _named("KHANIJ_DASK_SCHEDULER") or None


@dataclass(frozen=True)
class NotifySettings:
    """Where a failure is told beside the log; what is empty is not used. Secrets are kept out of ``repr``."""

    webhook: str = field(default="", repr=False)
    email_to: tuple[str, ...] = ()
    email_from: str = "khanij@localhost"
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    smtp_tls: bool = True
    ui_url: str = ""

    @classmethod
    def from_environment(cls) -> NotifySettings:
        """Read ``KHANIJ_NOTIFY_*`` and ``KHANIJ_SMTP_*``."""
        get = os.environ.get
        return cls(
            webhook=get("KHANIJ_NOTIFY_WEBHOOK", ""),
            email_to=tuple(a.strip() for a in get("KHANIJ_NOTIFY_EMAIL", "").split(",") if a.strip()),
            email_from=get("KHANIJ_NOTIFY_FROM", "khanij@localhost"),
            smtp_host=get("KHANIJ_SMTP_HOST", ""),
            smtp_port=int(get("KHANIJ_SMTP_PORT", "587")),
            smtp_user=get("KHANIJ_SMTP_USER", ""),
            smtp_password=get("KHANIJ_SMTP_PASSWORD", ""),
            smtp_tls=get("KHANIJ_SMTP_TLS", "1").strip().lower() not in {"0", "false", "no", "off"},
            ui_url=get("KHANIJ_UI_URL", "").rstrip("/"),
        )
