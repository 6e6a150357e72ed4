"""Two releases, GeoPackages or shortlists compared: what came, what went, what moved, and why.

Belongs here: the comparison and its words. Does not belong here: making a release (``releases``).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from data_sources.contracts import MissingSourceError
from data_sources.contracts.published.outputs import RANKED_BLOCKS
from data_sources.contracts.published.places import DIFF
from khanij.foundation.cells import is_known
from khanij.foundation.wording import number, one_line, place
from publishing.geopackage.reading import read_table, run_info
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

Ranked = tuple[pd.DataFrame, dict[str, str]]
_OF_SETTINGS = ("configuration_sha256", "configuration_hash", "price_deck", "draws", "seed", "basket")


@dataclass(frozen=True)
class Difference:
    """What differs between two publications of a region.

    ``settings`` says which settings differ, in words. ``blocks`` has one row per block that differs: block_id, name, kind, change (new, gone, moved, status, changed),
    rank_before, rank_after, tier_before, tier_after, why. ``run`` lists what differs in the run information.
    """

    before: str
    after: str
    blocks: pd.DataFrame
    run: pd.DataFrame
    n_same: int
    settings: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True if nothing differs."""
        return self.blocks.empty and self.run.empty and not self.settings

    def text(self, most: int = 40) -> str:
        """The difference in words."""
        lines = [f"{self.before} -> {self.after}"]
        lines += [f"  {told}" for told in self.settings]
        for r in self.run.itertuples(index=False):
            lines.append(
                f"  {r.key}: {one_line(r.before, 60) or 'not stated'} -> {one_line(r.after, 60) or 'not stated'}"
            )
        for r in self.blocks.head(most).itertuples(index=False):
            before, after = (place(v) if is_known(v) else "-" for v in (r.rank_before, r.rank_after))
            lines.append(
                f"  {r.change:<8} {before:>4} -> {after:<4} {r.block_id}  {one_line(r.title, 44)}  {r.why}".rstrip()
            )
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
    for block_id in sorted(set(before.index) | set(after.index)):
        x = before.loc[block_id] if block_id in before.index else None
        y = after.loc[block_id] if block_id in after.index else None
        change, why = _change(x, y)
        if not change:
            same += 1
            continue
        z = y if y is not None else x
        assert z is not None
        rows.append(
            (
                block_id,
                z["name"],
                z["kind"],
                change,
                None if x is None else x["rank"],
                None if y is None else y["rank"],
                *(None if r is None else r.get("tier") for r in (x, y)),
                why,
            )
        )
    names = ["block_id", "title", "kind", "change", "rank_before", "rank_after", "tier_before", "tier_after", "why"]
    blocks = pd.DataFrame(rows, columns=names)
    order = {"new": 0, "gone": 1, "status": 2, "moved": 3, "changed": 4}
    blocks["_order"] = [order[c] for c in blocks["change"]]
    blocks["_place"] = [
        float(a if is_known(a) else b if is_known(b) else 1e9)
        for a, b in zip(blocks["rank_after"], blocks["rank_before"])
    ]
    blocks = (
        blocks.sort_values(["_order", "kind", "_place", "block_id"])
        .drop(columns=["_order", "_place"])
        .reset_index(drop=True)
    )
    settings = settings_between(info_a, info_b)
    # Whoever has read which settings differ has no use for their hash; nor for one that its own line repeats.
    told = {k for k in _OF_SETTINGS if settings}
    keys = [k for k in _RUN if k not in told and info_a.get(k) != info_b.get(k) and (info_a or info_b)]
    run = pd.DataFrame({"key": keys, "before": [info_a.get(k) for k in keys], "after": [info_b.get(k) for k in keys]})
    if info_a.get("scenario") or info_b.get("scenario"):
        before_name, after_name = f"{before_name} ({called(info_a)})", f"{after_name} ({called(info_b)})"
    return Difference(before_name, after_name, blocks, run, same, settings)


def ranked(path: Path | str) -> Ranked:
    """The ranked blocks of a release, GeoPackage or shortlist CSV by their ids, and what it says of its run."""
    path = Path(path)
    if path.suffix == ".csv":
        if not path.is_file():
            raise MissingSourceError("no shortlist here", file=path)
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
        frame = pd.DataFrame(rows).reindex(columns=RANKED_BLOCKS.names())
        for field in RANKED_BLOCKS.fields:
            if field.dtype in ("float", "integer"):
                frame[field.name] = pd.to_numeric(frame[field.name].replace("", None))
            else:
                frame[field.name] = frame[field.name].where(frame[field.name] != "", None)
        return frame.set_index("block_id"), {}
    file = find_gpkg(path)
    with one_set_of([file]):
        return read_table(file, "ranked_blocks").set_index("block_id"), run_info(file)


def _differs(x: object, y: object) -> bool:
    if not (is_known(x) and is_known(y)):
        return is_known(x) != is_known(y)
    if isinstance(x, str) or isinstance(y, str):
        return str(x) != str(y)
    return abs(float(x) - float(y)) > 1e-6 * max(1.0, abs(float(x)))  # type: ignore[arg-type]


def _change(x: pd.Series | None, y: pd.Series | None) -> tuple[str, str]:
    if x is None or y is None:
        return ("new", "not there before") if x is None else ("gone", "no longer there")
    reasons = _reasons(x, y, _REASONS)
    if _differs(x["status"], y["status"]):
        return "status", "; ".join(reasons[:3])
    if _differs(x["rank"], y["rank"]):
        return "moved", "; ".join(reasons[:3]) or "its own figures are the same: others moved past it"
    reasons = reasons or _reasons(x, y, (("tier", "tier"),))  # a tier may move although the block's own figures do not
    return ("changed", "; ".join(reasons[:3])) if reasons else ("", "")


def _reasons(x: pd.Series, y: pd.Series, columns: Iterable[tuple[str, str]]) -> list[str]:
    return [_reason(w, x[c], y[c]) for c, w in columns if c in x.index and c in y.index and _differs(x[c], y[c])]


def _reason(word: str, x: object, y: object) -> str:
    if isinstance(x, str) or isinstance(y, str):
        return f"{word} {one_line(x, 40) or 'not known'} -> {one_line(y, 40) or 'not known'}"
    return f"{word} {number(x)} -> {number(y)}"
