"""Elements that may be present where only the host commodity is known: named as likely, never given a tonnage.

Belongs here: the companionality table. Does not belong here: any number.
"""

from __future__ import annotations

import re

from data_sources.reference.element_lists import companions_by_host

_GROUPS: dict[str, tuple[tuple[int, str], ...]] = {
    "Al": ((5, "REE"),),
    "P": ((1, "REE"),),
    "coal": ((1, "REE"),),
    "lignite": ((1, "REE"),),
    "Cr": ((3, "PGE"),),
    "Ti": ((3, "REE"),),
    "Zr": ((2, "REE"),),
}
"""Groups among the companions of a host, with their place: no single element, so no row of ``elements.csv``."""


def _likely_by_host() -> dict[str, tuple[str, ...]]:
    single = companions_by_host()
    hosts = dict.fromkeys((*single, *_GROUPS))
    return {
        h: tuple(e for _, e in sorted((*single.get(h, ()), *_GROUPS.get(h, ())), key=lambda m: m[0])) for h in hosts
    }


LIKELY_BY_HOST: dict[str, tuple[str, ...]] = _likely_by_host()
"""Companion metals by host (Nassar, Graedel & Harper 2015, Science Advances 1, e1400180, for Cu, Zn, Al; else textbook
associations, own knowledge)."""

HOST_OF_MINERAL: dict[str, str] = {
    "aluminous laterite": "Al", "apatite": "P", "bauxite": "Al", "cassiterite": "Sn", "chromite": "Cr", "coal": "coal",
    "glauconite": "K", "graphite": "C", "ilmenite": "Ti", "lignite": "lignite", "magnetite": "Fe", "monazite": "REE",
    "phosphate": "P", "phosphorite": "P", "platinum-group elements": "PGE", "potash": "K", "rare-earth elements": "REE",
    "rare metals": "Nb", "rock phosphate": "P", "zircon": "Zr",
}  # fmt: skip
"""Host of a notified mineral whose name is not an element's (textbook mineralogy, own knowledge)."""
_OF_HOST_ONLY_NOTIFIED = {"C": ("V",), "K": (), "Nb": ("Ta", "Li", "Sn"), "PGE": ("Cr", "Ni", "Co")}
"""Hosts that no waste of the register has: graphite schist with vanadium, rare-metal pegmatite, layered intrusions."""

_NAMES = {"monazite": ("REE", "Y"), "coking": (), "diamond": ()}


def likely_elements(host_commodity: str, assayed: set[str] | frozenset[str] = frozenset()) -> list[str]:
    """Companion elements of a host commodity, strongest association first, without those already assayed.

    Elements that the register itself puts in brackets (``Cu-(Ni-Mo-U)``) are likely as well.
    """
    out: dict[str, None] = {}
    for bracket in re.findall(r"\(([^)]*)\)", host_commodity or ""):
        for token in re.findall(r"[A-Z][A-Za-z]*", bracket):
            out[token] = None
    for token in re.findall(r"[A-Za-z]+", re.sub(r"\([^)]*\)", "", host_commodity or "")):
        for companion in (*LIKELY_BY_HOST.get(token, ()), *_NAMES.get(token, ())):
            out[companion] = None
    return [e for e in out if e not in assayed and e not in {"U", "Th"}]


def companions_of_minerals(minerals: str, symbol_of: dict[str, str]) -> list[str]:
    """Companion elements of the minerals a block is notified for, without those notified themselves.

    Parameters
    ----------
    minerals : names with semicolons between them, as in a notice inviting tender.
    symbol_of : element name in lower case -> symbol.
    """
    names = [m.strip().lower() for m in (minerals or "").split(";") if m.strip()]
    hosts = [HOST_OF_MINERAL.get(n) or symbol_of.get(n) for n in names]
    known = dict.fromkeys(h for h in hosts if h)
    out = dict.fromkeys(c for h in known for c in (*LIKELY_BY_HOST.get(h, ()), *_OF_HOST_ONLY_NOTIFIED.get(h, ())))
    return [c for c in out if c not in known]
