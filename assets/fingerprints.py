"""What an asset's result depends on, as one hash that is known before anything runs.

``fingerprint = SHA-256(code, settings it reads, source files it reads, fingerprints of what it is made from)``

A stored result with the same fingerprint is the same result, so it is not made again; anything that changed (a source's
bytes, a price, a weight, a formula) changes exactly the fingerprints of what depends on it. Dagster shows the
fingerprint as the asset's data version.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg

from assets.metadata import bundle_metadata
from assets.progress import announce
from assets.workspace import PARTITIONS, Workspace
from data_sources.regions import Region

_ROOT = Path(__file__).resolve().parents[1]


class Bundle(dict[str, Any]):
    """What one asset hands on: named frames, rasters and plain values; ``fingerprint`` says what they depend on."""

    fingerprint: str = ""


@dataclass(frozen=True)
class Recipe:
    """What one asset is made from: upstream assets, settings (dotted keys of the region, ``*`` for all), code and source layers."""

    name: str
    upstream: tuple[str, ...]
    settings: tuple[str, ...]
    code: tuple[str, ...]
    layers: tuple[str, ...] = ()
    files: Callable[[Workspace, Region], list[Path]] | None = None
    group: str = ""


# What further decides an asset of a group, such as the generation of the set that a publication's files belong to.
GROUP_PARTS: dict[str, Callable[[str, Workspace, dict[str, str]], str]] = {}
RECIPES: dict[str, Recipe] = {}


@cache
def code_version(paths: tuple[str, ...]) -> str:
    """Twelve hex digits over every source line, fact table and card below the given project paths."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        target = _ROOT / path
        files = (
            [target]
            if target.is_file()
            else sorted(p for p in target.rglob("*") if p.suffix in {".py", ".csv", ".yaml"})
        )
        for file in files:
            digest.update(file.relative_to(_ROOT).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def fingerprint(name: str, region_name: str, workspace: Workspace) -> str:
    """The fingerprint of one asset in one region, computed from its recipe and those upstream of it."""
    return _fingerprint(name, region_name, workspace, {})


def _fingerprint(name: str, region_name: str, workspace: Workspace, known: dict[str, str]) -> str:
    if name in known:
        return known[name]
    recipe = RECIPES[name]
    region = workspace.region(region_name)
    parts = {
        "asset": name,
        **own_parts(recipe, region),
        "sources": workspace.source_hash(region, recipe.layers) if recipe.layers else "",
        "files": workspace.file_hash(recipe.files(workspace, region)) if recipe.files else "",
        "upstream": [_fingerprint(up, region_name, workspace, known) for up in recipe.upstream],
    }
    if recipe.group in GROUP_PARTS:
        parts["generation"] = GROUP_PARTS[recipe.group](region_name, workspace, known)
    known[name] = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return known[name]


def own_parts(recipe: Recipe, region: Region) -> dict[str, Any]:
    """What an asset is made with, apart from its sources and what is upstream of it: its code and its settings."""
    plain = region.model_dump(mode="json")
    return {"code": code_version(recipe.code), "settings": {key: _get(plain, key) for key in recipe.settings}}


def _get(data: dict[str, Any], dotted: str) -> Any:
    if dotted == "*":  # an asset that publishes the settings themselves depends on all of them
        return data
    value: Any = data
    for part in dotted.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def region_asset(
    *,
    group: str,
    title: str,
    kinds: set[str],
    settings: tuple[str, ...],
    code: tuple[str, ...],
    upstream: tuple[str, ...] = (),
    layers: tuple[str, ...] = (),
    files: Callable[[Workspace, Region], list[Path]] | None = None,
    name: str | None = None,
    owners: tuple[str, ...] = ("team:khanij",),
    automation: dg.AutomationCondition | None = None,
    freshness: dg.FreshnessPolicy | None = None,
    metadata: dict[str, Any] | None = None,
    pool: str | None = None,
    retry: dg.RetryPolicy | None = None,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """An asset partitioned by region whose fingerprint is known; the rest is Dagster's own ``asset``."""

    def wrap(function: Callable[..., Any]) -> dg.AssetsDefinition:
        asset_name = name or function.__name__
        RECIPES[asset_name] = Recipe(asset_name, upstream, settings, code, layers, files, group)

        @functools.wraps(function)
        def announced(context: dg.AssetExecutionContext, *args: Any, **kwargs: Any) -> Any:
            announce(context.partition_key, asset_name, 0.0)
            made = function(context, *args, **kwargs)
            announce(context.partition_key, asset_name, 1.0)
            return made

        return dg.asset(
            name=asset_name,
            group_name=group,
            description=title,
            kinds=kinds,
            owners=list(owners),
            code_version=code_version(code),
            partitions_def=PARTITIONS,
            ins={up: dg.AssetIn(up) for up in upstream},
            metadata=metadata,
            automation_condition=automation,
            freshness_policy=freshness,
            pool=pool,
            retry_policy=retry,
        )(announced)

    return wrap


def result(
    context: dg.AssetExecutionContext, workspace: Workspace, bundle: dict[str, Any], **metadata: Any
) -> dg.MaterializeResult:
    """A finished asset: its bundle marked with its fingerprint, its data version, and metadata for the UI."""
    name = context.asset_key.path[-1]
    value = Bundle(bundle)
    value.fingerprint = fingerprint(name, context.partition_key, workspace)
    shown = {**bundle_metadata(bundle), **metadata}
    return dg.MaterializeResult(value=value, metadata=shown, data_version=dg.DataVersion(value.fingerprint))
