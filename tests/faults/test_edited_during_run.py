"""Whatever is edited while a run is under way: no result is stored under a name that stands for other inputs.

At seeded moments of a run one thing is edited: a setting, a source, a fact table, code. Runs from scratch, on the state
before and on the state after the edit, say what each fingerprint stands for; every result that the edited run stored
must be one of theirs, byte for byte, and one more run must end at the state after.
``KHANIJ_LONG=1`` tries 50 moments, else one.
"""

import csv
import io
import json
import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from khanij.foundation.closure import ROOT
from tests.product_copy import copy_product
from tests.regions_made import NAME, MadeRegion, make_region

MOMENTS = 50 if os.environ.get("KHANIJ_LONG") else 1
SEED = 20261127
COMPILED_S = 45.0

pytestmark = pytest.mark.integration


@dataclass
class Copy:
    """A copy of the product with a region of its own, so that anything may be edited."""

    code: Path
    region: MadeRegion

    def start(self) -> subprocess.Popen[str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_"))}
        env = clean | self.region.environment() | {"PYTHONPATH": str(self.code)}
        command = [sys.executable, "-m", "pipelines.cli", "run", "--region", NAME, "--top", "1"]
        return subprocess.Popen(
            command, cwd=self.code, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self) -> str:
        process = self.start()
        out, _ = process.communicate(timeout=600)
        assert process.returncode == 0, out
        return out

    def stored(self) -> dict[tuple[str, str], str]:
        """(asset, fingerprint) -> hash of the bytes, of everything stored."""
        found = {}
        for path in (self.region.home / ".khanij" / "store" / NAME).glob("*/manifest.json"):
            told = json.loads(path.read_bytes())
            found[told["asset"], told["fingerprint"]] = told["data_version"]
        return found


def edit_setting(copy: Copy) -> None:
    copy.region.settings["ranking"]["draws"] = 120
    path = copy.region.home / "regions" / f"{NAME}.yaml"
    replace(path, yaml.safe_dump(copy.region.settings))


def edit_source(copy: Copy) -> None:
    path = copy.region.data / "tonnages.csv"
    replace(path, path.read_text().replace("S-00,waste,8.0,10.0,14.0", "S-00,waste,400.0,500.0,600.0"))


def edit_table(copy: Copy) -> None:
    path = copy.code / "data_sources" / "reference" / "cost_scale.csv"
    header, *rows = csv.reader(path.read_text(encoding="utf-8").splitlines())
    for row in rows:
        if row[header.index("family")] == "flot_cu" and row[header.index("quantity")] == "operating cost":
            row[header.index("value")] = "7.7"
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    replace(path, text.getvalue())


def edit_code(copy: Copy) -> None:
    path = copy.code / "data_sources" / "readers" / "blocks.py"
    replace(path, path.read_text() + "\n_MARK = 1\n")


EDITS = {f.__name__: f for f in (edit_setting, edit_source, edit_table, edit_code)}


def edited_at(moment: int) -> str:
    """Which edit is made at a moment; each in turn."""
    return sorted(EDITS)[moment % len(EDITS)]


def replace(path: Path, text: str) -> None:
    assert path.read_text() != text, "an edit must change something"
    other = path.with_name(path.name + "~")
    other.write_text(text)
    other.replace(path)


def restore(code: Path) -> None:
    """Put the files that an edit may have changed back; everything else, the compiled kernels too, stays where it is."""
    for file in ("data_sources/reference/cost_scale.csv", "data_sources/readers/blocks.py"):
        shutil.copy2(ROOT / file, code / file)


@pytest.fixture(scope="module")
def truth(tmp_path_factory) -> tuple[dict[tuple[str, str], str], float, Path]:
    """What each fingerprint stands for, how long a run takes, and the copy of the product that is run."""
    code = copy_product(tmp_path_factory.mktemp("product"))
    base = Copy(code, make_region(tmp_path_factory.mktemp("before") / "home"))
    began = time.monotonic()
    base.run()
    seconds = time.monotonic() - began
    if seconds > COMPILED_S:  # it compiled what was not compiled yet: the moments are of a run that does not
        shutil.rmtree(base.region.home / ".khanij")
        began = time.monotonic()
        base.run()
        seconds = time.monotonic() - began
    known = base.stored()
    for name in sorted({edited_at(moment) for moment in range(MOMENTS)}):
        copy = Copy(code, make_region(tmp_path_factory.mktemp(name) / "home"))
        EDITS[name](copy)
        copy.run()
        known |= copy.stored()
        restore(code)
    return known, seconds, code


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_an_edit_at_any_moment_leaves_no_result_under_a_wrong_name(moment, truth, tmp_path):
    known, seconds, code = truth
    chance = random.Random(SEED + moment)
    name = edited_at(moment)
    share = chance.random()
    restore(code)
    copy = Copy(code, make_region(tmp_path / "home"))
    process = copy.start()
    time.sleep(share * seconds)
    EDITS[name](copy)
    told, _ = process.communicate(timeout=600)
    stored = copy.stored()
    assert {key: known.get(key) for key in stored} == stored, f"{name} after {share:.0%}: {told}"
    if process.returncode:
        assert process.returncode == 1 and "nothing was stored" in " ".join(told.split()), told
    copy.run()
    assert {key: known.get(key) for key in copy.stored()} == copy.stored()
