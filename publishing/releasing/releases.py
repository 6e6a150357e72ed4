"""Releases: ``releases/<region>/<CalVer>/`` is immutable, and complete when its manifest lands.

Belongs here: what goes into a release, in which order it lands, and what is kept out of it. Does not belong here: the
formats themselves.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
from filelock import FileLock, Timeout

from data_sources.contracts import MissingSourceError, PublishingError
from khanij.foundation.files import sha256_of, sync_file, sync_folder, write_bytes_atomically
from publishing.brief import write_briefs
from publishing.geopackage.base import BASE, base_bounds, lines_in, write_base
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.publication import Publication, basket_columns_of
from publishing.geopackage.reading import SAMPLE_MARK, read_layer, run_info
from publishing.page import write_page
from publishing.releasing.catalogue import changelog, datapackage, stac_item, write_geoparquet
from publishing.releasing.diff import diff_releases
from publishing.releasing.stac import write_catalogues
from publishing.releasing.vector_tiles import write_tiles
from publishing.releasing.withheld import without_internal
from publishing.scenario_words import called
from publishing.sets.listing import GEOPACKAGE
from publishing.sets.marks import KEY, generation_of
from publishing.sets.snapshot import Snapshot, snapshot

MANIFEST = "manifest.json"
CHECKSUM = "sha256_of_the_rest"
LOCK_WAIT_S = 600.0
REPORT = "fertility_report.html"
logger = logging.getLogger("khanij")
_CALVER = re.compile(r"^\d{4}\.(0[1-9]|1[0-2])\.(0[1-9]|[12]\d|3[01])(\.\d+)?$")


@dataclass(frozen=True)
class Release:
    """One complete release: its folder, its version, its manifest."""

    folder: Path
    calver: str
    manifest: dict[str, Any]


def make_release(
    output_folder: Path | str,
    releases_root: Path | str,
    calver: str,
    *,
    attributions: Sequence[str] = (),
    scenario: str = "",
) -> Release:
    """Make an immutable release of one region's output folder.

    Everything is written into a hidden folder beside the target, pushed to the disk, and given its name in one step;
    the manifest, written last, lists every file with its hash. A kill at any moment leaves no release or a whole one.
    Rows whose source may not be passed on (``redistribute`` = no) stay out; attribution and share-alike are written
    into the metadata.

    Parameters
    ----------
    output_folder : a region's working copy, such as ``output/india``.
    releases_root : where releases live, such as ``releases``.
    calver : the version, ``YYYY.MM.DD`` with an optional ``.n``.
    attributions : texts that must travel with the data, such as the source cards' citations.
    scenario : the what-if that is to be released; without it none is.

    Raises
    ------
    PublishingError : a version that is no date, that exists already or is being made; a folder that is not one set.
    """
    output_folder, root = Path(output_folder), Path(releases_root)
    if not _CALVER.match(calver):
        raise PublishingError(
            f"{calver!r} is not a calendar version", field="calver", do="write YYYY.MM.DD or YYYY.MM.DD.2"
        )
    with snapshot(output_folder) as published:
        published.require_one_set()
        source = output_folder / (published.listing.geopackage() if published.listing else GEOPACKAGE)
        info = run_info(source)
        if info.get("scenario", "") != scenario:
            raise PublishingError(
                f"what is published there is {called(info)}, and a release of {called({'scenario': scenario})} was asked for",
                file=output_folder,
                do="a what-if is no release of its region: khanij release --scenario NAME puts it in a folder of its own",
            )
        region = info.get("region", output_folder.name)
        with _version_held(root, region, calver):
            return _make(published, source, root / region / calver, attributions)


@contextlib.contextmanager
def _version_held(root: Path, region: str, calver: str) -> Iterator[None]:
    """Hold the releases of one region for oneself; another version that is being made is waited for.

    Raises
    ------
    PublishingError : another process is making this version.
    """
    folder = root / region
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".release.lock")
    try:
        with lock.acquire(timeout=0 if _building(folder, calver).exists() else LOCK_WAIT_S):
            yield
    except Timeout as busy:
        raise PublishingError(
            f"release {calver} of {region} is being made by another process",
            file=root / region / calver,
            do="wait for it; there is nothing else to do",
        ) from busy


def _building(folder: Path, calver: str) -> Path:
    return folder / f".{calver}.building"


def _make(published: Snapshot, source: Path, target: Path, attributions: Sequence[str]) -> Release:
    calver, region, info = target.name, target.parent.name, run_info(source)
    if (target / MANIFEST).is_file():
        raise PublishingError(
            f"release {calver} of {region} exists and is immutable",
            file=target,
            do=f"choose another version, such as {calver}.2",
        )
    before = latest_release(target.parents[1], region)
    target.parent.mkdir(parents=True, exist_ok=True)
    building = _building(target.parent, calver)
    for leftover in (building, target):  # of a run that was killed; a folder without a manifest is no release
        if leftover.exists():
            shutil.rmtree(leftover)
    building.mkdir()
    try:
        kept_out = _write_files(published, source, building, calver, info, attributions, before)
        manifest = _manifest(building, calver, region, info, kept_out, attributions)
        for path in sorted(building.rglob("*")):
            if path.is_file():
                sync_file(path)
        write_bytes_atomically(building / MANIFEST, _json(manifest))
        sync_folder(building)
        building.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        shutil.rmtree(building, ignore_errors=True)
        raise PublishingError(
            f"the release could not be written: {error}",
            file=target,
            do="see to space and rights; nothing was released",
        ) from error
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    _lock(target)
    _catalogued(target.parent)
    return Release(target, calver, manifest)


def _catalogued(folder: Path) -> None:
    """Bring the static catalogue above a region's releases up to what is there; a release without it is one all the same."""
    try:
        write_catalogues(folder.parent, folder.name, [r.calver for r in list_releases(folder.parent, folder.name)])
    except OSError as error:
        logger.warning("the catalogue of the releases could not be written, the next release writes it: %s", error)


