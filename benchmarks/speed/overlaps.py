"""One footprint under many overlapping blocks: processor seconds of the shares, by the number of blocks.

    python -m benchmarks.speed.overlaps --against ../before [--blocks 60 120 250 500 1000] [--limit 600]

Boxes 6.7 km wide whose corners stand on a spiral of 6.7 km over a circle of 3.3 km radius. Each count is a process of its own.
"""

from __future__ import annotations

import json
import subprocess

from benchmarks.speed.turns import Checkout, given

TIMED = """
import importlib, json, math, sys, time
import numpy as np, shapely
n, degree_m = int(sys.argv[1]), 111_000
site = shapely.Point(0.05 * degree_m, 0.05 * degree_m).buffer(0.03 * degree_m)
out = 0.06 / n * degree_m
corners = [(out * i * math.cos(i), out * i * math.sin(i)) for i in range(n)]
blocks = np.array([shapely.box(x, y, x + 0.06 * degree_m, y + 0.06 * degree_m) for x, y in corners], dtype=object)
for name in ("scoring.waste.shares.overlaps", "scoring.waste.shares.allocation", "scoring.waste.allocation"):
    try:
        polygon_shares = importlib.import_module(name).polygon_shares
        break
    except (ImportError, AttributeError):
        continue
began = time.process_time()
shares = polygon_shares(site, blocks)
print(json.dumps({"cpu_s": time.process_time() - began, "hit": int((shares > 0).sum()), "shares": shares.tolist()}))
"""


def measured(checkout: Checkout, blocks: int, limit_s: float) -> dict[str, object] | None:
    """What one count took, or None where it took longer than the limit."""
    try:
        done = subprocess.run(
            checkout.command("-c", TIMED, str(blocks)), cwd=checkout.folder, env=checkout.environment(),
            capture_output=True, text=True, check=True, timeout=limit_s,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    return dict(json.loads(done.stdout))


def main() -> None:
    """Print a line a count: seconds of each side, blocks that the footprint meets, the largest difference of a share."""
    parser, named = given(__doc__.splitlines()[0])
    parser.add_argument("--blocks", type=int, nargs="+", default=[60, 120, 250, 500, 1000])
    parser.add_argument("--limit", type=float, default=600.0, help="seconds after which a side is given up")
    arguments = parser.parse_args()
    checkouts = named(arguments)
    print(f"| blocks | {' | '.join(f'{c.name}, processor s' for c in checkouts)} | hit | largest difference |")
    print("|---:|" + "---:|" * (len(checkouts) + 2))
    given_up: set[str] = set()
    for blocks in arguments.blocks:
        found = {}
        for checkout in checkouts:
            found[checkout.name] = None if checkout.name in given_up else measured(checkout, blocks, arguments.limit)
            if found[checkout.name] is None:
                given_up.add(checkout.name)
        told = [f"{f['cpu_s']:.2f}" if f else f"over {arguments.limit:.0f}" for f in found.values()]
        shares = [f["shares"] for f in found.values() if f]
        off = max((abs(a - b) for other in shares[:-1] for a, b in zip(other, shares[-1])), default=float("nan"))  # type: ignore[call-overload]
        ours = found[checkouts[-1].name]
        print(f"| {blocks} | {' | '.join(told)} | {ours['hit'] if ours else '-'} | {off:.1e} |", flush=True)


if __name__ == "__main__":
    main()
