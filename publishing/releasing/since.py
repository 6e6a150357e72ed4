"""What changed of a region since a moment: the set that stands now against the one that stood then.

Belongs here: the comparison as values and as text. Does not belong here: a record (``published_records``), the comparison of blocks
(``diff``) or the page (``changes_page``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from khanij.foundation.cells import is_known
from khanij.foundation.wording import number, one_line
from publishing.releasing.diff import Difference, compared
from publishing.releasing.published_records import Record, newest_record
from publishing.sets.listing import Facts, LayerFacts

TIMEZONE = ZoneInfo("Asia/Kolkata")
MEDIAN_MOVED_PCT = 1.0
SOURCES = ["source", "rows_before", "rows_after", "change"]
MEDIANS = ["layer", "element", "unit", "before", "after", "change_pct"]
_NOTHING = LayerFacts(rows=0)


@dataclass(frozen=True)
class RegionChanges:
    """One region between two moments.

    ``published_at`` (seconds since the epoch) and ``after`` are of the newest set, None where nothing was published;
    ``before`` is the generation that stood at the earlier moment, empty where none did. ``is_new`` tells whether one was
    published in between. ``difference`` is of the blocks, ``sources`` and ``medians`` tables of what changed.
    """

    region: str
    title: str
    published_at: float | None
    before: str
    after: str
    is_new: bool
    difference: Difference | None
    sources: pd.DataFrame
    medians: pd.DataFrame
    accepted: str = ""

    def counts(self) -> dict[str, int]:
        """How many blocks went up and down in rank, came, went, and otherwise changed."""
        if self.difference is None:
            return dict.fromkeys(("up", "down", "new", "gone", "changed"), 0)
        blocks = self.difference.blocks
        ranks = [(b["rank_before"], b["rank_after"]) for b in blocks]
        moves = [after - before for before, after in ranks if is_known(before) and is_known(after)]
        up, down = sum(move < 0 for move in moves), sum(move > 0 for move in moves)
        new, gone = (sum(b["change"] == kind for b in blocks) for kind in ("new", "gone"))
        return {"up": up, "down": down, "new": new, "gone": gone, "changed": len(blocks) - up - down - new - gone}

    def text(self, most: int) -> list[str]:
        """The lines that tell it; ``most`` blocks are listed."""
        if self.published_at is None:
            return [f"{self.region}: nothing was published yet"]
        if not self.is_new:
            return [f"{self.region}: nothing new; what stands was published {said(self.published_at)}"]
        lines = [f"{self.region}: published {said(self.published_at)}, {generations(self)}"]
        if self.accepted:
            lines.append(f"  published although it was refused, because: {self.accepted}")
        lines += [f"  source {source_said(row)}" for row in rows_of(self.sources)]
        lines += [f"  median {median_said(row)}" for row in rows_of(self.medians)]
        if self.difference is not None:
            lines += [f"  {line}".rstrip() for line in self.difference.text(most).splitlines()[1:]]
        return lines


def changes_of(region: str, root: Path, since: float) -> RegionChanges:
    """What changed of a region since a moment.

    Parameters
    ----------
    root : below it lie the records of each region. since : seconds since the epoch.
    """
    now, then = newest_record(root, region), newest_record(root, region, since)
    if now is None:
        return RegionChanges(region, region, None, "", "", False, None, *_tables(None, None))
    is_new = then is None or then.listing.generation != now.listing.generation
    difference = None
    if is_new and then is not None:
        names = [f"{said(r.at)} {r.listing.generation[:12]}" for r in (then, now)]
        difference = compared(names[0], then.ranked(), names[1], now.ranked())
    accepted = now.listing.accepted
    return RegionChanges(
        region=region,
        title=now.run.get("title", region),
        published_at=now.at,
        before=then.listing.generation if then else "",
        after=now.listing.generation,
        is_new=is_new,
        difference=difference,
        accepted=accepted.reason if accepted and is_new else "",
        **dict(zip(("sources", "medians"), _tables(then if is_new else None, now), strict=True)),
    )


def said(at: float) -> str:
    """A moment in India's time, to the minute."""
    return datetime.fromtimestamp(at, TIMEZONE).strftime("%Y-%m-%d %H:%M")


def generations(changes: RegionChanges) -> str:
    """``generation 3f0c9a77b1d2 -> 91aa04c7d1e0``."""
    return f"generation {changes.before[:12] or 'none'} -> {changes.after[:12]}"


def source_said(row: Mapping[str, object]) -> str:
    """A source that changed in words."""
    before, after = _rows(row["rows_before"]), _rows(row["rows_after"])
    rows = f", {before} -> {after} rows" if (before, after) != ("?", "?") else ""
    return f"{row['source']}: {row['change']}{rows}"


def median_said(row: Mapping[str, object]) -> str:
    """A median that moved in words."""
    before, after = number(row["before"], 4), number(row["after"], 4)
    return f"{row['layer']}: {row['element']} {before} -> {after} {row['unit']} ({row['change_pct']:+.1f} %)"


def rows_of(frame: pd.DataFrame) -> list[dict[str, object]]:
    """The rows of a table by their columns."""
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def _rows(value: object) -> str:
    return "?" if value is None or pd.isna(value) else f"{int(value):,}"  # type: ignore[call-overload]


def _tables(then: Record | None, now: Record | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    if then is None or now is None:
        return pd.DataFrame(columns=SOURCES), pd.DataFrame(columns=MEDIANS)
    return _sources(then, now), _medians(then.listing.facts, now.listing.facts)


def _sources(then: Record, now: Record) -> pd.DataFrame:
    """Sources whose bytes or rows are others, or that came, went or broke."""
    before, after = then.listing.facts.layers, now.listing.facts.layers
    rows = []
    for name in sorted({*before, *after, *then.sources, *now.sources}):
        old, new = before.get(name), after.get(name)
        is_other = bool(then.sources) and then.sources.get(name) != now.sources.get(name)
        if old == new and not is_other:
            continue
        rows.append((name, None if old is None else old.rows, None if new is None else new.rows, _change(old, new)))
    return pd.DataFrame(rows, columns=SOURCES).astype({"rows_before": "Int64", "rows_after": "Int64"})


def _change(old: LayerFacts | None, new: LayerFacts | None) -> str:
    old, new = old or _NOTHING, new or _NOTHING
    if new.absent and not old.absent:
        return f"absent now: {one_line(new.absent, 160)}"
    if old.absent and not new.absent:
        return "here again"
    return "other rows" if old.rows != new.rows else "other content"


def _medians(then: Facts, now: Facts) -> pd.DataFrame:
    """Medians that differ by ``MEDIAN_MOVED_PCT`` or more, the largest change first."""
    rows: list[tuple[str, str, str, float, float, float]] = []
    for layer, facts in now.layers.items():
        before = then.layers.get(layer, _NOTHING).medians
        for column, median in facts.medians.items():
            if column in before and abs(change := 100 * (median / before[column] - 1)) >= MEDIAN_MOVED_PCT - 1e-9:
                element, _, unit = column.rpartition("_")
                rows.append((layer, element, "%" if unit == "pct" else unit, before[column], median, change))
    table = pd.DataFrame(rows, columns=MEDIANS)
    return table.sort_values("change_pct", key=np.abs, ascending=False, kind="stable", ignore_index=True)