def _write_files(
    published: Snapshot, source: Path, folder: Path, calver: str, info: dict[str, str], attributions: Sequence[str], before: Release | None
) -> dict[str, int]:  # fmt: skip
    sample = info.get("warning", "").startswith("SAMPLE")
    layers, tables, kept_out = without_internal(source)
    extra = {
        "release": calver,
        "attribution": " | ".join(attributions),
        "kept_out": json.dumps(kept_out, sort_keys=True),
    }
    share_alike = any(
        (f["redistribute"] == "share-alike").any() for f in layers.values() if "redistribute" in f.columns
    )
    extra["licence_note"] = (
        "rows marked share-alike must be passed on under their own terms" if share_alike else "no share-alike rows"
    )
    title = info.get("title", "").removesuffix(f" ({SAMPLE_MARK})")
    region = SimpleNamespace(name=info.get("region", ""), title=title, is_sample=sample)
    told = {k: v for k, v in info.items() if k not in ("title", "warning", "internal")}
    copied = [] if any(kept_out.values()) else [n for n in sorted(published.files) if n.endswith(".tif") or n == REPORT]
    for name in copied:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(published.files[name], folder / name)
    rasters = tuple(name for name in copied if name.endswith(".tif"))
    base = published.files.get(BASE)
    lines = _released_base(base, folder / BASE, layers, info) if base else {}
    if any(kept_out.values()):
        # A mean of what may not be passed on is as good as the thing itself where a block is one cell.
        tables.pop("block_evidence", None)
    released = publish_geopackage(
        Publication(
            region,
            layers,
            tables,
            told | extra,
            rasters,
            basket_columns_of(layers["ranked_blocks"]),
            "index.html",
            BASE if base else "",
            lines,
        ),
        folder / "ranked_blocks.gpkg",
    )
    for name in ("ranked_blocks", "waste_sites"):
        write_geoparquet(read_layer(released.path, name), folder / f"{name}.parquet", name, info.get(KEY, ""))
    tables_beside = ("ranked_blocks.parquet", "waste_sites.parquet")
    tiles = write_tiles(released.path, folder, run_info(released.path))
    described = ("CHANGELOG.md", "datapackage.json", "stac_item.json", MANIFEST)
    briefs = [file.path.name for file in write_briefs(released.path, folder)]
    write_page(
        released.path,
        folder / "index.html",
        (*briefs, "ranked_blocks.gpkg", *tables_beside, *tiles, *copied, *described),
    )
    difference = None if before is None else diff_releases(before.folder, folder)
    write_bytes_atomically(
        folder / "CHANGELOG.md", changelog(calver, before.calver if before else None, difference, sample).encode()
    )
    write_bytes_atomically(folder / "datapackage.json", _json(datapackage(folder, calver, told | extra, region)))
    write_bytes_atomically(folder / "stac_item.json", _json(stac_item(folder, calver, told | extra, region)))
    return kept_out


