"""Two releases, GeoPackages or shortlists compared: what came, what went, what moved, and why.

Belongs here: the comparison and its words. Does not belong here: making a release (``releases``).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_sources.contracts import Field, MissingSourceError
from data_sources.contracts.published.outputs import RANKED_BLOCKS
from data_sources.contracts.published.places import DIFF
from khanij.foundation.cells import is_known
from khanij.foundation.wording import number, one_line, place
from publishing.geopackage.reading import read_rows, run_info
from publishing.scenario_words import called, settings_between
from publishing.sets.snapshot import is_set_folder, one_set_of, published_geopackage

# What may explain a move, in the order in which it is told.
_REASONS = tuple((f.name, show.label or f.title) for f, show in RANKED_BLOCKS.shown(DIFF))
_RUN = (
    "configuration_sha256",
    "configuration_hash",
    "price_deck",
    "draws",
    "seed",
    "basket",
    "khanij_version",
    "sources_sha256",
    "code_sha256",
)

Row = dict[str, Any]
Ranked = tuple[dict[str, Row], dict[str, str]]
"""Block -> its row, and what is said of the run."""
_CHANGES = ("new", "gone", "status", "moved", "changed")
_OF_SETTINGS = ("configuration_sha256", "configuration_hash", "price_deck", "draws", "seed", "basket")


@dataclass(frozen=True)
class Difference:
    """What differs between two publications of a region.

    ``settings`` says which settings differ, in words. ``blocks`` has one row per block that differs: block_id, title, kind, change (new, gone, moved, status, changed),
    rank_before, rank_after, tier_before, tier_after, why. ``run`` lists what differs in the run information: key, before, after.
    """

    before: str
    after: str
    blocks: tuple[Row, ...]
    run: tuple[Row, ...]
    n_same: int
    settings: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True if nothing differs."""
        return not (self.blocks or self.run or self.settings)

    def text(self, most: int = 40) -> str:
        """The difference in words."""
        lines = [f"{self.before} -> {self.after}"]
        lines += [f"  {told}" for told in self.settings]
        for r in self.run:
            before, after = (one_line(r[c], 60) or "not stated" for c in ("before", "after"))
            lines.append(f"  {r['key']}: {before} -> {after}")
        for r in self.blocks[:most]:
            before, after = (place(r[c]) if is_known(r[c]) else "-" for c in ("rank_before", "rank_after"))
            told = f"{r['block_id']}  {one_line(r['title'], 44)}  {r['why']}"
            lines.append(f"  {r['change']:<8} {before:>4} -> {after:<4} {told}".rstrip())
        if len(self.blocks) > most:
            lines.append(f"  and {len(self.blocks) - most} more")
        lines.append(f"  {self.n_same} blocks are the same")
        return "\n".join(lines) + "\n"


def columns_compared() -> list[str]:
    """Columns of a block that a comparison reads."""
    return list(dict.fromkeys(["block_id", "name", "kind", "status", "rank", "tier", *(c for c, _ in _REASONS)]))


def find_gpkg(path: Path | str) -> Path:
    """The GeoPackage meant by a path: itself, or the one in a release's or region's folder."""
    path = Path(path)
    if path.is_file():
        return path
    if path.is_dir() and is_set_folder(path):
        return published_geopackage(path)
    found = sorted(path.glob("ranked_blocks*.gpkg")) if path.is_dir() else []
    if not found:
        raise MissingSourceError(
            "no GeoPackage here", file=path, do="name a release's folder, or a .gpkg or shortlist .csv file"
        )
    return found[0]


def diff_releases(a: Path | str, b: Path | str) -> Difference:
    """Compare two releases, GeoPackages or shortlist CSV files, the older first.

    A block has moved if its rank differs; the reason given is what changed in its own row, else that others moved past
    it.
    """
    return compared(Path(a).as_posix(), ranked(a), Path(b).as_posix(), ranked(b))


