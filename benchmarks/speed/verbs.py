"""The verbs that people call one after the other, and a run with nothing to do.

python -m benchmarks.speed.verbs --against ../before [-n 5]
"""

from __future__ import annotations

from benchmarks.speed.turns import Checkout, given, header, in_turns, published, row

BLOCK, REGION = "WB-IN-OB-001", "india"


def calls(checkout: Checkout) -> dict[str, list[str]]:
    """Verb -> what is called."""
    output, out = checkout.home / "output" / REGION, str(checkout.home / "written")
    file = str(output / "ranked_blocks.gpkg")
    return {
        "`--help`": ["--help"],
        "`--version`": ["--version"],
        "`explain`": ["explain", BLOCK],
        "`shortlist --format csv`": ["shortlist", "--region", REGION, "--format", "csv", "--out", out],
        "`sources`": ["sources"],
        "`diff`": ["diff", file, file],
        "`dossier --top 1`": ["dossier", "--region", REGION, "--top", "1", "--out", out],
        "`run`, nothing to do": ["run", "--region", REGION],
    }


def main() -> None:
    """Print the table."""
    parser, named = given(__doc__.splitlines()[0])
    arguments = parser.parse_args()
    checkouts = named(arguments)
    published(checkouts, REGION)
    print(header(checkouts))
    for what in calls(checkouts[0]):
        found = in_turns(checkouts, lambda c, _, w=what: ["-m", "pipelines.cli", *calls(c)[w]], arguments.n)
        print(row(what, found), flush=True)


if __name__ == "__main__":
    main()
