"""Telling people that a run failed: a message they can act on, in the log, by webhook and by e-mail.

Belongs here: wording and sending. Does not belong here: when it is sent (``hooks``).
"""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage

import httpx

from khanij.foundation.environment import NotifySettings
from khanij.foundation.redaction import redact
from publishing.sets.swap import INTERRUPTED

LOG = logging.getLogger("khanij.notify")
TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Failure:
    """One failed run: where, what, why, and what it leaves behind."""

    job: str
    region: str
    run_id: str
    steps: tuple[tuple[str, str], ...]
    why_started: str = ""

    def subject(self) -> str:
        """One line."""
        what = ", ".join(step for step, _ in self.steps) or "the run"
        return f"Khanij: {self.region or self.job}: {what} failed"

    def text(self, ui_url: str = "") -> str:
        """The whole message: what failed and why, what is still good, where to look, what to do."""
        lines = [self.subject(), ""]
        lines += [f"* {step}: {reason}" for step, reason in self.steps] or [
            "* the run ended without saying why (killed?)"
        ]
        kept = f"What was published of {self.region or 'every region'} before is still in place."
        if any(INTERRUPTED in reason for _, reason in self.steps):
            kept = "The next khanij command finishes the publication; until then no release is made of it."
        lines += [
            "",
            kept,
            "The next run makes again whatever is missing or damaged"
            + (f": khanij run --region {self.region}" if self.region else "."),
        ]
        if self.why_started:
            lines.append(f"Started by: {self.why_started}.")
        lines.append(f"Run: {ui_url}/runs/{self.run_id}" if ui_url else f"Run: {self.run_id}")
        return redact("\n".join(lines))


def root_cause(messages: Sequence[str]) -> str:
    """The message of a chain of errors that helps, on one line: the innermost that says what to do, else the innermost."""
    told = [m for m in messages if m and m.strip()]
    helpful = [m for m in told if "What to do:" in m]
    text = (helpful or told or ["no reason was given"])[-1]
    first = " ".join(text.strip().split())
    return first if len(first) <= 600 else first[:597] + "..."


def tell(failure: Failure, settings: NotifySettings | None = None) -> list[str]:
    """Log the failure and send it wherever the settings say; returns the channels that took it.

    A channel that does not answer is logged by its kind, never by its address (a webhook's address is a secret), and
    stops neither the other channels nor the sensor.
    """
    settings = settings or NotifySettings.from_environment()
    text = failure.text(settings.ui_url)
    LOG.error("%s", text)
    told = ["log"]
    for name, wanted, send in (
        ("webhook", settings.webhook, _post),
        ("email", settings.email_to and settings.smtp_host, _mail),
    ):
        if not wanted:
            continue
        try:
            send(failure.subject(), text, settings)
            told.append(name)
        except (httpx.HTTPError, OSError, smtplib.SMTPException, ValueError) as error:
            LOG.error("the failure could not be told by %s: %s", name, type(error).__name__)
    return told


def _post(subject: str, text: str, settings: NotifySettings) -> None:
    # "text" is what Slack, Mattermost, Teams and ntfy read; the rest is for programs.
    answer = httpx.post(
        settings.webhook, json={"text": text, "subject": subject}, timeout=TIMEOUT_S, follow_redirects=False
    )
    answer.raise_for_status()


def _mail(subject: str, text: str, settings: NotifySettings) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, settings.email_from, ", ".join(settings.email_to)
    message.set_content(text)
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S) as smtp:
        if settings.smtp_tls:
            smtp.starttls(context=ssl.create_default_context())
        if settings.smtp_user:
            smtp.login(settings.smtp_user, settings.smtp_password)
        smtp.send_message(message)


__all__ = ["Failure", "redact", "root_cause", "tell"]
