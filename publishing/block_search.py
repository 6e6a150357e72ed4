"""The blocks that somebody means by an identifier or a part of a name, in the words of ``explain``.

Belongs here: finding the block in the published files. Does not belong here: what is said of it (``explain``).
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from khanij.foundation.errors import MissingSourceError
from publishing.explain import explain_block
from publishing.geopackage.reading import read_table, records
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
            blocks = read_table(file, "ranked_blocks")[["block_id", "site_id", "name"]].astype("str")
            known += blocks["block_id"].tolist()
            found = matching(blocks, wanted) if wanted else []
            told = [f"{explain_block(file, block_id)}\n" for block_id in found[:_TOLD]]
        if len(found) > _TOLD:
            told.append(f"... and {len(found) - _TOLD} more blocks match: {', '.join(found[_TOLD:15])}")
        if found:
            return told
    held = [text for file in files for text in _held(file, wanted)]
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
        rows = read_table(file, "quarantine").astype("str").fillna("")
    columns = ("row_name", "row", "value")
    meant = rows[[any(wanted.casefold() in str(v).casefold() for v in row) for row in zip(*(rows[c] for c in columns))]]
    return [
        f"{row.row_name or f'Row {row.row}'}\n  Held back, so it stands in no list and no ranking.\n  Why: {row.reason}\n"
        f"  Field: {row.field}: {row.value}\n  Row {row.row} of layer {row.layer}, source {row.source}; all held rows: table "
        f"quarantine of {file}\n"
        for row in records(meant)
    ]


def matching(blocks: pd.DataFrame, wanted: str) -> list[str]:
    """Identifiers of the blocks meant, whatever their case: by block, else by site, else by a part of the name."""
    ids = blocks[["block_id", "site_id"]].apply(lambda column: column.str.upper())
    exact = blocks[ids.eq(wanted.upper()).any(axis=1)]
    named = blocks[blocks["name"].str.contains(wanted, case=False, regex=False, na=False)]
    return (exact if len(exact) else named)["block_id"].tolist()
