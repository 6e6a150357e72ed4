"""Scenarios: what-ifs with a name, each in a folder of its own, which never touches the default result.

``output/scenarios/NAME/REGION/`` holds what is published of one, ``output/scenarios/NAME/REGION.settings.json`` the settings
that were given. Belongs here: names, what is kept of the settings, the list, removal. Does not belong here: the words in
the products (``publishing.scenario_words``), or Dagster, which takes seconds to import.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from data_sources.contracts import MissingSourceError, RegionError
from khanij.foundation.environment import SCENARIOS, UNNAMED, cache_folder, is_scenario_name, output_folder, store_root
from khanij.foundation.files import write_bytes_atomically
from publishing.sets.snapshot import is_set_folder

_SETTINGS = ".settings.json"


@dataclass(frozen=True)
class Scenario:
    """One scenario as it is kept: its name, region -> the settings that were given, and the regions published of it."""

    name: str
    settings: dict[str, dict[str, str]]
    published: tuple[str, ...]


def require_name(name: str) -> None:
    """Refuse what cannot be the name of a scenario: it becomes a folder.

    Raises
    ------
    RegionError : the name, and what one may be.
    """
    if not is_scenario_name(name):
        raise RegionError(
            f"no scenario can be called {name!r}",
            field="--scenario",
            do="choose 1 to 40 of a-z, 0-9, - and _, the first a letter or digit, such as cheap_power; not default",
        )


def chosen(scenario: str, region: str, overrides: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The scenario that a run belongs to, and its settings: settings without a name are of the scenario ``unnamed``.

    A scenario without settings is run with those that it was given before.

    Raises
    ------
    RegionError : no such name, or a new scenario without settings.
    """
    given = dict(overrides)
    if not scenario:
        return (UNNAMED, given) if given else ("", given)
    require_name(scenario)
    kept = given or _kept(scenario, region)
    if not kept:
        raise RegionError(
            f"scenario {scenario} of region {region} is new, and no setting was given",
            field="--scenario",
            do="say what is otherwise: --set KEY=VALUE, such as --set ranking.ground_weight=0.5",
        )
    return scenario, kept


def keep(scenario: str, region: str, settings: Mapping[str, str]) -> None:
    """Remember what a scenario was given, so that it can be run again by its name."""
    path = output_folder(scenario) / f"{region}{_SETTINGS}"
    write_bytes_atomically(path, (json.dumps(dict(settings), indent=1, sort_keys=True) + "\n").encode())


def scenarios() -> list[Scenario]:
    """Every scenario of this installation, by name."""
    root = output_folder() / SCENARIOS
    names = sorted(p.name for p in root.glob("*") if p.is_dir() and is_scenario_name(p.name))
    return [_scenario(root / name) for name in names]


def _scenario(folder: Path) -> Scenario:
    regions = sorted(p.name.removesuffix(_SETTINGS) for p in folder.glob(f"*{_SETTINGS}"))
    published = tuple(sorted(p.name for p in folder.glob("[!.]*") if p.is_dir() and is_set_folder(p)))
    return Scenario(folder.name, {region: _kept(folder.name, region) for region in regions}, published)


def _kept(scenario: str, region: str) -> dict[str, str]:
    try:
        found = json.loads((output_folder(scenario) / f"{region}{_SETTINGS}").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def remove(name: str) -> Path:
    """Remove a scenario: what is published of it and what was stored for it; returns its folder.

    Raises
    ------
    RegionError : no such name, or a run of it is under way.
    MissingSourceError : there is no such scenario.
    """
    from filelock import Timeout
    from upath import UPath

    from pipelines.stores.leases import busy_error, region_lock

    require_name(name)
    folder, there = output_folder(name), {s.name: s for s in scenarios()}
    if name not in there:
        raise MissingSourceError(
            f"no scenario {name}", file=folder, do=f"name one of {', '.join(there)}" if there else "there is none"
        )
    with contextlib.ExitStack() as held:
        for region in sorted({*there[name].settings, *there[name].published}):
            lock = region_lock(cache_folder(), region, name)
            try:
                held.enter_context(lock.acquire(timeout=0))
            except Timeout as busy:
                raise busy_error(region, lock) from busy
        stored = UPath(store_root(name))
        if stored.protocol in ("", "file"):
            shutil.rmtree(str(stored), ignore_errors=True)
        elif stored.exists():
            stored.fs.rm(stored.path, recursive=True)
        shutil.rmtree(folder)
    return folder
