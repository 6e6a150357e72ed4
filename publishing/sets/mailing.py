"""A result as one zip to mail: a QGIS project beside the data, the page, and a note on how to open it.

Belongs here: what goes into the zip. Does not belong here: the project itself (``publishing.qgis``), which is written out
as it lies in the GeoPackage: it names its files by where they lie from it, so it holds for a file beside them too.

A project inside a GeoPackage is lost when a mail programme renames the file; one beside it is found with it, whatever the
zip or its folder is called. No clock stands in the zip: the same set gives the same bytes.
"""

from __future__ import annotations

import contextlib
import io
import sqlite3
import zipfile
from pathlib import Path

from data_sources.contracts import PublishingError
from khanij.foundation.files import PublishedFile, replace_file, sha256_of, temporary_beside
from publishing.geopackage.reading import run_info
from publishing.sets.snapshot import snapshot

PROJECT = "khanij.qgs"
_README = """{title}

How to open it
1. Unpack the whole zip. Its folder may be moved and renamed; leave the files inside together, under their names.
2. QGIS 3.22 or newer: open {project}. Themes are under the eye above the layers, maps to print under Project > Layouts.
3. Without QGIS: open index.html in a browser. It needs no network.

P10 is the low case, P90 the high one; rank P05 is the best place, rank P95 the worst. A blank is not known, never zero.
A dashed circle is no boundary: somewhere inside lies the waste. A rank is an order under stated inputs, not a resource.
{more}
Generation {generation}
"""


def package(folder: Path, target: Path, *, with_internal: bool = False) -> PublishedFile:
    """Write one set, of a region or of a release, as a zip with a QGIS project beside the data.

    Parameters
    ----------
    folder : ``output/india`` or ``releases/india/2026.12.01``.
    target : the zip.
    with_internal : also where rows are among it that may not be passed on.

    Raises
    ------
    PublishingError : the folder is not one set, or holds rows that may not be passed on and nobody allowed it.
    """
    with snapshot(folder) as taken:
        taken.require_one_set()
        info = run_info(taken.geopackage)
        if "internal" in info and not with_internal:
            raise PublishingError(
                info["internal"].partition(";")[0],
                file=folder,
                do="khanij release, then khanij package with the release's folder; or --internal, for your own office",
            )
        members: dict[str, Path | bytes] = dict(taken.files)
        members[PROJECT] = _project_of(taken.geopackage)
        members["README.txt"] = _readme(info).encode()
        root = f"khanij_{info.get('region', folder.name)}"
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary_beside(target) as temporary:
            _write(temporary, {f"{root}/{name}": member for name, member in sorted(members.items())})
            digest, size = sha256_of(temporary), temporary.stat().st_size
            if target.is_file() and sha256_of(target) == digest:
                return PublishedFile(target, digest, size, False)
            replace_file(temporary, target)
    return PublishedFile(target, digest, size, True)


def _write(path: Path, members: dict[str, Path | bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as bundle:
        for name, member in members.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            bundle.writestr(entry, member.read_bytes() if isinstance(member, Path) else member)


def _project_of(gpkg: Path) -> bytes:
    """The project that lies in the GeoPackage, as the text of a ``.qgs`` file."""
    with contextlib.closing(sqlite3.connect(f"{gpkg.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        ((content,),) = connection.execute("SELECT content FROM qgis_projects").fetchall()
    return zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))).read("project.qgs")


def _readme(info: dict[str, str]) -> str:
    told = [info[k] for k in ("warning", "internal", "attribution", "licence_note") if info.get(k)]
    return _README.format(
        title=info.get("title", "Khanij"),
        project=PROJECT,
        more="".join(f"\n{line}\n" for line in told),
        generation=info.get("generation", "not stated"),
    )
