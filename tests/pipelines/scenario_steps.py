"""Run in a process of its own, whose environment names a made-up region: what-ifs beside the default result, step by step.

Each step is one command of ``khanij``; its status and what it printed go to standard output as JSON, with the hashes of all
published files after it.
"""

import hashlib
import io
import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from pipelines.cli import main
from tests.regions_made import NAME

SET = ("--set", "ranking.ground_weight=0.5")
RUN = ("run", "--region", NAME, "--top", "3")
OF = ("--region", NAME, "--scenario", "heavy_ground")
STEPS = {
    "default": RUN,
    "what_if": (*RUN, "--scenario", "heavy_ground", *SET),
    "default_again": RUN,
    "what_if_again": (*RUN, "--scenario", "heavy_ground"),
    "unnamed": (*RUN, "--set", "ranking.strategic_premium=0.4"),
    "list": ("scenario",),
    "diff": ("diff", *OF),
    "diff_of_two": ("diff", *OF, "--scenario", "unnamed"),
    "explain": ("explain", "S-00", *OF),
    "dossier": ("dossier", *OF, "--top", "1"),
    "shortlist": ("shortlist", *OF, "--format", "xlsx,csv,gpkg,geojson,kml,pdf", "--date", "2026-01-01"),
    "sample": ("sample", *OF),
    "release_of_the_default": ("release", "--region", NAME, "--calver", "2026.01.01"),
    "release_of_the_scenario": ("release", *OF, "--calver", "2026.01.01"),
    "check": ("check",),
    "removed": ("scenario", "remove", "unnamed"),
    "removed_again": ("scenario", "remove", "unnamed"),
    "outside": ("scenario", "remove", "../" + NAME),
}


def hashes(root: Path) -> dict[str, str]:
    """Every file below a folder but locks, by its name there."""
    files = (p for p in sorted(root.rglob("*")) if p.is_file() and p.suffix != ".lock")
    return {p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def step(arguments: tuple[str, ...], home: Path) -> dict[str, object]:
    """One command: its status, its words, and what is published and stored after it."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main(list(arguments))
    store = home / ".khanij" / "store"
    return {
        "status": status, "out": out.getvalue(), "err": err.getvalue(), "default": hashes(home / "output" / NAME),
        "store": hashes(store / NAME),
    }  # fmt: skip


if __name__ == "__main__":
    place = Path(os.environ["KHANIJ_HOME"])
    wanted = sys.argv[1:] or list(STEPS)
    json.dump({name: step(STEPS[name], place) for name in wanted}, sys.stdout)
