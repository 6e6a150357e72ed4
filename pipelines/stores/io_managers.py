"""Where what passes between assets is kept: GeoParquet, Parquet, GeoTIFF and JSON in one folder per asset and region.

Belongs here: storing and loading a ``Bundle``, whole or not at all, on a local disk or an object store. Does not belong
here: what a bundle means, or the files of its values (``bundle_files``, imported when there is one to write or to read: every
definition knows this module).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.fingerprints import Bundle
from data_sources.contracts import KhanijError, MissingSourceError
from khanij.foundation.files import replace_file, temporary_beside
from pipelines.stores.memory import give_back
from pipelines.stores.seals import OBJECT_STORES, SEAL, content, is_remote, remove, seal_text, sealed, tags, written

if TYPE_CHECKING:
    from upath import UPath

MANIFEST = "manifest.json"
CHECKS = "checks.json"


class CorruptIntermediateError(KhanijError):
    """A stored intermediate is not the bytes that its manifest promises."""


class BundleStore:
    """Bundles below one root: ``<root>/<region>/<asset>/``, complete when ``manifest.json`` lands.

    Parameters
    ----------
    root : local path or object-store URL (``s3://bucket/prefix``); credentials come from the environment alone.
    """

    def __init__(self, root: str) -> None:
        from upath import UPath

        self.root: UPath = UPath(root)

    def folder(self, asset: str, region: str) -> UPath:
        """The folder of one asset in one region."""
        return self.root / region / asset

    def assets(self, region: str) -> list[str]:
        """Names of what is stored of a region, in alphabetical order."""
        return sorted(path.name for path in _files(self.root / region))

    def save(self, asset: str, region: str, bundle: dict[str, Any], fingerprint: str = "") -> dict[str, Any]:
        """Write a bundle and return its manifest; the files go first, the manifest last, so a crash leaves none or all."""
        from pipelines.stores.bundle_files import write_entry

        folder = self.folder(asset, region)
        with tempfile.TemporaryDirectory(prefix="khanij-") as scratch:
            entries = {name: write_entry(Path(scratch), name, value) for name, value in sorted(bundle.items())}
            version = _version(entries)
            manifest = {
                "asset": asset,
                "region": region,
                "fingerprint": fingerprint,
                "data_version": version,
                "entries": entries,
            }
            old = self.manifest(asset, region)
            remove(folder / CHECKS)  # a result that was made again is judged again
            if old == manifest and _intact(folder, manifest):
                return manifest
            if folder.protocol not in OBJECT_STORES:
                folder.mkdir(parents=True, exist_ok=True)
            remove(folder / MANIFEST)
            for entry in entries.values():
                _put(Path(scratch) / entry["file"], folder / entry["file"])
            keep = {entry["file"] for entry in entries.values()}
            for stale in [p for p in _files(folder) if p.name not in keep and p.name != MANIFEST]:
                stale.unlink()
            if is_remote(folder) and entries:
                _seal(folder, manifest, Path(scratch))
            text = Path(scratch) / MANIFEST
            text.write_text(json.dumps(manifest, sort_keys=True, indent=1), encoding="utf-8")
            _put(text, folder / MANIFEST)
        return manifest

    def manifest(self, asset: str, region: str) -> dict[str, Any] | None:
        """The manifest of what is stored, or None when nothing complete is there."""
        path = self.folder(asset, region) / MANIFEST
        try:
            found = json.loads(content(path))
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        return found if _is_manifest(found) else None

    def intact(self, asset: str, region: str, remember: bool = True) -> bool:
        """Whether everything that the manifest promises is there, byte for byte.

        Of an object store the entity tags are asked, in one listing; an object is read where its tag is not known yet,
        and where ``remember`` is set its tag is known from then on.
        """
        manifest = self.manifest(asset, region)
        return manifest is not None and _intact(self.folder(asset, region), manifest, remember)

    def record_check(
        self, asset: str, region: str, judged: str, check: str, passed: bool, told: Mapping[str, Any] | None = None
    ) -> None:
        """Remember whether a stored result passed one of its checks; ``judged`` says which result, by which judge.

        Parameters
        ----------
        told : what else is to be known of the verdict without Dagster: ``blocking``, ``reason``, ``numbers``.
        """
        found = self._checks(asset, region)
        known = found if found.get("judged") == judged else {}
        content = {
            "judged": judged,
            "passed": known.get("passed", {}) | {check: passed},
            "told": known.get("told", {}) | {check: {"passed": passed, **(told or {})}},
        }
        with tempfile.TemporaryDirectory(prefix="khanij-") as scratch:
            path = Path(scratch) / CHECKS
            path.write_text(json.dumps(content, sort_keys=True, indent=1), encoding="utf-8")
            _put(path, self.folder(asset, region) / CHECKS)

    def checks_told(self, asset: str, region: str) -> dict[str, dict[str, Any]]:
        """What the checks of the stored result said: check -> ``passed``, ``blocking``, ``reason``, ``numbers``."""
        told = self._checks(asset, region).get("told")
        return told if isinstance(told, dict) else {}

    def checks_passed(self, asset: str, region: str, judged: str, names: Iterable[str]) -> bool:
        """Whether a result has passed all of these checks; one that was never asked has not passed."""
        names = list(names)
        if not names:
            return True
        found = self._checks(asset, region)
        if found.get("judged") != judged:
            return False
        return all(found["passed"].get(name) is True for name in names)

    def _checks(self, asset: str, region: str) -> dict[str, Any]:
        try:
            found = json.loads(content(self.folder(asset, region) / CHECKS))
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return {}
        return found if isinstance(found, dict) and isinstance(found.get("passed"), dict) else {}

    def load(self, asset: str, region: str) -> Bundle:
        """Read a bundle back with its fingerprint, each file checked against its hash.

        Raises
        ------
        MissingSourceError : nothing complete is stored.
        CorruptIntermediateError : a file is not what was written.
        """
        from pipelines.stores.bundle_files import read_entry

        manifest = self.manifest(asset, region)
        folder = self.folder(asset, region)
        if manifest is None:
            raise MissingSourceError(
                f"asset {asset!r} of region {region!r} has not been made",
                file=str(folder),
                do=f"run: khanij run --region {region}",
            )
        out = Bundle()
        out.fingerprint = str(manifest.get("fingerprint", ""))
        for name, entry in manifest["entries"].items():
            path = folder / entry["file"]
            try:
                data = content(path, entry.get("bytes", 0))
            except (FileNotFoundError, ValueError, TypeError, OSError):
                data = b""
            if _sha256(data) != entry["sha256"]:
                raise CorruptIntermediateError(
                    "a stored intermediate is damaged",
                    file=str(path),
                    do="run again: khanij run remakes whatever is damaged",
                )
            out[name] = read_entry(data, entry)
        return out


class BundleIOManager(dg.ConfigurableIOManager):
    """Dagster's view of the ``BundleStore``: one asset in one region is one bundle."""

    root: str

    def store(self) -> BundleStore:
        """The store behind this IO manager."""
        return BundleStore(self.root)

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Store what an asset returned; None (an asset that wrote its own files) stores nothing."""
        if obj is None:
            return
        fingerprint = getattr(obj, "fingerprint", "")
        manifest = self.store().save(context.asset_key.path[-1], context.partition_key, obj, fingerprint)
        context.add_output_metadata(
            {
                "intermediate": dg.MetadataValue.path(
                    str(self.store().folder(context.asset_key.path[-1], context.partition_key))
                ),
                "intermediate_sha256": manifest["data_version"][:16],
            }
        )
        # Dagster holds every output of an in-process run until the run ends: what is stored is emptied instead.
        if isinstance(obj, Bundle):
            obj.clear()

    def load_input(self, context: dg.InputContext) -> Any:
        """Load what an upstream asset stored for the same region."""
        give_back()
        return self.store().load(context.asset_key.path[-1], context.partition_key)


def _is_manifest(found: Any) -> bool:
    """Whether a manifest is what was written: its entries have the hash that it gives them."""
    return (
        isinstance(found, dict)
        and isinstance(found.get("entries"), dict)
        and found.get("data_version") == _version(found["entries"])
    )


def _intact(folder: UPath, manifest: dict[str, Any], remember: bool = True) -> bool:
    """Whether the files of a folder are what its manifest says: by their hashes, in an object store by their seal."""
    try:
        wanted = {entry["file"]: entry["sha256"] for entry in manifest["entries"].values()}
        sizes = {entry["file"]: entry.get("bytes", 0) for entry in manifest["entries"].values()}
        present = tags(folder) if is_remote(folder) and wanted else {}
        if present and sealed(folder, wanted, present):
            return True
        if not all(_sha256(content(folder / name, sizes[name])) == sha256 for name, sha256 in wanted.items()):
            return False
    except (FileNotFoundError, ValueError, TypeError, OSError):
        return False
    # Listed before and after: the tags are those of the bytes that were read.
    if present and remember:
        after = tags(folder)
        same = {name: tag for name, tag in present.items() if after.get(name) == tag}
        (folder / SEAL).write_bytes(seal_text(wanted, same))
    return True


def _seal(folder: UPath, manifest: dict[str, Any], scratch: Path) -> None:
    """Seal what was just put into an object store; what its tags do not prove is read, and sealed, when it is asked for."""
    wanted = {entry["file"]: entry["sha256"] for entry in manifest["entries"].values()}
    known = written({name: (scratch / name).read_bytes() for name in wanted}, tags(folder))
    (folder / SEAL).write_bytes(seal_text(wanted, known))


def _version(entries: dict[str, Any]) -> str:
    return _sha256(json.dumps(entries, sort_keys=True).encode())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _files(folder: UPath) -> list[UPath]:
    # On an object store a folder is there once it holds something: an empty bundle has none.
    try:
        return list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _put(source: Path, target: UPath) -> None:
    # A local file is moved into place in one step; an object store's put is atomic by itself.
    if target.protocol in ("", "file"):
        local = Path(str(target))
        with temporary_beside(local) as temporary:
            shutil.copyfile(source, temporary)
            replace_file(temporary, local)
    else:
        target.write_bytes(source.read_bytes())
