"""Whether a region is current, told from what was looked at when that was last decided: no Dagster, no science imported.

``stale_assets`` is a function of files and of the environment. When it has found nothing to do, what it looked at is
written down: each file with its stamp (size, times, inode) and SHA-256, each folder with its names. As long as all of that
is the same, so is the answer. Whatever differs sends the run the whole way, where everything is hashed and decided anew;
this list can only save the way, never make a result current.

A stamp speaks for a file that was last touched well before the list was begun; a younger one is hashed, for within one
tick of a file system's clock bytes may change under the same stamp. The published files, and on Windows (where no time
of a change is kept) all files, are hashed every time. Bytes that a disk loses without a write are found in what is
published here, and elsewhere by ``khanij check`` and by whoever loads them.

Belongs here: the list, and comparing it. Does not belong here: the decision itself (``incremental``).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from khanij.foundation.closure import ROOT, runtime_files, stat_of
from khanij.foundation.environment import cache_folder, folder_for, home_folder, output_folder, store_root
from khanij.foundation.errors import KhanijError
from khanij.foundation.files import sha256_of, write_bytes_atomically

TICK_NS = 3_000_000_000
"""Coarser than the clock of any file system that is in use: FAT keeps times to two seconds."""
_OWN_FOLDERS = ("KHANIJ_REGIONS", "KHANIJ_CARDS")
_FORMAT = 1


@dataclass(frozen=True)
class Current:
    """A region of which nothing has to be made: its title, where it is published, and what must be said of it."""

    region: str
    title: str
    geopackage: Path
    remarks: tuple[str, ...]
    made: int = 0
    error: str | None = None
    scenario: str = ""


def settled(regions: Iterable[str]) -> dict[str, Current]:
    """Those of some regions of which nothing has to be made."""
    return {region: current for region in regions if (current := still_current(region)) is not None}


def still_current(region: str) -> Current | None:
    """What was found of a region of which nothing has to be made; None where that has to be decided anew."""
    began_ns = time.time_ns()
    found = _read(region)
    if found is None or found["asked"] != _asked() or found["code"] != _code() or _is_busy(region):
        return None
    if any(_names(Path(folder)) != names for folder, names in found["folders"].items()):
        return None
    files: dict[str, Any] = found["files"]
    always, hashed = set(found["always"]), 0
    for path, known in files.items():
        now = _stamp(path)
        if now is None or known is None:
            if now is not known:
                return None
            continue
        if path not in always and _speaks(now, known[0], found["began_ns"]):
            continue
        if _digest(path) != known[1]:
            return None
        files[path] = [now, known[1]]
        hashed += path not in always
    if hashed:  # what has just been hashed is vouched for by its stamp from now on
        _write(region, found | {"began_ns": began_ns})
    return Current(region, found["title"], Path(found["geopackage"]), tuple(found["remarks"]))


def forget(region: str) -> None:
    """Decide anew next time: a run is about to begin, and may be killed."""
    _file_of(region).unlink(missing_ok=True)


def remember(region: str, title: str, geopackage: Path, remarks: tuple[str, ...]) -> bool:
    """Write down what a decision looks at, if it finds nothing to do and nothing moves meanwhile; whether it was written.

    Parameters
    ----------
    title : of the region. geopackage : what is published of it. remarks : what is told of it.
    """
    from assets.fingerprints import forget as forget_hashes
    from assets.workspace import Workspace, looked_at
    from pipelines.incremental import stale_assets
    from pipelines.resources import resources
    from pipelines.stores.io_managers import BundleIOManager
    from publishing.sets.listing import JOURNAL, SET_LIST, read_list

    given = resources()
    workspace, io_manager = given["workspace"], given["io_manager"]
    assert isinstance(workspace, Workspace) and isinstance(io_manager, BundleIOManager)
    published = workspace.published_folder(region)
    try:
        listing = read_list(published)
        if listing is None or "://" in store_root():
            return False  # files that are not on a disk of this machine have no stamp
        always = [str(published / name) for name in (SET_LIST, *listing.files)]
        looked = looked_at()
        found = _inventory(region, (str(published / JOURNAL), *always), looked) | {
            "always": always, "title": title, "geopackage": str(geopackage), "remarks": list(remarks),
        }  # fmt: skip
        # What is decided now holds for what stands in the list, if that is still so afterwards.
        forget_hashes()
        is_settled = not stale_assets(region, workspace, io_manager.store()) and set(looked_at()) <= set(looked)
        if not is_settled or any(_stamp(p) != (known and known[0]) for p, known in found["files"].items()):
            return False
        _write(region, found)
    except (KhanijError, OSError):
        return False  # the next run decides, and tells
    return True


def _inventory(region: str, others: Iterable[str], looked: Iterable[Path]) -> dict[str, Any]:
    """Everything that a decision looks at, as it stands."""
    began_ns = time.time_ns()
    asked, code = _asked(), _code()
    paths, folders = {*others, *code, *asked["distributions"]}, set()
    archive = cache_folder() / "archive"
    for place in (*map(folder_for, _OWN_FOLDERS), Path(store_root()) / region, archive / "manifests", *looked):
        files, within = _below(place)
        paths |= files
        folders |= within
    folders |= {str(p) for p in (archive / "objects", *(archive / "objects").glob("*")) if p.is_dir()}
    return {
        "asked": asked, "code": code, "began_ns": began_ns,
        "folders": {folder: _names(Path(folder)) for folder in sorted(folders)},
        "files": {p: None if (stamp := _stamp(p)) is None else [stamp, _digest(p)] for p in sorted(paths)},
    }  # fmt: skip


def _asked() -> dict[str, Any]:
    """What a decision depends on beside files: where it is asked, and with what."""
    places = (Path.cwd(), ROOT, home_folder(), output_folder(), cache_folder(), store_root())
    return {
        "format": _FORMAT,
        "places": [str(place) for place in places],
        "own": [str(folder_for(variable)) for variable in _OWN_FOLDERS],
        "data": [[str(p), p.is_dir()] for p in (folder_for("KHANIJ_DATA"), *_shared())],
        "python": sys.version,
        "distributions": _distributions(),
    }


def _shared() -> tuple[Path, ...]:
    """Where survey files are looked for without being named (``data_sources.regions.data_folder``)."""
    return tuple(root.parent / "shared" / "data" for root in (Path.cwd(), ROOT))


def _code() -> list[str]:
    return [str(path) for path in runtime_files()]


def _distributions() -> list[str]:
    """The descriptions of what is installed, in the order in which Python finds them: their versions count."""
    found: list[str] = []
    for folder in dict.fromkeys(sys.path):
        names = [n for n in _names(Path(folder)) or () if n.endswith((".dist-info", ".egg-info"))]
        found += [os.path.join(folder, name, "METADATA") for name in names]  # noqa: PTH118 - some hundred, at every start
    return found


def _below(path: Path) -> tuple[set[str], set[str]]:
    """The files that a look at a path leads to, and the folders whose names decide which those are."""
    if path.is_dir():
        every = [path, *path.rglob("*")]
        return {str(p) for p in every if p.is_file()}, {str(p) for p in every if p.is_dir()}
    if not path.exists():
        return {str(path)}, set()
    # Whatever has its name or its stem may belong to it, such as a world file or the log of a database.
    beside = {str(path.parent / name) for name in _names(path.parent) or () if name.startswith(path.stem)}
    return {str(path)} | {p for p in beside if os.path.isfile(p)}, {str(path.parent)}  # noqa: PTH113 - text


def _names(folder: Path) -> list[str] | None:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries)
    except OSError:
        return None


def _stamp(path: str) -> list[int] | None:
    found = stat_of(path)
    return None if found is None else list(found)


def _digest(path: str) -> str:
    try:
        return sha256_of(Path(path))
    except OSError:
        return f"unreadable {time.time_ns()}"  # equal to nothing: whoever reads it says why


def _speaks(now: list[int], stamp: list[int], began_ns: int) -> bool:
    """Whether a stamp vouches for the bytes: it is the same, and older than a tick before the list was begun."""
    _, mtime_ns, ctime_ns, _ = stamp
    return now == stamp and max(mtime_ns, ctime_ns) < began_ns - TICK_NS and os.name != "nt"


def _is_busy(region: str) -> bool:
    """Whether another run of the region is under way; the whole way tells of it."""
    from filelock import Timeout

    from pipelines.stores.region_locks import region_lock

    try:
        with region_lock(cache_folder(), region).acquire(timeout=0):
            return False
    except Timeout:
        return True


def _file_of(region: str) -> Path:
    return cache_folder() / "current" / f"{region}.json"


def _read(region: str) -> dict[str, Any] | None:
    """The list that was written; None where there is none, or where it is not what was written."""
    try:
        digest, _, text = _file_of(region).read_text(encoding="utf-8").partition("\n")
    except (OSError, ValueError):
        return None
    if hashlib.sha256(text.encode()).hexdigest() != digest:
        return None
    found: dict[str, Any] = json.loads(text)
    return found


def _write(region: str, found: dict[str, Any]) -> None:
    text = json.dumps(found, sort_keys=True)
    with contextlib.suppress(OSError):  # without the list the next run takes the whole way
        write_bytes_atomically(_file_of(region), f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}".encode())
