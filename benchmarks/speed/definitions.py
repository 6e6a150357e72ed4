"""Loading the definitions, as a code location does, with many regions of a user's own.

python -m benchmarks.speed.definitions --against ../before [--regions 200] [-n 5]
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.speed.turns import HERE, Checkout, given, header, in_turns, row

LOAD = """
import os
os.environ["KHANIJ_REGIONS"] = {folder!r}
import pipelines.definitions
"""


def regions(folder: Path, n: int) -> Path:
    """So many regions like the national one, each with its own name."""
    text = (HERE / "data_sources" / "regions" / "india.yaml").read_text(encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(n):
        name = f"made_{i:03d}"
        body = "\n".join(line for line in text.splitlines() if not line.startswith("name:"))
        (folder / f"{name}.yaml").write_text(f"name: {name}\n{body}\n", encoding="utf-8")
    return folder


def main() -> None:
    """Print the table; ``import dagster`` alone is the floor."""
    parser, named = given(__doc__.splitlines()[0])
    parser.add_argument("--regions", type=int, default=200)
    arguments = parser.parse_args()
    checkouts = named(arguments)
    folder = regions(arguments.homes / f"regions-{arguments.regions}", arguments.regions)
    print(header(checkouts))

    def load(_: Checkout, __: int) -> list[str]:
        return ["-c", LOAD.format(folder=str(folder))]

    print(row(f"definitions, {arguments.regions} regions", in_turns(checkouts, load, arguments.n)), flush=True)
    print(row("`import dagster` alone", in_turns(checkouts, lambda *_: ["-c", "import dagster"], arguments.n)))


if __name__ == "__main__":
    main()
