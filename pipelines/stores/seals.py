"""What an object store says of its objects without sending them: their size and entity tag, held against a seal.

Belongs here: recording, beside the objects of a bundle, which content each entity tag stands for, and asking a listing
whether it is still that. Does not belong here: what a bundle is (``io_managers``).

An object store keeps an entity tag (ETag) of each object, which is another whenever its content is, and gives it in the
listing of a folder: one request for all objects, none of which is downloaded. What the tag is a hash of differs (the MD5
of what was put in one piece; otherwise the store's own affair), so a seal does not compute it but remembers it beside the
SHA-256 that was found under it. A seal is true of its tag for ever, whoever wrote the folder since.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from upath import UPath

SEAL = ".seal.json"  # no entry of a bundle begins with a point
# They have no folders to be made; asking for a bucket by its name is a right that a run need not have.
OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss"})
BIG = 32 * 2**20  # bytes from which an object is worth reading in parts
_TAGS = ("ETag", "etag", "e_tag", "md5Hash")  # by which name a store's file system gives it


def is_remote(folder: UPath) -> bool:
    """Whether a folder lies in an object store: its files come over a network."""
    return folder.protocol not in ("", "file", "local")


def content(file: UPath, size: int = 0) -> bytes:
    """The bytes of a file, in one request: a path's own ``read_bytes`` asks for its size and its folder first.

    Parameters
    ----------
    size : bytes that it should have; a big file of an object store is read in parts, side by side.

    Raises
    ------
    FileNotFoundError, NotADirectoryError : there is none.
    """
    if not is_remote(file):
        return file.read_bytes()
    # s3fs asks for the size of every object first, to see whether it is one to be read in parts.
    whole = {"max_concurrency": 1} if size < BIG and "s3" in file.fs.protocol else {}
    return bytes(file.fs.cat_file(file.path, **whole))


def remove(file: UPath) -> None:
    """Remove a file, or leave it that there is none; of an object store in one request, without asking for it first."""
    if file.protocol in OBJECT_STORES:
        with contextlib.suppress(FileNotFoundError):
            file.fs.rm_file(file.path)
    else:
        # Asked for first: other file systems of fsspec have no ``rm_file``, or an error of their own for what is not there.
        file.unlink(missing_ok=True)


def tags(folder: UPath) -> dict[str, str]:
    """File -> entity tag and size of what lies in a folder now, by one listing; those without a tag are left out."""
    try:
        found = folder.fs.ls(folder.path, detail=True, refresh=True)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    out = {}
    for info in found:
        tag = next((str(info[key]).strip('"') for key in _TAGS if info.get(key)), "")
        if tag:
            out[str(info["name"]).rstrip("/").rpartition("/")[2]] = f"{tag} {info.get('size')}"
    return out


def sealed(folder: UPath, wanted: Mapping[str, str], present: Mapping[str, str]) -> bool:
    """Whether every object is, by its tag, the content that is wanted of it.

    Parameters
    ----------
    wanted : file -> SHA-256. present : file -> tag, from ``tags``.
    """
    if not all(name in present for name in wanted):
        return False
    try:
        seal = json.loads(content(folder / SEAL))
        return all(seal[name] == {"tag": present[name], "sha256": sha256} for name, sha256 in wanted.items())
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return False


def written(contents: Mapping[str, bytes], present: Mapping[str, str]) -> dict[str, str]:
    """The tags of what was just put that are the MD5 of it, so that what arrived is known to be what was sent."""
    return {
        name: present[name]
        for name, data in contents.items()
        if present.get(name) == f"{hashlib.md5(data, usedforsecurity=False).hexdigest()} {len(data)}"
    }


def seal_text(wanted: Mapping[str, str], present: Mapping[str, str]) -> bytes:
    """The seal of objects that are known to be what is wanted: file -> its tag and SHA-256."""
    entries: dict[str, Any] = {n: {"tag": present[n], "sha256": wanted[n]} for n in sorted(wanted) if n in present}
    return (json.dumps(entries, indent=1, sort_keys=True) + "\n").encode()
