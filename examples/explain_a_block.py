"""Why does a block stand where it stands, and which element carries it?

python examples/explain_a_block.py [REGION] [BLOCK_ID]
"""

import sys

import khanij


def main(region: str = "india", block_id: str = "") -> None:
    """Explain one block in words, then list its elements by what they are worth."""
    if not block_id:
        blocks = khanij.read(region)
        block_id = blocks.sort_values("rank")["block_id"].iloc[0]
    print(khanij.explain(block_id, region))

    elements = khanij.read(region, "element_potential")
    mine = elements[elements["block_id"] == block_id]
    print(mine.dropna(axis="columns", how="all").iloc[:, :8].to_string(index=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
