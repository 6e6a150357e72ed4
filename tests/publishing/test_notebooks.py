"""The notebooks run from beginning to end on published outputs alone, and are kept with their plots."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_NOTEBOOKS = sorted((_ROOT / "notebooks").glob("*.ipynb"))


def test_there_are_three_with_plots_and_no_path_of_a_machine() -> None:
    assert [n.stem for n in _NOTEBOOKS] == ["auction_team", "data_engineer", "geologist"]
    for path in _NOTEBOOKS:
        text = path.read_text(encoding="utf-8")
        outputs = [o for c in json.loads(text)["cells"] for o in c.get("outputs", [])]
        assert any("image/png" in o.get("data", {}) for o in outputs), path.name
        assert not any(o["output_type"] == "error" for o in outputs)
        assert str(Path.home()) + "/" not in text.replace("//", "")


@pytest.mark.integration
def test_they_run(geopackage: Path, tmp_path: Path) -> None:
    env = {
        **os.environ,
        "KHANIJ_OUTPUT": str(geopackage.parent.parent),
        "KHANIJ_NOTEBOOK_REGION": geopackage.parent.name,
        "MPLBACKEND": "agg",
    }
    command = [sys.executable, "-m", "pytest", "--nbmake", "--nbmake-timeout=300", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *map(str, _NOTEBOOKS)], env=env, cwd=_ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:]
