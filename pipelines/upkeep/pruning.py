"""What nothing needs any more: objects of the archive, runs, results of assets that are gone, what killed runs left.

Belongs here: finding it with its size and age, and removing it. Does not belong here: asking whether it shall be removed
(``pipelines.cli.upkeep.prune``).

What is never found: an object that any manifest of the archive names, a file of a published set or of a kept release, a
what-if (unless it is asked for) and its results, a run that is under way, and the last run that made, or observed, any
asset of any region: Dagster shows the state of an asset from it.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout
from upath import UPath

from assets.over_time.element_shift import REMEMBERED
from data_sources.connectors.archive import Archive
from khanij.foundation.environment import archive_folder, cache_folder, output_folder, releases_folder, store_root
from khanij.foundation.errors import BusyError
from pipelines.incremental import order
from pipelines.scenarios import remove, scenarios
from pipelines.stores.io_managers import MANIFEST
from pipelines.stores.leases import region_lock
from publishing.releasing.releases import discard_release, list_releases
from publishing.sets.listing import JOURNAL, SET_LIST, STAGING

DAY_S = 86_400.0


@dataclass(frozen=True)
class Leftover:
    """One thing that nothing needs: its kind, where it is, its size, its age, and what removes it.

    ``remove`` returns False where it is needed, or in use, after all.
    """

    kind: str
    name: str
    bytes: int
    age_days: float
    why: str
    remove: Callable[[], bool] = field(repr=False, compare=False)


def leftovers(
    keep_days: float, keep_releases: int | None = None, what_ifs: bool = False, now: float | None = None
) -> Iterator[Leftover]:
    """Everything below this installation's folders and store that may go, but for Dagster's runs (``run_history``).

    Parameters
    ----------
    keep_days : what is younger stays.
    keep_releases : complete releases of a region that stay, the newest; None keeps all.
    what_ifs : whether a scenario that was not made for so long goes as well.
    now : seconds since the epoch; the clock's where it is not given.
    """
    now = time.time() if now is None else now
    before = now - keep_days * DAY_S
    yield from _archived(Archive(archive_folder()), before, now)
    yield from _staged(output_folder(), before, now)
    if what_ifs:
        yield from _what_ifs(before, now)
    yield from _stored(UPath(store_root()), before, now)
    yield from _released(releases_folder(), keep_releases, before, now)


def named_objects(archive: Archive) -> set[str] | None:
    """File names of the objects that a manifest names, whole or not; None where one cannot be read: it may name any."""
    out = set()
    for path in sorted((archive.root / "manifests").glob("*/*.json")):
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            out.add(archive.object_path(str(found["sha256"]), str(found["suffix"])).name)
        except (OSError, ValueError, KeyError, TypeError):
            return None
    return out


def _archived(archive: Archive, before: float, now: float) -> Iterator[Leftover]:
    named = named_objects(archive)
    for path in sorted((archive.root / "objects").glob("*/*")):
        if named is not None and path.name not in named and _changed(path) < before:
            why = "no manifest names it: what a source sent before it sent something else"
            yield _leftover("archive object", path, now, why, partial(_remove_object, archive, path, before))
    for path in sorted((archive.root / "partial").glob("*/*")):
        if path.is_dir() and _youngest(path) < before:
            why = "pages of a fetch that was not finished"
            yield _leftover("unfinished fetch", path, now, why, partial(_remove_partial, archive, path, before))


def _remove_object(archive: Archive, path: Path, before: float) -> bool:
    # Whoever fetches holds the lock of its card from the first page to the manifest.
    cards = {p.name for folder in ("manifests", "partial") for p in (archive.root / folder).glob("*")}
    cards |= {p.stem for p in (archive.root / "locks").glob("*.lock")}
    with contextlib.ExitStack() as held:
        for card in sorted(cards):
            if not _held(held, FileLock(archive.root / "locks" / f"{card}.lock")):
                return False
        named = named_objects(archive)
        if named is None or path.name in named or not path.is_file() or _changed(path) >= before:
            return False
        path.unlink()
    return True


def _remove_partial(archive: Archive, path: Path, before: float) -> bool:
    with contextlib.ExitStack() as held:
        if not _held(held, FileLock(archive.root / "locks" / f"{path.parent.name}.lock")):
            return False
        if not path.is_dir() or _youngest(path) >= before:
            return False
        shutil.rmtree(path)
    return True


def _staged(output: Path, before: float, now: float) -> Iterator[Leftover]:
    """Files that a run staged and did not publish, in good order (it was refused) or not (it was killed)."""
    for root, scenario in [(output, ""), *((output_folder(s.name), s.name) for s in scenarios())]:
        for path in sorted((root / STAGING).glob("*")):
            if path.is_dir() and _youngest(path) < before:
                why = "staged and never published"
                yield _leftover("staged set", path, now, why, partial(_remove_staged, path, scenario, before))


def _remove_staged(path: Path, scenario: str, before: float) -> bool:
    # A journal in the region's folder says that these very files are about to be published: they are left alone.
    with contextlib.ExitStack() as held:
        if not _held(held, region_lock(cache_folder(), path.name, scenario)):
            return False
        if (path.parents[1] / path.name / JOURNAL).exists() or _youngest(path) >= before:
            return False
        shutil.rmtree(path)
    return True


def _what_ifs(before: float, now: float) -> Iterator[Leftover]:
    for scenario in scenarios():
        folder = output_folder(scenario.name)
        lists = [_changed(folder / region / SET_LIST) for region in scenario.published]
        settings = [_changed(p) for p in folder.glob("*.settings.json")]
        if max([*lists, *settings], default=0.0) < before:
            why = "not made for so long, and asked for"
            yield _leftover("what-if", folder, now, why, partial(_remove_what_if, scenario.name))


def _remove_what_if(name: str) -> bool:
    try:
        remove(name)
    except BusyError:
        return False
    return True


def _stored(root: UPath, before: float, now: float) -> Iterator[Leftover]:
    """Results of assets that this version of the code has no longer, and of what-ifs that are gone."""
    there = {s.name for s in scenarios()}
    for folder in _folders(root / ".scenarios"):
        if folder.name not in there:
            yield from _result(folder, before, now, f"of the what-if {folder.name}, which is gone")
    for store in [root, *(root / ".scenarios" / name for name in sorted(there))]:
        for region in _folders(store):
            for asset in _folders(region) if not region.name.startswith(".") else ():
                if asset.name.removesuffix(REMEMBERED) not in order() and (asset / MANIFEST).exists():
                    yield from _result(asset, before, now, f"of {asset.name}, which is no asset any more")


def _result(folder: UPath, before: float, now: float, why: str) -> Iterator[Leftover]:
    infos = folder.fs.find(folder.path, detail=True).values()
    youngest = max((_modified(info) for info in infos), default=0.0)
    if youngest < before:
        size = sum(int(info.get("size") or 0) for info in infos)
        yield Leftover(
            "stored result", str(folder), size, (now - youngest) / DAY_S, why, partial(_remove_result, folder)
        )


def _remove_result(folder: UPath) -> bool:
    folder.fs.rm(folder.path, recursive=True)
    return True


def _released(root: Path, keep: int | None, before: float, now: float) -> Iterator[Leftover]:
    for region in sorted(p for p in root.glob("*") if p.is_dir()):
        for path in sorted(region.glob(".*.building")):
            if _youngest(path) < before:
                why = "a release that was not finished"
                yield _leftover("unfinished release", path, now, why, partial(discard_release, path))
        found = list_releases(root, region.name)
        for release in found[:-keep] if keep else ():
            made = _changed(release.folder / "manifest.json")
            if made < before:
                why = f"older than the newest {keep} of its region"
                yield _leftover("release", release.folder, now, why, partial(discard_release, release.folder))


def _leftover(kind: str, path: Path, now: float, why: str, gone: Callable[[], bool]) -> Leftover:
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    size, age = sum(p.stat().st_size for p in files), (now - _youngest(path)) / DAY_S
    return Leftover(kind, str(path), size, age, why, gone)


def _held(stack: contextlib.ExitStack, lock: BaseFileLock) -> bool:
    try:
        stack.enter_context(lock.acquire(timeout=0))
    except Timeout:
        return False
    return True


def _changed(path: Path) -> float:
    """When a file was last written; now where there is none, so that it counts as young."""
    try:
        return path.stat().st_mtime
    except OSError:
        return time.time()


def _youngest(path: Path) -> float:
    return max((_changed(p) for p in [path, *path.rglob("*")]), default=time.time())


def _folders(folder: UPath) -> list[UPath]:
    try:
        return sorted((p for p in folder.iterdir() if p.is_dir()), key=str)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _modified(info: dict[str, object]) -> float:
    found = info.get("mtime") or info.get("LastModified")
    if isinstance(found, (int, float)):
        return float(found)
    return float(found.timestamp()) if hasattr(found, "timestamp") else time.time()
