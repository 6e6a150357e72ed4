"""Knowledge classes, and published figures as distributions.

Belongs here: the order of the classes, and which class a figure has after its basis is looked at. Does not belong here:
widths and draws (``projects.project_draws``), which figure is used (``inventory``).
"""

from __future__ import annotations

CLASSES = ("G1", "G2", "G3", "G4", "analogue", "default", "none")
"""From known in detail to not known; a range that is borrowed is an analogue, an expert's guess a default."""
UNSTATED = "G4"
"""Class of a figure that a table gives without one: known, and how well nobody says."""


def worst(*classes: str) -> str:
    """The worst of several classes; ``none`` of nothing."""
    return max(classes, key=CLASSES.index, default="none")


def at_best(knowledge_class: str, limit: str) -> str:
    """The class, but no better than ``limit``."""
    return max(knowledge_class, limit, key=CLASSES.index)


def class_of_tonnage(knowledge_class: str, basis: str) -> str:
    """Class of a tonnage: a derived one is at best G3, a plan an analogue; without a class it is ``UNSTATED``."""
    if knowledge_class == "none":
        return "none"
    return at_best(knowledge_class or UNSTATED, {"derived": "G3", "plan": "analogue"}.get(basis, "G1"))


def class_of_grade(knowledge_class: str, basis: str) -> str:
    """Class of a grade: a plan is an analogue, whatever the table says; without a class it is ``UNSTATED``."""
    stated = knowledge_class or UNSTATED
    return at_best(stated, "analogue") if basis == "plan" else stated
