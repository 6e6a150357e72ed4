"""One changed weight: what is made again of a region of which all else is current.

python -m benchmarks.speed.one_change --against ../before [-n 3]
"""

from __future__ import annotations

from benchmarks.speed.turns import given, header, in_turns, published, row


def main() -> None:
    """Print the table; each run is given another weight, so that none finds it made."""
    parser, named = given(__doc__.splitlines()[0])
    arguments = parser.parse_args()
    checkouts = named(arguments)
    published(checkouts)
    print(header(checkouts))
    change = "ranking.ground_weight=0.{:02d}"
    found = in_turns(
        checkouts,
        lambda _, i: ["-m", "pipelines.cli", "run", "--region", "india", "--set", change.format(21 + i)],
        arguments.n,
    )
    print(row("`run --set ranking.ground_weight=...`", found))


if __name__ == "__main__":
    main()
