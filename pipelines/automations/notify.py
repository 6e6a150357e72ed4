"""Telling people: a message they can act on, in the log, by webhook and by e-mail.

Belongs here: wording and sending. Does not belong here: what there is to tell (``troubles``) or when (``alerting``).
"""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from typing import Literal

from khanij.foundation.environment import NotifySettings
from khanij.foundation.redaction import redact

LOG = logging.getLogger("khanij.notify")
TIMEOUT_S = 10.0
Event = Literal[
    "failed",
    "lost",
    "retries_exhausted",
    "publication_refused",
    "recovered",
    "late",
    "stale",
    "automation_error",
    "trial",
]
EVENTS: dict[Event, str] = {
    "failed": "a run failed and says why",
    "lost": "a run's process is gone: killed, out of memory, the machine went down",
    "retries_exhausted": "a run was lost, started once more, and lost again",
    "publication_refused": "a result was made and not published, because a check doubts it",
    "recovered": "what was told before is over",
    "late": "a run has not ended, or the nightly has not come, when it should have",
    "stale": "a source was not read again within its freshness and two days",
    "automation_error": "a sensor or schedule failed, or a region cannot be planned",
}


@dataclass(frozen=True)
class Alert:
    """One thing to tell: what happened, why, what is still good, what happens next without anybody, what to do.

    ``key`` names the trouble it is of: the same trouble is told once, and once more when it is over.
    """

    event: Event
    key: str
    subject: str
    why: tuple[str, ...]
    kept: str
    next: str
    do: str = ""
    region: str = ""
    run_id: str = ""
    started_by: str = ""

    def text(self, ui_url: str = "") -> str:
        """The whole message, without a secret in it."""
        lines = [f"Khanij: {self.subject}", "", *(f"* {reason}" for reason in self.why), "", self.kept]
        lines.append(f"What happens next: {self.next}")
        if self.do:
            lines.append(f"What to do: {self.do}")
        if self.started_by:
            lines.append(f"Started by: {self.started_by}.")
        if self.run_id:
            lines.append(f"Run: {ui_url}/runs/{self.run_id}" if ui_url else f"Run: {self.run_id}")
        return redact("\n".join(line for i, line in enumerate(lines) if line or i == 1))

    def values(self) -> dict[str, object]:
        """The alert as plain values, to be kept until a channel has taken it."""
        return asdict(self)


def root_cause(messages: Sequence[str]) -> str:
    """The message of a chain of errors that helps, on one line: the innermost that says what to do, else the innermost."""
    told = [m for m in messages if m and m.strip()]
    helpful = [m for m in told if "What to do:" in m]
    text = (helpful or told or ["no reason was given"])[-1]
    first = " ".join(text.strip().split())
    return first if len(first) <= 600 else first[:597] + "..."


def channels(settings: NotifySettings) -> list[str]:
    """The channels beside the log that the settings name."""
    named = {"webhook": settings.webhook, "email": settings.email_to and settings.smtp_host}
    return [name for name, wanted in named.items() if wanted]


def tell(
    alert: Alert, settings: NotifySettings | None = None, only: Sequence[str] | None = None, log: bool = True
) -> list[str]:
    """Log the alert and send it wherever the settings say; returns the channels that did not take it.

    A channel that does not answer is logged by its kind, never by its address (a webhook's address is a secret), and
    stops neither the other channels nor whoever tells.

    Parameters
    ----------
    only : the channels to try, where it was told before and these did not take it.
    log : whether the log is told too.
    """
    import httpx

    settings = settings or NotifySettings.from_environment()
    text = alert.text(settings.ui_url)
    if log:
        LOG.log(logging.INFO if alert.event == "recovered" else logging.ERROR, "%s", text)
    failed = []
    for name in channels(settings) if only is None else only:
        send = {"webhook": _post, "email": _mail}[name]
        try:
            send(alert, text, settings)
        except (httpx.HTTPError, OSError, smtplib.SMTPException, ValueError) as error:
            LOG.error("an alert could not be told by %s: %s", name, type(error).__name__)
            failed.append(name)
    return failed


def send_trial(settings: NotifySettings) -> dict[str, bool]:
    """Send one message that says it is a trial by every channel; channel -> whether it took it. The log is not told."""
    trial = Alert(
        "trial", "trial", "this is a trial: alerts of this installation arrive here", ("somebody asked for it",),
        "Nothing has happened.", "nothing.",
    )  # fmt: skip
    failed = tell(trial, settings, log=False)
    return {name: name not in failed for name in channels(settings)}


def _post(alert: Alert, text: str, settings: NotifySettings) -> None:
    import httpx

    # "text" is what Slack, Mattermost, Teams and ntfy read; the rest is for programs.
    told = {"text": text, "subject": f"Khanij: {alert.subject}", "event": alert.event, "region": alert.region}
    more = {"run_id": alert.run_id, "key": alert.key}
    answer = httpx.post(settings.webhook, json={**told, **more}, timeout=TIMEOUT_S, follow_redirects=False)
    answer.raise_for_status()


def _mail(alert: Alert, text: str, settings: NotifySettings) -> None:
    message = EmailMessage()
    message["Subject"] = redact(f"Khanij: {alert.subject}")
    message["From"], message["To"] = settings.email_from, ", ".join(settings.email_to)
    message.set_content(text)
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S) as smtp:
        if settings.smtp_tls:
            smtp.starttls(context=ssl.create_default_context())
        if settings.smtp_user:
            smtp.login(settings.smtp_user, settings.smtp_password)
        smtp.send_message(message)


__all__ = ["EVENTS", "Alert", "Event", "channels", "redact", "root_cause", "tell"]
