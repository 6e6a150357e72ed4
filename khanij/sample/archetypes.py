"""The situations of a waste register, one archetype each, as ``archetypes.yaml`` has them.

The sample district holds every one of them once. Grades are ppm of the element whatever the printed unit; tonnages
million dry tonnes (low, most likely, high).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

import yaml

_Triple = tuple[float | None, float | None, float | None]


@dataclass(frozen=True)
class Grade:
    """One grade figure of an archetype."""

    element: str
    mode: float | None = None
    low: float | None = None
    high: float | None = None
    known: str = "G3"
    unit: str = "ppm"
    basis: str = "assay"
    n_samples: int | None = None
    tree_includes: str = ""
    use: bool = True
    reason: str = "only figure"


@dataclass(frozen=True, kw_only=True)
class Archetype:
    """One kind of site, with the trap or the ordinary case that it stands for in ``key``."""

    key: str
    prefix: str
    what: str
    waste_type: str
    host: str
    route: str
    tonnage: _Triple
    tonnage_class: str = "G3"
    tonnage_basis: str = "published"
    older_tonnage_mt: float | None = None
    is_screening_only: bool = False
    grades: tuple[Grade, ...] = ()
    is_transported: bool = False
    has_position: bool = True
    accuracy_m: float = 250.0
    footprint: str = ""
    operator: str = "Sample Minerals Ltd"
    lease_status: str = "unknown"
    lease_basis: str = ""
    is_duplicate: bool = False
    constraints: tuple[tuple[str, str, float | None, str], ...] = ()
    drains_as: str = "other"
    notes: str = ""


def _read() -> tuple[Archetype, ...]:
    text = (files("khanij.sample") / "archetypes.yaml").read_text(encoding="utf-8")
    out = []
    for item in yaml.safe_load(text):
        grades = tuple(Grade(**grade) for grade in item.pop("grades", []))
        constraints = tuple((c["type"], c["gate"], c["multiplier"], c["fact"]) for c in item.pop("constraints", []))
        low, mode, high = item.pop("tonnage")
        out.append(Archetype(**item, tonnage=(low, mode, high), grades=grades, constraints=constraints))
    return tuple(out)


ARCHETYPES = _read()
