"""What comes of a request: settings of patience, an answer, and the errors that a server's answer can be.

Belongs here: shapes and wording. Does not belong here: asking (``http``).
"""

from __future__ import annotations

import html
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import httpx

from khanij.foundation.errors import SourceError
from khanij.foundation.redaction import redact

_TELLING = 200  # characters of a page that are told
_UNSEEN = re.compile(rb"(?is)<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>")
_LOGIN_MARKS = re.compile(rb"(?i)type\s*=\s*[\"']?password|\b(log|sign)[ -]?(in|on)\b|captcha|authenticat")
_HTML = re.compile(rb"^\s*(<!doctype\s+html|<html|<head|<body|<script)", re.I)


class UnreachableError(SourceError):
    """The server did not answer, or answered with its own failure, after all retries."""


class LoginRequiredError(SourceError):
    """A log-in stands before the data."""


class TooLargeError(SourceError):
    """The answer is larger than what was promised or allowed."""


class BrokenBodyError(SourceError):
    """An answer that arrived but cannot be read (cut short, half written): worth asking for once more."""


@dataclass(frozen=True)
class ClientSettings:
    """How patient and how polite the client is.

    Times in seconds; ``per_second`` is the highest number of requests a second to one host, ``at_once`` how many pages may
    be on their way from it together (one, once it has complained of its load); ``max_page_bytes`` is counted after decompression, ``resume_within_s`` how old the pages of an interrupted fetch may be to be gone on with,
    ``answer_s`` how long one answer may take in all, however steadily it drips.
    """

    connect_s: float = 10.0
    read_s: float = 120.0
    attempts: int = 5
    backoff_s: float = 0.5
    backoff_max_s: float = 30.0
    retry_after_max_s: float = 120.0
    per_second: float = 4.0
    at_once: int = 2
    max_page_bytes: int = 256_000_000
    restarts: int = 2
    resume_within_s: float = 86_400.0
    answer_s: float = 900.0
    user_agent: str = "khanij/0.1 (survey data client)"


PROBE = ClientSettings(connect_s=4.0, read_s=15.0, attempts=1, max_page_bytes=20_000_000)


@dataclass(frozen=True)
class Answer:
    """One answer, whole: status, headers in lower case, body."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def is_html(self) -> bool:
        """True for a web page, whatever its content type says."""
        return bool(_HTML.match(self.body[:2048].removeprefix(b"\xef\xbb\xbf")))


def lower_headers(response: httpx.Response) -> dict[str, str]:
    """The headers of an answer by their names in small letters."""
    return {k.lower(): v for k, v in response.headers.items()}


def login_error(text: str, host: str, layer: str | None, given: tuple[str, ...] = ()) -> LoginRequiredError:
    """The error for a server that wants a login, or does not take the one that was ``given``."""
    do = "follow the card's access steps (log in, download by hand), or try later"
    if given:
        do = f"check what the environment variable {' and '.join(given)} holds: the server does not take it"
    return LoginRequiredError(text, file=host, layer=layer, do=do)


def page_error(answer: Answer, host: str, layer: str | None) -> SourceError:
    """The error for a web page where data was asked for: a log-in where it looks like one, else what the page says."""
    asked = "a web page came where data was asked for"
    if _LOGIN_MARKS.search(answer.body):
        return login_error(f"{asked}, most likely a log-in page", host, layer)
    text = " ".join(html.unescape(_UNSEEN.sub(b" ", answer.body).decode("utf-8", "replace")).split())
    said = redact(text[:_TELLING]) or "nothing that can be read"
    return SourceError(
        f"{asked}; it says: {said}",
        file=host,
        layer=layer,
        do="see what it says: the server's own trouble passes, else correct url, layer or params in the source card",
    )


def too_large(size: int, limit: int, host: str, layer: str | None) -> TooLargeError:
    """The error for an answer of ``size`` bytes where ``limit`` are allowed."""
    return TooLargeError(
        f"an answer of at least {size:,} bytes where at most {limit:,} are allowed",
        file=host,
        layer=layer,
        do="ask for smaller pages or a smaller extent, or raise max_bytes in the card",
    )


def retry_after_s(value: str | None) -> float | None:
    """Seconds to wait by a ``Retry-After`` header: a number or a date; None where it says nothing usable."""
    if not value:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