def _released_base(
    source: Path, target: Path, layers: dict[str, gpd.GeoDataFrame], info: dict[str, str]
) -> dict[str, str]:
    """Put the base map into a release, without a user's layers that may not be passed on; the others with whom to credit."""
    own: dict[str, dict[str, str]] = json.loads(info.get("base_lines") or "{}")
    kept = {name: told["attribution"] for name, told in own.items() if told["redistribute"] != "no"}
    bounds = base_bounds(layers)
    if len(kept) == len(own) or bounds is None:
        shutil.copyfile(source, target)
    else:
        write_base(bounds, target, {n: lines for n, lines in lines_in(source).items() if n in kept})
    return kept


def _manifest(
    folder: Path, calver: str, region: str, info: dict[str, str], kept_out: dict[str, int], attributions: Sequence[str]
) -> dict[str, Any]:
    files = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        files[path.relative_to(folder).as_posix()] = {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
    manifest = {
        "region": region,
        "release": calver,
        "generation": info.get(KEY, ""),
        "title": info.get("title", region),
        "warning": info.get("warning", ""),
        "configuration_sha256": info.get("configuration_sha256") or info.get("configuration_hash", ""),
        "attribution": list(attributions),
        "rows_kept_out_because_not_redistributable": kept_out,
        "files": files,
    }
    return manifest | {CHECKSUM: _checksum(manifest)}


def _checksum(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of a manifest without its own checksum, so that one changed byte of it is noticed as well."""
    rest = {k: v for k, v in manifest.items() if k != CHECKSUM}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _json(document: Any) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _lock(folder: Path) -> None:
    """Take the write permission from a release's files: immutable by mistake-proofing, not by force."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o444)
    if os.name != "nt":
        folder.chmod(0o555)


def list_releases(releases_root: Path | str, region: str) -> list[Release]:
    """Complete releases of a region, oldest first; a folder without a manifest is none.

    One whose manifest is damaged is left out with a warning that names it: it must not stop the others.
    """
    folder = Path(releases_root) / region
    out = []
    for path in folder.iterdir() if folder.is_dir() else []:
        if _CALVER.match(path.name) and (path / MANIFEST).is_file():
            try:
                out.append(Release(path, path.name, _read_manifest(path)))
            except PublishingError as error:
                logger.warning("%s", error)
    return sorted(out, key=lambda r: [int(n) for n in r.calver.split(".")])


def _read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a release.

    Raises
    ------
    PublishingError : it is not what was written.
    """
    try:
        found: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        whole = isinstance(found["files"], dict) and found.get(CHECKSUM, _checksum(found)) == _checksum(found)
        whole = whole and all(isinstance(file["sha256"], str) for file in found["files"].values())
        if whole and CHECKSUM in found:  # releases of older versions have none
            whole = (folder / MANIFEST).read_bytes() == _json(found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise PublishingError(
            "the release's manifest is damaged; the release is passed over",
            file=folder / MANIFEST,
            do="put it back from a copy, or move the folder away",
        )
    return found


def discard_release(folder: Path) -> bool:
    """Remove a release, or what a killed process left of one; False while a release of its region is being made."""
    lock = FileLock(folder.parent / ".release.lock")
    try:
        with lock.acquire(timeout=0):
            gone = folder.with_name(f".{folder.name.strip('.')}.gone")
            folder.chmod(0o755)
            folder.rename(gone)  # in one step: nobody meets half a release
            for path in [gone, *gone.rglob("*")]:
                path.chmod(0o755 if path.is_dir() else 0o644)
            shutil.rmtree(gone)
            _catalogued(folder.parent)
    except Timeout:
        return False
    return True


def latest_release(releases_root: Path | str, region: str) -> Release | None:
    """The newest complete release of a region."""
    return next(reversed(list_releases(releases_root, region)), None)


def check_release(folder: Path | str) -> list[str]:
    """What is wrong with a release: files missing, changed or not in the manifest; empty if it is whole."""
    folder = Path(folder)
    if not (folder / MANIFEST).is_file():
        raise MissingSourceError("no manifest: this is not a complete release", file=folder)
    try:
        manifest = _read_manifest(folder)
    except PublishingError:
        return [f"damaged: {MANIFEST}"]
    listed = manifest["files"]
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {MANIFEST}
    faults = [f"missing: {name}" for name in sorted(set(listed) - present)]
    faults += [f"not in the manifest: {name}" for name in sorted(present - set(listed))]
    faults += [f"changed: {n}" for n in sorted(present & set(listed)) if sha256_of(folder / n) != listed[n]["sha256"]]
    told = {name: g for name in sorted(present & set(listed)) if (g := generation_of(folder / name)) is not None}
    faults += [f"of another generation: {n}" for n, g in told.items() if g != manifest.get(KEY, g)]
    return faults
