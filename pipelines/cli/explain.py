"""explain one block: why it stands where it stands, and how sure that is"""

from __future__ import annotations

import argparse
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from khanij.foundation.errors import MissingSourceError

if TYPE_CHECKING:
    import pandas as pd

_TOLD = 5  # of several blocks that match


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij explain``."""
    parser.add_argument(
        "block_id", metavar="BLOCK_ID", help="a block's identifier, a site's identifier, or part of a name"
    )
    parser.add_argument("--region", metavar="R", help="the region to look in; without it, every region that was run")


def main(arguments: argparse.Namespace) -> int:
    """Print what is known of the block from the published GeoPackage."""
    for text in explanations(arguments.block_id, published_files(arguments.region)):
        print(text)
    return 0


def explanations(block: str, files: list[Path]) -> list[str]:
    """What the first of some GeoPackages that knows the block says of it; at most five of several that match.

    Raises
    ------
    MissingSourceError : no block matches; the message names the nearest.
    """
    from publishing.explain import explain_block
    from publishing.geopackage.reading import read_table
    from publishing.sets.snapshot import one_set_of

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
    near = get_close_matches(wanted.upper(), known, n=3)
    hint = f"did you mean {', '.join(near)}? Otherwise " if near else ""
    raise MissingSourceError(
        f"no block matches {block!r}",
        file=", ".join(map(str, files)),
        layer="ranked_blocks",
        field="block_id",
        do=f"{hint}copy a block_id from the printed table or from QGIS",
    )


def matching(blocks: pd.DataFrame, wanted: str) -> list[str]:
    """Identifiers of the blocks meant, whatever their case: by block, else by site, else by a part of the name."""
    ids = blocks[["block_id", "site_id"]].apply(lambda column: column.str.upper())
    exact = blocks[ids.eq(wanted.upper()).any(axis=1)]
    named = blocks[blocks["name"].str.contains(wanted, case=False, regex=False, na=False)]
    return (exact if len(exact) else named)["block_id"].tolist()


def published_files(region: str | None) -> list[Path]:
    """The ranked GeoPackages of one region, or of all that were run.

    Raises
    ------
    MissingSourceError : nothing has been published yet.
    RegionError : there is no such region.
    """
    from data_sources.regions import load_region
    from khanij.foundation.environment import output_folder
    from publishing.sets.snapshot import published_geopackage

    root = output_folder()
    folders = sorted(p for p in root.glob(region or "*") if p.is_dir() and not p.name.startswith("."))
    files = [file for folder in folders if (file := published_geopackage(folder)).is_file()]
    if not files:
        if region:
            load_region(region)
        raise MissingSourceError(
            "nothing has been ranked yet",
            file=root / (region or "*") / "ranked_blocks.gpkg",
            do=f"run: khanij run{' --region ' + region if region else ''}",
        )
    return files
