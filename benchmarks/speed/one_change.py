"""One changed setting of the ranking: what is made again of a region of which all else is current.

python -m benchmarks.speed.one_change --against ../before [-n 3]
"""

from __future__ import annotations

from benchmarks.speed.turns import given, header, in_turns, published, row


def main() -> None:
    """Print the table; each run is given another number of draws, so that none finds it made."""
    parser, named = given(__doc__.splitlines()[0])
    arguments = parser.parse_args()
    checkouts = named(arguments)
    published(checkouts)
    print(header(checkouts))
    change = "ranking.draws={}"  # which both sides know, and on which hangs what hangs on prices and weights
    found = in_turns(
        checkouts,
        lambda _, i: ["-m", "pipelines.cli", "run", "--region", "india", "--set", change.format(5001 + i)],
        arguments.n,
    )
    print(row("`run --set ranking.draws=...`", found))


if __name__ == "__main__":
    main()
