"""Two published folders of one region, cell by cell: every table of the GeoPackage, every raster, every other file.

    python benchmarks/publishing/compare_results.py BEFORE/india AFTER/india

Rows are matched by their order; what differs is counted by column, with the first pair of values. Exit 1 if anything does.
"""

from __future__ import annotations

import difflib
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import rasterio

_SHOWN = 160


def geopackage(before: Path, after: Path) -> list[str]:
    """Differences between two SQLite files, the tables that describe others included; trees of an index are not read."""
    with closing(sqlite3.connect(before)) as one, closing(sqlite3.connect(after)) as two:
        one.text_factory = two.text_factory = bytes
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'rtree_%' ORDER BY name"
        names = [{r[0].decode() for r in c.execute(query)} for c in (one, two)]
        out = [f"table {n}: only {'after' if n in names[1] else 'before'}" for n in sorted(names[0] ^ names[1])]
        for name in sorted(names[0] & names[1]):
            out += [f"{name}: {line}" for line in table(one, two, name)]
        return out


def table(one: sqlite3.Connection, two: sqlite3.Connection, name: str) -> list[str]:
    """Differences between two tables of one name."""
    columns = [[r[1].decode() for r in c.execute(f'PRAGMA table_info("{name}")')] for c in (one, two)]
    out = [
        f"column {c}: only {'after' if c in columns[1] else 'before'}" for c in sorted({*columns[0]} ^ {*columns[1]})
    ]
    both = [c for c in columns[0] if c in columns[1]]
    if both != [c for c in columns[1] if c in columns[0]]:
        out.append("columns in another order")
    chosen = ", ".join(f'"{c}"' for c in both)
    rows = [c.execute(f'SELECT {chosen} FROM "{name}" ORDER BY rowid').fetchall() for c in (one, two)]
    if len(rows[0]) != len(rows[1]):
        key = next((i for i, c in enumerate(both) if c not in ("fid", "id")), 0)
        by_key = [{r[key]: r for r in found} for found in rows]
        only = [[str(k) for k in x if k not in y] for x, y in (by_key, by_key[::-1])]
        out.append(f"{len(rows[0])} rows, then {len(rows[1])}; only before {only[0][:9]}, only after {only[1][:9]}")
        known = [k for k in by_key[0] if k in by_key[1]]
        rows = [[r[k][key:] for k in known] for r in by_key]  # numbers of rows shift
        both = both[key:]
    for i, column in enumerate(both):
        pairs = [(a[i], b[i]) for a, b in zip(*rows, strict=True) if not same(a[i], b[i])]
        if pairs:
            a, b = pairs[0]
            out.append(f"column {column}: {len(pairs)} of {len(rows[0])} cells, such as {shown(a, b)}")
    return out


def same(a: object, b: object) -> bool:
    """Equal in value and in kind: 1 is not 1.0, and no number is nothing."""
    return type(a) is type(b) and (a == b or (a != a and b != b))


def shown(a: object, b: object) -> str:
    """Two values; of long texts what surrounds the first place where they part."""
    texts = [v.decode(errors="replace") if isinstance(v, bytes) else repr(v) for v in (a, b)]
    start = next((i for i, (x, y) in enumerate(zip(*texts)) if x != y), min(map(len, texts)))
    start = max(start - 40, 0)
    return " -> ".join(repr(t[start : start + _SHOWN]) for t in texts)


def raster(before: Path, after: Path) -> list[str]:
    """Differences between two rasters: grid, names and tags of bands, cells as bytes."""
    out = []
    with rasterio.open(before) as one, rasterio.open(after) as two:
        for what in ("crs", "transform", "shape", "dtypes", "nodata", "descriptions", "block_shapes"):
            a, b = getattr(one, what), getattr(two, what)
            if not (a == b or a != a):
                out.append(f"{what}: {a} -> {b}")
        a, b = one.tags(), two.tags()
        out += [f"tag {k}: {a.get(k)!r} -> {b.get(k)!r}" for k in sorted(a.keys() | b.keys()) if a.get(k) != b.get(k)]
        if one.shape == two.shape and one.count == two.count:
            for i in one.indexes:
                x, y = one.read(i), two.read(i)
                if x.tobytes() != y.tobytes():
                    moved = ~((x == y) | (np.isnan(x) & np.isnan(y)))
                    out.append(f"band {one.descriptions[i - 1]}: {int(moved.sum())} of {x.size} cells")
    return out


def text(before: Path, after: Path) -> list[str]:
    """Lines that differ between two text files."""
    lines = [p.read_text(encoding="utf-8", errors="replace").splitlines() for p in (before, after)]
    if lines[0] == lines[1]:
        return []
    match = difflib.SequenceMatcher(None, *lines, autojunk=False)
    parts = [code for code in match.get_opcodes() if code[0] != "equal"]
    first = [" ".join(side) for side in (lines[0][parts[0][1] : parts[0][2]], lines[1][parts[0][3] : parts[0][4]])]
    return [f"{len(parts)} places, such as {shown(*(t.encode() for t in first))}"]


def compare(before: Path, after: Path) -> list[str]:
    """Every difference between two folders, one line each."""
    files = [{p.relative_to(f).as_posix() for p in f.rglob("*") if p.is_file()} for f in (before, after)]
    out = [f"{n}: only {'after' if n in files[1] else 'before'}" for n in sorted(files[0] ^ files[1])]
    by_ending = {".gpkg": geopackage, ".tif": raster}
    for name in sorted(files[0] & files[1]):
        one, two = before / name, after / name
        if one.read_bytes() != two.read_bytes():
            found = by_ending.get(one.suffix, text)(one, two)
            out += [f"{name}: {line}" for line in found or ["other bytes, the same values"]]
    return out


if __name__ == "__main__":
    differences = compare(Path(sys.argv[1]), Path(sys.argv[2]))
    print("\n".join(differences) or "the same, byte for byte")
    sys.exit(bool(differences))
