"""What a scenario is made with instead of the region's own settings, in words that stand in everything published of it.

Belongs here: every setting settled to its value, and the difference of two. Does not belong here: where a scenario is
kept (``pipelines.scenarios``), or what a setting means (``scoring``).
"""

from __future__ import annotations

import json
from typing import Any

from assets.place import Place
from data_sources.regions import Region, load_region
from publishing.scenario_words import differing, titled


def settled(region: Region) -> dict[str, str]:
    """Every setting of a region by its dotted key, those that its YAML leaves open with their defaults."""
    from scoring.ground.settings import FertilitySettings
    from scoring.rank.settings import RankingSettings

    plain = region.model_dump(mode="json")
    for name, kind in (("ranking", RankingSettings), ("fertility", FertilitySettings)):
        found = kind.from_mapping(plain[name], seed=region.seed).model_dump(mode="json")
        plain[name] = {key: value for key, value in found.items() if key != "seed"}  # it is the region's
    return dict(sorted(_flat("", plain).items()))


def _flat(prefix: str, value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        return {k: v for key, inner in value.items() for k, v in _flat(f"{prefix}{key}.", inner).items()}
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return {} if value is None else {prefix.removesuffix("."): text}


def differences(place: Place, region_name: str) -> tuple[str, ...]:
    """What a region's settings are instead of its own: ``ranking.ground_weight = 0.5 instead of 0.2``; () for the default."""
    if not place.scenario:
        return ()
    return differing(settled(load_region(region_name)), settled(place.region(region_name)))


def scenario_info(place: Place, region_name: str) -> dict[str, str]:
    """What ``run_info`` says of a scenario: its name and what differs; nothing of the default."""
    if not place.scenario:
        return {}
    return {"scenario": place.scenario, "scenario_differs": "; ".join(differences(place, region_name))}


def published_as(place: Place, region: Region) -> Region:
    """The region under the title that its products carry: a scenario's begins with what it is."""
    info = scenario_info(place, region.name)
    return region.model_copy(update={"title": titled(region.title, info)}) if info else region
