"""Secrets that stand in a source card in plain text: where they are, so that the card is refused.

Belongs here: looking through a card. Does not belong here: what a secret's name looks like (``redaction``), or how a
secret is given instead (``connectors.credentials``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from khanij.foundation.redaction import is_reference, is_secret_name, secret_parameters

_USER_INFO = re.compile(r"[A-Za-z][\w+.-]*://[^\s/?#]*@")
_SCHEME = re.compile(r"\s*(basic|bearer|digest|negotiate|apikey|token)\s+(?!\$\{)\S", re.IGNORECASE)
REMEDY = (
    "take it out of the card, put it into an environment variable, and name that variable: `auth_env: NAME` for "
    "user:password (with `auth_scheme: bearer` for a token), or ${NAME} in place of the value"
)


def plain_secret(card: Mapping[str, Any]) -> str | None:
    """Where the first secret stands in plain text, in words without its value; None where there is none."""
    return next(_found(card), None)


def _found(card: Mapping[str, Any]) -> Iterator[str]:
    for where, text in _texts(card, ""):
        if _USER_INFO.search(text):
            yield f"{where} holds a user name or a password before the host"
        yield from (f"{where} holds a secret in its parameter {name!r}" for name in _in_query(text))
    for part in ("params", "headers", "handshake"):
        for name, value in _mapping(card.get(part)).items():
            text = str(value or "")
            named = bool(text) and is_secret_name(str(name)) and not is_reference(text)
            if named or (part == "headers" and _SCHEME.match(text)):
                yield f"{part} holds a secret under {name!r}"
    for name, value in _options(card.get("options")):
        # `key` is a column's name there.
        if is_secret_name(name, in_text=True) and not is_reference(value):
            yield f"options holds a secret under {name!r}"


def _in_query(text: str) -> list[str]:
    if not re.match(r"https?://", text, re.IGNORECASE):
        return []
    try:
        parts = urlsplit(text)
    except ValueError:
        return []
    return secret_parameters(parts.query) + secret_parameters(parts.fragment)


def _texts(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(inner, f"{where}.{name}" if where else str(name))
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner, where)


def _options(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if isinstance(inner, str) and inner:
                yield str(name), inner
            yield from _options(inner)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
