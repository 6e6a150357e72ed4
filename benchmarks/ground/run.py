"""Both sides of every case in one run: medians with spread, peak memory, ratio, target, and where answers differ."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from timing import make_inputs

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# case -> (input file, least ratio peer / ours, repeats of ours, repeats of the peer, peer's cases: the fastest counts)
CASES: dict[str, tuple[str, float | None, int, int, tuple[str, ...]]] = {
    "distance_1k": ("distance_1k", 3, 25, 15, ("distance_1k",)),
    "distance_4k": ("distance_4k", 3, 5, 3, ("distance_4k",)),
    "wofe_10": ("wofe_10", 10, 7, 3, ("wofe_10",)),
    "wofe_100": ("wofe_100", 80, 7, 1, ("wofe_100",)),
    "kriging": ("kriging", 10, 9, 3, ("kriging",)),
    "kriging_c": ("kriging", 10, 9, 5, ("kriging_c",)),
    "kriging_all": ("kriging_all", None, 3, 3, ("kriging_all",)),
    "clr": ("clr", 1000, 15, 1, ("clr",)),
    "ilr": ("ilr", 1000, 15, 1, ("ilr",)),
    "zonal": ("zonal", 4, 15, 9, ("zonal",)),
    "zonal_small": ("zonal_small", None, 5, 3, ("zonal_small",)),
    "fuzzy_product": ("fuzzy_product", None, 25, 9, ("fuzzy_product",)),
    "fuzzy_gamma": ("fuzzy_gamma", None, 25, 9, ("fuzzy_gamma",)),
    "memory_limit": ("fuzzy_product", None, 25, 0, ()),
    "memory_copy": ("fuzzy_product", None, 25, 0, ()),
}


def one(python: str, script: str, case: str, source: str, folder: Path, repeats: int, out: Path) -> dict[str, Any]:
    """Run one side of one case in its own process."""
    if not (folder / f"{case}.npz").exists():
        os.link(folder / f"{source}.npz", folder / f"{case}.npz")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"PYTHONPATH": str(ROOT)}
    command = [python, "-W", "ignore", str(HERE / script), case, str(folder), str(repeats), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)
    for line in done.stdout.splitlines():
        if line.startswith("RESULT "):
            return dict(json.loads(line.removeprefix("RESULT ")))
    return {"error": (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no output"]}


def differences(ours: Path, peer: Path) -> dict[str, float]:
    """Largest absolute difference per array; cuts that needed the zero correction are left out."""
    out: dict[str, float] = {}
    with np.load(ours) as a, np.load(peer) as b:
        rows: Any = slice(None)
        if "class" in a.files:
            common = np.intersect1d(a["class"][~a["corrected"]], b["class"])
            left, right = np.searchsorted(a["class"], common), np.searchsorted(b["class"], common)
        for name in sorted(set(a.files) & set(b.files) - {"class"}):
            x, y = (a[name][left], b[name][right]) if "class" in a.files else (a[name][rows], b[name][rows])
            out[name] = float(np.nanmax(np.abs(x.astype(float) - y.astype(float))))
            out[f"{name}_mean"] = float(np.nanmean(np.abs(x.astype(float) - y.astype(float))))
    return out


def main() -> int:
    """Run, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", action="append", choices=list(CASES))
    parser.add_argument("--repeats", type=int, help="repeats of both sides")
    given = parser.parse_args()
    peers = Path(os.environ.get("KHANIJ_PEERS", Path(tempfile.gettempdir()) / "khanij-peers")) / "bin" / "python"
    if not peers.exists():
        print(f"no peers' environment at {peers}: run benchmarks/ground/setup_peers.sh first")
        return 1
    results: dict[str, Any] = {"load_average": os.getloadavg(), "cpus": os.cpu_count()}
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    print(
        f"{'case':14} {'ours s (min..max)':>30} {'MiB':>6} {'peer s (min..max)':>30} {'MiB':>6} {'ratio':>8} {'by cpu':>8} {'target':>7}  difference"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_inputs(folder)
        for case in given.case or list(CASES):
            source, target, mine, theirs, peer_cases = CASES[case]
            ours = one(sys.executable, "ours.py", case, source, folder, given.repeats or mine, folder / "ours_out.npz")
            best: dict[str, Any] = {}
            gap: dict[str, float] = {}
            for peer_case in peer_cases:
                answer = folder / f"{peer_case}_out.npz"
                peer = one(str(peers), "peers.py", peer_case, source, folder, given.repeats or theirs, answer)
                if "error" not in peer and (not best or "error" in best or peer["median_s"] < best["median_s"]):
                    best = peer
                    gap = differences(folder / "ours_out.npz", answer) if "error" not in ours else {}
                elif not best:
                    best = peer
            ratio = best["median_s"] / ours["median_s"] if "median_s" in best and "median_s" in ours else None
            results[case] = {"ours": ours, "peer": best, "ratio": ratio, "target": target, "difference": gap}
            print(_line(case, ours, best, ratio, target, gap), flush=True)
    out = ROOT / "benchmarks" / "results" / "ground.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(results, indent=1), encoding="utf-8")
    return 0


def _line(
    case: str,
    ours: dict[str, Any],
    peer: dict[str, Any],
    ratio: float | None,
    target: float | None,
    gap: dict[str, float],
) -> str:
    def side(r: dict[str, Any]) -> str:
        if not r:
            return f"{'-':>30} {'-':>6}"
        if "error" in r:
            return f"{str(r['error'])[:37]:>37}"
        return f"{r['median_s']:.5f} ({r['min_s']:.5f}..{r['max_s']:.5f})".rjust(30) + f" {r['peak_extra_mib']:6.0f}"

    verdict = f"{ratio:8.1f}" if ratio else f"{'-':>8}"
    # processor seconds of all threads: a busy machine does not change them, and two threads are no gain in them
    verdict += f" {peer['cpu_s'] / ours['cpu_s']:8.1f}" if ratio else f" {'-':>8}"
    wanted = f"{target:>6g}x" if target else f"{'-':>7}"
    return f"{case:14} {side(ours)} {side(peer)} {verdict} {wanted}  " + ", ".join(
        f"{k} {v:.2g}" for k, v in gap.items()
    )


if __name__ == "__main__":
    raise SystemExit(main())
