"""explain one block: why it stands where it stands, and how sure that is"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from data_sources.contracts import MissingSourceError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij explain``."""
    parser.add_argument(
        "block_id", metavar="BLOCK_ID", help="a block's identifier, a site's identifier, or part of a name"
    )
    parser.add_argument("--region", metavar="R", help="the region to look in; without it, every region that was run")


def main(arguments: argparse.Namespace) -> int:
    """Print what is known of the block from the published GeoPackage."""
    from publishing.explain import explain_block
    from publishing.reading import read_table

    files = published_files(arguments.region)
    for file in files:
        found = matching(
            read_table(file, "ranked_blocks")[["block_id", "site_id", "name"]].astype("str"), arguments.block_id
        )
        for block_id in found[:5]:
            print(explain_block(file, block_id), end="\n\n")
        if len(found) > 5:
            print(f"... and {len(found) - 5} more blocks match: {', '.join(found[5:15])}")
        if found:
            return 0
    raise MissingSourceError(
        f"no block matches {arguments.block_id!r}",
        file=", ".join(map(str, files)),
        do="copy a block_id from the printed table or from QGIS",
    )


def matching(blocks: pd.DataFrame, wanted: str) -> list[str]:
    """Identifiers of the blocks meant: by block, else by site, else by a part of the name."""
    exact = blocks[(blocks["block_id"] == wanted) | (blocks["site_id"] == wanted)]
    named = blocks[blocks["name"].str.contains(wanted, case=False, regex=False, na=False)]
    return (exact if len(exact) else named)["block_id"].tolist()


def published_files(region: str | None) -> list[Path]:
    """The ranked GeoPackages of one region, or of all that were run.

    Raises
    ------
    MissingSourceError : nothing has been published yet.
    """
    import os

    from assets.workspace import home_folder

    root = Path(os.environ.get("KHANIJ_OUTPUT", str(home_folder() / "output")))
    files = sorted(root.glob(f"{region or '*'}/ranked_blocks.gpkg"))
    if not files:
        raise MissingSourceError(
            "nothing has been ranked yet",
            file=root / (region or "*") / "ranked_blocks.gpkg",
            do=f"run: khanij run{' --region ' + region if region else ''}",
        )
    return files
