"""One polite HTTP client for every protocol: time-outs, bounded retries, rate per host, size limits, own host only.

Belongs here: what is true of every request. Does not belong here: what a WFS or a feature service means by its answer.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TypeVar
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx
import tenacity

from data_sources.cards import Card
from data_sources.connectors.remote.answers import (
    PROBE,
    Answer,
    BrokenBodyError,
    ClientSettings,
    LoginRequiredError,
    TooLargeError,
    UnreachableError,
    login_error,
    lower_headers,
    page_error,
    retry_after_s,
    too_large,
)
from data_sources.connectors.remote.credentials import Credentials, mask_library_logs
from data_sources.connectors.remote.origin import Origin
from khanij.foundation.errors import SourceError
from khanij.foundation.redaction import redact, without_secrets

T = TypeVar("T")
RETRY_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
_LOGIN_PATH = re.compile(r"/(log-?in|sign-?in|sso|oauth2?|auth|account)(/|\.|$)", re.I)


class _RetryError(Exception):
    def __init__(self, cause: SourceError, wait_s: float | None = None) -> None:
        super().__init__(str(cause))
        self.cause, self.wait_s = cause, wait_s


class Client:
    """A client bound to the scheme, host and port of a card's address; use as a context manager.

    Nothing else is spoken to: a redirect or link elsewhere is refused, so credentials go nowhere else either.

    Parameters
    ----------
    card : the address, the handshake (a page to visit first for its cookie) and the names of the credentials.
    settings : patience and politeness.

    Raises
    ------
    CredentialError : a variable that the card names is not in the environment.
    """

    def __init__(self, card: Card, settings: ClientSettings | None = None) -> None:
        origin = Origin.of(card.url)
        if origin is None:
            raise SourceError("no http or https address", layer=card.name, field="url", do="correct the card")
        self.origin, self.host = origin, origin.host
        self.settings, self.handshake = settings or ClientSettings(), card.handshake
        self.credentials = Credentials(card)
        mask_library_logs()
        self._lock = threading.Lock()
        self._next_at = 0.0
        self._door, self._session = threading.Lock(), 0
        self._strained = False
        # Spreading retries needs chance, results do not depend on it.
        self._jitter = random.Random()  # noqa: S311 - no secret hangs on it
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
        """Refuse an address with another scheme, host or port, or with user info in it."""
        other = Origin.of(url)
        if other is not None and self.origin.may_send_on_to(other):
            return
        if other is None:
            told = "the server sends us on to something that is no address"
        elif other.has_user_info:
            told = f"the server sends us on to an address with a user's name or password in it ({other.host})"
        elif not self.origin.same_host(other):
            told = f"the server sends us on to another host ({other.host})"
        else:
            told = f"the server sends us on to another door of its host ({other.scheme}, port {other.port})"
        raise SourceError(
            told, file=self.host, layer=layer, do="if the publisher has moved, correct the url in the source card"
        )

    def own_link(self, link: str, base: str) -> str:
        """A link in an answer, made whole, without user info; the host's plain http is read as the card's https.

        Raises
        ------
        SourceError : it leads elsewhere.
        """
        url = self.credentials.link(urljoin(base, link))
        other = Origin.of(url)
        if (
            other is not None
            and self.origin.same_host(other)
            and (other.scheme, self.origin.scheme) == ("http", "https")
            and other.is_default_port
        ):
            # Behind a proxy a server may not know that its outer door is https.
            url = urlunsplit(("https", urlsplit(base).netloc, *urlsplit(url)[2:]))
        self.check_host(url)
        return url

    def check_name(self, url: str, layer: str | None = None) -> None:
        """Refuse a link to another host, where scheme and port are not followed anyway."""
        other = Origin.of(url)
        if other is None or not self.origin.same_host(other):
            self.check_host(url, layer)

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
        if not html:
            params = {**(params or {}), **self.credentials.params}
            if self.handshake is not None and self.handshake.referer:
                sent["Referer"] = self.credentials.filled(self.handshake.referer)
        limit = max_bytes if max_bytes is not None else self.settings.max_page_bytes

        answer = self.again(lambda: self._once(url, params, sent, layer, lambda r, t: self._read(r, t, limit, layer)))
        if answer.is_html and not html:
            raise page_error(answer, self.host, layer)
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
        params = {**(params or {}), **self.credentials.params}

        def read(response: httpx.Response, target: str) -> Answer:
            self._check_status(response, layer)
            body = b""
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) >= 65_536:
                    break
            return Answer(target, response.status_code, lower_headers(response), body[:65_536])

        answer = self.again(lambda: self._once(url, params, {}, layer, read))
        if answer.is_html:
            raise page_error(answer, self.host, layer)
        return answer

    def download(
        self, url: str, target: Path, *, headers: Mapping[str, str], max_bytes: int, layer: str | None = None
    ) -> Answer:
        """Stream into ``target``; after a break, go on where it stopped if the server's ETag is still the same."""
        tag = target.with_name(target.name + ".etag")

        def read(response: httpx.Response, address: str) -> Answer:
            self._check_status(response, layer)
            if response.status_code == 304:
                return Answer(address, 304, lower_headers(response), b"")
            resumed = response.status_code == 206
            size = target.stat().st_size if resumed and target.exists() else 0
            etag = response.headers.get("etag", "")
            tag.write_text("" if etag.startswith("W/") else etag, encoding="utf-8")
            promised = response.headers.get("content-length", "")
            if promised.isdigit() and size + int(promised) > max_bytes:
                raise too_large(size + int(promised), max_bytes, self.host, layer)
            with target.open("ab" if resumed else "wb") as stream:
                for chunk in response.iter_bytes():
                    size += len(chunk)
                    if size > max_bytes:
                        raise too_large(size, max_bytes, self.host, layer)
                    stream.write(chunk)
            return Answer(address, 200, lower_headers(response), b"")

        def call() -> Answer:
            sent = dict(headers)
            known = tag.read_text(encoding="utf-8") if tag.exists() else ""
            if known and target.exists() and target.stat().st_size:
                sent |= {"Range": f"bytes={target.stat().st_size}-", "If-Range": known, "Accept-Encoding": "identity"}
                sent.pop("If-None-Match", None)
                sent.pop("If-Modified-Since", None)
            return self._once(url, self.credentials.params, sent, layer, read)

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
        self.check_host(url, layer)
        target = self.credentials.filled(url, in_address=True)
        if params:
            filled = {k: self.credentials.filled(v) for k, v in params.items()}
            target = str(httpx.URL(target).copy_merge_params(filled))
        sent = {**self.credentials.headers, **headers}
        for _ in range(6):
            self.check_host(target, layer)
            self._pace()
            try:
                with self._http.stream("GET", target, headers=sent) as response:
                    if response.has_redirect_location:
                        target = self._redirected(target, response, layer)
                        continue
                    return read(response, without_secrets(target))
            except (httpx.TransportError, httpx.DecodingError) as error:
                self._strained |= isinstance(error, httpx.TimeoutException)
                raise _RetryError(
                    UnreachableError(
                        redact(f"{type(error).__name__}: {error}".rstrip(": ")),
                        file=self.host,
                        layer=layer,
                        do="check the network and the source's state (khanij sources check), then fetch again",
                    )
                ) from None  # the library's own error carries the request, with its address and headers
        raise SourceError(
            "redirected in a circle", file=self.host, layer=layer, do="correct the url in the source card"
        )

    def _redirected(self, target: str, response: httpx.Response, layer: str | None) -> str:
        try:
            onward = str(urljoin(target, response.headers.get("location", "")))
            path = urlsplit(onward).path
        except ValueError:
            onward, path = "no address", ""
        if urlsplit(target).scheme == "https" and urlsplit(onward).scheme == "http":
            raise SourceError(
                "redirected from https to http", file=self.host, layer=layer, do="do not use this address"
            )
        if _LOGIN_PATH.search(path):
            raise login_error(redact(f"redirected to a log-in page ({path})"), self.host, layer)
        self.check_host(onward, layer)
        return onward

    def _check_status(self, response: httpx.Response, layer: str | None) -> None:
        status = response.status_code
        if status in (401, 403):
            raise login_error(f"HTTP {status}", self.host, layer, self.credentials.names)
        if status in RETRY_STATUS:
            self._strained |= status in (429, 503)
            raise _RetryError(
                UnreachableError(f"HTTP {status} from the server", file=self.host, layer=layer, do="try again later"),
                retry_after_s(response.headers.get("retry-after")),
            )
        if status not in (200, 206, 304):
            raise SourceError(f"HTTP {status}", file=self.host, layer=layer, do="correct the url or layer in the card")

    def _read(self, response: httpx.Response, target: str, limit: int, layer: str | None) -> Answer:
        self._check_status(response, layer)
        promised = response.headers.get("content-length", "")
        if promised.isdigit() and int(promised) > limit:
            raise too_large(int(promised), limit, self.host, layer)
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
                raise too_large(size, limit, self.host, layer)
            chunks.append(chunk)
        return Answer(target, response.status_code, lower_headers(response), b"".join(chunks))

    def _pace(self) -> None:
        with self._lock:
            now = time.monotonic()
            pause = self._next_at - now
            self._next_at = max(now, self._next_at) + 1.0 / self.settings.per_second
        if pause > 0:
            time.sleep(pause)


__all__ = [
    "PROBE",
    "Answer",
    "BrokenBodyError",
    "Client",
    "ClientSettings",
    "LoginRequiredError",
    "TooLargeError",
    "UnreachableError",
]
