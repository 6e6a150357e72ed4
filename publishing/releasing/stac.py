"""The static catalogue of all releases: ``catalog.json``, a ``collection.json`` a region, an item a release (STAC 1.1).

Belongs here: the two files above the releases, which are written anew whenever a release comes or goes. Does not belong
here: the item of a release, which stands in its folder and never changes (``catalogue``). All links are relative, so the
folder may be read from a disk, a file server or an object store.
"""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pystac
from filelock import FileLock

from khanij.foundation.files import write_bytes_atomically

CATALOG, COLLECTION, ITEM = "catalog.json", "collection.json", "stac_item.json"


def collection_id(region: str) -> str:
    """The name of a region's collection."""
    return f"khanij-{region}"


def item_links() -> list[dict[str, str]]:
    """What an item in ``<root>/<region>/<version>/`` says of where it belongs."""
    return [
        {"rel": "root", "href": f"../../{CATALOG}", "type": "application/json"},
        {"rel": "parent", "href": f"../{COLLECTION}", "type": "application/json"},
        {"rel": "collection", "href": f"../{COLLECTION}", "type": "application/json"},
    ]


def write_catalogues(root: Path, region: str, versions: list[str]) -> None:
    """Write the collection of one region, and the catalogue of all that have one.

    Parameters
    ----------
    root : folder of all releases. versions : complete releases of the region, oldest first; none removes its collection.
    """
    with FileLock(root / ".catalog.lock"):
        items = [i for v in versions if (i := _item(root / region / v / ITEM)) is not None]
        if items:
            write_bytes_atomically(root / region / COLLECTION, _json(_collection(region, versions, items)))
        else:
            (root / region / COLLECTION).unlink(missing_ok=True)
        write_bytes_atomically(root / CATALOG, _json(_catalog(root)))


def _item(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _collection(region: str, versions: list[str], items: list[dict[str, Any]]) -> dict[str, Any]:
    boxes = [item["bbox"] for item in items]
    west, south = (min(box[i] for box in boxes) for i in (0, 1))
    east, north = (max(box[i] for box in boxes) for i in (2, 3))
    days = [datetime.datetime.fromisoformat(item["properties"]["datetime"]) for item in items]
    last = items[-1]["properties"]
    found = pystac.Collection(
        id=collection_id(region),
        title=str(last["title"]).rsplit(", release ", 1)[0],
        description=last["description"],
        license="other",
        extent=pystac.Extent(
            pystac.SpatialExtent([[west, south, east, north]]), pystac.TemporalExtent([[min(days), max(days)]])
        ),
        extra_fields={
            "khanij:attribution": last["khanij:attribution"],
            "khanij:licence_note": last["khanij:licence_note"],
        },
    ).to_dict(include_self_link=False)
    newest = versions[-1]
    found["links"] = [
        {"rel": "root", "href": f"../{CATALOG}", "type": "application/json"},
        {"rel": "parent", "href": f"../{CATALOG}", "type": "application/json"},
        {"rel": "license", "href": f"./{newest}/datapackage.json", "type": "application/json", "title": "Sources and terms"},
        *({"rel": "item", "href": f"./{v}/{ITEM}", "type": "application/geo+json", "title": v} for v in versions),
    ]  # fmt: skip
    return found


def _catalog(root: Path) -> dict[str, Any]:
    found = pystac.Catalog(
        id="khanij",
        title="Khanij",
        description="Releases of blocks of mine waste ranked by critical-mineral potential.",
    ).to_dict(include_self_link=False)
    regions = sorted(p.parent.name for p in root.glob(f"*/{COLLECTION}"))
    found["links"] = [
        {"rel": "root", "href": f"./{CATALOG}", "type": "application/json"},
        *({"rel": "child", "href": f"./{name}/{COLLECTION}", "type": "application/json", "title": name} for name in regions),
    ]  # fmt: skip
    return found


def _json(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()
