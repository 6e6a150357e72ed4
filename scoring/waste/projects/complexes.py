"""Which sites are worked together: those that say they share a complex, directly or by way of others.

Belongs here: closing the links, who carries a complex. Does not belong here: what a complex is worth
(``project_complexes``), the register.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from khanij.foundation.errors import ScoringError
from scoring.waste.projects.project_facts import Project


def complexes_of(links: Mapping[str, str], tonnes: Mapping[str, float]) -> list[tuple[str, ...]]:
    """The complexes of a register, each with its largest site first, and by tonnes then id after it.

    Parameters
    ----------
    links : site -> the site that it shares a complex with; closed transitively and in both directions.
    tonnes : median tonnes of every site of the register, NaN where they are not known; no other id is looked at.

    Returns
    -------
    list : complexes of two or more sites, by the id of their first; ties of tonnes go to the lower id.
    """
    joined: dict[str, str] = {}

    def root(site: str) -> str:
        while joined.setdefault(site, site) != site:
            site = joined[site]
        return site

    for a, b in sorted(links.items()):
        if a in tonnes and b in tonnes:
            joined[root(a)] = root(b)
    together: dict[str, list[str]] = {}
    for site in joined:
        together.setdefault(root(site), []).append(site)

    def size(site: str) -> tuple[float, str]:
        return (math.inf if math.isnan(tonnes[site]) else -tonnes[site], site)

    return sorted(tuple(sorted(sites, key=size)) for sites in together.values() if len(sites) > 1)


def by_carrier(complexes: Sequence[tuple[str, ...]], projects: Mapping[str, Project]) -> dict[str, tuple[Project, ...]]:
    """Carrier -> its complex, the carrier first and the others by id; sites that are no project are passed over.

    The first site that is a project carries the complex; one that is left alone is no complex.

    Raises
    ------
    ScoringError : a site in two complexes, or twice in one.
    """
    out: dict[str, tuple[Project, ...]] = {}
    seen: set[str] = set()
    for sites in complexes:
        if len(set(sites)) < len(sites) or seen & set(sites):
            raise ScoringError(
                f"a site stands twice in the complexes: {', '.join(sites)}", field="shares_complex_with",
                do="give each site to one complex, as complexes_of does",
            )  # fmt: skip
        seen |= set(sites)
        carrier, *others = [s for s in sites if s in projects] or [""]
        if others:
            out[carrier] = tuple(projects[s] for s in (carrier, *sorted(others)))
    return out
