"""One polite HTTP client for every protocol: time-outs, bounded retries, rate per host, size limits, own host only.

Belongs here: what is true of every request. Does not belong here: what a WFS or a feature service means by its answer.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import httpx
import tenacity

from data_sources.cards import Handshake
from data_sources.contracts.errors import SourceError

T = TypeVar("T")
RETRY_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
_LOGIN_PATH = re.compile(r"/(log-?in|sign-?in|sso|oauth2?|auth|account)(/|\.|$)", re.I)
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


class _RetryError(Exception):
    def __init__(self, cause: SourceError, wait_s: float | None = None) -> None:
        super().__init__(str(cause))
        self.cause, self.wait_s = cause, wait_s


class Client:
    """A client bound to one host; use as a context manager.

    Parameters
    ----------
    host : the only host that is spoken to; a redirect or link to another is refused.
    settings : patience and politeness.
    handshake : a page to visit first for its cookie, and the Referer for later calls.
    """

    def __init__(self, host: str, settings: ClientSettings | None = None, handshake: Handshake | None = None) -> None:
        self.host, self.settings, self.handshake = host, settings or ClientSettings(), handshake
        self._lock = threading.Lock()
        self._next_at = 0.0
        self._door, self._session = threading.Lock(), 0
        self._strained = False
        # Spreading retries needs chance, results do not depend on it.
        self._jitter = random.Random()
        self._http = httpx.Client(
            timeout=httpx.Timeout(self.settings.read_s, connect=self.settings.connect_s),
            headers={"User-Agent": self.settings.user_agent, "Accept-Encoding": "gzip"},
            follow_redirects=False,
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    @property
    def at_once(self) -> int:
        """How many requests may be on their way together: one, after the host answered 429 or 503, or not in time."""
        return 1 if self._strained else max(1, self.settings.at_once)

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
        layer: str | None = None,
    ) -> Answer:
        """GET, retried and counted; the answer is 200 or 304.

        Raises
        ------
        UnreachableError, LoginRequiredError, TooLargeError, SourceError
        """
        self._shake(layer)
        session = self._session
        try:
            return self._get(url, params, headers, max_bytes, layer)
        except LoginRequiredError:
            if self.handshake is None:
                raise
            self._shake(layer, session)  # a guest session ends: open a new one, once
            return self._get(url, params, headers, max_bytes, layer)

    def check_host(self, url: str, layer: str | None = None) -> None:
        """Refuse an address on another host, or a step from https down to http."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or (parts.hostname or "") != self.host:
            raise SourceError(
                f"the server sends us on to another host ({parts.hostname or url})",
                file=self.host,
                layer=layer,
                do="if the publisher has moved, correct the url in the source card",
            )

    def _shake(self, layer: str | None, ended: int = 0) -> None:
        """Open the guest session unless it is open; ``ended`` is the number of one that the host no longer takes."""
        if self.handshake is None:
            return
        with self._door:  # two pages may find it closed together: one of them opens it
            if self._session > ended:
                return
            self._get(self.handshake.url, None, None, None, layer, html=True)
            self._session += 1

    def _get(
        self,
        url: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        max_bytes: int | None,
        layer: str | None,
        *,
        html: bool = False,
    ) -> Answer:
        sent = dict(headers or {})
        if self.handshake is not None and self.handshake.referer and not html:
            sent["Referer"] = self.handshake.referer
        limit = max_bytes if max_bytes is not None else self.settings.max_page_bytes

        answer = self.again(lambda: self._once(url, params, sent, layer, lambda r, t: self._read(r, t, limit, layer)))
        if answer.is_html and not html:
            raise _login("a web page came where data was asked for, most likely a log-in page", self.host, layer)
        return answer

    def again(self, call: Callable[[], T]) -> T:
        """Call, and call again after failures that may pass, with growing pauses, a bounded number of times."""

        def wait(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome is not None else None
            if isinstance(error, _RetryError) and error.wait_s is not None:
                return min(error.wait_s, self.settings.retry_after_max_s)
            ceiling = min(self.settings.backoff_max_s, self.settings.backoff_s * 2 ** (state.attempt_number - 1))
            return self._jitter.uniform(ceiling / 2, ceiling)

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.settings.attempts),
            wait=wait,
            retry=tenacity.retry_if_exception_type((_RetryError, BrokenBodyError)),
            reraise=True,
        )
        try:
            return retrying(call)
        except _RetryError as error:
            raise error.cause from error

    def peek(self, url: str, params: Mapping[str, str] | None = None, *, layer: str | None = None) -> Answer:
        """The first 64 KiB of an answer."""
        self._shake(layer)

        def read(response: httpx.Response, target: str) -> Answer:
            self._check_status(response, layer)
            body = b""
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) >= 65_536:
                    break
            return Answer(target, response.status_code, _lower(response), body[:65_536])

        answer = self.again(lambda: self._once(url, params, {}, layer, read))
        if answer.is_html:
            raise _login("a web page came where data was asked for", self.host, layer)
        return answer

    def download(
        self, url: str, target: Path, *, headers: Mapping[str, str], max_bytes: int, layer: str | None = None
    ) -> Answer:
        """Stream into ``target``; after a break, go on where it stopped if the server's ETag is still the same."""
        tag = target.with_name(target.name + ".etag")

        def read(response: httpx.Response, address: str) -> Answer:
            self._check_status(response, layer)
            if response.status_code == 304:
                return Answer(address, 304, _lower(response), b"")
            resumed = response.status_code == 206
            size = target.stat().st_size if resumed and target.exists() else 0
            etag = response.headers.get("etag", "")
            tag.write_text("" if etag.startswith("W/") else etag, encoding="utf-8")
            promised = response.headers.get("content-length", "")
            if promised.isdigit() and size + int(promised) > max_bytes:
                raise _too_large(size + int(promised), max_bytes, self.host, layer)
            with target.open("ab" if resumed else "wb") as stream:
                for chunk in response.iter_bytes():
                    size += len(chunk)
                    if size > max_bytes:
                        raise _too_large(size, max_bytes, self.host, layer)
                    stream.write(chunk)
            return Answer(address, 200, _lower(response), b"")

        def call() -> Answer:
            sent = dict(headers)
            known = tag.read_text(encoding="utf-8") if tag.exists() else ""
            if known and target.exists() and target.stat().st_size:
                sent |= {"Range": f"bytes={target.stat().st_size}-", "If-Range": known, "Accept-Encoding": "identity"}
                sent.pop("If-None-Match", None)
                sent.pop("If-Modified-Since", None)
            return self._once(url, None, sent, layer, read)

        self._shake(layer)
        return self.again(call)

    def _once(
        self,
        url: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
        layer: str | None,
        read: Callable[[httpx.Response, str], Answer],
    ) -> Answer:
        target = str(httpx.URL(url).copy_merge_params(dict(params))) if params else url
        for _ in range(6):
            self.check_host(target, layer)
            self._pace()
            try:
                with self._http.stream("GET", target, headers=dict(headers)) as response:
                    if response.has_redirect_location:
                        target = self._redirected(target, response, layer)
                        continue
                    return read(response, target)
            except (httpx.TransportError, httpx.DecodingError) as error:
                self._strained |= isinstance(error, httpx.TimeoutException)
                raise _RetryError(
                    UnreachableError(
                        f"{type(error).__name__}: {error}".rstrip(": "),
                        file=self.host,
                        layer=layer,
                        do="check the network and the source's state (khanij sources check), then fetch again",
                    )
                ) from error
        raise SourceError(
            "redirected in a circle", file=self.host, layer=layer, do="correct the url in the source card"
        )

    def _redirected(self, target: str, response: httpx.Response, layer: str | None) -> str:
        onward = urljoin(target, response.headers.get("location", ""))
        if urlsplit(target).scheme == "https" and urlsplit(onward).scheme == "http":
            raise SourceError(
                "redirected from https to http", file=self.host, layer=layer, do="do not use this address"
            )
        if _LOGIN_PATH.search(urlsplit(onward).path):
            raise _login(f"redirected to a log-in page ({urlsplit(onward).path})", self.host, layer)
        self.check_host(onward, layer)
        return onward

    def _check_status(self, response: httpx.Response, layer: str | None) -> None:
        status = response.status_code
        if status in (401, 403):
            raise _login(f"HTTP {status}", self.host, layer)
        if status in RETRY_STATUS:
            self._strained |= status in (429, 503)
            raise _RetryError(
                UnreachableError(f"HTTP {status} from the server", file=self.host, layer=layer, do="try again later"),
                _retry_after(response.headers.get("retry-after")),
            )
        if status not in (200, 206, 304):
            raise SourceError(f"HTTP {status}", file=self.host, layer=layer, do="correct the url or layer in the card")

    def _read(self, response: httpx.Response, target: str, limit: int, layer: str | None) -> Answer:
        self._check_status(response, layer)
        promised = response.headers.get("content-length", "")
        if promised.isdigit() and int(promised) > limit:
            raise _too_large(int(promised), limit, self.host, layer)
        chunks, size = [], 0
        until = time.monotonic() + self.settings.answer_s
        for chunk in response.iter_bytes():
            size += len(chunk)
            if time.monotonic() > until:
                slow = f"{size:,} bytes in {self.settings.answer_s:g} s and no end"
                raise _RetryError(
                    UnreachableError(slow, file=self.host, layer=layer, do="ask for smaller pages, or later")
                )
            if size > limit:
                raise _too_large(size, limit, self.host, layer)
            chunks.append(chunk)
        return Answer(target, response.status_code, _lower(response), b"".join(chunks))

    def _pace(self) -> None:
        with self._lock:
            now = time.monotonic()
            pause = self._next_at - now
            self._next_at = max(now, self._next_at) + 1.0 / self.settings.per_second
        if pause > 0:
            time.sleep(pause)


def _lower(response: httpx.Response) -> dict[str, str]:
    return {k.lower(): v for k, v in response.headers.items()}


def _login(text: str, host: str, layer: str | None) -> LoginRequiredError:
    return LoginRequiredError(
        text,
        file=host,
        layer=layer,
        do="follow the card's access steps (log in, download by hand), or try later",
    )


def _too_large(size: int, limit: int, host: str, layer: str | None) -> TooLargeError:
    return TooLargeError(
        f"an answer of at least {size:,} bytes where at most {limit:,} are allowed",
        file=host,
        layer=layer,
        do="ask for smaller pages or a smaller extent, or raise max_bytes in the card",
    )


def _retry_after(value: str | None) -> float | None:
    if not value:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
