"""Commands of several checkouts in turn, so that a busy machine is busy for all: processor time, wall time, peak memory.

Processor time is that of the process and its children, as the operating system accounts for it when the process has ended.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
_LOG = "turns.log"


@dataclass(frozen=True)
class Checkout:
    """A checkout of the project and a home of its own for what it makes."""

    name: str
    folder: Path
    home: Path
    keeps_bytecode: bool = True

    def command(self, *arguments: str) -> list[str]:
        """A call of Python in this checkout."""
        return [str(self.folder / ".venv" / "bin" / "python"), *arguments]

    def environment(self) -> dict[str, str]:
        """The variables by which any version of the project finds its folders."""
        own = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_", "PYTHON"))}
        cache = self.home / ".khanij"
        if not self.keeps_bytecode:  # every module is compiled at every start, as where nothing may be written
            own |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": str(self.home / "no-bytecode")}
        return own | {
            "KHANIJ_HOME": str(self.home), "KHANIJ_CACHE": str(cache), "KHANIJ_OUTPUT": str(self.home / "output"),
            "DAGSTER_HOME": str(cache / "dagster"),
        }  # fmt: skip


@dataclass(frozen=True)
class Took:
    """One run: seconds of the processor and of the clock, MB at the most, how it ended."""

    cpu_s: float
    wall_s: float
    peak_mb: float
    status: int


def run(checkout: Checkout, arguments: Sequence[str]) -> Took:
    """Run one command to its end."""
    (checkout.home / ".khanij" / "dagster").mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    with (checkout.home / _LOG).open("ab") as log:
        process = subprocess.Popen(
            checkout.command(*arguments), cwd=checkout.folder, env=checkout.environment(), stdout=log, stderr=log
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    return Took(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, process.returncode)


def in_turns(
    checkouts: Sequence[Checkout], arguments: Callable[[Checkout, int], Sequence[str]], n: int, *, warm: bool = True
) -> dict[str, list[Took]]:
    """``n`` runs of each checkout, one after the other, after one of each that is not counted."""
    found: dict[str, list[Took]] = {c.name: [] for c in checkouts}
    for i in range(n + warm):
        for checkout in checkouts:
            took = run(checkout, arguments(checkout, i))
            if i >= warm:
                found[checkout.name].append(took)
    return found


def row(what: str, found: dict[str, list[Took]]) -> str:
    """A line of a table: median (least to most) of each side, MB, and the ratio of the medians, the last side's own first."""
    medians = {name: statistics.median(t.cpu_s for t in took) for name, took in found.items()}
    cells = []
    for name, took in found.items():
        times = sorted(t.cpu_s for t in took)
        wrong = "" if all(t.status == took[0].status for t in took) else " (ended unlike)"
        cells.append(
            f"{medians[name]:.2f} ({times[0]:.2f} to {times[-1]:.2f}), {max(t.peak_mb for t in took):.0f} MB{wrong}"
        )
    ours = list(medians)[-1]
    ratios = [f"{medians[name] / medians[ours]:.1f}" for name in medians if name != ours]
    return f"| {what} | {' | '.join(cells)} | {' | '.join(ratios)} | {len(found[ours])} |"


def header(found: Sequence[Checkout]) -> str:
    """The head of the table that ``row`` fills."""
    names = [f"{c.name}, processor s, peak" for c in found]
    ratios = [f"{c.name} / {found[-1].name}" for c in found[:-1]]
    return f"| work | {' | '.join(names)} | {' | '.join(ratios)} | n |\n|---|{'---|' * (len(names) + len(ratios))}---:|"


def given(what: str) -> tuple[argparse.ArgumentParser, Callable[[argparse.Namespace], list[Checkout]]]:
    """The options that every item has, and the checkouts that they name, this one last."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--against", type=Path, action="append", required=True, help="an earlier checkout (repeatable)")
    parser.add_argument("--homes", type=Path, default=Path("/tmp/khanij-speed"), help="where each keeps what it makes")
    parser.add_argument("-n", type=int, default=5, help="counted runs of each side")
    parser.add_argument("--no-bytecode", action="store_true", help="as where Python may not keep its bytecode")

    def checkouts(arguments: argparse.Namespace) -> list[Checkout]:
        folders = [*arguments.against, HERE]
        keeps = not arguments.no_bytecode
        return [Checkout(f.resolve().name, f.resolve(), arguments.homes / f.resolve().name, keeps) for f in folders]

    return parser, checkouts


def published(checkouts: Sequence[Checkout], region: str = "india") -> None:
    """See to it that every side has published a region."""
    for checkout in checkouts:
        if not (checkout.home / "output" / region / "ranked_blocks.gpkg").is_file():
            took = run(checkout, ["-m", "pipelines.cli", "run", "--region", region])
            print(f"{checkout.name}: first run of {region}: {json.dumps(vars(took))}", file=sys.stderr)
