"""The levers of a what-if: those of the page, as options of the command.

Belongs here: names, bounds and the options that reproduce a choice. Does not belong here: a widget, or what a lever does.
"""

from __future__ import annotations

from typing import Any

# key of ``ranking`` -> (title, unit, least, most), as the page has them
NUMBERS: dict[str, tuple[str, str, float, float]] = {
    "price_factor": ("Price level", "times", 0.25, 4.0),
    "strategic_premium": ("Security premium", "", 0.0, 2.0),
    "discount_rate": ("Discount rate", "a year", 0.0, 0.3),
    "cost_factor": ("Cost level, all costs", "times", 0.25, 4.0),
    "capital_factor": ("Capital level", "times", 0.25, 4.0),
    "recovery_factor": ("Recovery level", "times", 0.25, 2.0),
    "cap_factor": ("What the market takes of one project", "times", 0.1, 100.0),
    "ground_weight": ("Weight of the ground", "", 0.0, 1.0),
}
CHOICES = ("price_deck", "basket", "apply_gates")
OF_METALS = "price_factors"
MOST_TIMES = 1000.0


def moved(chosen: dict[str, Any], standing: dict[str, Any]) -> list[str]:
    """``KEY=VALUE`` of each lever that does not stand as it stood; prices of metals are ``price_factors.Ni``."""
    prices, before = dict(chosen.get(OF_METALS, {})), dict(standing.get(OF_METALS, {}))
    keys = [key for key in (*NUMBERS, *CHOICES) if key in chosen and chosen[key] != standing.get(key)]
    told = [f"ranking.{key}={_written(chosen[key])}" for key in keys]
    changed = [e for e in sorted(prices) if prices[e] != before.get(e, 1.0)]
    return told + [f"ranking.{OF_METALS}.{e}={_written(prices[e])}" for e in changed]


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def set_options(settings: list[str]) -> list[str]:
    """``--set`` for each of them."""
    return [part for setting in settings for part in ("--set", setting)]
