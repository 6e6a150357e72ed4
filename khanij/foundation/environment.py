"""Settings of the orchestration that come from the environment, read in one place.

Belongs here: the name and meaning of each variable (``docs/operations.md`` lists them). Does not belong here: folders
and stores (``resources``).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field


def autostart() -> bool:
    """Whether schedules and sensors run from the start (``KHANIJ_AUTOSTART=1``) or wait to be switched on in the UI."""
    return os.environ.get("KHANIJ_AUTOSTART", "").strip().lower() in {"1", "true", "yes", "on"}


def dask_scheduler() -> str | None:
    """Address of a Dask scheduler (``KHANIJ_DASK_SCHEDULER``, such as ``tcp://host:8786``), or None for one machine."""
    return os.environ.get("KHANIJ_DASK_SCHEDULER", "").strip() or None


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
