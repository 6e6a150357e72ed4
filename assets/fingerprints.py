"""What an asset's result depends on, as one hash that is known before anything runs.

``fingerprint = SHA-256(code, libraries, settings it reads, source files it reads, fingerprints of what it is made from)``

A stored result with the same fingerprint is the same result, so it is not made again; anything that changed (a source's
bytes, a price, a weight, a formula, a library) changes exactly the fingerprints of what depends on it. Dagster shows the
fingerprint as the asset's data version.

The fingerprint is settled before an asset reads anything, from the stored fingerprints of what was loaded, and holds
only if the same parts are found again when it has run: what moved meanwhile is told, and nothing is stored.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

import dagster as dg

from assets.place import Place
from assets.workspace import Workspace, forget_hashes
from data_sources.contracts import KhanijError
from data_sources.regions import Region
from khanij.foundation.closure import (
    ROOT,
    Closure,
    Stat,
    closure_of,
    forget_closures,
    moved_since_start,
    runtime_files,
    stat_of,
)
from khanij.foundation.files import sha256_of

_ROOT = ROOT
_GENERATOR = ROOT / "khanij" / "sample"


class ChangedMeanwhileError(KhanijError):
    """Something that a result is made from was changed while it was being made."""


class Bundle(dict[str, Any]):
    """What one asset hands on: named frames, rasters and plain values; ``fingerprint`` says what they depend on."""

    fingerprint: str = ""


@dataclass(frozen=True)
class Late:
    """The function ``name`` of ``module``, imported when it is first called.

    Whoever only has to know that there is such a function waits for none of its libraries. ``closure`` reads the name as an
    import, so that what a result hangs on is found as if it were one.
    """

    module: str
    name: str

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the function gives.

        Raises
        ------
        ModuleNotFoundError, AttributeError : there is no such module, or it has no such function.
        """
        return getattr(import_module(self.module), self.name)(*args, **kwargs)


@dataclass(frozen=True)
class Recipe:
    """What one asset of each region is made from, and by which function.

    Parameters
    ----------
    made_by : given the context, the installation and what the upstream assets made; what it hangs on is found from its
    imports. group, title, kinds : as Dagster shows it. settings : dotted keys of the region that it reads, ``*`` for all.
    upstream : the assets that it is made from. layers : the region's layers whose files it reads. files : further ones.
    """

    name: str
    made_by: Late
    group: str
    title: str
    kinds: tuple[str, ...]
    settings: tuple[str, ...]
    upstream: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    files: Callable[[Workspace, Region], list[Path]] | None = None

    @property
    def closure(self) -> Closure:
        """Files and libraries that the result hangs on, as the code stands now."""
        return _closure(self.made_by.module, self.made_by.name)

    @property
    def code(self) -> tuple[str, ...]:
        """The project files of ``closure``."""
        return self.closure.files


# What further decides an asset of a group, such as the generation of the set that a publication's files belong to.
GROUP_PARTS: dict[str, Callable[[str, Workspace, dict[str, str]], str]] = {}
RECIPES: dict[str, Recipe] = {}


@cache
def _closure(module: str, function: str) -> Closure:
    return closure_of(module, function)


@cache
def code_version(paths: tuple[str, ...]) -> str:
    """Sixteen hex digits over the bytes of some project files."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.encode())
        digest.update(_bytes_of_code(_ROOT / path, stat_of(_ROOT / path)))
    return digest.hexdigest()[:16]


@cache
def _bytes_of_code(file: Path, stat: Stat | None) -> bytes:
    # Size, times and inode are only the cache's key: many assets hang on the same file.
    return b"missing" if stat is None else bytes.fromhex(sha256_of(file))


@cache
def _installed() -> tuple[tuple[str, Stat | None], ...]:
    # To install a distribution, or take one away, writes to the folder that holds it.
    return tuple((folder, stat_of(folder or ".")) for folder in sys.path)


@lru_cache(maxsize=1)
def _distributions(installed: tuple[tuple[str, Stat | None], ...]) -> dict[str, list[str]]:
    return {name: sorted(set(found)) for name, found in packages_distributions().items()}


@lru_cache(maxsize=512)
def _version(distribution: str, installed: tuple[tuple[str, Stat | None], ...]) -> str:
    return version(distribution)


@cache
def library_versions(libraries: tuple[str, ...]) -> dict[str, str]:
    """Installed version of each distribution that some top-level import names belong to, and Python's own."""
    distributions = _distributions(_installed())
    found = {d: _version(d, _installed()) for name in libraries for d in distributions.get(name, [])}
    return {"python": ".".join(platform.python_version_tuple()[:2])} | dict(sorted(found.items()))


def forget_code() -> None:
    """Read code and fact tables anew: a code server lives for weeks, and fingerprints keep what they once read."""
    code_version.cache_clear()
    _bytes_of_code.cache_clear()
    _closure.cache_clear()
    library_versions.cache_clear()
    _installed.cache_clear()
    forget_closures()


def forget() -> None:
    """Forget every hash and closure: a run, or a sensor's look, begins with none."""
    forget_code()
    forget_hashes()


def fingerprint(name: str, region_name: str, workspace: Workspace) -> str:
    """The fingerprint that one asset of one region would have now, computed from its recipe and those upstream of it."""
    return planned_fingerprints(region_name, workspace, [name])[name]


