"""Who is spoken to: the scheme, host and port of an address, as the HTTP client itself reads it.

Belongs here: comparing addresses. Does not belong here: following them (``http``).
"""

from __future__ import annotations

from dataclasses import dataclass

import httpx

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Origin:
    """Scheme, host (lower case, ASCII, no trailing dot) and port; user info is said, not kept."""

    scheme: str
    host: str
    port: int
    has_user_info: bool = False

    @classmethod
    def of(cls, url: str) -> Origin | None:
        """The origin of an http or https address; None for anything else."""
        try:
            parts = httpx.URL(url)
        except (httpx.InvalidURL, ValueError):
            return None
        if parts.scheme not in _PORTS or not parts.host:
            return None
        host = parts.raw_host.decode("ascii").lower().removesuffix(".")
        return cls(parts.scheme, host, parts.port or _PORTS[parts.scheme], bool(parts.userinfo))

    @property
    def is_default_port(self) -> bool:
        """Whether the port is the scheme's own."""
        return self.port == _PORTS[self.scheme]

    def same_host(self, other: Origin) -> bool:
        """The same host, whatever scheme and port."""
        return self.host == other.host

    def may_send_on_to(self, other: Origin) -> bool:
        """The same scheme, host and port; or the same host's https where http was asked for, both at their usual ports."""
        if other.has_user_info or not self.same_host(other):
            return False
        upgraded = self.scheme == "http" and other.scheme == "https" and self.is_default_port and other.is_default_port
        return upgraded or (self.scheme, self.port) == (other.scheme, other.port)
