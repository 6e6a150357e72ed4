"""Knowledge classes, and published figures as distributions.

Belongs here: the order of the classes, and which class a figure has after its basis is looked at. Does not belong here:
widths and draws (``projects.project_draws``), which figure is used (``inventory``).
"""

from __future__ import annotations

CLASSES = ("G1", "G2", "G3", "G4", "analogue", "default", "none")
"""From known in detail to not known; a range that is borrowed is an analogue, an expert's guess a default."""


def worst(*classes: str) -> str:
    """The worst of several classes; ``none`` of nothing."""
    return max(classes, key=CLASSES.index, default="none")


def at_best(knowledge_class: str, limit: str) -> str:
    """The class, but no better than ``limit``."""
    return max(knowledge_class, limit, key=CLASSES.index)


def class_of_tonnage(knowledge_class: str, basis: str) -> str:
    """Class of a tonnage: a derived one is at best G3, a plan an analogue."""
    if knowledge_class in ("", "none"):
        return "none"
    return at_best(knowledge_class, {"derived": "G3", "plan": "analogue"}.get(basis, "G1"))


def class_of_grade(knowledge_class: str, basis: str) -> str:
    """Class of a grade: a plan is an analogue, whatever the table says."""
    return at_best(knowledge_class, "analogue") if basis == "plan" else knowledge_class
