"""What is a secret in an address, a parameter or a message, and the same text without it.

Belongs here: names and shapes of secrets, masking. Does not belong here: where a secret comes from
(``connectors.credentials``), or where a message goes.

A message is masked rather once too often: a value is taken out where its name says that it is secret. A bare ``key`` or
``Basic`` is also a word of geologists and of databases, and is held for a secret only where its value looks like one.
"""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import quote, quote_plus, unquote, unquote_plus, urlsplit, urlunsplit

MASK = "***"
_SHORTEST = 4  # a shorter value would be masked out of ordinary words
_KNOWN: dict[str, re.Pattern[str]] = {}

# Alone these are secrets as the name of a parameter; in running text they are words.
_WORDS = frozenset(
    {"key", "pass", "auth", "pin", "code", "signature", "credential", "credentials", "session", "bearer"}
)
_NAMES = frozenset(
    {"pwd", "passwd", "password", "passphrase", "passcode", "passwort", "secret", "token", "sig", "sas", "jwt", "otp"}
    | {"apikey", "appkey", "authkey", "accesskey", "accountkey", "sharedkey", "privatekey", "secretkey", "mapkey"}
    | {"licensekey", "licencekey", "subscriptionkey", "userkey", "clientkey", "encryptionkey", "authorization"}
    | {"authorisation", "apitoken", "sessionid", "sessiontoken", "jsessionid", "phpsessid", "hmac", "cookie"}
    | {"accesskeyid", "awsaccesskeyid", "keypairid"}
)  # fmt: skip
_PARTS = re.compile(
    r"passw(?:or)?d|passphrase|passcode|secret(?!ar)|token(?!s|iz|is)|signature|credential|api_?key|access_?key|"
    r"account_?key|shared_?key|private_?key|subscription_?key|authorization|authorisation|(?:^|_)pwd|(?:^|_)jwt"
)
_LAST = frozenset({"key", "pass", "pwd", "sig", "auth", "pw", "passwd"})
# ``primary_key``, ``sort-key`` and the like are words of tables.
_PLAIN_KEYS = frozenset(
    {"primary", "foreign", "sort", "join", "group", "order", "natural", "row", "object", "block", "site", "unique"}
    | {"index", "map", "field", "partition", "legend", "public", "asset", "run", "order", "sample", "candidate"}
    | {"has", "no", "the", "cache", "request", "table", "column", "feature", "composite", "surrogate", "dict"}
)  # fmt: skip
_PLAIN_COUNTS = re.compile(r"(?:^|_)(?:max|min|num|n|count)_?tokens?(?:$|_)")


def is_secret_name(name: str, *, in_text: bool = False) -> bool:
    """Whether a parameter, header or key of this name holds a secret; ``in_text`` leaves out what is also a plain word."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip().strip("\"'"))
    flat = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    joined = flat.replace("_", "")
    if joined in _WORDS:
        return not in_text and joined not in {"code", "pin", "session"}
    if joined in _NAMES:
        return True
    if _PLAIN_COUNTS.search(flat):
        return False
    parts = flat.split("_")
    if len(parts) > 1 and parts[-1] in _LAST and not (parts[-1] == "key" and parts[-2] in _PLAIN_KEYS):
        return True
    return bool(_PARTS.search(flat))


def remember(value: str) -> None:
    """Mask this very value wherever it comes up again, plain, percent-encoded or in Base64."""
    for form in {
        value,
        quote(value, safe=""),
        quote_plus(value),
        base64.b64encode(value.encode()).decode().rstrip("="),
    }:
        if len(form) >= _SHORTEST and form not in _KNOWN:
            _KNOWN[form] = re.compile(rf"(?<![A-Za-z0-9]){re.escape(form)}(?![A-Za-z0-9])")


def without_known(text: str) -> str:
    """The text without the values that were ``remember``-ed; nothing else is touched."""
    for form in sorted(_KNOWN, key=len, reverse=True):
        if form in text:
            text = _KNOWN[form].sub(MASK, text)
    return text


def known_secrets() -> bool:
    """Whether any value is to be masked."""
    return bool(_KNOWN)


def without_secrets(url: str) -> str:
    """An address without user info and with the values of secret parameters masked; a ``${NAME}`` stays."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return redact(url)
    if parts.scheme or parts.netloc:
        netloc = parts.netloc.rpartition("@")[2]
        url = urlunsplit((parts.scheme, netloc, parts.path, _query(parts.query), _query(parts.fragment)))
    return without_known(url)


