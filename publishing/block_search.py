"""The blocks that somebody means by an identifier or a part of a name, in the words of ``explain``.

Belongs here: finding the block in the published files. Does not belong here: what is said of it (``explain``).
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from types import SimpleNamespace

from khanij.foundation.cells import text
from khanij.foundation.errors import MissingSourceError
from publishing.explain import explain_block
from publishing.geopackage.reading import read_rows
from publishing.sets.snapshot import one_set_of

_TOLD = 5  # of several blocks that match
_SHORTEST = 3  # letters by which a held row is looked for: one or two are in every reason


def explanations(block: str, files: list[Path]) -> list[str]:
    """What the first of some GeoPackages that knows the block says of it; at most five of several that match.

    Raises
    ------
    MissingSourceError : no block and no held row matches; the message names the nearest.
    """
    wanted, known = block.strip(), list[str]()
    for file in files:
        with one_set_of([file]):
            blocks = read_rows(file, "ranked_blocks")
            known += [b.block_id for b in blocks]
            found = matching(blocks, wanted) if wanted else []
            told = [f"{explain_block(file, block_id)}\n" for block_id in found[:_TOLD]]
        if len(found) > _TOLD:
            told.append(f"... and {len(found) - _TOLD} more blocks match: {', '.join(found[_TOLD:15])}")
        if found:
            return told
    held = [said for file in files for said in _held(file, wanted)]
    if held:
        return held[:_TOLD]
    near = get_close_matches(wanted.upper(), known, n=3)
    hint = f"did you mean {', '.join(near)}? Otherwise " if near else ""
    raise MissingSourceError(
        f"no block matches {block!r}",
        file=", ".join(map(str, files)),
        layer="ranked_blocks",
        field="block_id",
        do=f"{hint}copy a block_id from the printed table or from QGIS",
    )


def _held(file: Path, wanted: str) -> list[str]:
    """What is said of the rows that were held back before anything was ranked, and that somebody may mean."""
    if len(wanted) < _SHORTEST:
        return []
    with one_set_of([file]):
        rows = [SimpleNamespace(**{c: text(v) for c, v in vars(r).items()}) for r in read_rows(file, "quarantine")]
    sought = wanted.casefold()
    return [
        f"{row.row_name or f'Row {row.row}'}\n  Held back, so it stands in no list and no ranking.\n  Why: {row.reason}\n"
        f"  Field: {row.field}: {row.value}\n  Row {row.row} of layer {row.layer}, source {row.source}; all held rows: table "
        f"quarantine of {file}\n"
        for row in rows
        if any(sought in value.casefold() for value in (row.row_name, row.row, row.value))
    ]


def matching(blocks: Iterable[SimpleNamespace], wanted: str) -> list[str]:
    """Identifiers of the blocks meant, whatever their case: by block or site, else by a part of the name."""
    sought = wanted.upper()
    rows = [(b.block_id, {text(b.block_id).upper(), text(b.site_id).upper()}, text(b.name).upper()) for b in blocks]
    exact = [block_id for block_id, ids, _ in rows if sought in ids]
    return exact or [block_id for block_id, _, name in rows if sought in name]
