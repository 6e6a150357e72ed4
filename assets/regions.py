"""The settings of a region that belong to the science, refused when the region is read and not when they are used.

Belongs here: asking the ranking, the fertility and the gates whether they can work with a region. Does not belong here:
what a setting means (``scoring``), or changing one; nothing here enters a result.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data_sources.regions import LARGEST_SEED, Region
from khanij.foundation.errors import RegionError, together
from khanij.foundation.strict import WrongValueError, require_known
from scoring.ground.settings import FertilitySettings
from scoring.rank.gates import LAYERS
from scoring.rank.settings import RankingSettings


def require_settings(region: Region) -> None:
    """Refuse a region whose ranking, fertility or gates nothing can be computed with.

    Raises
    ------
    RegionError : an unknown key or a bad value, with the key and a remedy; all of them at once.
    """
    wrong = wrong_settings(region.model_dump())
    if wrong:
        raise together(wrong)


def wrong_settings(settled: Mapping[str, Any]) -> list[RegionError]:
    """What is wrong with ranking, fertility and gates of a region's settings, as its YAML or its model has them.

    A section that is no mapping is left to the model of the region.
    """
    wrong: list[RegionError] = []
    seed = settled.get("seed")
    for section, model in (("ranking", RankingSettings), ("fertility", FertilitySettings)):
        given = settled.get(section, {})
        if not isinstance(given, Mapping):
            continue
        try:
            model.from_mapping(given, seed=seed if type(seed) is int and 0 <= seed <= LARGEST_SEED else 0)
        except RegionError as error:
            wrong += [error, *(e for e in error.others if isinstance(e, RegionError))]
    gates = settled.get("gates") or {}
    for name in gates if isinstance(gates, Mapping) else ():
        try:
            require_known("gate layer", [name], LAYERS, f"name it one of {', '.join(LAYERS)}")
        except WrongValueError as error:
            wrong.append(RegionError(str(error), field=f"gates.{error.at}", do=error.do))
    return wrong