def planned_fingerprints(region_name: str, workspace: Workspace, names: list[str] | None = None) -> dict[str, str]:
    """The fingerprints that assets of one region (all by default), and those upstream of them, would have now."""
    known: dict[str, str] = {}
    region = workspace.region(region_name)
    for name in names if names is not None else RECIPES:
        planned(name, region, workspace, known)
    return known


def planned(name: str, region: Region, workspace: Workspace, known: dict[str, str]) -> str:
    """The fingerprint that one asset would have now; ``known`` holds, and is given, those computed already."""
    if name not in known:
        upstream = [planned(up, region, workspace, known) for up in RECIPES[name].upstream]
        known[name] = _chained(
            own_parts(name, region, workspace) | _group_part(name, region, workspace, known), upstream
        )
    return known[name]


def _group_part(name: str, region: Region, workspace: Workspace, known: dict[str, str]) -> dict[str, Any]:
    decides = GROUP_PARTS.get(RECIPES[name].group)
    return {} if decides is None else {"generation": decides(region.name, workspace, known)}


FOR_ONE_FORMAT = {"harmonica": ".grd"}
"""Library of an extra -> the only kind of file that it opens: to install the extra changes no other result."""


def versions_for(recipes: Iterable[Recipe], region: Region, workspace: Workspace) -> dict[str, str]:
    """Versions of the libraries that results of a region hang on; a library of an extra only where the region has its kind of file."""
    libraries = {library for recipe in recipes for library in recipe.closure.libraries}
    formats = {lib: suffix for lib, suffix in FOR_ONE_FORMAT.items() if lib in libraries}
    idle = {lib for lib, suffix in formats.items() if not workspace.names_a_file_of(region, suffix)}
    return library_versions(tuple(sorted(libraries - idle)))


def own_parts(name: str, region: Region, workspace: Workspace) -> dict[str, Any]:
    """What an asset's fingerprint holds beside those of what it is made from: code, libraries, settings, sources."""
    recipe = RECIPES[name]
    plain = region.model_dump(mode="json")
    return {
        "asset": name,
        "code": code_version(recipe.code),
        "libraries": versions_for([recipe], region, workspace),
        "settings": {key: _get(plain, key) for key in recipe.settings},
        "sources": workspace.source_hash(region, recipe.layers) if recipe.layers else "",
        "files": workspace.file_hash(recipe.files(workspace, region)) if recipe.files else "",
    }


def _chained(own: dict[str, Any], upstream: list[str]) -> str:
    return hashlib.sha256(json.dumps(own | {"upstream": upstream}, sort_keys=True).encode()).hexdigest()


def _get(data: dict[str, Any], dotted: str) -> Any:
    if dotted == "*":  # an asset that publishes the settings themselves depends on all of them
        return data
    value: Any = data
    for part in dotted.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


class Making:
    """One asset of one region while it is being made: its fingerprint before, and whether it still holds after."""

    def __init__(self, name: str, region_name: str, workspace: Workspace, loaded: dict[str, Any]) -> None:
        self.name, self.region_name, self.workspace = name, region_name, workspace
        self.refuse_edited_code()
        # Hashed anew: what was hashed at planning may have been edited since.
        region = workspace.region(region_name)
        self.own = own_parts(name, region, workspace)
        upstream = {up: str(getattr(loaded[up], "fingerprint", "")) for up in RECIPES[name].upstream}
        now = planned_fingerprints(region_name, workspace, [name])
        self.fingerprint = _chained(self.own | _group_part(name, region, workspace, now), list(upstream.values()))
        moved = [up for up, stored in upstream.items() if stored != now[up]]
        if moved:
            raise self._changed(f"what {name} is made from has changed since it was made: {', '.join(moved)}")

    def finish(self, made: dg.MaterializeResult) -> dg.MaterializeResult:
        """What was made under its fingerprint, if everything that this stands for is still there."""
        self.refuse_edited_code()
        now = own_parts(self.name, self.workspace.region(self.region_name), self.workspace)
        moved = [part for part, was in self.own.items() if now[part] != was]
        if moved:
            words = {"sources": "a source file", "files": "a source file", "settings": "a setting", "code": "code"}
            told = " and ".join(sorted({words.get(part, part) for part in moved}))
            raise self._changed(f"{told} of {self.name} was changed while it was being made")
        made.value.fingerprint = self.fingerprint
        version = dg.DataVersion(self.fingerprint)
        return dg.MaterializeResult(value=made.value, metadata=made.metadata, data_version=version)

    def refuse_edited_code(self) -> None:
        """Raise where code that this process has read, or may yet read, is no longer what is on the disk."""
        files = RECIPES[self.name].code
        if self.workspace.region(self.region_name).is_sample:  # its sources are made by code
            files += tuple(p.relative_to(ROOT).as_posix() for p in runtime_files() if _GENERATOR in p.parents)
        moved = moved_since_start(files)
        if moved:
            raise self._changed(f"{', '.join(moved[:5])} changed after this process had begun")

    def _changed(self, why: str) -> ChangedMeanwhileError:
        return ChangedMeanwhileError(
            f"{why}; nothing was stored", do=f"run again: khanij run --region {self.region_name}"
        )


def result(
    context: dg.AssetExecutionContext, place: Place, bundle: dict[str, Any], **metadata: Any
) -> dg.MaterializeResult:
    """A finished asset: its bundle, and metadata for the UI; its fingerprint is set when it is seen to hold."""
    from assets.shown.metadata import bundle_metadata

    return dg.MaterializeResult(value=Bundle(bundle), metadata={**bundle_metadata(bundle), **metadata})