def compared(before_name: str, older: Ranked, after_name: str, newer: Ranked) -> Difference:
    """Compare two results that were read, the older first.

    Parameters
    ----------
    before_name, after_name : what they are called. older, newer : as ``ranked`` gives them.
    """
    (before, info_a), (after, info_b) = older, newer
    rows = []
    same = 0
    for block_id in sorted({*before, *after}):
        x, y = before.get(block_id), after.get(block_id)
        change, why = _change(x, y)
        if not change:
            same += 1
            continue
        z = y or x or {}
        pairs = {f"{c}_{when}": r and r.get(c) for c in ("rank", "tier") for when, r in (("before", x), ("after", y))}
        rows.append(
            {"block_id": block_id, "title": z["name"], "kind": z["kind"], "change": change, **pairs, "why": why}
        )
    rows.sort(key=_order)
    settings = settings_between(info_a, info_b)
    # Whoever has read which settings differ has no use for their hash; nor for one that its own line repeats.
    told = {k for k in _OF_SETTINGS if settings}
    keys = [k for k in _RUN if k not in told and info_a.get(k) != info_b.get(k) and (info_a or info_b)]
    run = tuple({"key": k, "before": info_a.get(k), "after": info_b.get(k)} for k in keys)
    if info_a.get("scenario") or info_b.get("scenario"):
        before_name, after_name = f"{before_name} ({called(info_a)})", f"{after_name} ({called(info_b)})"
    return Difference(before_name, after_name, tuple(rows), run, same, settings)


def _order(row: Row) -> tuple[int, str, float, str]:
    """By what changed, then by kind and place, the present one where there is one."""
    known = [float(v) for v in (row["rank_after"], row["rank_before"]) if is_known(v)]
    return _CHANGES.index(row["change"]), row["kind"], known[0] if known else 1e9, row["block_id"]


def ranked(path: Path | str) -> Ranked:
    """The ranked blocks of a release, GeoPackage or shortlist CSV by their ids, and what it says of its run."""
    path = Path(path)
    if path.suffix == ".csv":
        if not path.is_file():
            raise MissingSourceError("no shortlist here", file=path)
        rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")))
        return {row["block_id"]: {f.name: _cell(row.get(f.name), f) for f in RANKED_BLOCKS.fields} for row in rows}, {}
    file = find_gpkg(path)
    with one_set_of([file]):
        return {row.block_id: vars(row) for row in read_rows(file, "ranked_blocks")}, run_info(file)


def _cell(text: str | None, field: Field) -> float | str | None:
    """A cell of a shortlist's CSV."""
    return (float(text) if field.dtype in ("float", "integer") else text) if text else None


def _differs(x: object, y: object) -> bool:
    if not (is_known(x) and is_known(y)):
        return is_known(x) != is_known(y)
    if isinstance(x, str) or isinstance(y, str):
        return str(x) != str(y)
    return abs(float(x) - float(y)) > 1e-6 * max(1.0, abs(float(x)))  # type: ignore[arg-type]


def _change(x: Row | None, y: Row | None) -> tuple[str, str]:
    if x is None or y is None:
        return ("new", "not there before") if x is None else ("gone", "no longer there")
    reasons = _reasons(x, y, _REASONS)
    if _differs(x["status"], y["status"]):
        return "status", "; ".join(reasons[:3])
    if _differs(x["rank"], y["rank"]):
        return "moved", "; ".join(reasons[:3]) or "its own figures are the same: others moved past it"
    reasons = reasons or _reasons(x, y, (("tier", "tier"),))  # a tier may move although the block's own figures do not
    return ("changed", "; ".join(reasons[:3])) if reasons else ("", "")


def _reasons(x: Row, y: Row, columns: Iterable[tuple[str, str]]) -> list[str]:
    return [_reason(w, x[c], y[c]) for c, w in columns if c in x and c in y and _differs(x[c], y[c])]


def _reason(word: str, x: object, y: object) -> str:
    if isinstance(x, str) or isinstance(y, str):
        return f"{word} {one_line(x, 40) or 'not known'} -> {one_line(y, 40) or 'not known'}"
    return f"{word} {number(x)} -> {number(y)}"
