"""What changed since a moment as one self-contained HTML page: all regions in a table, then what moved in each.

Belongs here: the page. Does not belong here: the comparison (``since``) or what only Dagster knows (it is handed over).
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from khanij.foundation.cells import is_known
from khanij.foundation.escaping import xml
from khanij.foundation.wording import place
from publishing.releasing.since import RegionChanges, generations, median_said, rows_of, said, source_said

MOST_BLOCKS = 200
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1c1c1c;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem;border-bottom:1px solid #ddd}h3{font-size:1rem;margin-bottom:.2rem}
table{border-collapse:collapse;font-size:13.5px}th,td{padding:3px 10px;border-bottom:1px solid #e4e4e4;text-align:left}
th{background:#f4f2ec}td.n{text-align:right;font-variant-numeric:tabular-nums}.wide{overflow-x:auto}
.bad{color:#b00020;font-weight:600}.warn{color:#8a5a00;font-weight:600}.quiet{color:#666}ul{margin:.2rem 0 .8rem}
@media (prefers-color-scheme:dark){body{background:#161616;color:#e6e6e6}th{background:#262626}th,td,h2{border-color:#3a3a3a}
.bad{color:#ff8a8a}.warn{color:#f0b64f}.quiet{color:#a0a0a0}a{color:#8ab4f8}}
"""
_COUNTS = ("up", "down", "new", "gone", "changed")
_BLOCKS = ("change", "rank", "tier", "block", "name", "why")


@dataclass(frozen=True)
class Told:
    """What is known of a region beside its sets: its last run in words, whether it failed, what its checks warn of."""

    last_run: str = ""
    failed: str = ""
    warnings: tuple[str, ...] = ()


def changes_page(since: float, until: float, regions: Sequence[tuple[RegionChanges, Told]]) -> str:
    """The page.

    Parameters
    ----------
    since, until : seconds since the epoch. regions : each with what is told of it, in the order of the page.
    """
    title = f"What changed since {said(since)}"
    parts = [
        f"<h1>{xml(title)}</h1>",
        f'<p class="quiet">Until {said(until)}, India time. {_headline(regions)}</p>',
        _overview(regions),
        *(_region(changes, told) for changes, told in regions if changes.is_new or told.warnings or told.failed),
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{xml(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _headline(regions: Sequence[tuple[RegionChanges, Told]]) -> str:
    published = sum(changes.is_new for changes, _ in regions)
    failed = sum(bool(told.failed) for _, told in regions)
    warned = sum(bool(told.warnings) for _, told in regions)
    return f"{len(regions)} regions: {published} with a new result, {failed} whose last run failed, {warned} with warnings."


def _overview(regions: Iterable[tuple[RegionChanges, Told]]) -> str:
    rows = []
    for changes, told in regions:
        counts = changes.counts()
        nothing = "nothing published" if changes.published_at is None else "no"
        new = said(changes.published_at) if changes.is_new and changes.published_at is not None else nothing
        told_of = f'<a href="#{xml(changes.region)}">{xml(changes.region)}</a>'
        run = f'<span class="bad">{xml(told.last_run)}</span>' if told.failed else xml(told.last_run)
        cells = [
            f"<td>{told_of if changes.is_new or told.failed or told.warnings else xml(changes.region)}</td>",
            f"<td>{new}</td><td>{run}</td>",
            *(f"<td class=n>{counts[name] or ''}</td>" for name in _COUNTS),
            f"<td class=n>{len(changes.sources) or ''}</td><td class=n>{len(changes.medians) or ''}</td>",
            f'<td class="n warn">{len(told.warnings) or ""}</td>',
        ]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    names = ("region", "new result", "last run", *_COUNTS, "sources", "medians", "warnings")
    return f'<div class="wide">{_table(names, rows)}</div>'


def _region(changes: RegionChanges, told: Told) -> str:
    parts = [f'<h2 id="{xml(changes.region)}">{xml(changes.title)}</h2>']
    if told.failed:
        parts.append(f'<p class="bad">The last run failed: {xml(told.failed)}</p>')
    if changes.is_new and changes.published_at is not None:
        parts.append(f"<p>Published {said(changes.published_at)}, {xml(generations(changes))}.</p>")
    elif changes.published_at is not None:
        parts.append(f"<p>Nothing new was published; what stands is of {said(changes.published_at)}.</p>")
    if changes.accepted:
        parts.append(f'<p class="warn">Published although it was refused, because: {xml(changes.accepted)}</p>')
    parts.append(_list("Checks that do not pass, alerts that are open", told.warnings))
    parts.append(_list("Sources that changed", [source_said(row) for row in rows_of(changes.sources)]))
    parts.append(_list("Medians that moved", [median_said(row) for row in rows_of(changes.medians)]))
    difference = changes.difference
    if difference is not None:
        run = [f"{r['key']}: {r['before'] or 'not stated'} -> {r['after'] or 'not stated'}" for r in difference.run]
        parts.append(_list("Settings, code and prices", [*difference.settings, *run]))
        parts.append(_blocks(changes))
    elif changes.is_new:
        parts.append("<p>There was no result before to compare with.</p>")
    return "".join(parts)


def _blocks(changes: RegionChanges) -> str:
    assert changes.difference is not None
    blocks, same = changes.difference.blocks, changes.difference.n_same
    if not blocks:
        return f"<p>All {same} blocks are the same.</p>"
    rows = []
    for row in blocks[:MOST_BLOCKS]:
        rank, tier = (_pair(row[f"{name}_before"], row[f"{name}_after"]) for name in ("rank", "tier"))
        cells = (row["change"], rank, tier, row["block_id"], row["title"], row["why"])
        rows.append(f"<tr>{''.join(f'<td>{xml(cell)}</td>' for cell in cells)}</tr>")
    more = f"<p>and {len(blocks) - MOST_BLOCKS} more</p>" if len(blocks) > MOST_BLOCKS else ""
    table = f'<div class="wide">{_table(_BLOCKS, rows)}</div>'
    return f"<h3>Blocks</h3>{table}{more}<p class=quiet>{same} blocks are the same.</p>"


def _pair(before: object, after: object) -> str:
    old, new = (_place(value) if is_known(value) else "-" for value in (before, after))
    return new if old == new else f"{old} -> {new}"


def _place(value: object) -> str:
    return value if isinstance(value, str) else place(value)


def _table(names: Iterable[str], rows: Iterable[str]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _list(title: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    return f"<h3>{html.escape(title)}</h3><ul>{''.join(f'<li>{xml(line)}</li>' for line in lines)}</ul>"
