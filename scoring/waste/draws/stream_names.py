"""The names of all random streams: what is drawn under which name, in one place.

A name is part of the key of its draws, so changing one changes published numbers; two places that mean the same draws
must use the same name, or what should be correlated is not.

Belongs here: every name. Does not belong here: how a name becomes draws (``streams``).
"""

from __future__ import annotations

from enum import StrEnum


class Stream(StrEnum):
    """What a stream draws; the ids that follow it in the key say of what."""

    PRICE = "price"
    """Own part of the log price of an element."""
    RECOVERY = "recovery"
    """Own part of the recovery of one element at one site."""
    PROFILE = "profile"
    """Share of an element in a rare-earth profile."""
    TONNAGE = "tonnage"
    """Tonnage of a site."""
    GRADE = "grade"
    """Own part of one grade of a site."""
    BORROWED_GRADE = "borrowed grade"
    """What all who borrow a figure share of its grade."""
    PRICE_OF_GROUP = "price of group"
    """Log price that the metals of one group share."""
    COST_OF_FAMILY = "cost of family"
    """Cost of all plants of one family about the family's law."""
    COST_OF_SITE = "cost of site"
    """Operating cost of a site's plant about the family's law."""
    CAPITAL_OF_SITE = "capital of site"
    """Capital of a site's plant, beside what it shares with the operating cost."""
    RECOVERY_OF_SITE = "recovery of site"
    """The part of all recoveries that one site's waste shares."""
    ROUTE_WORKS = "route works"
    """Whether a route works on a site's waste at all."""
    GRADE_OF_SITE = "grade of site"
    """The part of all grades that one site shares."""
    POSITION_X = "position x"
    """East-west error of a site's position."""
    POSITION_Y = "position y"
    """North-south error of a site's position."""
    WEIGHTS = "weights"
    """Weight of the ground in the acceptability analysis."""
    SAMPLING_OUTCOME = "sampling outcome"
    """What a campaign on a site would find; the ids begin with what it is found of."""
    SAMPLING_DRAW = "sampling draw"
    """What no campaign tells: the rest of a site, prices, costs; the ids begin with what is drawn."""
