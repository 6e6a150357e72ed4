"""Credentials of a source: named in its card, held by the environment, put into a request when it is made.

A card says ``auth_env: NAME`` (and ``auth_scheme: basic`` or ``bearer``), or writes ``${NAME}`` in its address, params,
headers or handshake. The values never enter a card, a manifest, a key of the archive or a message.

Belongs here: from the names to the values. Does not belong here: sending them (``http``), or masking (``redaction``).
"""

from __future__ import annotations

import base64
import logging
import os
import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import pyarrow as pa
import pyarrow.compute as pc

from data_sources.cards import Card
from khanij.foundation.errors import SourceError
from khanij.foundation.redaction import known_secrets, redact, remember, without_known

_REFERENCE = re.compile(r"\$\{([A-Za-z_]\w*)\}")
_LOGGERS = ("httpx", "httpcore", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy")


class CredentialError(SourceError):
    """What a card needs to log in is not in the environment, or not in the form that it must have."""


class Credentials:
    """What one card adds to its requests.

    Raises
    ------
    CredentialError : a variable that the card names is not set, is empty, or has not the form of its scheme.
    """

    def __init__(self, card: Card) -> None:
        self.card = card
        texts = [card.url, *card.params.values(), *card.headers.values()]
        if card.handshake is not None:
            texts += [card.handshake.url, card.handshake.referer]
        names = sorted({name for text in texts for name in _REFERENCE.findall(text)})
        self._values = {name: self._value(name, "${...}", "the key or token that the publisher gave") for name in names}
        for value in self._values.values():
            remember(value)
        self.names = (*names, *([card.auth_env] if card.auth_env else []))
        self.params = {k: v for k, v in card.params.items() if _REFERENCE.search(v)}
        """Parameters of every request, a ``${NAME}`` in each."""
        self.headers = {k: self.filled(v) for k, v in card.headers.items()}
        if card.auth_env:
            self.headers["Authorization"] = self._authorization()

    def filled(self, text: str, *, in_address: bool = False) -> str:
        """The text with each ``${NAME}`` that the card itself names replaced by its value."""

        def value(match: re.Match[str]) -> str:
            found = self._values.get(match[1])
            if found is None:  # a server's answer may say ${ANYTHING}: only the card's own names are looked up
                return match[0]
            return quote(found, safe="") if in_address else found

        return _REFERENCE.sub(value, text)

    def link(self, url: str) -> str:
        """An address that the server gave, without user info and without the parameters that every request gets anyway."""
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
        left = [(k, v) for k, v in query if k not in self.params]
        text = parts.query if len(left) == len(query) else urlencode(left)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, text, ""))

    def _value(self, name: str, field: str, what: str) -> str:
        value = os.environ.get(name, "").strip()
        where = {"layer": self.card.name, "field": field}
        if not value:
            raise CredentialError(
                f"the environment variable {name} is not set", **where, do=f"set {name} to {what}, then ask again"
            )
        if not value.isprintable():
            raise CredentialError(
                f"the environment variable {name} holds line breaks or other signs that no request can carry",
                **where,
                do=f"set {name} to one line",
            )
        return value

    def _authorization(self) -> str:
        name, bearer = self.card.auth_env, self.card.auth_scheme == "bearer"
        value = self._value(name, "auth_env", "the token" if bearer else "user:password")
        remember(value)
        if bearer:
            token = re.sub(r"^bearer\s+", "", value, flags=re.IGNORECASE)
            if not re.fullmatch(r"[!-~]+", token):
                raise CredentialError(
                    f"the environment variable {name} holds no bearer token",
                    layer=self.card.name,
                    field="auth_env",
                    do=f"set {name} to the token alone, or write auth_scheme: basic into the card",
                )
            remember(token)
            return f"Bearer {token}"
        user, colon, password = value.partition(":")
        if not colon or not user:
            raise CredentialError(
                f"the environment variable {name} does not hold user:password",
                layer=self.card.name,
                field="auth_env",
                do=f"set {name} to user:password, or write auth_scheme: bearer into the card where it holds a token",
            )
        remember(password)
        return f"Basic {base64.b64encode(value.encode()).decode()}"


def masked_rows(table: pa.Table) -> pa.Table:
    """The table with known secrets masked in its texts: some servers write the caller's own key into each row's link."""
    if not known_secrets():
        return table
    for index, field in enumerate(table.schema):
        if not (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
            continue
        values = pc.unique(table[index])
        changed = {v: m for v in values.to_pylist() if v is not None and (m := without_known(v)) != v}
        if changed:
            rows = [changed.get(v, v) for v in table[index].to_pylist()]
            table = table.set_column(index, field, pa.chunked_array([pa.array(rows, field.type)]))
    return table


class _Masked(logging.Filter):
    """Takes secrets out of what the HTTP library logs: it writes whole addresses, and headers when debugging."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        return True


def mask_library_logs() -> None:
    """Have every line that the HTTP library logs masked, whatever level and handlers the program has set."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(f, _Masked) for f in logger.filters):
            logger.addFilter(_Masked())
