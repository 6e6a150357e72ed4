"""The GeoPackage against the rules of the OGC, by the validator that travels with GDAL.

Needs GDAL's Python samples. On Debian or Ubuntu: apt-get install --no-install-recommends python3-gdal
"""

from __future__ import annotations

import importlib.util
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from publishing.geopackage.geopackage import publish_geopackage

_PYTHON = "/usr/bin/python3"
_VALIDATOR = "osgeo_utils.samples.validate_gpkg"


def _has_validator() -> bool:
    if not Path(_PYTHON).exists():
        return False
    return subprocess.run([_PYTHON, "-c", f"import {_VALIDATOR}"], capture_output=True, check=False).returncode == 0


pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        not _has_validator(), reason="no validator: apt-get install --no-install-recommends python3-gdal"
    ),
]


def _faults(path: Path) -> str:
    done = subprocess.run(
        [_PYTHON, "-m", _VALIDATOR, "--extra", "-k", str(path)], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() + (done.stderr.strip() if done.returncode else "")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = Path(__file__).parent.parent / "publishing" / "example_publication.py"
    spec = importlib.util.spec_from_file_location("example_publication", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return publish_geopackage(module.make_publication(), tmp_path_factory.mktemp("ogc") / "ranked_blocks.gpkg").path


def test_the_geopackage_keeps_the_rules_of_the_ogc(published: Path) -> None:
    assert _faults(published) == ""


def test_the_validator_would_notice(published: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gpkg"
    broken.write_bytes(published.read_bytes())
    connection = sqlite3.connect(broken)
    connection.execute("DELETE FROM gpkg_contents WHERE table_name = 'waste_sites'")
    connection.commit()
    connection.close()
    assert "waste_sites" in _faults(broken)
