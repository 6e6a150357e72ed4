"""The generation of a published set: one hash over all that its files are made from, known before any of them is made.

``inputs = SHA-256(code and settings of every publication asset, fingerprints of all that they are made from)``

The generation is that hash; where the guard was overruled, it is the hash of inputs and reason. Every publication asset
has it in its fingerprint, so that all are made together or none. Belongs here: what a generation is. Does not belong
here: writing it into a file (``publishing.sets.marks``).
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from assets.fingerprints import GROUP_PARTS, RECIPES, own_parts, planned
from assets.settled import scenario_info
from assets.workspace import Workspace
from data_sources.contracts.survey import VECTOR_LAYERS
from publishing.sets.listing import DamagedListError, SetList, read_list

GROUP = "publication"
SOURCES = (*VECTOR_LAYERS, "geophysics", "waste_inventory", "blocks")
"""The assets whose reports and held rows are published with the blocks."""


def publication_assets() -> list[str]:
    """Names of the assets that make the files of a set, in alphabetical order."""
    return sorted(name for name, recipe in RECIPES.items() if recipe.group == GROUP)


def set_inputs(region_name: str, workspace: Workspace, known: dict[str, str] | None = None) -> str:
    """SHA-256 over all that a region's set is made from; ``known`` are fingerprints that were computed already."""
    known = {} if known is None else known
    region = workspace.region(region_name)
    names = publication_assets()
    made_from = sorted({up for name in names for up in RECIPES[name].upstream} - set(names))
    parts = {
        "own": {name: own_parts(name, region, workspace) for name in names},
        "made_from": {up: planned(up, region, workspace, known) for up in made_from},
    }
    # A scenario's files say what they are: with the same settings they are still others than the default's.
    return _hash(parts | scenario_info(workspace, region_name))


def generation(region_name: str, workspace: Workspace, known: dict[str, str] | None = None) -> str:
    """The generation of the set that a run of the region would publish."""
    inputs = set_inputs(region_name, workspace, known)
    reason = _reason(inputs, region_name, workspace)
    return _hash({"inputs": inputs, "accepted": reason}) if reason else inputs


def accepted_reason(region_name: str, workspace: Workspace) -> str:
    """Why the set is published although the guard may object; empty where nobody said so.

    A reason belongs to what it was given for: while the published set has these inputs its own reason holds (and none
    that is given now), so that the next run finds everything current; a change of the inputs drops it.
    """
    return _reason(set_inputs(region_name, workspace), region_name, workspace)


def _reason(inputs: str, region_name: str, workspace: Workspace) -> str:
    published = published_list(region_name, workspace)
    if published is not None and published.inputs == inputs:
        return published.accepted.reason if published.accepted else ""
    return workspace.accept


def published_list(region_name: str, workspace: Workspace) -> SetList | None:
    """The list of what is published of a region; None where there is none or it is damaged."""
    try:
        return read_list(workspace.published_folder(region_name))
    except DamagedListError:
        return None


def ranking_parts(region_name: str, workspace: Workspace) -> tuple[str, str]:
    """Hashes of the settings and of the code of everything before the publication: what may move a rank by intent."""
    region = workspace.region(region_name)
    parts = {name: own_parts(name, region, workspace) for name, recipe in RECIPES.items() if recipe.group != GROUP}
    return _hash({n: p["settings"] for n, p in parts.items()}), _hash(
        {n: (p["code"], p["libraries"]) for n, p in parts.items()}
    )


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


GROUP_PARTS[GROUP] = generation
