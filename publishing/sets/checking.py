"""Whether what was published, released or fetched is still what was written: the answers of ``khanij check``.

Belongs here: telling what a path is, and comparing its files with its list. Does not belong here: mending anything, but
for a publication that was interrupted, which is finished first.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data_sources.contracts import KhanijError, MissingSourceError
from publishing.geopackage.check import geopackage_faults
from publishing.releasing.releases import MANIFEST, check_release
from publishing.sets.listing import JOURNAL, SET_LIST, STAGING, SetList, is_file, read_list
from publishing.sets.marks import generation_of
from publishing.sets.snapshot import is_set_folder
from publishing.sets.swap import finish

_OURS = ("ranked_blocks*.gpkg", "index.html", "fertility_report.html", "evidence/*.tif")


@dataclass(frozen=True)
class Checked:
    """What was looked at, what is wrong with it (empty: nothing), and what else a reader should know."""

    path: Path
    what: str
    faults: tuple[str, ...]
    notes: tuple[str, ...] = ()


def check_path(path: Path) -> list[Checked]:
    """Every published set, release and archive that a path means.

    Parameters
    ----------
    path : one of their folders, a folder of such folders, or a file in one of them.

    Raises
    ------
    MissingSourceError : there is nothing at the path that a list or manifest vouches for.
    """
    if not path.exists():
        raise MissingSourceError("nothing is here to check", file=path, do="name a file or folder that is there")
    if path.is_file():
        return [_checked_file(path)]
    found = _checked_folders(path, depth=2)
    if not found:
        raise MissingSourceError(
            "no list vouches for what is here: this is no published set, no release and no archive",
            file=path,
            do=f"name a folder with {SET_LIST} or {MANIFEST}, or one that holds such folders",
        )
    return found


def _checked_folders(folder: Path, depth: int) -> list[Checked]:
    if is_set_folder(folder):
        return [check_set(folder)]
    if (folder / MANIFEST).is_file():
        return [Checked(folder, "release", tuple(_told(lambda: check_release(folder))))]
    if (folder / "objects").is_dir() and (folder / "manifests").is_dir():
        return [check_archive(folder)]
    if next(iter(_strangers(folder, {}, "")), None) is not None:
        return [Checked(folder, "set", (f"missing: {SET_LIST}, without which nothing vouches for the files",))]
    if not depth:
        return []
    below = sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    return [found for p in below for found in _checked_folders(p, depth - 1)]


def check_set(folder: Path) -> Checked:
    """A published set against its list: files missing, changed, or of another generation, and the GeoPackage's registers."""
    try:
        finished = finish(folder)
        listing = read_list(folder)
    except KhanijError as error:
        return Checked(folder, "set", (str(error),))
    notes = ["a publication that was interrupted was finished"] if finished else []
    if listing is None:
        return Checked(folder, "set", (f"missing: {SET_LIST}",), tuple(notes))
    faults = []
    for name, file in sorted(listing.files.items()):
        if not (folder / name).is_file():
            faults.append(f"missing: {name}")
        elif not is_file(folder / name, file):
            faults.append(f"changed: {name}{_of_another(folder / name, listing.generation)}")
        elif _of_another(folder / name, listing.generation):
            faults.append(f"of another set: {name}{_of_another(folder / name, listing.generation)}")
    known = dict.fromkeys([*listing.files, *listing.waiting().values()], "")
    faults += [
        f"of another set: {n}{_of_another(folder / n, '')}" for n in _strangers(folder, known, listing.generation)
    ]
    geopackage = folder / listing.geopackage()
    if not faults and geopackage.is_file():
        faults += [f"{geopackage.name}: {fault}" for fault in geopackage_faults(geopackage)]
    notes += [
        f"{name} stands beside {place}, which was open for changes; the next run puts it there"
        for name, place in listing.waiting().items()
    ]
    notes += [f"not of the set, left alone: {name}" for name in _own_files(folder, listing)]
    return Checked(folder, f"set {listing.generation[:12]}", tuple(faults), tuple(notes))


def check_archive(root: Path) -> Checked:
    """The archive of fetched sources: objects that no longer have the hash of their name, manifests without an object."""
    from data_sources.connectors.archive import Archive

    archive = Archive(root)
    faults = [
        f"changed: {next(iter((root / 'objects').glob(f'*/{n}')), Path(n)).relative_to(root)}" for n in archive.verify()
    ]
    for path in sorted((root / "manifests").glob("*/*.json")):
        name = path.relative_to(root).as_posix()
        try:
            if archive.manifest(path.parent.name, path.stem) is None:
                faults.append(f"missing or cut short: the object of {name}")
        except KhanijError as error:
            faults.append(f"damaged: {name}: {error.message}")
        except ValueError:
            faults.append(f"damaged: {name}: no text")
    return Checked(root, "archive", tuple(faults))


def _checked_file(path: Path) -> Checked:
    """One file against the list of the folder that it lies in, or of the one above."""
    for folder in path.absolute().parents[:4]:
        if is_set_folder(folder) or (folder / MANIFEST).is_file() or (folder / "objects").is_dir():
            name = path.absolute().relative_to(folder).as_posix()
            (whole,) = _checked_folders(folder, 0) or (None,)
            if whole is None:
                continue
            if name in (SET_LIST, JOURNAL, MANIFEST):
                return whole
            words = [f for f in whole.faults if name in f or SET_LIST in f or MANIFEST in f]
            vouched = _vouched(folder, name)
            if not vouched and not words:
                words = [f"no list vouches for {name}"]
            return Checked(path, whole.what, tuple(words))
    raise MissingSourceError(
        "no list vouches for this file", file=path, do=f"name a file of a folder with {SET_LIST} or {MANIFEST}"
    )


def _vouched(folder: Path, name: str) -> bool:
    if (folder / "objects").is_dir():
        return name.startswith(("objects/", "manifests/"))
    if (folder / MANIFEST).is_file():
        return not any(name in fault for fault in check_release(folder))
    listing = read_list(folder)
    return listing is not None and name in listing.files


def _told(check) -> list[str]:  # type: ignore[no-untyped-def]
    try:
        return list(check())
    except KhanijError as error:
        return [str(error)]


def _of_another(path: Path, generation: str) -> str:
    found = generation_of(path)
    return f" (carries generation {found[:12]})" if found and found != generation else ""


def _strangers(folder: Path, known: dict[str, str], generation: str) -> list[str]:
    """Files with a published file's name and another generation that the list does not name."""
    names = sorted(p.relative_to(folder).as_posix() for pattern in _OURS for p in folder.glob(pattern))
    return [n for n in names if n not in known and (generation_of(folder / n) or generation) != generation]


def _own_files(folder: Path, listing: SetList) -> list[str]:
    hidden = {SET_LIST, JOURNAL, STAGING, *listing.files, *listing.waiting().values()}
    names = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return sorted(n for n in names if n not in hidden and not n.startswith("."))[:20]