def secret_parameters(text: str) -> list[str]:
    """Names in a query string (``a=1&key=2``) that hold a secret's value in plain text."""
    found = []
    for pair in re.split(r"[&;]", text):
        name, _, value = pair.partition("=")
        if value and is_secret_name(unquote_plus(name)) and not is_reference(unquote_plus(value)):
            found.append(unquote_plus(name))
    return found


def is_reference(value: str) -> bool:
    """Whether a value is ``${NAME}`` of the environment, with at most a scheme (``Bearer``) before it."""
    return bool(re.fullmatch(r"(?:[A-Za-z][\w-]*[ =:]\s*)?\$\{[A-Za-z_]\w*\}", value.strip()))


def _query(text: str) -> str:
    def masked(match: re.Match[str]) -> str:
        name, value = match["name"], match["value"]
        if not is_secret_name(unquote_plus(name)) or is_reference(unquote_plus(value)):
            return match[0]
        return f"{name}={MASK}"

    return re.sub(r"(?P<name>[^&;=]+)=(?P<value>[^&;]+)", masked, text)


_PORT = r"(?!\d{1,5}(?=[/?#\s\"'<>,;)]|$))"
_HOST = r"(?=[\w.\-\[]+(?:[:/?#\s\"',;)]|$))"
_USER_INFO = re.compile(
    rf"(?<=://)(?:[^\s/?#@:\"'<>]*:{_PORT}(?:(?!://)[^\n/?\"'<>]){{1,200}}@{_HOST}"  # all up to the last @ before the path
    r"|[^\s/?\"'<>]{1,500}@(?=[\w\[])"
    rf"|[^\s/?#@:\"'<>]*:{_PORT}[^\n\"'<>]{{1,200}}?@{_HOST})"  # a password with / or ? in it
    r"|(?<=%3A%2F%2F)[^\s&/]{1,500}?%40",
    re.IGNORECASE,
)
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_SHAPES = re.compile(
    r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|\bxox[abpr]-[\w-]{10,}"
)
_QUOTED = r"""b?\\?"(?:\\.|[^"\\])*\\?"|b?'(?:\\.|[^'\\])*'"""
_HEADER = re.compile(
    r"""(?P<head>(?:proxy-)?authori[sz]ation\b\\?["']?\s*(?:=>|[=:,])\s*|\b(?:set-)?cookie\\?["']?\s*[:,]\s*)"""
    rf"(?P<value>{_QUOTED}|[^\n\r\"']+)",
    re.IGNORECASE,
)
_SCHEME = re.compile(
    r"\b(?P<scheme>Bearer|BEARER|bearer|Basic|basic|BASIC|Digest|Negotiate|ApiKey|Apikey|SharedKey)(?P<gap>\s+)"
    r"(?P<value>[^\s,;\"'<>]+)"
)
# A value without quotes goes on over blanks to the end of its line, or to where something else begins.
_REST = (
    r"""(?:(?!\s*[,;&]?\s+\\?["']?[\w.-]+\\?["']?\s?[=:]|\s+\(|\.\s+[A-Z]|\.?\s*$)[^\n\r;&]){0,300}"""
    r"""[^\s;&,\n]?"""
)
_PAIR = re.compile(
    rf"""(?:(?P<before>[?&;]|%26|%3F)|(?<![\w.\-]))(?P<name>\\?["']?(?:--)?[A-Za-z][\w.\-]*\\?["']?)(?P<gap>\s*(?:=>|=|:(?!//)|%3D)\s*"""
    rf"""|(?<=["'])\s*,\s*(?=b?\\?["']))(?P<value>{_QUOTED}|[|>][-+]?\n(?:[ \t]+[^\n]*\n?)+|[^\s;&,"'<>=]*{_REST})""",
    re.MULTILINE,
)
_ELEMENT = re.compile(r"<(?P<name>[A-Za-z][\w.:-]*)>(?P<value>[^<]+)</(?P=name)>")
_OPTION = re.compile(r"(?P<name>--[A-Za-z][\w-]*)(?P<gap>\s+)(?P<value>\"[^\"]*\"|'[^']*'|[^\s-]\S*)")
_SPOKEN = re.compile(
    r"\b(?P<head>(?:password|passwd|pwd|passphrase|passcode)(?:\s+is)?\s+)(?P<value>\"[^\"]+\"|'[^']+'|\S*[^A-Za-z\s.,;:)(]\S*)",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """The text without secrets: user info of addresses, values of keys named like secrets, headers, keys and tokens."""
    text = without_known(text)
    text = _PEM.sub(MASK, text)
    text = _USER_INFO.sub(lambda m: MASK + ("@" if m[0].endswith("@") else "%40" if m[0].endswith("%40") else ""), text)
    text = _HEADER.sub(lambda m: m["head"] + _kept_quotes(m["value"]), text)
    text = _SHAPES.sub(MASK, text)
    text = _SCHEME.sub(_scheme, text)
    text = _ELEMENT.sub(lambda m: m[0].replace(m["value"], MASK) if is_secret_name(m["name"]) else m[0], text)
    text = _pairs(text)
    text = _OPTION.sub(lambda m: f"{m['name']}{m['gap']}{MASK}" if is_secret_name(m["name"][2:]) else m[0], text)
    return _SPOKEN.sub(lambda m: m[0] if m["value"].startswith(MASK) else m["head"] + _kept_quotes(m["value"]), text)


def _pairs(text: str) -> str:
    """Values of ``name=value``, ``name: value`` and ``"name": "value"`` masked; what is no secret is looked into further."""
    out, at = [], 0
    while (match := _PAIR.search(text, at)) is not None:
        if not _holds_secret(match):
            # Not past the value: `https://h/x?a=1&key=2` and `reason=password=x` begin within it.
            out.append(text[at : match.end("gap")])
            at = match.end("gap")
            continue
        out += [text[at : match.start("value")], _kept_quotes(match["value"])]
        at = match.end("value")
    return "".join(out) + text[at:]


def _holds_secret(match: re.Match[str]) -> bool:
    value = match["value"]
    name = unquote(match["name"])
    plain = name.strip("\\\"'").removeprefix("--")
    bare = value.strip("\\\"' b")
    if not bare or bare.startswith(MASK) or is_reference(bare):
        return False
    if match["before"] or name.lstrip("\\")[:1] in "\"'" or "%3D" in match["gap"].upper():
        if plain.lower() in {"key", "pass", "signature"} and not match["before"] and "%" not in match["gap"]:
            return _looks_secret(bare) or plain.lower() == "pass"
        return is_secret_name(plain)
    if is_secret_name(plain, in_text=True):
        return True
    if plain.lower() in {"key", "auth", "signature", "credential", "credentials"} and "=" in match["gap"]:
        return _looks_secret(bare.split()[0])
    return False


def _looks_secret(value: str) -> bool:
    """Letters and digits mixed over eight places and more; ids of blocks and codes with a colon are not like that."""
    mixed = re.search(r"\d", value) and re.search(r"[A-Za-z]", value)
    is_id = re.fullmatch(r"[A-Z]+(?:[-/][A-Z0-9]+)+", value)
    return bool(mixed) and is_id is None and re.fullmatch(r"[\w\-+/=.]{8,}", value) is not None


def _scheme(match: re.Match[str]) -> str:
    scheme, value = match["scheme"], match["value"]
    if value.startswith((MASK, "${")):
        return match[0]
    complex_ = bool(re.search(r"\d", value)) and len(value) >= 16
    if scheme.lower() == "basic":  # basic rocks
        secret = complex_ or _is_user_and_password(value)
    elif scheme in ("Bearer", "BEARER"):
        secret = True
    else:
        secret = complex_ or _looks_secret(value)
    return f"{scheme}{match['gap']}{MASK}" if secret else match[0]


def _is_user_and_password(value: str) -> bool:
    try:
        return b":" in base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False


def _kept_quotes(value: str) -> str:
    """``***`` between the value's own quotes."""
    head = re.match(r"b?\\?[\"']", value)
    tail = re.search(r"\\?[\"']\s*$", value)
    return f"{head[0] if head else ''}{MASK}{tail[0] if head and tail and tail.start() > 0 else ''}"
