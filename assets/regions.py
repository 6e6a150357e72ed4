"""The settings of a region that belong to the science, refused when the region is read and not when they are used.

Belongs here: asking the ranking, the fertility and the gates whether they can work with a region. Does not belong here:
what a setting means (``scoring``), or changing one; nothing here enters a result.
"""

from __future__ import annotations

from data_sources.regions import Region
from khanij.foundation.errors import RegionError
from khanij.foundation.strict import WrongValueError, require_known
from scoring.ground.settings import FertilitySettings
from scoring.rank.gates import LAYERS
from scoring.rank.settings import RankingSettings


def require_settings(region: Region) -> None:
    """Refuse a region whose ranking, fertility or gates nothing can be computed with.

    Raises
    ------
    RegionError : an unknown key or a bad value, with the key and a remedy.
    """
    RankingSettings.from_mapping(region.ranking, seed=region.seed)
    FertilitySettings.from_mapping(region.fertility, seed=region.seed)
    try:
        require_known("gate layer", region.gates, LAYERS, f"name it one of {', '.join(LAYERS)}")
    except WrongValueError as wrong:
        raise RegionError(str(wrong), field=f"gates.{wrong.at}", do=wrong.do) from wrong
